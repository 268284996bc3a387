import { endInstance } from './ending.ts';
import { type InstanceState } from './instance.ts';
import { laterOf } from './time.ts';
import { type Tools } from './tools.ts';
import { type Turn } from './turn.ts';
import { type Write } from './write.ts';

const ERROR_TYPE = 'WorkItemQuarantined';

export interface PoisonedInstance {
  readonly state: InstanceState;
  /** What the next work item would be: recorded, so that history shows what no worker got through. */
  readonly turn: Turn;
  readonly attempts: number;
  /** Half a sentence. */
  readonly reason: string;
}

/** An instance whose work item no worker gets through fails, visibly. */
export function failPoisonedInstance(
  { state, turn, attempts, reason }: PoisonedInstance,
  tools: Tools,
): Write {
  const tries = attempts === 0 ? '' : ` after ${deliveries(attempts)}`;
  const errorMessage = `the orchestration was given up${tries}: ${reason}`;
  const failure = { errorType: ERROR_TYPE, errorMessage, isNonRetriable: true };
  return endInstance(
    state,
    { status: 'failed', output: null, failure },
    {
      consumed: turn.consumed,
      events: turn.events,
      customStatus: state.customStatus,
      dropsActivities: false,
      endedAt: laterOf(tools.now, turn.startedAt),
    },
    tools,
  );
}

/** Why an instance is given up whose turns come to nothing, the last of them for that reason. */
export function unrecorded(attempts: number, reason: string): string {
  return `its work item was handed out ${attempts} times without an answer that could be recorded; the last time: ${reason}`;
}

export interface PoisonedActivity {
  readonly taskId: number;
  readonly name: string;
  /** What ends the sentence "the activity was given up …". */
  readonly reason: string;
}

/** Why an activity is given up that no worker answered. */
export function unanswered(attempts: number): string {
  return `after ${deliveries(attempts)} without an answer`;
}

/** Encoded TaskFailed for an activity that is given up. */
export function poisonedActivityEvent(
  { taskId, name, reason }: PoisonedActivity,
  { now, codec }: Tools,
): Buffer {
  const errorMessage = `the activity '${name}' was given up ${reason}`;
  const failureDetails = { errorType: ERROR_TYPE, errorMessage, isNonRetriable: true };
  return codec.encodeEvent({
    eventId: -1,
    timestamp: now,
    taskFailed: { taskScheduledId: taskId, failureDetails },
  });
}

function deliveries(attempts: number): string {
  return attempts === 1 ? '1 delivery' : `${attempts} deliveries`;
}

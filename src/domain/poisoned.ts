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
    tools.codec,
  );
}

/** Encoded TaskFailed for an activity that no worker answered. */
export function poisonedActivityEvent(
  { taskId, name, attempts }: { readonly taskId: number; readonly name: string; readonly attempts: number },
  { now, codec }: Tools,
): Buffer {
  const errorMessage = `the activity '${name}' was given up after ${deliveries(attempts)} without an answer`;
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

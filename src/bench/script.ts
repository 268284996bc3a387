import { codec, type MessageInput } from '../protocol/codec.ts';
import { type Turn } from './work-item.ts';

/** What an orchestrator answers to a turn. */
export interface Answer {
  /** Encoded `OrchestratorResponse.actions`, one after the other. */
  readonly actions: Buffer;
  /** Whether the orchestration is over with it. */
  readonly isLast: boolean;
}

export type Script = (turn: Turn) => Answer;

/** Activities of the orchestrations whose rate and latency are measured, one after the other. */
export const CHAIN_STEPS = 5;
/** Work items of such an orchestration: its activities, and a turn before, between and after them. */
export const CHAIN_ITEMS = CHAIN_STEPS * 2 + 1;

/** Inputs, results and outputs: they cost bytes, not more. */
const payload = { value: JSON.stringify('sixteen letters.') };

/** The fields of an ActivityResponse beside the ids and the token. */
export const activityResult: Buffer = codec.encode('ActivityResponse', { result: payload });

/** The fields of a CreateInstanceRequest beside the instance id. */
export const instanceToStart: Buffer = codec.encode('CreateInstanceRequest', {
  name: 'Bench',
  input: payload,
});

/** One activity after the other. */
export function chainScript(steps: number): Script {
  const answers = Array.from({ length: steps }, (_, index) => ({
    actions: encodeActions([scheduleTask(index + 1)]),
    isLast: false,
  }));
  const last = lastAnswer(steps + 1);
  return ({ lastTaskId }) => answers[lastTaskId] ?? last;
}

/** All activities at once; it is over when all their results have come. Plays one orchestration. */
export function fanOutScript(activities: number): Script {
  const tasks = Array.from({ length: activities }, (_, index) => scheduleTask(index + 1));
  const first = { actions: encodeActions(tasks), isLast: false };
  const none = { actions: Buffer.alloc(0), isLast: false };
  const last = lastAnswer(activities + 1);
  let missing = activities;
  return ({ isFirst, results }) => {
    if (isFirst) return first;
    missing -= results;
    return missing > 0 ? none : last;
  };
}

function lastAnswer(id: number): Answer {
  const completeOrchestration = {
    orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED',
    result: payload,
  } as const;
  return { actions: encodeActions([{ id, completeOrchestration }]), isLast: true };
}

function scheduleTask(id: number): MessageInput<'OrchestratorAction'> {
  return { id, scheduleTask: { name: 'Step', input: payload } };
}

function encodeActions(actions: MessageInput<'OrchestratorAction'>[]): Buffer {
  return codec.encode('OrchestratorResponse', { actions });
}

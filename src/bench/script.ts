import { fromMicros } from '../domain/time.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { type Turn } from './work-item.ts';

/** What an orchestrator answers to a turn. */
export interface Answer {
  /** Encoded `OrchestratorResponse.actions`, one after the other. */
  readonly actions: Buffer;
  /** Whether nothing more is wanted of what was started: when it is acknowledged, an orchestration is counted. */
  readonly isLast: boolean;
  /** Whether the orchestration now waits for an event from outside. */
  readonly needsEvent?: boolean;
}

export type Script = (turn: Turn) => Answer;

/** Activities of the orchestrations whose rate and latency are measured, one after the other. */
export const CHAIN_STEPS = 5;
/** Work items of such an orchestration: its activities, and a turn before, between and after them. */
export const CHAIN_ITEMS = CHAIN_STEPS * 2 + 1;

const TIMER_MS = 100;
/** The year 2100. */
const FAR_FUTURE_MS = 4_102_444_800_000;

/** Inputs, results and outputs: they cost bytes, not more. */
export const payload = { value: JSON.stringify('sixteen letters.') };

/** The fields of an ActivityResponse beside the ids and the token. */
export const activityResult: Buffer = codec.encode('ActivityResponse', { result: payload });

/** The fields of an EntityBatchResult: the state, and the result of one operation. */
export const entityState: Buffer = codec.encode('EntityBatchResult', { entityState: payload });
export const operationResult: Buffer = codec.encode('EntityBatchResult', {
  results: [{ success: { result: payload } }],
});

/** The fields of a CreateInstanceRequest beside the instance id. */
export const instanceToStart: Buffer = codec.encode('CreateInstanceRequest', {
  name: 'Bench',
  input: payload,
});

/** The fields of a RaiseEventRequest beside the instance id. */
export const eventToRaise: Buffer = codec.encode('RaiseEventRequest', { name: 'Go', input: payload });

/** One activity after the other. */
export function chainScript(steps: number): Script {
  const answers = chainAnswers(steps);
  const last = lastAnswer(steps + 1);
  return ({ lastTaskId }) => answers[lastTaskId] ?? last;
}

/** All activities at once; it is over when all their results have come. Plays one orchestration. */
export function fanOutScript(activities: number): Script {
  const tasks = Array.from({ length: activities }, (_, index) => scheduleTask(index + 1));
  const first = answer(tasks);
  const none = answer([]);
  const last = lastAnswer(activities + 1);
  let missing = activities;
  return ({ isFirst, results }) => {
    if (isFirst) return first;
    missing -= results;
    return missing > 0 ? none : last;
  };
}

/**
 * Something of everything, one after the other: the chain's activities, a short timer, an event, a sub-orchestration, and
 * a second execution by continue-as-new. That one and the sub-orchestration have no input, and complete at once.
 */
export function mixedScript(steps: number): Script {
  const timerId = steps + 1;
  const childId = steps + 2;
  const activities = chainAnswers(steps);
  const waiting = { ...answer([]), needsEvent: true };
  const child = answer([{ id: childId, createSubOrchestration: { name: 'Child' } }]);
  const again = complete(childId + 1, { orchestrationStatus: 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW' });
  const renewed = { ...answer([again]), isLast: true };
  const bare = { ...lastAnswer(1), isLast: false };
  return ({ isFirst, isBare, lastTaskId }) => {
    if (isBare) return bare;
    if (lastTaskId === timerId) return waiting;
    if (lastTaskId === childId) return renewed;
    // Of everything that brings on a turn only an event has no task id.
    if (lastTaskId === 0 && !isFirst) return child;
    return activities[lastTaskId] ?? answer([createTimer(timerId, Date.now() + TIMER_MS)]);
  };
}

/** One timer that nobody lives to see fire: all that is wanted is that it waits. */
export function waitingScript(): Script {
  const wait = { ...answer([createTimer(1, FAR_FUTURE_MS)]), isLast: true };
  return () => wait;
}

function chainAnswers(steps: number): Answer[] {
  return Array.from({ length: steps }, (_, index) => answer([scheduleTask(index + 1)]));
}

function lastAnswer(id: number): Answer {
  return { ...answer([lastAction(id)]), isLast: true };
}

/** The orchestration has completed. */
export function lastAction(id: number): MessageInput<'OrchestratorAction'> {
  return complete(id, { orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED', result: payload });
}

function answer(actions: MessageInput<'OrchestratorAction'>[]): Answer {
  return { actions: encodeActions(actions), isLast: false };
}

export function encodeActions(actions: MessageInput<'OrchestratorAction'>[]): Buffer {
  return codec.encode('OrchestratorResponse', { actions });
}

function complete(
  id: number,
  completeOrchestration: MessageInput<'CompleteOrchestrationAction'>,
): MessageInput<'OrchestratorAction'> {
  return { id, completeOrchestration };
}

function createTimer(id: number, atMs: number): MessageInput<'OrchestratorAction'> {
  return { id, createTimer: { fireAt: fromMicros(atMs * 1000) } };
}

function scheduleTask(id: number): MessageInput<'OrchestratorAction'> {
  return { id, scheduleTask: { name: 'Step', input: payload } };
}

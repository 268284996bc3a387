import { randomBytes } from 'node:crypto';
import { fromMicros } from '../domain/time.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { type Turn } from './work-item.ts';

/** What an orchestrator answers to a turn. */
export interface Answer {
  /** Encoded `OrchestratorResponse.actions`, one after the other. */
  readonly actions: Buffer;
  /** Whether nothing more is wanted of what was started: when it is acknowledged, an orchestration is counted. */
  readonly isLast: boolean;
  /** What the orchestration now waits for from outside: the fields of a RaiseEventRequest beside the instance id. */
  readonly event?: Buffer;
  /** Whether it now waits for so long that the next one is started meanwhile. */
  readonly isWaiting?: boolean;
}

export type Script = (turn: Turn) => Answer;

/** Activities of the orchestrations whose rate and latency are measured, one after the other. */
export const CHAIN_STEPS = 5;
/** Work items of such an orchestration: its activities, and a turn before, between and after them. */
export const CHAIN_ITEMS = CHAIN_STEPS * 2 + 1;
/** Commits that such an orchestration waits for when it runs alone: its start, and the answer to each work item. */
export const CHAIN_COMMITS = CHAIN_ITEMS + 1;
/** Work items of an orchestration that waits for as many events: only turns. */
export const EVENTS_ITEMS = CHAIN_STEPS + 1;
/** Work items of an orchestration that calls as many sub-orchestrations of one turn each. */
export const CHILDREN_ITEMS = CHAIN_STEPS * 2 + 1;

const TIMER_MS = 100;
/** The year 2100. */
const FAR_FUTURE_MS = 4_102_444_800_000;

/** Of the text that is every input, result and output, unless the environment says otherwise. */
const PAYLOAD_BYTES = 18;
export const payloadVariable = 'BENCH_PAYLOAD_BYTES';

/** Inputs, results and outputs: they cost bytes, not more. */
export const payload = { value: jsonOf(Number(process.env[payloadVariable] ?? PAYLOAD_BYTES)) };

function jsonOf(bytes: number): string {
  // PostgreSQL compresses long values where it can, and here it gains nothing by it.
  return JSON.stringify(
    randomBytes(bytes)
      .toString('base64url')
      .slice(0, bytes - '""'.length),
  );
}

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

/** One activity after the other. */
export function chainScript(steps: number): Script {
  const answers = chainAnswers(steps);
  const last = lastAnswer(steps + 1);
  return ({ lastTaskId }) => answers[lastTaskId] ?? last;
}

/** Waits for one event after the other. */
export function eventsScript(events: number): Script {
  const answers = Array.from({ length: events }, (_, index) => waitForEvent(index + 1));
  const last = lastAnswer(1);
  return ({ lastTaskId }) => answers[lastTaskId] ?? last;
}

/** Calls one sub-orchestration after the other. Those have no input, and complete at once. */
export function childrenScript(children: number): Script {
  const answers = Array.from({ length: children }, (_, index) => answer([createChild(index + 1)]));
  const last = lastAnswer(children + 1);
  return ({ isBare, lastTaskId }) => (isBare ? childAnswer : (answers[lastTaskId] ?? last));
}

export interface TimersOptions {
  /** When the timer of the orchestration of that number is due, in milliseconds since 1970. */
  readonly dueMs: (number: number) => number;
  /** With the milliseconds from then until the turn came that tells of it. */
  readonly onFired: (lateMs: number) => void;
}

/** Waits for a timer, and completes. */
export function timersScript({ dueMs, onFired }: TimersOptions): Script {
  const last = lastAnswer(2);
  return (turn) => {
    const due = dueMs(numberOf(turn));
    if (turn.isFirst) return { ...answer([createTimer(1, due)]), isWaiting: true };
    onFired(Date.now() - due);
    return last;
  };
}

/** The number of the turn's orchestration, which is the end of its id. */
export function numberOf({ id }: Turn): number {
  return Number(id.toString('latin1', id.lastIndexOf('-') + 1));
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
  const waiting = waitForEvent(0);
  const child = answer([createChild(childId)]);
  const again = complete(childId + 1, { orchestrationStatus: 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW' });
  const renewed = { ...answer([again]), isLast: true };
  return ({ isFirst, isBare, lastTaskId }) => {
    if (isBare) return childAnswer;
    if (lastTaskId === timerId) return waiting;
    if (lastTaskId === childId) return renewed;
    // Of everything that brings on a turn only the event is numbered 0.
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

/** The number is a digit. */
function waitForEvent(number: number): Answer {
  return { ...answer([]), event: codec.encode('RaiseEventRequest', { name: `Go${number}`, input: payload }) };
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

/** Of a sub-orchestration that has no input: it completes, and something more is wanted of its parent. */
const childAnswer: Answer = { ...lastAnswer(1), isLast: false };

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

function createChild(id: number): MessageInput<'OrchestratorAction'> {
  return { id, createSubOrchestration: { name: 'Child' } };
}

function scheduleTask(id: number): MessageInput<'OrchestratorAction'> {
  return { id, scheduleTask: { name: 'Step', input: payload } };
}

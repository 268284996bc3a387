import { type Codec } from '../protocol/codec.ts';
import { frameAll, PAST } from '../protocol/framing.ts';
import {
  type Action,
  type AnyAction,
  type CompleteOrchestrationAction,
  type OrchestratorResponse,
} from '../protocol/messages.ts';
import { chooseCompletion, endingOf } from './actions/complete-orchestration.ts';
import { continueAsNew } from './actions/continue-as-new.ts';
import { createSubOrchestration } from './actions/create-sub-orchestration.ts';
import { createTimer } from './actions/create-timer.ts';
import { scheduleTask } from './actions/schedule-task.ts';
import { sendEntityMessage } from './actions/send-entity-message.ts';
import { sendEvent } from './actions/send-event.ts';
import { terminateOrchestration } from './actions/terminate-orchestration.ts';
import { type Ending, endInstance } from './ending.ts';
import { releaseAll, withGrants } from './entity-locks.ts';
import { type InstanceState } from './instance.ts';
import { type Message } from './message.ts';
import { payload } from './payload.ts';
import { turnRefusal } from './payload-bounds.ts';
import { laterOf, toMicrosUp } from './time.ts';
import { type BoundedTools } from './tools.ts';
import { hasEvent, type Turn } from './turn.ts';
import { newDraft, type Refusal, type TurnDraft } from './turn-draft.ts';
import { type EndPatch, type RenewPatch, type TurnPatch, type Write } from './write.ts';

/** What must be written after a turn. */
export type TurnOutcome = Write & { readonly patch: TurnPatch | EndPatch | RenewPatch };

export interface AnsweredTurn {
  readonly state: InstanceState;
  /** As it was sent. */
  readonly turn: Turn;
  /** Encoded ExecutionStarted of this execution; read only when the turn continues as new. */
  readonly started: Buffer;
}

/** The part of a turn that an answer is for. */
interface Processed {
  readonly consumed: readonly Message[];
  /** Encoded, as sent. */
  readonly inbound: readonly Buffer[];
  readonly customStatus: string | null;
  /** Of the completion that ends the instance. */
  readonly actionId?: number | undefined;
}

/**
 * What a worker's answer to a turn comes to (contract §8). An action that can't be carried out fails the orchestration
 * instead of everything that the answer asked for: no worker could do anything with an error.
 */
export function applyActions(
  answered: AnsweredTurn,
  response: OrchestratorResponse,
  tools: BoundedTools,
): TurnOutcome {
  const { state, turn } = answered;
  const tooLarge = turnRefusal(response, tools.bounds);
  const processed = processedPart(state, turn, tooLarge ? { ...response, customStatus: null } : response);
  const actions = inOrder(response.actions);
  const last = chooseCompletion(actions);
  const completion = last?.completeOrchestration;
  const isRenewing = completion?.orchestrationStatus === 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW';
  const draft = newDraft({ state, tools, at: laterOf(tools.now, turn.startedAt), isRenewing });
  draft.sections = withGrants(state.sections, processed.consumed, tools.codec);
  if (tooLarge) return failed(draft, processed, tooLarge);
  for (const action of actions) {
    // Kinds that we don't know are left out (contract §8.2).
    if (action.orchestratorActionType === undefined) continue;
    const refusal = applyAction(draft, action);
    if (refusal) return failed(draft, processed, refusal);
  }
  if (!completion) return outcomeOf(draft, turnPatch(draft, processed, response));
  if (!isRenewing) return ended(draft, { ...processed, actionId: last.id }, endingOf(completion));
  return renewed(draft, processed, { answered, completion });
}

function applyAction(draft: TurnDraft, action: Action): Refusal | undefined {
  switch (action.orchestratorActionType) {
    case 'scheduleTask':
      return scheduleTask(draft, action);
    case 'createTimer':
      createTimer(draft, action);
      return undefined;
    case 'createSubOrchestration':
      return createSubOrchestration(draft, action);
    case 'sendEvent':
      return sendEvent(draft, action);
    case 'terminateOrchestration':
      terminateOrchestration(draft, action);
      return undefined;
    case 'sendEntityMessage':
      return sendEntityMessage(draft, action);
    case 'completeOrchestration':
    case 'rewindOrchestration':
      // Completions come last, by themselves. Nobody is sent a rewind, so nothing is to be done for its answer.
      return undefined;
  }
}

/** By ascending ids, because Go sends them in any order (contract §8.2). */
function inOrder(actions: readonly AnyAction[]): readonly AnyAction[] {
  return actions.length > 1 ? actions.toSorted((a, b) => a.id - b.id) : actions;
}

/** All of the turn, or its first events, when the worker says that it looked at no more. */
function processedPart(state: InstanceState, turn: Turn, response: OrchestratorResponse): Processed {
  const customStatus = customStatusOf(state, turn, response);
  const count = response.numEventsProcessed?.value ?? 0;
  if (count <= 0 || count >= turn.events.length - 1) {
    return { consumed: turn.consumed, inbound: turn.events, customStatus };
  }
  let events = 0;
  const end = turn.consumed.findIndex((message) => hasEvent(message, state.generation) && ++events > count);
  return { consumed: turn.consumed.slice(0, end), inbound: turn.events.slice(0, count + 1), customStatus };
}

/** Each answer says it anew; only the first of an execution may leave the value of the one before (contract §8.1). */
function customStatusOf({ customStatus }: InstanceState, turn: Turn, response: OrchestratorResponse) {
  const sent = payload(response.customStatus);
  if (sent !== null) return sent;
  return turn.consumed.some(({ kind }) => kind === 'started') ? customStatus : null;
}

function traceContextOf(
  { traceContext }: InstanceState,
  { orchestrationTraceContext: sent }: OrchestratorResponse,
  codec: Codec,
): Buffer | null {
  return sent?.spanID?.value ? codec.encode('OrchestrationTraceContext', sent) : traceContext;
}

function turnPatch(
  { state, tools, at, events, sections }: TurnDraft,
  { consumed, inbound, customStatus }: Processed,
  response: OrchestratorResponse,
): TurnPatch {
  const { partition, key, turn } = state;
  return {
    kind: 'turn',
    partition,
    key,
    turn,
    consumed,
    customStatus,
    sections,
    updatedAt: Math.max(state.updatedAt, toMicrosUp(at)),
    status: state.status === 'suspended' ? 'suspended' : 'running',
    history: frameAll(events.length === 0 ? inbound : [...inbound, ...events], PAST),
    traceContext: traceContextOf(state, response, tools.codec),
  };
}

function ended(draft: TurnDraft, { inbound, ...processed }: Processed, ending: Ending): TurnOutcome {
  const { at, tools, events } = draft;
  const turn = { ...processed, events: [...inbound, ...events], dropsActivities: false, endedAt: at };
  const { patch, messages, entityMessages } = endInstance(stateWithSections(draft), ending, turn, tools);
  draft.messages.push(...messages);
  draft.entityMessages.push(...entityMessages);
  return outcomeOf(draft, patch);
}

/** Nothing of what the actions before it did remains. */
function failed({ state, tools, at }: TurnDraft, processed: Processed, refusal: Refusal): TurnOutcome {
  const failure = { ...refusal, isNonRetriable: true };
  const draft = newDraft({ state, tools, at, isRenewing: false });
  return ended(draft, processed, { status: 'failed', output: null, failure });
}

function renewed(
  draft: TurnDraft,
  processed: Processed,
  { answered, completion }: { answered: AnsweredTurn; completion: CompleteOrchestrationAction },
): TurnOutcome {
  const patch = continueAsNew(draft, completion, { ...processed, started: answered.started });
  if ('errorType' in patch) return failed(draft, processed, patch);
  const { at, tools } = draft;
  draft.entityMessages.push(...releaseAll(stateWithSections(draft), { ...tools, now: at }));
  return outcomeOf(draft, patch);
}

/** Few orchestrations have critical sections, and fewer change them. */
function stateWithSections({ state, sections }: TurnDraft): InstanceState {
  return sections === state.sections ? state : { ...state, sections };
}

function outcomeOf(
  { activities, timers, instances, messages, entityMessages }: TurnDraft,
  patch: TurnOutcome['patch'],
): TurnOutcome {
  const outcome: { -readonly [Part in keyof TurnOutcome]: TurnOutcome[Part] } = { patch };
  if (activities.length > 0) outcome.activities = activities;
  if (timers.length > 0) outcome.timers = timers;
  if (instances.length > 0) outcome.instances = instances;
  if (messages.length > 0) outcome.messages = messages;
  if (entityMessages.length > 0) outcome.entityMessages = entityMessages;
  return outcome;
}

import { applyOperationAction, type BatchDraft } from './entity-actions.ts';
import { entityEventOf, senderOf } from './entity-message.ts';
import { type InstanceState } from './instance.ts';
import { type Message, ranks } from './message.ts';
import { boundedOutcome, type OperationOutcome } from './payload-bounds.ts';
import { toMicrosUp } from './time.ts';
import { type BoundedTools, type Tools } from './tools.ts';
import { type Turn } from './turn.ts';
import { type EntityPatch, type NewMessage, type Write } from './write.ts';
import { type MessageInput } from '../protocol/codec.ts';
import { assert } from '../lib/assert.ts';
import { type EntityBatchResult } from '../protocol/messages.ts';

export type BatchOutcome = Write & { readonly patch: EntityPatch };

/**
 * What a worker's answer to a batch comes to (entities §1.7). The first results are for the first operations; those
 * without one stay in the inbox, in their order. The state is as it was sent: none means that the entity is deleted.
 */
export function applyBatch(
  state: InstanceState,
  { consumed }: Turn,
  result: EntityBatchResult,
  tools: BoundedTools,
): { readonly write: BatchOutcome; readonly skipped: readonly string[] } {
  const draft: BatchDraft = { state, tools, entityMessages: [], instances: [], skipped: [] };
  const done = consumed.slice(0, result.results.length);
  const messages = done.flatMap((operation, i) => {
    const outcome = result.results[i];
    if (operation.kind !== 'call' || !outcome) return [];
    return [reply(operation, boundedOutcome(outcome, tools.bounds), tools)];
  });
  for (const action of result.actions) applyOperationAction(draft, action);
  const { entityMessages, instances, skipped } = draft;
  const write: BatchOutcome = {
    patch: batchPatch(state, done, result.entityState?.value ?? null, tools),
    ...(messages.length > 0 && { messages }),
    ...(entityMessages.length > 0 && { entityMessages }),
    ...(instances.length > 0 && { instances }),
  };
  return { write, skipped };
}

/** A batch that no worker gets through: its calls fail, its signals go, the state stays (entities §1.7). */
export function failBatch(
  state: InstanceState,
  { consumed }: Turn,
  failure: MessageInput<'TaskFailureDetails'>,
  tools: Tools,
): BatchOutcome {
  return {
    patch: batchPatch(state, consumed, state.entityState, tools),
    messages: consumed.filter(({ kind }) => kind === 'call').map((call) => reply(call, { failure }, tools)),
  };
}

function batchPatch(
  { partition, key, turn, heldBy, updatedAt }: InstanceState,
  consumed: readonly Message[],
  state: string | null,
  { now }: Tools,
): EntityPatch {
  return {
    ...{ kind: 'entity', partition, key, turn, isTurn: true, state, heldBy, consumed, dropsSignals: false },
    updatedAt: Math.max(updatedAt, toMicrosUp(now)),
  };
}

type Outcome = OperationOutcome | { readonly failure: MessageInput<'TaskFailureDetails'> };

/** For the generation that called, and nobody else (entities §1.6). */
function reply(call: Message, outcome: Outcome, { now, codec }: Tools): NewMessage {
  const called = codec.decodeEvent(entityEventOf(call));
  assert(called.eventType === 'entityOperationCalled', 'a call carries EntityOperationCalled');
  const { requestId } = called.entityOperationCalled;
  const event = codec.encodeEvent({
    eventId: -1,
    timestamp: now,
    ...('output' in outcome
      ? { entityOperationCompleted: { requestId, output: outcome.output } }
      : { entityOperationFailed: { requestId, failureDetails: outcome.failure ?? noDetails } }),
  });
  return {
    to: { by: 'key', ...senderOf(call) },
    message: { rank: ranks.arrived, kind: 'entityReply', event },
    isFromClient: false,
  };
}

const noDetails = {
  errorType: 'EntityOperationFailed',
  errorMessage: 'the operation failed without details',
};

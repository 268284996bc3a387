// What clients and workers do to entities, to the oracle.

import { entityIdProblem } from '../../src/domain/entity-id.ts';
import { buildInstance } from '../../src/domain/start.ts';
import { type NewInstance } from '../../src/domain/write.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import { type EntityBatchResult, type Timestamp } from '../../src/protocol/messages.ts';
import { bounds } from '../helpers/factories.ts';
import { type EntityRow, isOperation, type Operation, type Waiting } from './entity-rows.ts';
import { deliverAll, findEntity, isOver, replyMessage, type SentSignal, signalTo } from './entity-steps.ts';
import { NO_TIME } from './events.ts';
import { type BatchOut, type Oracle, type Target } from './oracle.ts';
import { delay } from './worker-effects.ts';

export function signal(oracle: Oracle, sent: SentSignal, now: Timestamp): void {
  const request = `${sent.hubId}/${sent.requestId}/${sent.id}`;
  if (oracle.requests.has(request)) {
    oracle.saw('a repeated signal was not sent again');
    return;
  }
  if (sent.requestId !== '') oracle.requests.set(request, sent);
  const row = findEntity(oracle, sent);
  oracle.saw(row ? 'a signal reached an entity' : 'a signal made its entity');
  if (row?.holder) oracle.saw('a signal waited because its entity is held');
  deliverAll(oracle, [signalTo(oracle, sent, now)]);
}

// ── batches ──

/** An answer to the batch that went out with that token. */
export function completeBatch(
  oracle: Oracle,
  { token, hubId }: Pick<BatchOut, 'token' | 'hubId'>,
  result: EntityBatchResult,
  now: Timestamp,
): void {
  const out = [...oracle.batches.values()].find((it) => it.token === token && it.hubId === hubId);
  const row = out && oracle.entities.get(out.key);
  if (!row) {
    oracle.saw('a stale answer to a batch was ignored');
  } else if (result.failureDetails || result.requiresState || result.results.length === 0) {
    endBatch(oracle, out);
    delay(oracle, row.key);
    oracle.saw('a batch failed');
  } else record(oracle, row, { out, result, now });
}

interface Answered {
  readonly out: BatchOut;
  readonly result: EntityBatchResult;
  readonly now: Timestamp;
}

/** The first results are for the first operations; the others wait as before. */
function record(oracle: Oracle, row: EntityRow, { out, result, now }: Answered): void {
  const done = out.operations.slice(0, result.results.length);
  if (done.length < out.operations.length) oracle.saw('a batch was recorded in part');
  else oracle.saw('a batch was recorded');
  const state = result.entityState?.value ?? null;
  if (state === null && row.state !== null) oracle.saw('an entity was deleted by its operations');
  const isLeft = ({ what }: Waiting): boolean => !done.some((operation) => operation === what);
  oracle.entities.set(row.key, { ...row, state, turn: row.turn + 1, queue: row.queue.filter(isLeft) });
  endBatch(oracle, out);
  oracle.abandons.delete(row.key);
  const instances = result.actions.flatMap((action) => startedBy(action, row, oracle, now));
  const messages = done.flatMap((operation, i) => replyTo(operation, result.results[i], oracle));
  const { instances: won } = oracle.commit({ instances, messages });
  for (const outcome of won) {
    const isWon = outcome === 'won';
    oracle.saw(isWon ? 'an entity started an orchestration' : 'a start by an entity was dropped');
  }
  const signals = result.actions.flatMap((action) => signalOf(action, row));
  if (signals.length > 0) oracle.saw('an entity sent signals');
  deliverAll(
    oracle,
    signals.map((sent) => signalTo(oracle, sent, now)),
  );
}

type Action = EntityBatchResult['actions'][number];

function signalOf(action: Action, { hubId }: EntityRow): SentSignal[] {
  if (action.operationActionType !== 'sendSignal') return [];
  const { instanceId: id, name, input, scheduledTime } = action.sendSignal;
  if (entityIdProblem(id, bounds) !== undefined) return [];
  return [{ hubId, id, requestId: '', name, input: input?.value ?? null, scheduledTime }];
}

function startedBy(action: Action, { hubId }: EntityRow, oracle: Oracle, now: Timestamp): NewInstance[] {
  if (action.operationActionType !== 'startNewOrchestration') return [];
  const { instanceId, name, version, input, scheduledTime } = action.startNewOrchestration;
  const request = {
    ...{ instanceId, name, input, tags: {}, parentTraceContext: null, requestTime: null, executionId: null },
    ...{ version: version?.value === '' ? null : version, scheduledStartTimestamp: scheduledTime },
    orchestrationIdReusePolicy: null,
  };
  const instance = buildInstance(request, { hubId, ...oracle.tools(now) });
  return [{ ...instance, replaces: ['completed', 'failed', 'terminated'] }];
}

function replyTo(
  operation: Operation,
  result: EntityBatchResult['results'][number] | undefined,
  oracle: Oracle,
) {
  const { event } = operation;
  if (operation.kind !== 'call' || event.eventType !== 'entityOperationCalled' || !result) return [];
  const { requestId } = event.entityOperationCalled;
  const { key, generation } = operation.sender;
  const hasFailed = result.resultType === 'failure';
  if (isOver(oracle, operation.sender)) oracle.saw('the result of a call had nobody to go to');
  else oracle.saw(hasFailed ? 'a call failed' : 'a call was answered');
  const output = result.resultType === 'success' ? result.success.result : null;
  const content: MessageInput<'HistoryEvent'> = hasFailed
    ? { entityOperationFailed: { requestId, failureDetails: result.failure.failureDetails } }
    : { entityOperationCompleted: { requestId, output } };
  const replied = codec.encodeEvent({ eventId: -1, timestamp: NO_TIME, ...content });
  return [replyMessage({ key, generation }, replied)];
}

/** A worker gives a batch back. */
export function abandonBatch(oracle: Oracle, token: string): void {
  const out = [...oracle.batches.values()].find((it) => it.token === token);
  if (!out) return;
  endBatch(oracle, out);
  delay(oracle, out.key);
  oracle.saw('a batch was abandoned');
}

export function endBatch(oracle: Oracle, { key, token, hubId }: BatchOut): void {
  oracle.batches.delete(key);
  const instanceId = oracle.entities.get(key)?.id ?? '';
  oracle.deadTokens.push({ token, kind: 'entity', hubId, instanceId, taskId: 0 });
}

// ── what operators do ──

/** State and signals go; calls and what concerns locks stay. Returns whether there was anything. */
export function purge(oracle: Oracle, target: Target): number {
  const row = findEntity(oracle, target);
  if (!row) {
    oracle.saw('a purge of no entity purged nothing');
    return 0;
  }
  const out = oracle.batches.get(row.key);
  if (out) {
    endBatch(oracle, out);
    oracle.saw('an entity was purged while a batch was out');
  } else oracle.saw('an entity was purged');
  oracle.delayed.delete(row.key);
  oracle.purgedAt.set(row.key, oracle.settlements);
  const queue = row.queue.filter(({ what }) => what.kind !== 'signal');
  oracle.entities.set(row.key, { ...row, state: null, turn: row.turn + 1, queue });
  for (const [timerKey, { key }] of oracle.store.timers) {
    if (key === row.key) oracle.store.timers.delete(timerKey);
  }
  return row.state !== null || row.queue.some(isOperation) ? 1 : 0;
}

// ── what clients are shown ──

export interface ShownEntity {
  readonly instanceId: string;
  readonly backlog: number;
  readonly lockedBy: string | null;
  readonly state: string | null;
}

/** Null: it has no state. */
export function read(oracle: Oracle, target: Target): ShownEntity | null {
  const row = findEntity(oracle, target);
  return row && row.state !== null ? shownEntity(row) : null;
}

export function shownEntity({ id, queue, holder, state }: EntityRow): ShownEntity {
  return { instanceId: id, backlog: queue.filter(isOperation).length, lockedBy: holder?.id ?? null, state };
}

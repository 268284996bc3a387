import { decodeToken } from '../../src/domain/completion-token.ts';
import { entityNameOf } from '../../src/domain/entity-id.ts';
import { type AnyHistoryEvent } from '../../src/protocol/messages.ts';
import { type EntityRow, nextOperations, type Operation, type Waiting } from './entity-rows.ts';
import { findEntity } from './entity-steps.ts';
import { isSameEvent } from './events.ts';
import { Mismatch, same, show } from './mismatch.ts';
import { type Oracle } from './oracle.ts';
import { isOverfull } from './room.ts';
import { noteArrival, OVERTAKEN } from './take-items.ts';
import { type BatchItem } from './worker-stream.ts';

/** A batch came to a worker: it must be the one that its entity has for them. */
export function takeBatch(oracle: Oracle, item: BatchItem): void {
  const { token, stream, request } = item;
  const { hubId, replica, id } = stream;
  const { instanceId, operationRequests } = request;
  const proof = decodeToken(token);
  if (proof?.kind !== 'entity') throw new Mismatch(`'${token}' is no token of a batch`);
  const what = `the batch ${proof.turn} of '${instanceId}'`;
  const row = findEntity(oracle, { hubId, id: instanceId });
  if (!row) throw new Mismatch(`${what} went out, but there is no such entity`);
  same(`the entity of ${what}`, oracle.realKeys.get(row.key), proof.key);
  same(`the execution of ${what}`, request.executionId, String(proof.key));
  if (isOvertaken(oracle, row, proof.turn)) {
    oracle.deadTokens.push({ token, kind: 'entity', hubId, instanceId, taskId: 0 });
    return;
  }
  checkBatch(oracle, row, { item, turn: proof.turn, what });
  const operations = operationsIn(row, operationRequests, what);
  oracle.batches.set(row.key, { hubId, token, stream: id, replica, key: row.key, operations });
  oracle.replicas.set(proof.incarnation, replica);
  if (isOverfull(oracle, stream)) throw new Mismatch(`${what} is one too many`);
  if (row.holder && row.queue.length > operations.length) {
    oracle.saw('a held entity did what its holder asked for alone');
  }
  if (operations.length > 1) oracle.saw('a batch had several operations');
  noteArrival(oracle, row.key, 'an abandoned batch came again');
}

interface Judged {
  readonly item: BatchItem;
  readonly turn: number;
  readonly what: string;
}

function checkBatch(oracle: Oracle, row: EntityRow, { item, turn, what }: Judged): void {
  const { stream, request } = item;
  same(`the number of ${what}`, turn, row.turn);
  if (oracle.batches.has(row.key)) throw new Mismatch(`${what} went out twice`);
  if (!stream.accepts('entity', entityNameOf(row.id), null)) {
    throw new Mismatch(`${what} went to a stream that does not take it`);
  }
  same(`the state in ${what}`, request.entityState?.value ?? null, row.state);
  const isTimed = request.operationRequests.every(({ timestamp }) => timestamp !== null);
  same(`whether all operations of ${what} have a time`, isTimed, true);
}

/** The entity was purged while it was on its way. */
function isOvertaken({ purgedAt, settlements }: Oracle, { key, turn }: EntityRow, itsTurn: number): boolean {
  return itsTurn < turn && (purgedAt.get(key) ?? -Infinity) >= settlements - OVERTAKEN;
}

/** It may have gone out just before a lock ended. */
function operationsIn(
  row: EntityRow,
  events: readonly AnyHistoryEvent[],
  what: string,
): readonly Operation[] {
  const ways = [row.holder, row.heldBefore].map((holder) => chosen(nextOperations(row, holder), events));
  const found = ways.find((way) => way !== undefined);
  if (found) return found;
  throw new Mismatch(`${what} has ${show(events)}, of ${show(row.queue.map((waiting) => waiting.what))}`);
}

/** All that were settled before, and of those that came meanwhile the first ones of each write. */
function chosen(
  from: readonly Waiting[],
  events: readonly AnyHistoryEvent[],
): readonly Operation[] | undefined {
  const operations: Operation[] = [];
  const cut = new Set<number>();
  for (const { what, group, isSettled } of from) {
    if (what.kind === 'lock') throw new Error('no lock request is an operation');
    const event = events[operations.length];
    if (event && !cut.has(group) && isSameEvent(what.event, event)) operations.push(what);
    else if (isSettled) return undefined;
    else cut.add(group);
  }
  return operations.length === events.length && events.length > 0 ? operations : undefined;
}

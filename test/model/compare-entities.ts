// Entities: what the database holds of them, beside what the oracle holds.

import { isDeepStrictEqual } from 'node:util';
import { entityNameOf } from '../../src/domain/entity-id.ts';
import { entityEventOf, senderOf } from '../../src/domain/entity-message.ts';
import { messageKinds, ranks } from '../../src/domain/message.ts';
import { must } from '../../src/lib/assert.ts';
import { type AnyHistoryEvent } from '../../src/protocol/messages.ts';
import { learnKey } from './compare-rows.ts';
import { type EntityColumns, type InboxColumns } from './database-reader.ts';
import { type EntityRow, type Execution, type LockRequest, type Waiting } from './entity-rows.ts';
import { findEntity, isOver } from './entity-steps.ts';
import { decoded, isSameEvent, withoutTime } from './events.ts';
import { Mismatch, same, show } from './mismatch.ts';
import { type Oracle } from './oracle.ts';

/** Whom each row is of. Returns the columns by the oracle's keys. */
export function learnEntities(
  oracle: Oracle,
  all: readonly EntityColumns[],
): ReadonlyMap<number, EntityColumns> {
  const found = new Map<number, EntityColumns>();
  for (const columns of all) {
    const { hub_id: hubId, instance_id: id } = columns;
    const row = findEntity(oracle, { hubId, id });
    if (!row) throw new Mismatch(`the entity '${id}' should not be there`);
    learnKey(oracle, row.key, columns.instance_key);
    found.set(row.key, columns);
  }
  for (const { key, id } of oracle.entities.values()) {
    if (!found.has(key)) throw new Mismatch(`the entity '${id}' is missing`);
  }
  return found;
}

export function compareEntities(
  oracle: Oracle,
  columns: ReadonlyMap<number, EntityColumns>,
  inbox: readonly InboxColumns[],
): void {
  for (const row of oracle.entities.values()) {
    const ofIt = inbox.filter(({ instance_key: key }) => key === oracle.realKeys.get(row.key));
    compareEntity(oracle, row, must(columns.get(row.key), 'the columns of an entity'), ofIt);
  }
}

function compareEntity(
  oracle: Oracle,
  row: EntityRow,
  columns: EntityColumns,
  inbox: readonly InboxColumns[],
): void {
  const { turn, state, holder } = row;
  const { held_by: heldBy } = columns;
  same(
    `the entity '${row.id}'`,
    {
      ...{ name: columns.name, turn: columns.turn, state: columns.state?.toString() ?? null },
      heldBy: heldBy && { id: heldBy.id, section: heldBy.section, ...executionOf(oracle, heldBy) },
    },
    { name: entityNameOf(row.id), turn, state, heldBy: holder },
  );
  if (holder && isOver(oracle, holder)) {
    throw new Mismatch(`'${row.id}' is held by an execution that is over`);
  }
  compareQueue(oracle, row, inbox);
}

function executionOf({ keysOfReal }: Oracle, { key, generation }: Execution): Partial<Execution> {
  const known = keysOfReal.get(key);
  return known === undefined ? { generation } : { key: known, generation };
}

/** What was there before stays in front, in its order; so do the messages of one write. */
function compareQueue(oracle: Oracle, row: EntityRow, inbox: readonly InboxColumns[]): void {
  const left = [...row.queue];
  const queue = inbox.map((columns) => {
    const at = left.findIndex((waiting) => isSameWaiting(oracle, waiting, columns));
    const found = left[at];
    if (!found) throw queueMismatch(row, inbox);
    const isFirst = left.slice(0, at).every((other) => mayPass(found, other));
    if (!isFirst) throw queueMismatch(row, inbox);
    left.splice(at, 1);
    return learned(found, columns);
  });
  if (left.length > 0) throw queueMismatch(row, inbox);
  oracle.entities.set(row.key, { ...row, queue });
}

function mayPass(second: Waiting, first: Waiting): boolean {
  const isBound = first.isSettled || first.group === second.group || first.isInFront !== second.isInFront;
  return !isBound;
}

function isSameWaiting(oracle: Oracle, { what, isInFront }: Waiting, columns: InboxColumns): boolean {
  if (columns.rank !== (isInFront ? ranks.fromHolder : ranks.arrived)) return false;
  const kind = { signal: 'signal', call: 'call', lock: 'lockRequest' } as const;
  if (columns.kind !== messageKinds[kind[what.kind]]) return false;
  const event = decoded(eventOf(columns));
  if (what.kind === 'lock') return isFrom(oracle, what.holder, columns) && isSameRequest(what, event);
  return isSameEvent(what.event, event) && (what.kind === 'signal' || isFrom(oracle, what.sender, columns));
}

/** Who came and went within one step was never seen. */
function isFrom({ keysOfReal }: Oracle, execution: Execution, columns: InboxColumns): boolean {
  const { key, generation } = senderOf(columns);
  return (keysOfReal.get(key) ?? execution.key) === execution.key && generation === execution.generation;
}

function isSameRequest({ holder, entities, at }: LockRequest, event: AnyHistoryEvent): boolean {
  if (event.eventType !== 'entityLockRequested') return false;
  const { criticalSectionId, lockSet, position, parentInstanceId } = event.entityLockRequested;
  return isDeepStrictEqual(
    [criticalSectionId, lockSet, position, parentInstanceId?.value],
    [holder.section, entities, at, holder.id],
  );
}

function eventOf({ kind, event }: InboxColumns): Buffer {
  return entityEventOf({ kind: kind === messageKinds.signal ? 'signal' : 'call', event });
}

/** With the id of the request, where the server made it. */
function learned(waiting: Waiting, columns: InboxColumns): Waiting {
  if (waiting.isSettled || waiting.what.kind !== 'signal') return waiting;
  return { ...waiting, what: { kind: 'signal', event: decoded(columns.event) } };
}

function queueMismatch({ id, queue }: EntityRow, inbox: readonly InboxColumns[]): Mismatch {
  const is = inbox.map((columns) => withoutTime(decoded(eventOf(columns))));
  const should = queue.map(({ what }) => (what.kind === 'lock' ? what : withoutTime(what.event)));
  return new Mismatch(`the queue of '${id}' is ${show(is)}, not ${show(should)}`);
}

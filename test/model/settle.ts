// Whether the server is where an oracle says that it must be. The two are compared as a whole after every step: every row
// of the database, every work item that came, and that nothing is on its way any more. Nothing but that is waited for, so
// a step is over when the server is quiet.
//
// The server may do some things in more than one way, because its parts run at the same time. What is free is said here
// and nowhere else, as little as possible:
//
// - Keys, execution ids and moments are the server's; each is learned once and then held to.
// - A timer fires when the database says so, but not before its time, and before the step is over in which it was due.
// - Messages that different writes sent in one step may have come in any order; those of one write, in its order.
// - A turn may have gone out between two messages of a step: it holds a first part of each write's messages, and all
//   that were there before. The others must come with the next one.
// - A turn or activity whose end crossed it may still arrive; it changes nothing.
// - A batch may have gone out just before the lock of its entity ended: then it has the calls of who held it.
// - Lock requests that can go on at the same time do so in any order.
// - Of activities that are dropped in the step that made them, or in which another one freed a slot, those stay that a
//   replica had taken for a worker by then.
// - A replica that owns work waits for its own workers to have room for it, even if others have some.

import { entityNameOf } from '../../src/domain/entity-id.ts';
import { isTerminal } from '../../src/domain/instance.ts';
import { must } from '../../src/lib/assert.ts';
import { compareEntities, learnEntities } from './compare-entities.ts';
import {
  compareActivities,
  compareHistory,
  compareInbox,
  compareInstances,
  compareTimers,
} from './compare-rows.ts';
import { type DatabaseRows, type EntityColumns, type InstanceColumns } from './database-reader.ts';
import { type EntityRow, nextOperations, settledRow } from './entity-rows.ts';
import { type ActivityRow, type InstanceRow } from './rows.ts';
import { Mismatch, same } from './mismatch.ts';
import { type Oracle } from './oracle.ts';
import { hasRoom } from './room.ts';
import { takeBatch } from './take-batches.ts';
import { takeActivity, takeTurn } from './take-items.ts';
import { type ReceivedItem, type WorkerStream, type WorkKind } from './worker-stream.ts';

export interface Observation {
  readonly rows: DatabaseRows;
  /** What came since the last settlement. */
  readonly items: readonly ReceivedItem[];
  readonly streams: readonly WorkerStream[];
}

/** Throws a `Mismatch` unless the server is where the oracle is. The oracle learns by it: use a copy. */
export function settle(oracle: Oracle, observation: Observation): void {
  const { rows, items } = observation;
  same('how many answers are stored', rows.storedAnswers, 0);
  const columns = compareInstances(oracle, rows.instances);
  const entityColumns = learnEntities(oracle, rows.entities);
  compareTimers(oracle, rows.timers);
  for (const row of oracle.store.instances.values()) {
    const real = oracle.realKeys.get(row.key);
    const ofIt = <Columns extends { readonly instance_key: number }>(list: readonly Columns[]): Columns[] =>
      list.filter(({ instance_key: key }) => key === real);
    compareInbox(oracle, row, ofIt(rows.inbox));
    compareHistory(oracle, row, ofIt(rows.history));
    compareActivities(oracle, row, ofIt(rows.activities));
  }
  compareEntities(oracle, entityColumns, rows.inbox);
  for (const item of items) takeItem(oracle, item);
  for (const row of oracle.store.instances.values()) {
    checkInstance(oracle, row, must(columns.get(row.key), 'the columns of an instance'), observation);
  }
  for (const activity of oracle.store.activities.values()) checkActivity(oracle, activity, observation);
  for (const row of oracle.entities.values()) {
    checkEntity(oracle, row, must(entityColumns.get(row.key), 'the columns of an entity'), observation);
    oracle.entities.set(row.key, settledRow(row));
  }
  oracle.store.settled();
  oracle.settlements++;
}

function takeItem(oracle: Oracle, item: ReceivedItem): void {
  if (item.kind === 'orchestration') takeTurn(oracle, item);
  else if (item.kind === 'activity') takeActivity(oracle, item);
  else takeBatch(oracle, item);
}

function checkInstance(
  oracle: Oracle,
  row: InstanceRow,
  { owner, is_rung: isRung }: InstanceColumns,
  observation: Observation,
): void {
  const { key, hubId, name, version } = row;
  const what = `'${row.id}' (${row.status}, turn ${row.turn})`;
  const isOwned = owner !== null;
  if (isOwned && isRung) throw new Mismatch(`the owner of ${what} has not heard its bell`);
  if (isTerminal(row.status)) same(`whether ${what} is owned or rung`, isOwned || isRung, false);
  const isJustAbandoned = oracle.delayed.get(key)?.since === oracle.settlements;
  if (isJustAbandoned && isOwned) throw new Mismatch(`${what} has not been given up`);
  if (!oracle.isDeliverable(row)) return;
  same(`whether ${what} is owned or rung`, isOwned || isRung, true);
  checkWaiting(oracle, { key, hubId, kind: 'orchestration', name, version, what, owner }, observation);
}

function checkActivity(oracle: Oracle, activity: ActivityRow, observation: Observation): void {
  const { activityKey: key, hubId, name, effectiveVersion: version, isLeased } = activity;
  const what = `the activity '${name}' of '${oracle.store.instances.get(activity.key)?.id ?? '?'}'`;
  const real = oracle.realKeys.get(key);
  const owner = observation.rows.activities.find((columns) => columns.activity_key === real)?.owner ?? null;
  if (!isLeased) {
    checkWaiting(oracle, { key, hubId, kind: 'activity', name, version, what, owner }, observation);
  } else if (owner === null) throw new Mismatch(`${what} is out, but nobody owns it`);
}

function checkEntity(
  oracle: Oracle,
  row: EntityRow,
  { owner, is_rung: isRung }: EntityColumns,
  observation: Observation,
): void {
  const { key, hubId, id } = row;
  const what = `the entity '${id}'`;
  const isOwned = owner !== null;
  if (isOwned && isRung) throw new Mismatch(`the owner of ${what} has not heard its bell`);
  const isJustAbandoned = oracle.delayed.get(key)?.since === oracle.settlements;
  if (isJustAbandoned && isOwned) throw new Mismatch(`${what} has not been given up`);
  if (oracle.batches.has(key) || nextOperations(row, row.holder).length === 0) return;
  same(`whether ${what} is owned or rung`, isOwned || isRung, true);
  const work = { key, hubId, kind: 'entity', name: entityNameOf(id), version: null, what, owner } as const;
  checkWaiting(oracle, work, observation);
}

interface Work {
  readonly key: number;
  readonly hubId: number;
  readonly kind: WorkKind;
  readonly name: string;
  readonly version: string | null;
  readonly what: string;
  readonly owner: number | null;
}

/** Work waits only where no worker has room for it, and with nobody who has no worker for it. */
function checkWaiting(oracle: Oracle, work: Work, { streams }: Observation): void {
  const { key, hubId, kind, name, version, what, owner } = work;
  // Who has handed out nothing yet has room.
  const replica = owner === null ? undefined : oracle.replicas.get(owner);
  const serving = streams.filter(
    (stream) =>
      stream.isOpen &&
      stream.hubId === hubId &&
      (replica === undefined || stream.replica === replica) &&
      stream.accepts(kind, name, version),
  );
  if (serving.length === 0 && owner !== null) {
    throw new Mismatch(`${what} is kept by a replica that can't serve it`);
  }
  const isFree = serving.some((stream) => hasRoom(oracle, stream, kind));
  const mayRest = (oracle.delayed.get(key)?.untilMs ?? -Infinity) > performance.now();
  if (isFree && !mayRest) throw new Mismatch(`${what} has not gone out`);
  if (!isFree) oracle.unserved.add(key);
}

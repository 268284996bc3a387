import { type Pool } from 'pg';
import {
  answer,
  count,
  expect,
  onlyResident,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { createTimer, fromNow } from '../../test/helpers/scripted-worker.ts';
import { LOOK_AHEAD_MS } from '../dispatch/due-timers.ts';
import { limits } from '../domain/limits.ts';
import { codec } from '../protocol/codec.ts';
import { claimWork } from './claim-work.ts';
import { fireTimers, pollTimers } from './fire-timers.ts';
import { raiseEvent } from './raise-event.ts';

/** An engine that polls all partitions, with an order whose timers are due in so many milliseconds. */
async function withTimers(one: StillEngine, ...dueInMs: number[]) {
  const { timers } = one.dispatch;
  timers.assign(one.store.replicaId, [one.store.replicaId]);
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  const actions = dueInMs.map((ms, i) => createTimer(i + 1, fromNow(ms)));
  await answer(one.hub, await worker.turn(), actions);
  return { worker, timers, resident: onlyResident(one) };
}

/** The same engine some time later, as it believes. */
function later({ hub }: StillEngine, ms: number): StillEngine['hub'] {
  return { ...hub, now: () => fromNow(ms) };
}

const fired = (one: StillEngine): number =>
  onlyResident(one).messages.filter(({ kind }) => kind === 'timerFired').length;

test('a poll learns what is due soon in the partitions of this replica, soonest first', async ({ still }) => {
  const one = await still();
  const { timers } = await withTimers(one, 8_000, 2_000, LOOK_AHEAD_MS + 60_000);
  expect(await pollTimers(one.hub)).toBe(2);
  const [first, ...rest] = timers.takeDue(Number.MAX_SAFE_INTEGER, 10);
  expect(rest).toHaveLength(1);
  expect(first?.firesAt).toBeLessThan(rest[0]?.firesAt ?? 0);
});

test('a replica without partitions asks for nothing', async ({ still }) => {
  const one = await still();
  const { timers } = await withTimers(one, 0);
  timers.assign(one.store.replicaId, [7]);
  expect(await pollTimers(one.hub)).toBe(0);
});

test('timers of other replicas’ partitions are theirs', async ({ still, db }) => {
  const one = await still();
  const { timers, resident } = await withTimers(one, 0);
  const others = Array.from({ length: 20 }, (_, i) => (i + 1) * 2 ** 20);
  timers.assign(one.store.replicaId, [one.store.replicaId, ...others]);
  expect(await pollTimers(one.hub)).toBe(timers.partitions.has(resident.state.partition) ? 1 : 0);
  await db.query('update timers set partition = $1', [[...timers.partitions][0]]);
  expect(await pollTimers(one.hub)).toBe(1);
  await db.query('update timers set partition = $1', [
    [...Array(256).keys()].find((partition) => !timers.partitions.has(partition)),
  ]);
  expect(await pollTimers(one.hub)).toBe(0);
});

test('what is due is fired and delivered, what is not stays', async ({ still, db }) => {
  const one = await still();
  const { timers, worker } = await withTimers(one, 0, 60_000);
  await pollTimers(one.hub);
  expect(await fireTimers(later(one, 0))).toBe(false);
  expect((await worker.turn(1)).news).toEqual(['orchestratorStarted', 'timerFired']);
  expect([await count(db, 'timers'), timers.nextAt()]).toEqual([1, undefined]);
  expect(await fireTimers(one.hub), 'nothing is due').toBe(false);
});

test('a timer that another replica fired first calls for a poll, and is delivered once', async ({
  still,
  db,
}) => {
  const [one, two] = [await still(), await still()];
  const { worker } = await withTimers(one, 0);
  worker.stream.limits.orchestration = 0;
  two.dispatch.timers.assign(two.store.replicaId, [two.store.replicaId]);
  await Promise.all([pollTimers(one.hub), pollTimers(two.hub)]);
  const polls = await Promise.all([fireTimers(one.hub), fireTimers(two.hub)]);
  expect(polls.toSorted()).toEqual([false, true]);
  expect(await count(db, 'timers')).toBe(0);
  expect(await count(db, 'inbox')).toBe(1);
});

test('a timer that only this replica’s clock calls due stays, and is found again', async ({ still, db }) => {
  const one = await still();
  const { timers } = await withTimers(one, 5_000);
  await pollTimers(one.hub);
  expect(await fireTimers(later(one, 6_000))).toBe(true);
  expect([await count(db, 'timers'), fired(one), timers.nextAt()]).toEqual([1, 0, undefined]);
  await pollTimers(one.hub);
  expect(timers.nextAt()).toBeDefined();
});

test('a timer of an execution that is over is gone, and nobody polls for it', async ({ still, db }) => {
  const one = await still();
  const { worker } = await withTimers(one, 0);
  worker.stream.limits.orchestration = 0;
  await pollTimers(one.hub);
  await db.query('update instances set generation = generation + 1');
  expect(await fireTimers(one.hub)).toBe(false);
  expect([await count(db, 'timers'), await count(db, 'inbox')]).toEqual([0, 0]);
});

test('one write fires a limited number, and one poll reads a limited number: then there is another', async ({
  still,
  db,
}) => {
  const one = await still();
  const { timers, resident, worker } = await withTimers(one);
  worker.stream.limits.orchestration = 0;
  const { partition, key } = resident.state;
  await insertTimers(db, { partition, key, count: limits.polledTimers + 10 });
  expect(await pollTimers(one.hub)).toBe(limits.polledTimers);
  const polls: boolean[] = [];
  for (let i = 0; i < limits.polledTimers / limits.firedTimers; i++) polls.push(await fireTimers(one.hub));
  expect(polls.indexOf(true), 'when few are left').toBeGreaterThan(6);
  expect(polls.at(-1)).toBe(true);
  expect(await count(db, 'timers')).toBe(10);
  expect(await pollTimers(one.hub)).toBe(10);
  expect(await fireTimers(one.hub)).toBe(false);
  expect(await count(db, 'timers')).toBe(0);
  expect(timers.needsPoll).toBe(false);
});

test('a start whose time has come begins, although memory is full of events that came before it', async ({
  still,
  db,
}) => {
  const one = await still();
  const { timers } = one.dispatch;
  timers.assign(one.store.replicaId, [one.store.replicaId]);
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a', scheduledStartTimestamp: fromNow(60_000) });
  await raiseLarge(one, 1);
  await claimWork(one.hub);
  await raiseLarge(one, 5);
  expect(onlyResident(one).isFull).toBe(true);
  await db.query('update timers set fires_at = clock_timestamp()');
  await pollTimers(one.hub);
  await fireTimers(one.hub);
  expect(await count(db, 'timers')).toBe(0);
  expect((await worker.turn()).news.slice(0, 2)).toEqual(['orchestratorStarted', 'executionStarted']);
});

/** Raises events of a mebibyte for 'a'. */
async function raiseLarge({ hub }: StillEngine, times: number): Promise<void> {
  const request = { instanceId: 'a', name: 'x', input: { value: 'x'.repeat(1024 * 1024) } };
  const bytes = codec.encode('RaiseEventRequest', request);
  for (let i = 0; i < times; i++) await raiseEvent(hub, codec.decode('RaiseEventRequest', bytes));
}

async function insertTimers(
  db: Pool,
  {
    partition,
    key,
    count: many,
  }: { readonly partition: number; readonly key: number; readonly count: number },
): Promise<void> {
  await db.query(
    `insert into timers (partition, fires_at, timer_key, instance_key, generation, kind, rank, event)
     select $1, clock_timestamp() - interval '1 min', n, $2, 0, 3, 3, ''
       from generate_series(1, $3::int) n`,
    [partition, key, many],
  );
}

import { ranks } from '../domain/message.ts';
import { type DueTimer, type NewTimer } from '../domain/write.ts';
import {
  commit,
  count,
  end,
  expect,
  held,
  inboxOf,
  instanceRow,
  newInstance,
  type Replica,
  start,
  test,
  turn,
} from '../../test/helpers/store.ts';

const PAST = 1_600_000_000_000_000;
const FUTURE = 4_000_000_000_000_000;

function newTimer(
  { store }: Replica,
  { partition, key }: { readonly partition: number; readonly key: number },
  firesAt: number,
  text = 'fired',
): NewTimer {
  const message = { rank: ranks.arrived, kind: 'timerFired', event: Buffer.from(text) } as const;
  return { partition, key, timerKey: store.ids.key(), generation: 0, firesAt, message };
}

function due({ message, ...timer }: NewTimer): DueTimer {
  return { ...timer, kind: message.kind };
}

test('a due timer is delivered with its time and is gone; an early one stays', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  const { key } = instance;
  const [early, ripe] = [newTimer(replica, instance, FUTURE), newTimer(replica, instance, PAST)];
  await commit(replica, { patch: turn(replica, key), timers: [early, ripe] });
  expect(replica.memory.all('timers')).toEqual([early, ripe]);
  await commit(replica, { dueTimers: [due(early), due(ripe)] });
  expect(replica.memory.get(key).messages).toMatchObject([
    { kind: 'timerFired', firesAt: PAST, rank: ranks.arrived, event: Buffer.from('fired') },
  ]);
  expect(await count(db, 'timers')).toBe(1);
  expect(await instanceRow(db, key)).toMatchObject({ ready_at: null });
});

test('a timer that two replicas fire is delivered once, and rings the owner', async ({ open, hubId, db }) => {
  const [owner, one, two] = [await open(), await open(), await open()];
  const instance = await start(owner, hubId, 'a');
  const timers = Array.from({ length: 50 }, (_, i) => newTimer(owner, instance, PAST + i, `t${i}`));
  await commit(owner, { patch: turn(owner, instance.key), timers });
  await Promise.all([
    commit(one, { dueTimers: timers.map(due) }),
    commit(two, { dueTimers: timers.map(due).toReversed() }),
  ]);
  expect(await inboxOf(db, instance.key)).toHaveLength(50);
  expect(await count(db, 'timers')).toBe(0);
  expect(await instanceRow(db, instance.key)).toMatchObject({ is_due: true });
});

test('timers of one write are delivered in the order of their times', async ({ open, hubId }) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  const timers = [3, 1, 2].map((i) => newTimer(replica, instance, PAST + i, `t${i}`));
  await commit(replica, { patch: turn(replica, instance.key), timers });
  await commit(replica, { dueTimers: timers.map(due) });
  expect(held(replica, instance.key)).toEqual(['t1', 't2', 't3']);
});

test('a timer of a generation that is over fires into nothing', async ({ open, hubId, db }) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  const timer = newTimer(replica, instance, PAST);
  await commit(replica, { patch: turn(replica, instance.key), timers: [timer] });
  await db.query('update instances set generation = 1');
  await commit(replica, { dueTimers: [due(timer)] });
  expect(await count(db, 'timers')).toBe(0);
  expect(await count(db, 'inbox')).toBe(0);
});

test('the end of an instance takes its timers with it', async ({ open, hubId, db }) => {
  const replica = await open();
  const [a, b] = [await start(replica, hubId, 'a'), await start(replica, hubId, 'b')];
  await commit(replica, { timers: [newTimer(replica, a, FUTURE), newTimer(replica, b, FUTURE)] });
  await commit(replica, { patch: end(replica, a.key) });
  const { rows } = await db.query<{ instance_key: number }>('select instance_key from timers');
  expect(rows).toEqual([{ instance_key: b.key }]);
});

test('the timer of a start in the future makes it claimable', async ({ open, hubId, db }) => {
  const replica = await open();
  const instance = newInstance(replica, hubId, 'a', { scheduledAt: PAST, owned: false });
  await commit(replica, { instances: [instance] });
  const [timer] = await replica.store.readTimers([instance.partition], 0, 10);
  expect(timer).toMatchObject({ key: instance.key, kind: 'started', firesAt: PAST, generation: 0 });
  await commit(replica, { dueTimers: timer ? [timer] : [] });
  expect(await instanceRow(db, instance.key)).toMatchObject({ is_due: true });
  expect(replica.memory.results.at(-1)?.spilled).toEqual([{ hubId, item: 'orchestration' }]);
  const claim = { hubId, kind: 'orchestration', filter: 'everything', limit: 5 } as const;
  expect(await replica.store.claimInstances(claim)).toBe(1);
  expect(replica.memory.get(instance.key).messages).toMatchObject([
    { kind: 'started', rank: ranks.started, firesAt: null, event: instance.started },
  ]);
});

test('timers are read soonest first, of these partitions, within the look-ahead', async ({ open, hubId }) => {
  const replica = await open();
  const instances = await Promise.all(['a', 'b', 'c'].map((id) => start(replica, hubId, id)));
  const timers = instances.flatMap((instance, i) => [
    newTimer(replica, instance, PAST - i),
    newTimer(replica, instance, Date.now() * 1000 + 3_600_000_000),
    newTimer(replica, instance, FUTURE),
  ]);
  await commit(replica, { timers });
  const all = instances.map(({ partition }) => partition);
  const soon = await replica.store.readTimers(all, 10_000, 10);
  expect(soon.map(({ firesAt }) => firesAt)).toEqual([PAST - 2, PAST - 1, PAST]);
  expect(await replica.store.readTimers(all, 7_200_000, 10)).toHaveLength(6);
  expect(await replica.store.readTimers(all, 7_200_000, 2)).toHaveLength(2);
  const some = all.filter((partition) => partition !== all[0]);
  expect((await replica.store.readTimers(some, 10_000, 10)).map(({ firesAt }) => firesAt)).toEqual([
    PAST - 2,
    PAST - 1,
  ]);
});

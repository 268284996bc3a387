import { type Pool } from 'pg';
import { instanceId } from '../domain/ids.ts';
import { type NewInstance } from '../domain/write.ts';
import {
  commit,
  count,
  end,
  eventDraft,
  expect,
  instanceRow,
  newActivity,
  newInstance,
  raise,
  type Replica,
  start,
  test,
  turn,
} from '../../test/helpers/store.ts';

const tables = ['instances', 'history', 'inbox', 'activities', 'timers'] as const;

async function counts(db: Pool): Promise<number[]> {
  return Promise.all(tables.map((table) => count(db, table)));
}

/** An instance that has something in every table. */
async function busy(replica: Replica, hubId: number, id: string): Promise<NewInstance> {
  const instance = await start(replica, hubId, id);
  const { partition, key } = instance;
  await commit(replica, {
    patch: turn(replica, key),
    activities: [newActivity(replica, instance)],
    timers: [
      {
        ...{ partition, key, timerKey: replica.store.ids.key(), firesAt: 9e15, generation: 0 },
        message: eventDraft('fired'),
      },
    ],
  });
  await commit(replica, { messages: [raise(hubId, instanceId(id), 'waits')] });
  return instance;
}

/** The same, ended; the activity goes on. */
async function finished(replica: Replica, hubId: number, id: string): Promise<NewInstance> {
  const instance = await busy(replica, hubId, id);
  await commit(replica, { patch: end(replica, instance.key) });
  return instance;
}

test('a purge takes a finished instance out of every table', async ({ open, hubId, db }) => {
  const replica = await open();
  const instance = await finished(replica, hubId, 'a');
  expect(await counts(db)).toEqual([1, 2, 0, 1, 0]);
  expect(await replica.store.purge([instance])).toBe(1);
  expect(await counts(db)).toEqual([0, 0, 0, 0, 0]);
  expect(await replica.store.purge([instance])).toBe(0);
});

test('those that have not finished are left as they are, and not counted', async ({ open, hubId, db }) => {
  const replica = await open();
  const [running, done] = [await busy(replica, hubId, 'a'), await finished(replica, hubId, 'b')];
  const before = await instanceRow(db, running.key);
  expect(await replica.store.purge([running, done, { partition: 1, key: 12_345 }])).toBe(1);
  expect(await counts(db)).toEqual([1, 1, 1, 1, 1]);
  expect(await instanceRow(db, running.key)).toEqual(before);
});

test('whoever has the id now is left alone', async ({ open, hubId, db }) => {
  const replica = await open();
  const old = await finished(replica, hubId, 'a');
  const next = newInstance(replica, hubId, 'a', { replaces: ['completed'] });
  await commit(replica, { instances: [next] });
  expect(await replica.store.purge([old])).toBe(0);
  expect(await count(db, 'instances')).toBe(1);
});

test('many are purged at once by several replicas, each counted once', async ({ open, hubId, db }) => {
  const [one, two] = [await open(), await open()];
  const instances: NewInstance[] = [];
  for (let n = 0; n < 60; n++) instances.push(await finished(n % 2 === 0 ? one : two, hubId, `i${n}`));
  const purged = await Promise.all([
    one.store.purge(instances),
    two.store.purge(instances.toReversed()),
    one.store.purge(instances.slice(20, 40)),
  ]);
  expect(purged.reduce((sum, n) => sum + n, 0)).toBe(60);
  expect(await counts(db)).toEqual([0, 0, 0, 0, 0]);
  expect([...one.deaths, ...two.deaths]).toEqual([]);
});

import {
  commit,
  count,
  end,
  eventDraft,
  expect,
  held,
  inboxOf,
  instanceRow,
  newActivity,
  newInstance,
  raise,
  start,
  test,
  turn,
} from '../../test/helpers/store.ts';
import { ranks } from '../domain/message.ts';

test('an owned start is resident and holds its first message', async ({ open, hubId, db }) => {
  const replica = await open();
  const instance = newInstance(replica, hubId, 'a');
  const result = await commit(replica, { instances: [instance] });
  expect(result.instances).toEqual(['won']);
  expect(held(replica, instance.key)).toEqual(['started a']);
  expect(await instanceRow(db, instance.key)).toMatchObject({
    owner: replica.store.replicaId,
    ready_at: null,
  });
  expect(replica.memory.all('changed')).toEqual([]);
});

test('who waits is told of the first turn and of the end, not of the turns between', async ({
  open,
  hubId,
}) => {
  const replica = await open();
  const { key, id } = await start(replica, hubId, 'a');
  const told: number[] = [];
  for (const patch of [turn, turn, end]) {
    await commit(replica, { patch: patch(replica, key) });
    told.push(replica.memory.all('changed').length);
  }
  expect(told).toEqual([1, 1, 2]);
  expect(replica.memory.all('changed')[0]).toEqual({ hubId, id });
});

test('an inbox of many bytes is read in parts', async ({ open, hubId }) => {
  const replica = await open();
  const { key, partition, id } = await start(replica, hubId, 'a', { owned: false });
  const text = 'x'.repeat(3_000_000);
  for (let i = 0; i < 3; i++) await commit(replica, { messages: [raise(hubId, id, text)] });
  const claim = { hubId, kind: 'orchestration', filter: 'everything', limit: 1 } as const;
  await replica.store.claimInstances(claim);
  expect(held(replica, key).map((event) => event.length)).toEqual([9, 3_000_000, 3_000_000]);
  expect(replica.memory.get(key).hasMore).toBe(true);
  await commit(replica, { patch: { kind: 'fetch', partition, key } });
  expect(held(replica, key)).toHaveLength(4);
});

test('a turn appends history, consumes its messages and schedules activities; their results come back', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  const activity = newActivity(replica, instance);
  await commit(replica, { patch: turn(replica, instance.key), activities: [activity] });
  expect(await instanceRow(db, instance.key)).toMatchObject({ turn: 1, status: 0 });
  expect(await inboxOf(db, instance.key)).toEqual([]);
  expect(replica.memory.all('activities')).toEqual([activity]);
  const { partition, key } = instance;
  const done = { partition, key, activityKey: activity.activityKey, hubId, event: Buffer.from('result') };
  expect((await commit(replica, { completion: done })).isCompleted).toBe(true);
  expect(held(replica, key)).toEqual(['result']);
  expect(await instanceRow(db, key)).toMatchObject({ ready_at: null });
  expect((await commit(replica, { completion: done })).isCompleted).toBe(false);
  await commit(replica, { patch: end(replica, key) });
  expect(await instanceRow(db, key)).toMatchObject({ turn: 2, status: 1, owner: null, ready_at: null });
  expect(await replica.store.readHistory(instance)).toEqual([Buffer.from('turn 0'), Buffer.from('turn 1')]);
  expect(await count(db, 'inbox')).toBe(0);
  const [snapshot] = await replica.store.readInstances([{ hubId, id: instance.id }], true);
  expect(snapshot).toMatchObject({
    status: 'completed',
    input: '"in"',
    output: '"out"',
    createdAt: instance.createdAt,
  });
});

test('continue-as-new drops history, timers and results of the old generation and keeps events', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  const { partition, key } = instance;
  const activity = newActivity(replica, instance);
  const timer = {
    partition,
    key,
    timerKey: replica.store.ids.key(),
    generation: 0,
    firesAt: 4_000_000_000_000_000,
    message: { rank: ranks.arrived, kind: 'timerFired', event: Buffer.from('fired') },
  } as const;
  await commit(replica, { patch: turn(replica, key), activities: [activity], timers: [timer] });
  const consumed = [...replica.memory.get(key).messages];
  await commit(replica, { messages: [raise(hubId, instance.id, 'later')] });
  await commit(replica, {
    completion: {
      partition,
      key,
      activityKey: activity.activityKey,
      hubId,
      event: Buffer.from('old result'),
    },
  });
  await commit(replica, {
    patch: {
      kind: 'renew',
      partition,
      key,
      turn: 1,
      consumed,
      updatedAt: 1_750_000_000_000_009,
      status: 'running',
      generation: 1,
      executionId: 'e2',
      version: null,
      input: '"again"',
      customStatus: null,
      inbox: [
        { rank: ranks.started, kind: 'started', event: Buffer.from('started again') },
        { ...eventDraft('carried'), rank: ranks.carriedOver },
      ],
    },
  });
  expect(await inboxOf(db, key)).toEqual(['started again', 'carried', 'later']);
  expect(await instanceRow(db, key)).toMatchObject({ generation: 1, turn: 2 });
  expect(await count(db, 'history')).toBe(0);
  expect(await count(db, 'timers')).toBe(0);
  const [settled] = replica.memory.results.at(-1)?.patches ?? [];
  expect(settled?.inserted.map(({ event, generation }) => [event.toString(), generation])).toEqual([
    ['started again', 1],
    ['carried', 1],
  ]);
});

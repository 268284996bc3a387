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
  makeHub,
} from '../../test/helpers/store.ts';

test('the id decides: a second start of it is taken and leaves nothing', async ({ open, hubId, db }) => {
  const [one, two] = [await open(), await open()];
  await start(one, hubId, 'a');
  const second = newInstance(two, hubId, 'a');
  expect((await commit(two, { instances: [second] })).instances).toEqual(['taken']);
  expect(await count(db, 'instances')).toBe(1);
  expect(await count(db, 'inbox')).toBe(1);
  expect(two.memory.residents.size).toBe(0);
  expect(two.memory.all('changed')).toEqual([]);
});

test('of two starts of one id in one batch the first wins', async ({ open, hubId, db }) => {
  const replica = await open();
  const [first, second] = [newInstance(replica, hubId, 'a'), newInstance(replica, hubId, 'a')];
  const before = replica.batches.length;
  const results = await Promise.all([
    commit(replica, { instances: [first] }),
    commit(replica, { instances: [second] }),
  ]);
  expect(replica.batches.slice(before)).toEqual([2]);
  expect(results.map(({ instances }) => instances)).toEqual([['won'], ['taken']]);
  expect([...replica.memory.residents.keys()]).toEqual([first.key]);
  expect(await count(db, 'inbox')).toBe(1);
});

test('starts that race at two replicas have one winner', async ({ open, hubId, db }) => {
  const replicas = [await open(), await open()];
  const ids = Array.from({ length: 100 }, (_, i) => `race-${i}`);
  const results = await Promise.all(
    replicas.flatMap((replica) =>
      ids.map((id) => commit(replica, { instances: [newInstance(replica, hubId, id)] })),
    ),
  );
  expect(results.filter(({ instances }) => instances[0] === 'won')).toHaveLength(100);
  expect(await count(db, 'instances')).toBe(100);
  expect(await count(db, 'inbox')).toBe(100);
  const [a, b] = replicas.map(({ memory }) => memory.residents.size);
  expect((a ?? 0) + (b ?? 0)).toBe(100);
});

test('the same id in another hub is another instance', async ({ open, hubId, db }) => {
  const replica = await open();
  const other = await makeHub(replica.store, 'other');
  await start(replica, hubId, 'a');
  await start(replica, other, 'a');
  expect(await count(db, 'instances')).toBe(2);
});

test('a start that no local stream takes is spilled: unowned, its bell set', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key } = await start(replica, hubId, 'a', { owned: false });
  expect(await instanceRow(db, key)).toMatchObject({ owner: null, is_due: true, status: 6 });
  expect(replica.memory.all('spilled')).toEqual([{ hubId, item: 'orchestration' }]);
  expect(replica.memory.residents.size).toBe(0);
  expect(await inboxOf(db, key)).toEqual(['started a']);
});

test('a start in the future waits in timers, without a bell', async ({ open, hubId, db }) => {
  const replica = await open();
  const scheduledAt = 4_000_000_000_000_000;
  const instance = await start(replica, hubId, 'a', { scheduledAt, owned: false });
  expect(await instanceRow(db, instance.key)).toMatchObject({ owner: null, ready_at: null });
  expect(await inboxOf(db, instance.key)).toEqual([]);
  expect(replica.memory.all('spilled')).toEqual([]);
  expect(replica.memory.all('timers')).toMatchObject([{ timerKey: instance.timerKey, firesAt: scheduledAt }]);
  await start(replica, hubId, 'a', { scheduledAt, owned: false });
  expect(await count(db, 'timers')).toBe(1);
  expect(replica.memory.all('timers')).toHaveLength(1);
});

test('a start that replaces a finished holder deletes it with everything that hangs on it', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const old = await start(replica, hubId, 'a');
  const timerKey = replica.store.ids.key();
  const { partition, key } = old;
  await commit(replica, {
    patch: turn(replica, key),
    activities: [newActivity(replica, old)],
  });
  await commit(replica, { patch: end(replica, key) });
  await commit(replica, {
    timers: [{ partition, key, timerKey, generation: 0, firesAt: 1, message: eventDraft('t') }],
  });
  const keeps = newInstance(replica, hubId, 'a', { replaces: ['failed', 'terminated'] });
  expect((await commit(replica, { instances: [keeps] })).instances).toEqual(['taken']);
  expect(await count(db, 'history')).toBe(2);
  const fresh = newInstance(replica, hubId, 'a', { replaces: ['completed'] });
  expect((await commit(replica, { instances: [fresh] })).instances).toEqual(['won']);
  expect(await instanceRow(db, key)).toBeUndefined();
  for (const table of ['history', 'activities', 'timers']) expect(await count(db, table)).toBe(0);
  expect(await inboxOf(db, fresh.key)).toEqual(['started a']);
});

test('a running holder is not replaced', async ({ open, hubId, db }) => {
  const replica = await open();
  const old = await start(replica, hubId, 'a');
  const fresh = newInstance(replica, hubId, 'a', { replaces: ['completed', 'failed', 'terminated'] });
  expect((await commit(replica, { instances: [fresh] })).instances).toEqual(['taken']);
  expect(await instanceRow(db, old.key)).toMatchObject({ status: 6 });
});

test('a message addressed to an id that is replaced in the same batch reaches the new life', async ({
  open,
  hubId,
}) => {
  const replica = await open();
  const old = await start(replica, hubId, 'a');
  await commit(replica, { patch: end(replica, old.key) });
  const fresh = newInstance(replica, hubId, 'a', { replaces: ['completed'] });
  const [, message] = await Promise.all([
    commit(replica, { instances: [fresh] }),
    commit(replica, { messages: [raise(hubId, fresh.id, 'x')] }),
  ]);
  expect(message.messages[0]).toMatchObject([{ key: fresh.key }]);
  expect(held(replica, fresh.key)).toEqual(['started a', 'x']);
});

test('a child whose id is taken is reported to its parent instead, in the same transaction', async ({
  open,
  hubId,
}) => {
  const [replica, other] = [await open(), await open()];
  const parent = await start(replica, hubId, 'parent');
  const { partition, key } = parent;
  await start(other, hubId, 'child-1');
  const children = ['child-1', 'child-2'].map((id, i) =>
    newInstance(replica, hubId, id, {
      parent: { partition, key, generation: 0, taskId: i, wire: Buffer.from('wire') },
      ifTaken: {
        to: { by: 'key', partition, key, generation: 0 },
        message: { rank: 3, kind: 'childResult', event: Buffer.from(`failed ${id}`) },
        isFromClient: false,
      },
    }),
  );
  const result = await commit(replica, { patch: turn(replica, key), instances: children });
  expect(result.instances).toEqual(['taken', 'won']);
  expect(result.messages).toEqual([]);
  expect(held(replica, key)).toEqual(['failed child-1']);
  expect(replica.memory.residents.size).toBe(2);
});

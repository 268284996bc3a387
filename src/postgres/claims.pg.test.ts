import { limits } from '../domain/limits.ts';
import {
  commit,
  end,
  eventDraft,
  expect,
  held,
  instanceRow,
  newActivity,
  start,
  test,
  turn,
  makeHub,
} from '../../test/helpers/store.ts';

const everything = { kind: 'orchestration', filter: 'everything', limit: 10 } as const;

test('a claim takes unowned work with its state, inbox and history', async ({ open, hubId, db }) => {
  const [first, second] = [await open(), await open()];
  const parent = { partition: 1, key: 2, generation: 3, taskId: 4, wire: Buffer.from('wire') };
  const instance = await start(first, hubId, 'a', { parent, tags: { colour: 'blue' }, version: '1.0' });
  const { partition, key } = instance;
  await commit(first, { patch: turn(first, key, { customStatus: '"busy"' }) });
  await commit(first, {
    messages: [
      { to: { by: 'key', partition, key, generation: 0 }, message: eventDraft('x'), isFromClient: false },
    ],
  });
  await commit(first, { patch: { kind: 'release', partition, key, turn: 1, readyInMs: 0, attempts: 2 } });
  expect(await second.store.claimInstances({ hubId, ...everything })).toBe(1);
  const [claimed] = second.memory.all('claimed');
  expect(claimed).toMatchObject({
    state: {
      ...{ partition, key, hubId, id: 'a', kind: 'orchestration', name: 'Hello', version: '1.0' },
      ...{ parent, tags: { colour: 'blue' }, createdAt: instance.createdAt, generation: 0, turn: 1 },
      ...{ executionId: instance.executionId, status: 'running', attempts: 2, customStatus: '"busy"' },
    },
    history: [Buffer.from('turn 0')],
    hasMore: false,
  });
  expect(held(second, key)).toEqual(['x']);
  expect(await instanceRow(db, key)).toMatchObject({ owner: second.store.replicaId, ready_at: null });
  await commit(second, { patch: end(second, key) });
});

test('a claim does not take what is owned, not yet due, of another hub or of another kind', async ({
  open,
  hubId,
}) => {
  const replica = await open();
  const other = await makeHub(replica.store, 'other');
  await start(replica, hubId, 'owned');
  const later = await start(replica, hubId, 'later');
  const { partition, key } = later;
  await commit(replica, {
    patch: { kind: 'release', partition, key, turn: 0, readyInMs: 60_000, attempts: 0 },
  });
  await start(replica, other, 'elsewhere', { owned: false });
  await start(replica, hubId, '@entity@x', { owned: false, kind: 'entity' });
  expect(await replica.store.claimInstances({ hubId, ...everything })).toBe(0);
  expect(await replica.store.claimInstances({ hubId, ...everything, kind: 'entity' })).toBe(1);
});

const cases = [
  { name: 'Hello', version: null, ignoresCase: false, takes: ['plain', 'v1', 'v2'] },
  { name: 'Hello', version: '', ignoresCase: false, takes: ['plain'] },
  { name: 'Hello', version: '1', ignoresCase: false, takes: ['v1'] },
  { name: 'hello', version: null, ignoresCase: false, takes: [] },
  { name: 'hello', version: '2', ignoresCase: true, takes: ['v2'] },
  { name: 'Bye', version: null, ignoresCase: true, takes: [] },
];
test.for(cases)(
  'the filter $name / $version (ignores case: $ignoresCase) takes $takes',
  async ({ takes, ...filter }, { open, hubId }) => {
    const replica = await open();
    await start(replica, hubId, 'plain', { owned: false });
    await start(replica, hubId, 'v1', { owned: false, version: '1' });
    await start(replica, hubId, 'v2', { owned: false, version: '2' });
    await replica.store.claimInstances({ hubId, kind: 'orchestration', filter: [filter], limit: 10 });
    const ids = replica.memory.all('claimed').map(({ state }) => state.id);
    expect(ids.sort()).toEqual(takes);
  },
);

test('a filter that ignores case ignores that of A to Z alone, whatever the locale', async ({
  open,
  hubId,
}) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  for (const name of ['ÜberPrüfung', 'überprüfung']) {
    await start(replica, hubId, name, { owned: false, name });
    await commit(replica, { activities: [newActivity(replica, instance, { name, owned: false })] });
  }
  const claim = { hubId, filter: [{ name: 'Überprüfung', version: null, ignoresCase: true }], limit: 10 };
  await replica.store.claimInstances({ ...claim, kind: 'orchestration' });
  await replica.store.claimActivities(claim);
  expect(replica.memory.all('claimed').map(({ state }) => state.name)).toEqual(['ÜberPrüfung']);
  expect(replica.memory.all('claimedActivities').map(({ name }) => name)).toEqual(['ÜberPrüfung']);
});

test('two replicas that claim at once never get the same instance', async ({ open, hubId }) => {
  const replicas = [await open(), await open(), await open()];
  const [starter] = replicas;
  if (!starter) throw new Error('three replicas');
  await Promise.all(Array.from({ length: 200 }, (_, i) => start(starter, hubId, `i${i}`, { owned: false })));
  const claimAll = async ({ store }: (typeof replicas)[number]): Promise<void> => {
    while ((await store.claimInstances({ hubId, ...everything, limit: 7 })) > 0);
  };
  await Promise.all(replicas.map(claimAll));
  const keys = replicas.flatMap(({ memory }) => [...memory.residents.keys()]);
  expect(keys).toHaveLength(200);
  expect(new Set(keys).size).toBe(200);
});

test('a claim skips a row that a sender has locked; its bell stays', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key } = await start(replica, hubId, 'a', { owned: false });
  const sender = await db.connect();
  await sender.query('begin');
  await sender.query('select 1 from instances for no key update');
  expect(await replica.store.claimInstances({ hubId, ...everything })).toBe(0);
  await sender.query('rollback');
  sender.release();
  expect(await instanceRow(db, key)).toMatchObject({ is_due: true });
  expect(await replica.store.claimInstances({ hubId, ...everything })).toBe(1);
});

test('a claim loads no more messages than memory holds', async ({ open, hubId, db }) => {
  const replica = await open();
  const { partition, key } = await start(replica, hubId, 'a', { owned: false });
  await db.query(
    "insert into inbox (partition, instance_key, rank, message_id, kind, generation, event) select $1, $2, 3, nextval('message_ids'), 4, 0, '' from generate_series(1, $3)",
    [partition, key, limits.heldMessages],
  );
  await replica.store.claimInstances({ hubId, ...everything });
  const [claimed] = replica.memory.all('claimed');
  expect(claimed?.messages).toHaveLength(limits.heldMessages);
  expect(claimed?.hasMore).toBe(true);
  expect(claimed?.messages[0]?.kind).toBe('started');
});

test('a claim loads only so many bytes of messages at once; the rest is fetched', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const MESSAGE_BYTES = 3_000_000;
  const ids = Array.from({ length: 30 }, (_, i) => `i${i}`);
  const instances = await Promise.all(ids.map((id) => start(replica, hubId, id, { owned: false })));
  await db.query(
    "insert into inbox (partition, instance_key, rank, message_id, kind, generation, event) select partition, instance_key, 3, nextval('message_ids'), 4, 0, convert_to(repeat('x', $1), 'UTF8') from instances",
    [MESSAGE_BYTES],
  );
  expect(await replica.store.claimInstances({ hubId, ...everything, limit: 100 })).toBe(30);
  const claimed = replica.memory.all('claimed');
  const bytes = claimed.flatMap(({ messages }) => messages).reduce((sum, { event }) => sum + event.length, 0);
  expect(bytes).toBeGreaterThanOrEqual(limits.loadedBytes);
  expect(bytes).toBeLessThan(limits.loadedBytes + MESSAGE_BYTES + 100);
  for (const { messages, hasMore } of claimed) expect(messages.length === 2 || hasMore).toBe(true);
  const short = claimed.filter(({ messages }) => messages.length < 2);
  expect(short.length).toBeGreaterThan(5);
  for (const { state } of short) {
    await commit(replica, { patch: { kind: 'fetch', partition: state.partition, key: state.key } });
  }
  for (const { key } of instances) expect(replica.memory.knownMessages(key)).toHaveLength(2);
});

test('a claim gives back what it can not load at once', async ({ open, hubId, db }) => {
  const replica = await open();
  const a = await start(replica, hubId, 'a', { owned: false });
  const b = await start(replica, hubId, 'b', { owned: false });
  await db.query('update instances set history_bytes = 50000000');
  expect(await replica.store.claimInstances({ hubId, ...everything })).toBe(1);
  const rows = [await instanceRow(db, a.key), await instanceRow(db, b.key)];
  expect(rows.filter((row) => row?.owner === null && row.is_due)).toHaveLength(1);
  expect(await replica.store.claimInstances({ hubId, ...everything })).toBe(1);
});

test('a message of a kind that a newer replica wrote is loaded as unknown', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key } = await start(replica, hubId, 'a', { owned: false });
  await db.query('update inbox set kind = 99');
  await replica.store.claimInstances({ hubId, ...everything });
  expect(replica.memory.get(key).messages[0]?.kind).toBe('unknown');
});

test('activities are claimed by effective version, with the attempt they are at', async ({
  open,
  hubId,
  db,
}) => {
  const [first, second] = [await open(), await open()];
  const instance = await start(first, hubId, 'a');
  const { partition, key } = instance;
  const owned = newActivity(first, instance, { effectiveVersion: '2' });
  const spilled = newActivity(first, instance, { taskId: 2, owned: false });
  await commit(first, { patch: turn(first, key), activities: [owned, spilled] });
  expect(first.memory.all('activities')).toEqual([owned]);
  expect(first.memory.all('spilled')).toEqual([{ hubId, item: 'activity' }]);
  const two = [{ name: 'Add', version: '2', ignoresCase: false }];
  expect(await second.store.claimActivities({ hubId, filter: two, limit: 5 })).toBe(0);
  const release = {
    partition,
    key,
    activityKey: owned.activityKey,
    hubId,
    isOwn: true,
    attempt: 3,
    readyInMs: 0,
  };
  await commit(first, { releasedActivities: [release] });
  expect(await second.store.claimActivities({ hubId, filter: two, limit: 5 })).toBe(1);
  expect(second.memory.all('claimedActivities')).toEqual([{ ...owned, attempt: 3 }]);
  expect(await second.store.claimActivities({ hubId, filter: 'everything', limit: 5 })).toBe(1);
  expect(await second.store.findActivity(instance, 2)).toBe(spilled.activityKey);
  expect(await second.store.findActivity(instance, 9)).toBeUndefined();
  const later = { ...release, readyInMs: 60_000 };
  await commit(second, { releasedActivities: [later] });
  expect(await second.store.claimActivities({ hubId, filter: 'everything', limit: 5 })).toBe(0);
  await commit(first, { releasedActivities: [{ ...later, readyInMs: 0 }] });
  const { rows } = await db.query('select 1 from activities where not_before > clock_timestamp()');
  expect(rows, 'only its owner may release an activity').toHaveLength(1);
});

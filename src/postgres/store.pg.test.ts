import { describe } from 'vitest';
import { instanceId } from '../domain/ids.ts';
import { type Residency } from '../domain/store.ts';
import { must } from '../lib/assert.ts';
import {
  commit,
  count,
  end,
  expect,
  inboxOf,
  instanceRow,
  newActivity,
  raise,
  start,
  test,
  turn,
  until,
  makeHub,
} from '../../test/helpers/store.ts';

test('replicas get ids that are never used again, and renew their rows', async ({ open, db }) => {
  const [one, two] = [await open(), await open()];
  expect(one.store.replicaId).not.toBe(two.store.replicaId);
  const renewal = await one.store.renew();
  expect(renewal.isAlive).toBe(true);
  expect(renewal.replicas.map(({ replicaId }) => replicaId)).toEqual([
    one.store.replicaId,
    two.store.replicaId,
  ]);
  expect(Math.abs(renewal.databaseNow / 1000 - Date.now())).toBeLessThan(60_000);
  expect(renewal.timeline).toBe(1);
  await db.query('delete from replicas where replica_id = $1', [one.store.replicaId]);
  expect(await one.store.renew()).toMatchObject({ isAlive: false });
  expect(await count(db, 'replicas'), 'a renewal never brings a row back').toBe(1);
});

test('only replicas whose lease has run out are reaped, and their running batch is waited for', async ({
  open,
  db,
}) => {
  const [one, two] = [await open(), await open()];
  expect(await one.store.reap()).toEqual([]);
  await db.query(
    "update replicas set expires_at = clock_timestamp() - interval '1 s' where replica_id = $1",
    [two.store.replicaId],
  );
  const batch = await db.connect();
  await batch.query('begin');
  await batch.query('select 1 from replicas where replica_id = $1 for key share', [two.store.replicaId]);
  let isReaped = false;
  const reaping = one.store.reap().finally(() => (isReaped = true));
  await until(async () => {
    const { rows } = await db.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  }, 'waiting for the batch');
  expect(isReaped).toBe(false);
  await batch.query('commit');
  batch.release();
  expect(await reaping).toEqual([two.store.replicaId]);
});

test('what belonged to the dead is freed: claimable where the inbox says so', async ({ open, hubId, db }) => {
  const [dead, living] = [await open(), await open()];
  const waiting = await start(dead, hubId, 'waiting');
  const activity = newActivity(dead, waiting);
  await commit(dead, { patch: turn(dead, waiting.key), activities: [activity] });
  const ready = await start(dead, hubId, 'ready');
  const mine = await start(living, hubId, 'mine');
  await commit(living, {
    storedChunk: { replicaId: dead.store.replicaId, hubId, token: 't', chunk: 0, bytes: Buffer.from('x') },
  });
  expect(await living.store.free(), 'nobody is dead').toBe(0);
  expect((await living.store.probe()).hasDead).toBe(false);
  await db.query('delete from replicas where replica_id = $1', [dead.store.replicaId]);
  expect((await living.store.probe()).hasDead).toBe(true);
  expect(await living.store.free()).toBe(4);
  expect(await living.store.free()).toBe(0);
  expect(await instanceRow(db, waiting.key)).toMatchObject({ owner: null, ready_at: null });
  expect(await instanceRow(db, ready.key)).toMatchObject({ owner: null, is_due: true });
  expect(await instanceRow(db, mine.key)).toMatchObject({ owner: living.store.replicaId });
  expect(await count(db, 'completions')).toBe(0);
  expect(living.memory.results.at(-1)?.spilled).toEqual([
    { hubId, item: 'orchestration' },
    { hubId, item: 'activity' },
  ]);
  expect(await living.store.claimActivities({ hubId, filter: 'everything', limit: 9 })).toBe(1);
});

test('freeing looks at the inbox after it has the lock: a sender that held it is heard', async ({
  open,
  hubId,
  db,
}) => {
  const [dead, living] = [await open(), await open()];
  const { partition, key } = await start(dead, hubId, 'a');
  await commit(dead, { patch: turn(dead, key) });
  await db.query('delete from replicas where replica_id = $1', [dead.store.replicaId]);
  const sender = await db.connect();
  await sender.query('begin');
  await sender.query('select 1 from instances for no key update');
  await sender.query(
    "insert into inbox (partition, instance_key, rank, message_id, kind, generation, event) values ($1, $2, 3, nextval('message_ids'), 4, 0, '')",
    [partition, key],
  );
  const freeing = living.store.free();
  await until(async () => {
    const { rows } = await db.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  }, 'waiting for the sender');
  await sender.query('commit');
  sender.release();
  expect(await freeing).toBe(1);
  expect(await instanceRow(db, key)).toMatchObject({ owner: null, is_due: true });
});

test('freeing wakes the engine where a control waits', async ({ open, hubId, db }) => {
  const [dead, living] = [await open(), await open()];
  const { key, id } = await start(dead, hubId, 'a');
  const stop = { rank: -1, kind: 'terminate', event: Buffer.from('stop') } as const;
  await commit(living, { messages: [{ ...raise(hubId, id, ''), message: stop }] });
  await db.query('update instances set engine_work = false');
  await db.query('delete from replicas where replica_id = $1', [dead.store.replicaId]);
  await living.store.free();
  expect(await instanceRow(db, key)).toMatchObject({ engine_work: true, is_due: true });
});

test('an orderly end commits what is queued, deletes the row and frees what is left', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const { key } = await start(replica, hubId, 'a');
  const queued = replica.store.commit({ patch: turn(replica, key) });
  await replica.store.close();
  expect(await queued).toMatchObject({ outcome: 'committed' });
  expect(await instanceRow(db, key)).toMatchObject({ owner: null, turn: 1 });
  expect(await count(db, 'replicas')).toBe(0);
  await expect(replica.store.commit({})).rejects.toMatchObject({ code: 'unavailable' });
  await expect(replica.store.renew()).rejects.toMatchObject({ code: 'unavailable' });
  expect(replica.deaths, 'an orderly end is no death').toEqual([]);
});

test('what an ending replica frees is not claimed by itself: its end would wait for that for ever', async ({
  open,
  hubId,
  db,
}) => {
  const claims: Promise<unknown>[] = [];
  const residency: Residency = {
    holds: () => false,
    knownMessages: () => [],
    settle: ({ spilled }) => {
      if (spilled.length > 0) claims.push(replica.store.claimEngineWork(10).catch((error: unknown) => error));
      return () => undefined;
    },
  };
  const replica = await open({ residency });
  await start(replica, hubId, 'a');
  await db.query('update instances set ready_at = clock_timestamp(), engine_work = true');
  await replica.store.close();
  expect(claims).toHaveLength(1);
  expect(await claims[0]).toMatchObject({ code: 'unavailable' });
  expect((await db.query('select owner, engine_work from instances')).rows).toEqual([
    { owner: null, engine_work: true },
  ]);
});

test('a new incarnation takes the place of the old one and keeps the activities that workers hold', async ({
  open,
  hubId,
  db,
}) => {
  const old = await open();
  const instance = await start(old, hubId, 'a');
  const [held, lost] = [newActivity(old, instance), newActivity(old, instance, { taskId: 2 })];
  await commit(old, { patch: turn(old, instance.key), activities: [held, lost] });
  const { replicaId } = old.store;
  old.store.abort('failover');
  expect(old.deaths).toEqual(['failover']);
  const fresh = await open({ inherits: { replicaIds: [replicaId], activityKeys: [held.activityKey] } });
  const { rows } = await db.query<{ activity_key: number; owner: number }>(
    'select activity_key, owner from activities order by task_id',
  );
  expect(rows).toEqual([
    { activity_key: held.activityKey, owner: fresh.store.replicaId },
    { activity_key: lost.activityKey, owner: replicaId },
  ]);
  expect(await fresh.store.free()).toBe(2);
  const { rows: replicas } = await db.query('select replica_id from replicas');
  expect(replicas).toEqual([{ replica_id: fresh.store.replicaId }]);
});

test('keys are unique over replicas, and ids of executions are 32 hex digits', async ({ open }) => {
  const [one, two] = [await open(), await open()];
  const keys = [one, two].flatMap(({ store }) => Array.from({ length: 1000 }, () => store.ids.key()));
  expect(new Set(keys).size).toBe(2000);
  expect(keys.every(Number.isSafeInteger)).toBe(true);
  expect(one.store.ids.executionId()).toMatch(/^[0-9a-f]{32}$/);
});

test('an instance is read by id, in the order asked, with input and output only when they are wanted', async ({
  open,
  hubId,
}) => {
  const replica = await open();
  const b = await start(replica, hubId, 'b', { tags: { x: 'y' }, version: '' });
  await commit(replica, { patch: end(replica, b.key, { failure: Buffer.from('why'), status: 'failed' }) });
  const wanted = [{ hubId, id: instanceId('none') }, b, { hubId: hubId + 1, id: b.id }];
  const [none, found, elsewhere] = await replica.store.readInstances(wanted, false);
  expect([none, elsewhere]).toEqual([undefined, undefined]);
  expect(found).toMatchObject({
    ...{ status: 'failed', tags: { x: 'y' }, version: '', input: null, output: null },
    failure: Buffer.from('why'),
    ...{ completedAt: 1_750_000_000_000_001, updatedAt: 1_750_000_000_000_001 },
  });
  const [full] = await replica.store.readInstances([b], true);
  expect(full).toMatchObject({ input: '"in"', output: '"out"' });
});

test('a read of what can not be compared is the fault of its caller, not an outage', async ({
  open,
  hubId,
}) => {
  const { store } = await open();
  await expect(store.readInstances([{ hubId, id: instanceId('a\0b') }], false)).rejects.toMatchObject({
    code: 'invalid_argument',
  });
});

test('whoever waits for a control sees that its row is gone', async ({ open, hubId }) => {
  const replica = await open();
  const { key, id } = await start(replica, hubId, 'a');
  const suspend = { rank: -1, kind: 'suspend', event: Buffer.from('s') } as const;
  const { messages } = await commit(replica, { messages: [{ ...raise(hubId, id, ''), message: suspend }] });
  const sent = messages.flat();
  const absent = { partition: 1, key: 1, rank: 3, messageId: 1 };
  expect(await replica.store.readPending([absent, ...sent])).toEqual([false, true]);
  const { partition, turn: recorded, messages: known } = replica.memory.get(key);
  const consumed = known.filter(({ rank }) => rank < 0);
  await commit(replica, {
    patch: {
      ...{ kind: 'control', partition, key, turn: recorded, consumed, updatedAt: 1_750_000_000_000_000 },
      ...{ status: 'suspended', suspension: Buffer.from('kept') },
      inbox: [{ rank: 1, kind: 'suspensionPair', event: Buffer.from('pair') }],
    },
  });
  expect(await replica.store.readPending(sent)).toEqual([false]);
  const [snapshot] = await replica.store.readInstances([{ hubId, id }], false);
  expect(snapshot?.status).toBe('suspended');
  expect(replica.memory.get(key).messages.map(({ event }) => event.toString())).toEqual([
    'started a',
    'pair',
  ]);
});

test('hubs are made once, found by name, and are gone when deleted; another one may take the name', async ({
  open,
}) => {
  const [one, two] = [await open(), await open()];
  const made = await Promise.all([one, two, one, two].map(({ store }) => makeHub(store, 'h')));
  expect(new Set(made).size).toBe(1);
  expect(await two.store.findHub('h')).toBe(made[0]);
  const { placeId } = must(await one.store.findPlace('h'), 'its place');
  expect(await one.store.deleteHub('h')).toEqual({ placeId });
  expect(await one.store.deleteHub('h')).toBeUndefined();
  expect(await two.store.findHub('h')).toBeUndefined();
  expect(await two.store.createHub('h', placeId), 'the place is used up').toBeUndefined();
  await one.store.forgetPlace('h', placeId);
  expect(await makeHub(two.store, 'h')).not.toBe(made[0]);
  await one.store.forgetPlace('h', placeId);
  expect(await one.store.findPlace('h'), 'another place than the forgotten one').toBeDefined();
  expect((await two.store.listHubs()).map(({ name }) => name)).toEqual(['h']);
});

describe('the place of a name', () => {
  test('is given once, whoever asks first', async ({ open }) => {
    const [one, two] = [await open(), await open()];
    const places = await Promise.all(
      ['a', 'b', 'a', 'b'].map((store, i) => (i < 2 ? one : two).store.placeHub('h', store)),
    );
    expect(new Set(places.map(({ store, placeId }) => `${store} ${placeId}`)).size).toBe(1);
    expect(await two.store.findPlace('h')).toEqual(places[0]);
    expect(await two.store.findPlace('other')).toBeUndefined();
  });

  test('is in the default store for a hub that lives there without one, and is its own from then on', async ({
    open,
    hubId,
  }) => {
    const { store } = await open();
    const place = await store.placeHub('default', 'archive');
    expect(place.store).toBe('default');
    expect(await store.createHub('default', place.placeId)).toBe(hubId);
    expect(await store.deleteHub('default')).toEqual({ placeId: place.placeId });
    expect(await store.createHub('default', place.placeId)).toBeUndefined();
  });

  test('is for one hub, whatever its name', async ({ open }) => {
    const { store } = await open();
    await store.createHub('h', 7);
    expect(await store.createHub('other', 7)).toBeUndefined();
    expect(await store.findHub('other')).toBeUndefined();
  });
});

test('the rows of a deleted hub go in bounded steps, those of others stay', async ({ open, hubId, db }) => {
  const replica = await open();
  const doomed = await makeHub(replica.store, 'doomed');
  await Promise.all(Array.from({ length: 600 }, (_, i) => start(replica, doomed, `d${i}`)));
  const kept = await start(replica, hubId, 'kept');
  expect(await replica.store.sweepDeletedHubs()).toBe(0);
  await replica.store.deleteHub('doomed');
  expect(await replica.store.sweepDeletedHubs()).toBe(500);
  expect(await replica.store.sweepDeletedHubs()).toBe(100);
  expect(await replica.store.sweepDeletedHubs()).toBe(0);
  expect(await count(db, 'instances')).toBe(1);
  expect(await inboxOf(db, kept.key)).toEqual(['started kept']);
  expect(await count(db, 'inbox')).toBe(1);
  await db.query("update hubs set deleted_at = deleted_at - interval '2 h'");
  await replica.store.sweepDeletedHubs();
  const { rows } = await db.query('select name from hubs');
  expect(rows).toEqual([{ name: 'default' }]);
});

test('the sweep finds bells that nobody heard and work that nobody claimed', async ({ open, hubId, db }) => {
  const [one, two] = [await open(), await open()];
  const empty = await one.store.probe();
  expect(empty).toEqual({
    ...{ claimable: [], engineWork: false, mine: [], others: [], hasDead: false, hasStoredChunks: false },
  });
  const mine = await start(one, hubId, 'mine');
  const theirs = await start(two, hubId, 'theirs');
  await commit(two, { messages: [raise(hubId, mine.id, 'x')] });
  await commit(one, { messages: [raise(hubId, theirs.id, 'x')] });
  const spilled = await start(one, hubId, 'spilled', { owned: false });
  const activity = newActivity(one, mine, { owned: false });
  await commit(one, { patch: turn(one, mine.key), activities: [activity] });
  expect(await one.store.probe(), 'bells that have just rung are not lost').toMatchObject({
    mine: [],
    others: [],
  });
  await db.query("update instances set ready_at = ready_at - interval '1 min'");
  const probe = await one.store.probe();
  expect(probe.mine).toEqual([{ partition: mine.partition, key: mine.key, owner: one.store.replicaId }]);
  expect(probe.others).toMatchObject([{ key: theirs.key, owner: two.store.replicaId }]);
  expect(probe.claimable).toEqual([
    { hubId, kind: 'orchestration' },
    { hubId, kind: 'activity' },
  ]);
  const backlog = await one.store.readBacklog();
  expect(backlog).toMatchObject([
    { hub: 'default', kind: 'orchestration', count: 1 },
    { hub: 'default', kind: 'activity', count: 1 },
  ]);
  expect(backlog[0]?.oldestSeconds).toBeGreaterThan(59);
  expect(spilled.owned).toBe(false);
});

test('hints reach the other replicas, each what is meant for it, and oneself only the echo', async ({
  open,
  hubId,
}) => {
  const [one, two] = [await open(), await open()];
  const { replicaId } = two.store;
  // The greeting of the other one may still be on its way.
  await one.store.renew();
  one.store.hint([
    { kind: 'bell', partition: 1, key: 2, owner: replicaId },
    { kind: 'bell', partition: 1, key: 3, owner: 99 },
    { kind: 'changed', hubId, id: 'ä"\n' },
    { kind: 'changed', hubId, id: 'ä"\n' },
    { kind: 'work', hubId, item: 'engine' },
    { kind: 'ended', activityKey: 3, owner: replicaId },
    { kind: 'stored', owner: replicaId },
    { kind: 'timers', owner: replicaId },
    { kind: 'hubs' },
    { kind: 'echo', owner: one.store.replicaId },
  ]);
  await until(() => two.hints.length >= 7 && one.hints.length >= 1, 'the hints');
  expect(two.hints).toEqual([
    { kind: 'bell', partition: 1, key: 2, owner: replicaId },
    { kind: 'changed', hubId, id: 'ä"\n' },
    { kind: 'work', hubId, item: 'engine' },
    { kind: 'ended', activityKey: 3, owner: replicaId },
    { kind: 'stored', owner: replicaId },
    { kind: 'timers', owner: replicaId },
    { kind: 'hubs' },
  ]);
  expect(one.hints).toEqual([{ kind: 'echo', owner: one.store.replicaId }]);
});

test('a flood of hints is split into payloads that PostgreSQL takes', async ({ open, hubId }) => {
  const [one, two] = [await open(), await open()];
  const hints = Array.from({ length: 3000 }, (_, i) => ({
    kind: 'changed' as const,
    hubId,
    id: `${i}-${'x'.repeat(90)}`,
  }));
  await one.store.renew();
  one.store.hint(hints);
  await until(() => two.hints.length >= hints.length, 'all hints');
  expect(two.hints).toEqual(hints);
});

test('a replica that is alone tells nobody, and hints again after its connection broke', async ({
  open,
  hubId,
  db,
}) => {
  const one = await open();
  await one.store.renew();
  one.store.hint([{ kind: 'hubs' }, { kind: 'echo', owner: one.store.replicaId }]);
  await until(() => one.hints.length > 0, 'the echo');
  const listening =
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %' or query like '%pg_notify(%' and pid <> pg_backend_pid()";
  await db.query(listening);
  one.hints.length = 0;
  await until(() => {
    one.store.hint([{ kind: 'echo', owner: one.store.replicaId }]);
    return one.hints.length > 0;
  }, 'an echo on the new connection');
  const two = await open();
  await until(() => {
    one.store.hint([{ kind: 'work', hubId, item: 'activity' }]);
    return two.hints.length > 0;
  }, 'a hint for the newcomer');
});

test('a store refuses to open where there is no database', async ({ open }) => {
  const url = 'postgres://nobody:secret@127.0.0.1:1/none';
  const refused = await open({ databaseUrl: url }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'unavailable' });
  expect(String(refused)).not.toContain('secret');
});

import {
  commit,
  count,
  end,
  eventDraft,
  expect,
  held,
  inboxOf,
  instanceRow,
  newInstance,
  raise,
  start,
  test,
  turn,
  until,
} from '../../test/helpers/store.ts';

test('a replica whose row is gone writes nothing, dies once and rejects for ever', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  await db.query('delete from replicas');
  await expect(replica.store.commit({ patch: turn(replica, instance.key) })).rejects.toMatchObject({
    code: 'unavailable',
  });
  expect(replica.deaths).toEqual(['fenced']);
  expect(await instanceRow(db, instance.key)).toMatchObject({ turn: 0 });
  await expect(replica.store.commit({ messages: [raise(hubId, instance.id, 'x')] })).rejects.toMatchObject({
    code: 'unavailable',
  });
  await expect(replica.store.readHistory(instance)).rejects.toMatchObject({ code: 'unavailable' });
  expect(replica.deaths).toHaveLength(1);
});

test('a replica whose lease ran out but whose row stands renews and sends its batch again', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  await db.query("update replicas set expires_at = clock_timestamp() - interval '1 h'");
  await commit(replica, { patch: turn(replica, instance.key) });
  expect(await instanceRow(db, instance.key)).toMatchObject({ turn: 1 });
  expect(replica.deaths).toEqual([]);
});

test('a write with a wrong turn is stale, and what shared its batch is committed', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const [a, b, c] = [
    await start(replica, hubId, 'a'),
    await start(replica, hubId, 'b'),
    await start(replica, hubId, 'c'),
  ];
  const results = await Promise.all([
    replica.store.commit({ patch: turn(replica, a.key) }),
    replica.store.commit({
      patch: { ...turn(replica, b.key), turn: 7 },
      messages: [raise(hubId, a.id, 'x')],
    }),
    replica.store.commit({ patch: turn(replica, c.key) }),
  ]);
  expect(results.map(({ outcome }) => outcome)).toEqual(['committed', 'stale', 'committed']);
  expect(await instanceRow(db, b.key)).toMatchObject({ turn: 0 });
  expect(await inboxOf(db, a.key)).toEqual([]);
  expect(await inboxOf(db, b.key)).toEqual(['started b']);
});

test('a patch of an instance that somebody else owns is stale', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key } = await start(replica, hubId, 'a');
  await db.query('update instances set owner = 1');
  for (const patch of [turn(replica, key), end(replica, key)]) {
    expect(await replica.store.commit({ patch })).toEqual({ outcome: 'stale' });
  }
  expect(await count(db, 'history')).toBe(0);
});

test('a turn that consumed a message which is no longer there is stale', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key } = await start(replica, hubId, 'a');
  const patch = turn(replica, key);
  await db.query('delete from inbox');
  expect(await replica.store.commit({ patch })).toEqual({ outcome: 'stale' });
  expect(await instanceRow(db, key)).toMatchObject({ turn: 0 });
});

test('a turn that history holds already is stale', async ({ open, hubId, db }) => {
  const replica = await open();
  const { partition, key } = await start(replica, hubId, 'a');
  await db.query('insert into history (partition, instance_key, turn, events) values ($1, $2, 1, $3)', [
    partition,
    key,
    Buffer.from('x'),
  ]);
  expect(await replica.store.commit({ patch: turn(replica, key) })).toEqual({ outcome: 'stale' });
  expect(await inboxOf(db, key)).toEqual(['started a']);
});

test('of two patches for one instance the second waits for the next batch', async ({ open, hubId, db }) => {
  const replica = await open();
  const { partition, key } = await start(replica, hubId, 'a');
  const before = replica.batches.length;
  const first = replica.store.commit({ patch: turn(replica, key) });
  const second = replica.store.commit({ patch: { kind: 'fetch', partition, key } });
  expect((await Promise.all([first, second])).map(({ outcome }) => outcome)).toEqual([
    'committed',
    'committed',
  ]);
  expect(replica.batches.slice(before)).toEqual([1, 1]);
  expect(await instanceRow(db, key)).toMatchObject({ turn: 1 });
});

test('a poison write fails alone, as the fault of its caller', async ({ open, hubId, db }) => {
  const replica = await open();
  const writes = Array.from({ length: 9 }, (_, i) =>
    replica.store.commit({
      instances: [newInstance(replica, hubId, `n${i}`, { name: i === 4 ? 'nul\0' : 'fine' })],
    }),
  );
  const settled = await Promise.allSettled(writes);
  expect(settled.map(({ status }) => status)).toEqual(
    Array.from({ length: 9 }, (_, i) => (i === 4 ? 'rejected' : 'fulfilled')),
  );
  expect(settled[4]).toMatchObject({ reason: { code: 'invalid_argument' } });
  expect(await count(db, 'instances')).toBe(8);
  expect(replica.memory.residents.size).toBe(8);
  expect(replica.deaths).toEqual([]);
});

test('a write that breaks a rule of the schema is a bug, reported as internal', async ({ open, hubId }) => {
  const replica = await open();
  const a = await start(replica, hubId, 'a');
  const twin = newInstance(replica, hubId, 'b', { partition: a.partition, key: a.key });
  await expect(replica.store.commit({ instances: [twin] })).rejects.toMatchObject({ code: 'internal' });
});

test('a lost idle connection is replaced without anybody noticing', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key } = await start(replica, hubId, 'a');
  const { rowCount } = await db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'perdura' and pid <> pg_backend_pid()",
  );
  expect(rowCount).toBeGreaterThan(2);
  await commit(replica, { patch: turn(replica, key) });
  expect(await instanceRow(db, key)).toMatchObject({ turn: 1 });
  await until(async () => {
    const renewal = await replica.store.renew().catch(() => undefined);
    return renewal?.isAlive === true;
  }, 'a renewal');
  expect(replica.deaths).toEqual([]);
});

test('a batch whose statement is answered with an error before the connection goes is sent again', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const { key } = await start(replica, hubId, 'a');
  const blocker = await db.connect();
  await blocker.query('begin');
  await blocker.query('select 1 from instances for no key update');
  const write = replica.store.commit({ patch: turn(replica, key) });
  await until(async () => {
    const { rowCount } = await db.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return (rowCount ?? 0) > 0;
  }, 'waiting for a lock');
  await blocker.query('rollback');
  blocker.release();
  expect(await write).toMatchObject({ outcome: 'committed' });
  expect(await instanceRow(db, key)).toMatchObject({ turn: 1 });
  expect(replica.deaths).toEqual([]);
});

test('a deadlock that PostgreSQL breaks costs nothing but time', async ({ open, hubId, db }) => {
  const replica = await open();
  const instances = [await start(replica, hubId, 'a'), await start(replica, hubId, 'b')];
  instances.sort((a, b) => a.partition - b.partition || a.key - b.key);
  const [low, high] = instances;
  if (!low || !high) throw new Error('two instances');
  const blocker = await db.connect();
  await blocker.query("set deadlock_timeout = '10s'");
  await blocker.query('begin');
  await blocker.query('select 1 from instances where instance_key = $1 for no key update', [high.key]);
  const writes = Promise.all([
    replica.store.commit({ patch: turn(replica, low.key) }),
    replica.store.commit({ patch: turn(replica, high.key) }),
  ]);
  await until(async () => {
    const { rows } = await db.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  }, 'waiting for a lock');
  // Against the order: whoever looks first finds the deadlock, and that is the replica's backend.
  await blocker.query('select 1 from instances where instance_key = $1 for no key update', [low.key]);
  await blocker.query('rollback');
  blocker.release();
  expect((await writes).map(({ outcome }) => outcome)).toEqual(['committed', 'committed']);
});

test('a failed write leaves nothing in memory', async ({ open, hubId }) => {
  const replica = await open();
  const { key, id } = await start(replica, hubId, 'a');
  const poisoned = {
    messages: [{ ...raise(hubId, id, 'x'), message: eventDraft('x') }],
    instances: [newInstance(replica, hubId, 'nul\0')],
  };
  await expect(replica.store.commit(poisoned)).rejects.toMatchObject({ code: 'invalid_argument' });
  expect(held(replica, key)).toEqual(['started a']);
});

test('an instance that is given up whatever its turn can be claimed again, by its owner as well', async ({
  open,
  hubId,
  db,
}) => {
  const [replica, other] = [await open(), await open()];
  const { key, partition, id } = await start(replica, hubId, 'a');
  await other.store.disown({ partition, key });
  expect(await instanceRow(db, key), 'not theirs to give up').toMatchObject({
    owner: replica.store.replicaId,
  });
  replica.memory.residents.delete(key);
  await replica.store.disown({ partition, key });
  expect(await instanceRow(db, key)).toMatchObject({ owner: null, is_due: true });
  expect(replica.memory.all('spilled')).toContainEqual({ hubId, item: 'orchestration' });
  const claim = { hubId, kind: 'orchestration', filter: 'everything', limit: 5 } as const;
  expect(await replica.store.claimInstances(claim)).toBe(1);
  await commit(replica, { messages: [raise(hubId, id, 'x')] });
  expect(held(replica, key)).toEqual(['started a', 'x']);
});

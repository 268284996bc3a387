import { type Pool } from 'pg';
import { type Write } from '../domain/write.ts';
import {
  commit,
  eventDraft,
  expect,
  held,
  inboxOf,
  newActivity,
  newInstance,
  raise,
  type Replica,
  start,
  test,
  turn,
  until,
} from '../../test/helpers/store.ts';

/** Statistics come late: waits until those of the sessions that have ended are there. */
async function statisticsArrived(db: Pool): Promise<void> {
  await until(async () => {
    const { rows } = await db.query<{ idx_scan: number }>(
      "select idx_scan from pg_stat_user_tables where relname = 'instances'",
    );
    return (rows[0]?.idx_scan ?? 0) > 50;
  }, 'statistics of the indexes');
}

test('two replicas whose batches cross each other in every way never deadlock and lose nothing', async ({
  open,
  hubId,
  db,
}) => {
  const replicas = [await open(), await open()];
  const sides = await Promise.all(
    replicas.map(async (replica, side) => {
      const ids = Array.from({ length: 30 }, (_, i) => `parent-${side}-${i}`);
      return { replica, mine: await Promise.all(ids.map((id) => start(replica, hubId, id))) };
    }),
  );
  const rounds = 15;
  const work = sides.map(async ({ replica, mine }, side) => {
    const theirs = sides[1 - side]?.mine ?? [];
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? theirs : theirs.toReversed();
      const writes = mine.map(({ key }, i): Write => {
        const to = order[i];
        if (!to) return {};
        const byKey = { by: 'key', partition: to.partition, key: to.key, generation: 0 } as const;
        return {
          patch: turn(replica, key),
          messages: [
            { to: byKey, message: eventDraft(`child ${round}`), isFromClient: false },
            raise(hubId, to.id, `event ${round}`),
          ],
          activities: [newActivity(replica, to, { owned: true, taskId: round })],
          instances: [newInstance(replica, hubId, `child-${round}-${i}`)],
        };
      });
      const results = await Promise.all(writes.map((write) => commit(replica, write)));
      expect(results.every(({ messages }) => messages.every((sent) => sent.length === 1))).toBe(true);
      const activities = writes.flatMap(({ activities: rows }) => rows ?? []);
      const completer = replicas[round % 2] ?? replica;
      await Promise.all(
        activities.map(({ partition, key, activityKey }) =>
          completer.store.commit({
            completion: { partition, key, activityKey, hubId, event: Buffer.from('r') },
          }),
        ),
      );
    }
  });
  await Promise.all(work);
  for (const { replica, mine } of sides) {
    for (const { partition, key } of mine) {
      await commit(replica, { patch: { kind: 'fetch', partition, key } });
    }
    // Each got an event, a message and a result in every round; none is lost and none came twice.
    for (const { key } of mine) {
      const { rows } = await db.query<{ turn: number }>(
        'select turn from instances where instance_key = $1',
        [key],
      );
      expect(rows).toEqual([{ turn: rounds }]);
      expect(new Set(replica.memory.get(key).messages.map(({ messageId }) => messageId)).size).toBe(
        (await inboxOf(db, key)).length,
      );
    }
  }
  const consumed = sides.flatMap(({ replica }) =>
    replica.memory.all('patches').flatMap(({ patch }) => ('consumed' in patch ? patch.consumed : [])),
  );
  const left = sides.flatMap(({ replica, mine }) => mine.flatMap(({ key }) => held(replica, key)));
  expect(consumed.length + left.length).toBe(60 + 60 * rounds * 3);
  const batches = replicas.flatMap((replica) => replica.batches);
  expect(Math.max(...batches), 'writes shared batches').toBeGreaterThan(5);
  for (const { store } of replicas) await store.close();
  await statisticsArrived(db);
  const { rows } = await db.query(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
});

test("one client's calls through two replicas in turn are delivered in their order", async ({
  open,
  hubId,
}) => {
  const [owner, other] = [await open(), await open()];
  const instances = await Promise.all(['a', 'b', 'c'].map((id) => start(owner, hubId, id)));
  const clients = instances.map(async ({ id }) => {
    for (let call = 0; call < 40; call++) {
      const replica: Replica = call % 2 === 0 ? other : owner;
      await commit(replica, { messages: [raise(hubId, id, `e${call}`)] });
    }
  });
  await Promise.all(clients);
  for (const { key } of instances) {
    const delivered = owner.memory
      .all('delivered')
      .filter((row) => row.key === key)
      .map(({ message }) => message.event.toString());
    expect(delivered).toEqual(Array.from({ length: 40 }, (_, i) => `e${i}`));
  }
});

test('no statement scans a table', async ({ open, hubId, db }) => {
  const replica = await open();
  const instances = await Promise.all(Array.from({ length: 50 }, (_, i) => start(replica, hubId, `i${i}`)));
  const [first] = instances;
  if (!first) throw new Error('an instance');
  const { partition, key, id } = first;
  const activity = newActivity(replica, first, { owned: false });
  await commit(replica, { patch: turn(replica, key), activities: [activity] });
  const timer = { partition, key, timerKey: 1, generation: 0, firesAt: 5, message: eventDraft('t') } as const;
  await commit(replica, { timers: [timer], messages: [raise(hubId, id, 'x')] });
  await commit(replica, { dueTimers: [{ ...timer, kind: 'eventRaised' }] });
  await commit(replica, {
    messages: [{ to: { by: 'parent', parentKey: key }, message: eventDraft('p'), isFromClient: false }],
  });
  await commit(replica, {
    storedChunk: { replicaId: replica.store.replicaId, hubId, token: 't', chunk: 0, bytes: null },
  });
  await replica.store.readStoredChunks(10);
  await replica.store.readOwned([activity]);
  await commit(replica, { takenChunks: [{ hubId, token: 't', chunk: 0 }] });
  await commit(replica, {
    completion: { partition, key, activityKey: activity.activityKey, hubId, event: Buffer.alloc(1) },
  });
  await commit(replica, {
    releasedActivities: [{ partition, key, activityKey: 1, hubId, isOwn: true, attempt: 1, readyInMs: 1 }],
  });
  await commit(replica, { patch: { kind: 'fetch', partition, key } });
  await commit(replica, { patch: { kind: 'release', partition, key, turn: 1, readyInMs: 0, attempts: 0 } });
  const claim = { hubId, filter: [{ name: 'Hello', version: null, ignoresCase: true }], limit: 3 };
  await replica.store.claimInstances({ ...claim, kind: 'orchestration' });
  await replica.store.claimEngineWork(3);
  await replica.store.claimActivities(claim);
  await replica.store.probe();
  await replica.store.readBacklog();
  await replica.store.readTimers([1, 2], 1, 10);
  await replica.store.readInstances([first], true);
  await replica.store.readPending([{ partition, key, rank: 3, messageId: 1 }]);
  await replica.store.findActivity(first, 1);
  await commit(replica, { instances: [newInstance(replica, hubId, 'i2', { replaces: ['completed'] })] });
  await replica.store.disown(first);
  await replica.store.close();
  await statisticsArrived(db);
  const tables = ['instances', 'history', 'inbox', 'activities', 'timers', 'completions'];
  const scans = await db.query<{ relname: string; seq_scan: number }>(
    'select relname, seq_scan from pg_stat_user_tables where relname = any($1) and seq_scan > 0',
    [tables],
  );
  expect(scans.rows).toEqual([]);
});

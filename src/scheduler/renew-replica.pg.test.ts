import { type Pool } from 'pg';
import { describe } from 'vitest';
import {
  expect,
  instanceRow,
  onlyResident,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { newRenewalMemory } from '../background/loops.ts';
import { Clock } from '../dispatch/clock.ts';
import { PARTITIONS } from '../domain/ids.ts';
import { renewReplica, REPLICA_TTL_MS, type RenewalMemory } from './renew-replica.ts';

const now = (): number => Clock.monotonicMs();

/** What a replica remembers that has renewed in time for so long. */
function steadyFor(ms: number): RenewalMemory {
  return { ...newRenewalMemory(new Clock(), now() - ms), lastSentMs: now() - 5_000 };
}

async function addReplica(db: Pool, replicaId: number, expiresInSeconds: number): Promise<void> {
  await db.query(
    `insert into replicas (replica_id, address, version, expires_at)
     values ($1, 'elsewhere', '0', clock_timestamp() + $2 * interval '1 s')`,
    [replicaId, expiresInSeconds],
  );
}

async function replicaIds(db: Pool): Promise<number[]> {
  const { rows } = await db.query<{ replica_id: number }>('select replica_id from replicas order by 1');
  return rows.map(({ replica_id: id }) => id);
}

describe('a renewal', () => {
  test('extends the lease', async ({ still, db }) => {
    const one = await still();
    await db.query("update replicas set expires_at = clock_timestamp() - interval '1 s'");
    expect(await renewReplica(one.hub, steadyFor(0))).toBe(0);
    const { rows } = await db.query<{ left: number }>(
      'select extract(epoch from expires_at - clock_timestamp())::float8 as left from replicas',
    );
    expect(rows[0]?.left).toBeGreaterThan(14);
    expect(one.deaths, 'late is allowed').toEqual([]);
  });

  test('learns the clock of the database', async ({ still, db }) => {
    const one = await still();
    const memory = steadyFor(0);
    memory.clock.learn(0, now(), now());
    await renewReplica(one.hub, memory);
    const { rows } = await db.query<{ now: number }>(
      'select (extract(epoch from clock_timestamp()) * 1e6)::float8 as now',
    );
    expect(Math.abs(memory.clock.nowMicros() - (rows[0]?.now ?? 0))).toBeLessThan(2e6);
  });

  test('shares the partitions among the living: late ones are not counted', async ({ still, db }) => {
    const one = await still();
    await addReplica(db, 42, 60);
    await addReplica(db, 43, -60);
    await renewReplica(one.hub, steadyFor(0));
    const { timers } = one.dispatch;
    expect(timers.living).toEqual([42, one.store.replicaId]);
    expect(timers.partitions.size).toBeGreaterThan(PARTITIONS / 4);
    expect(timers.partitions.size).toBeLessThan((PARTITIONS * 3) / 4);
    await db.query('delete from replicas where replica_id = 42');
    await renewReplica(one.hub, steadyFor(0));
    expect(timers.partitions.size).toBe(PARTITIONS);
  });

  test('lets work be handed out for half a lease from when it was sent', async ({ run, still }) => {
    // An engine that has never renewed hands out nothing.
    const starter = await still();
    await startOrder(starter.hub, { instanceId: 'a' });
    const one = await run();
    const worker = one.worker();
    expect((await worker.turn()).request.instanceId).toBe('a');
    const { dispatch } = one.engine.context;
    expect(dispatch.slots.free(one.hub.hubId, 'orchestration')).toBe(99);
  });

  test('proves to this replica that hints arrive', async ({ still }) => {
    const one = await still();
    await renewReplica(one.hub, steadyFor(0));
    await expect.poll(() => one.hints).toContainEqual({ kind: 'echo', owner: one.store.replicaId });
  });
});

describe('an incarnation is over', () => {
  test('when it was declared dead', async ({ still, db }) => {
    const one = await still();
    await db.query('delete from replicas');
    await renewReplica(one.hub, steadyFor(60_000));
    expect(one.deaths).toEqual([expect.stringMatching(/declared dead/)]);
  });

  test('when the database goes on in another timeline', async ({ still }) => {
    const one = await still();
    const memory = steadyFor(0);
    await renewReplica(one.hub, memory);
    expect([memory.timeline, one.deaths]).toEqual([1, []]);
    memory.timeline = 7;
    await renewReplica(one.hub, memory);
    expect(one.deaths).toEqual([expect.stringMatching(/timeline/)]);
  });

  test('but not when the database is away', async ({ still }) => {
    const one = await still();
    const memory = steadyFor(0);
    const { lastSentMs } = memory;
    one.store.abort('the connection is gone');
    await expect(renewReplica(one.hub, memory)).rejects.toMatchObject({ code: 'unavailable' });
    expect(memory.lastSentMs, 'nothing was renewed').toBe(lastSentMs);
    expect(one.deaths).toEqual(['the connection is gone']);
  });
});

describe('a replica whose lease has run out', () => {
  /** A dead replica that owns an instance. */
  async function withDead(one: StillEngine, db: Pool): Promise<number> {
    one.worker();
    await startOrder(one.hub);
    const { key } = onlyResident(one).state;
    await addReplica(db, 42, -1);
    await db.query('update instances set owner = 42');
    return key;
  }

  test('is buried by who has renewed in time for a whole lease, and what it owned is free', async ({
    still,
    db,
  }) => {
    const one = await still();
    const key = await withDead(one, db);
    expect(await renewReplica(one.hub, steadyFor(REPLICA_TTL_MS + 1))).toBe(1);
    expect(await replicaIds(db)).toEqual([one.store.replicaId]);
    expect(await instanceRow(db, key)).toMatchObject({ owner: null, is_due: true });
  });

  test('is not buried by who has not renewed for so long: the outage may be everybody’s', async ({
    still,
    db,
  }) => {
    const one = await still();
    const key = await withDead(one, db);
    expect(await renewReplica(one.hub, steadyFor(REPLICA_TTL_MS - 1_000))).toBe(0);
    expect(await replicaIds(db)).toEqual([42, one.store.replicaId]);
    expect(await instanceRow(db, key)).toMatchObject({ owner: 42 });
  });

  test('is not buried by who was late himself: he begins to count anew', async ({ still, db }) => {
    const one = await still();
    await withDead(one, db);
    const memory = steadyFor(10 * REPLICA_TTL_MS);
    memory.lastSentMs = now() - REPLICA_TTL_MS / 2 - 1;
    const before = now();
    expect(await renewReplica(one.hub, memory)).toBe(0);
    expect(memory.steadySinceMs).toBeGreaterThanOrEqual(before);
    expect(await renewReplica(one.hub, memory)).toBe(0);
    expect(await replicaIds(db)).toEqual([42, one.store.replicaId]);
  });

  test('is left alone when it has renewed just now', async ({ still, db }) => {
    const one = await still();
    await addReplica(db, 42, 1);
    expect(await renewReplica(one.hub, steadyFor(10 * REPLICA_TTL_MS))).toBe(0);
    expect(await replicaIds(db)).toEqual([42, one.store.replicaId]);
  });
});

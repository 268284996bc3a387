import { type Pool } from 'pg';
import { statusCodes } from '../../src/postgres/codes.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { complete, createChild, fail, type ScriptedWorker } from '../helpers/scripted-worker.ts';
import { leftovers, readAll } from './check.ts';
import { count, expect, faultsIn, test, until } from './replicas.ts';

// A replica that dies in the middle of a call that changes many instances. Another one goes on.

const CHILDREN = 12;
const broken = { errorType: 'E', errorMessage: 'broken' };

/** A parent and its children, all failed. */
async function failedFamily(hub: TestHub, worker: ScriptedWorker): Promise<void> {
  await hub.start({ instanceId: 'p' });
  const children = Array.from({ length: CHILDREN }, (_, n) => createChild(n, { instanceId: `p:${n}` }));
  await worker.play(children);
  let failures = 0;
  while (failures < CHILDREN) {
    const item = await worker.turn();
    if (item.instanceId === 'p') {
      failures += item.news.filter((type) => type === 'subOrchestrationInstanceFailed').length;
      await worker.answer(item, failures === CHILDREN ? [fail(broken)] : []);
    } else await worker.answer(item, [fail(broken)]);
  }
  await hub.completed('p');
}

async function statuses(db: Pool): Promise<Map<number, number>> {
  const { rows } = await db.query<{ status: number; n: number }>(
    'select status, count(*)::int as n from instances group by status',
  );
  return new Map(rows.map(({ status, n }) => [status, n]));
}

test.for([0, 3, 6, 10])(
  'a tree is rewound whole or not at all when the replica is killed %i ms into it, and goes on elsewhere',
  async (delayMs, { spawned, replica, at, db }) => {
    const [dying, living] = [await spawned(), await replica()];
    const hub = at(living);
    const worker = await hub.worker();
    await failedFamily(hub, worker);
    const call = at(dying).client.call('RewindInstance', { instanceId: 'p' });
    const isDone = call.then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await dying.kill();
    const wasAnswered = await isDone;
    const failed = (await statuses(db)).get(statusCodes.failed) ?? 0;
    expect([0, CHILDREN + 1]).toContain(failed);
    if (wasAnswered) expect(failed).toBe(0);
    if (failed > 0) await hub.client.call('RewindInstance', { instanceId: 'p' });
    let told = 0;
    while (told < CHILDREN) {
      const item = await worker.turn();
      const isParent = item.instanceId === 'p';
      if (isParent) told += item.news.filter((type) => type === 'subOrchestrationInstanceCompleted').length;
      await worker.answer(item, isParent && told < CHILDREN ? [] : [complete('1')]);
    }
    expect((await hub.completed('p')).orchestrationStatus).toBe(statusNamed('COMPLETED'));
    expect(await statuses(db)).toEqual(new Map([[statusCodes.completed, CHILDREN + 1]]));
    for (const { events } of (await readAll(db)).values()) {
      expect(events.filter(({ eventType }) => eventType === 'executionRewound')).toHaveLength(1);
    }
    expect(await leftovers(db)).toEqual([]);
    expect(faultsIn(living)).toEqual([]);
  },
);

test('a purge of very many that is killed half-way has purged half, whole, and another replica does the rest', async ({
  spawned,
  replica,
  at,
  db,
}) => {
  const [dying, living] = [await spawned(), await replica()];
  const hub = at(living);
  const ids = Array.from({ length: 200 }, (_, n) => `i-${n}`);
  await Promise.all(ids.map((instanceId) => hub.start({ instanceId })));
  await hub.client.call('SkipGracefulOrchestrationTerminations', { instanceBatch: { instanceIds: ids } });
  // Of each id there are many.
  await db.query(
    `insert into instances
     select (jsonb_populate_record(i, jsonb_build_object(
              'instance_key', i.instance_key + m * 1000000000::int8,
              'instance_id', i.instance_id || '-' || m))).*
       from instances i, generate_series(1, 59) m`,
  );
  await db.query(
    `insert into history (partition, instance_key, turn, events)
     select i.partition, i.instance_key, 1, '\\x'
       from instances i
         on conflict do nothing`,
  );
  const all = await count(db, 'instances');
  expect(all).toBe(12_000);
  const purging = at(dying)
    .client.call('PurgeInstances', { purgeInstanceFilter: {} })
    .catch(() => undefined);
  await until(async () => (await count(db, 'instances')) < all, 'the first step of the purge');
  await dying.kill();
  await purging;
  const left = await count(db, 'instances');
  expect(left).toBeGreaterThan(0);
  expect(left % 500, 'whole steps').toBe(0);
  expect((await leftovers(db)).filter((what) => what.includes('history'))).toEqual([]);
  const rest = await hub.client.call('PurgeInstances', { purgeInstanceFilter: {} });
  expect(rest).toMatchObject({ deletedInstanceCount: left, isComplete: { value: true } });
  expect(await count(db, 'history')).toBe(0);
  expect(await leftovers(db)).toEqual([]);
  expect(faultsIn(living)).toEqual([]);
});

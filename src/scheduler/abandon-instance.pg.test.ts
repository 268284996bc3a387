import { type Pool } from 'pg';
import {
  answer,
  expect,
  type MemoryWorker,
  onlyResident,
  otherHub,
  raise,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { abandonInstance } from './abandon-instance.ts';
import { claimWork } from './claim-work.ts';

interface Row {
  readonly owner: number | null;
  readonly attempts: number;
  /** Milliseconds until it may be claimed. */
  readonly in_ms: number;
}

async function rowOf(db: Pool): Promise<Row | undefined> {
  const { rows } = await db.query<Row>(
    `select owner, attempts, (extract(epoch from ready_at - clock_timestamp()) * 1000)::float8 as in_ms
       from instances`,
  );
  return rows[0];
}

/** Nobody waits for its delay. */
async function claimNow(one: StillEngine, db: Pool): Promise<void> {
  await db.query('update instances set ready_at = clock_timestamp()');
  one.dispatch.workAppeared(one.hub.hubId, 'orchestration');
  expect(await claimWork(one.hub)).toBe(1);
}

async function abandonLast({ hub }: StillEngine, worker: MemoryWorker): Promise<void> {
  await abandonInstance(hub, worker.turns.at(-1)?.token ?? '');
}

test('an abandoned turn is anybody’s after a delay that doubles, and it is no attempt', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  await worker.turn();
  for (const delayMs of [1_000, 2_000, 4_000]) {
    await abandonLast(one, worker);
    const row = await rowOf(db);
    expect(row).toMatchObject({ owner: null, attempts: 0 });
    expect(row?.in_ms).toBeLessThanOrEqual(delayMs);
    expect(row?.in_ms).toBeGreaterThan(delayMs - 900);
    expect([one.dispatch.residents.count, worker.stream.outstanding.orchestration]).toEqual([0, 0]);
    await claimNow(one, db);
  }
});

test('a recorded turn ends the row of abandons', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await worker.turn();
  for (let i = 0; i < 3; i++) {
    await abandonLast(one, worker);
    await claimNow(one, db);
  }
  await answer(one.hub, await worker.turn(3), []);
  await raise(one.hub, 'a', 'paid');
  await worker.turn(4);
  await abandonLast(one, worker);
  expect((await rowOf(db))?.in_ms).toBeLessThanOrEqual(1_000);
});

test('deliveries that went wrong before stay counted', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  await worker.turn();
  one.dispatch.failDelivery(onlyResident(one), 'its time was over');
  await abandonLast(one, worker);
  expect(await rowOf(db)).toMatchObject({ attempts: 1 });
  await claimNow(one, db);
  expect(onlyResident(one).attempts).toBe(1);
});

test('abandoning twice counts once, and what is out again is not abandoned by the old token', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  const { token } = await worker.turn();
  await Promise.all([abandonInstance(one.hub, token), abandonInstance(one.hub, token)]);
  expect((await rowOf(db))?.in_ms).toBeLessThanOrEqual(1_000);
  await claimNow(one, db);
  await abandonInstance(one.hub, token);
  expect(one.dispatch.orchestrations.outstanding).toBe(1);
});

test('tokens of other hubs, activities and nonsense abandon nothing', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  const { token } = await worker.turn();
  await abandonInstance(await otherHub(db, one.hub), token);
  await abandonInstance(one.hub, 'nonsense');
  await abandonInstance(one.hub, '');
  expect(one.dispatch.orchestrations.outstanding).toBe(1);
  await abandonInstance(one.hub, token);
  expect(one.dispatch.orchestrations.outstanding).toBe(0);
});

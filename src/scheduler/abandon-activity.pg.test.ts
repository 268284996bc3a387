import { type Pool } from 'pg';
import {
  answer,
  answerActivity,
  expect,
  otherHub,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { abandonActivity } from './abandon-activity.ts';
import { claimWork } from './claim-work.ts';

interface Row {
  readonly owner: number | null;
  readonly attempt: number;
  readonly in_ms: number;
}

async function rowOf(db: Pool): Promise<Row | undefined> {
  const { rows } = await db.query<Row>(
    `select owner, attempt, (extract(epoch from not_before - clock_timestamp()) * 1000)::float8 as in_ms
       from activities`,
  );
  return rows[0];
}

async function claimNow(one: StillEngine, db: Pool): Promise<void> {
  await db.query('update activities set not_before = clock_timestamp()');
  one.dispatch.workAppeared(one.hub.hubId, 'activity');
  expect(await claimWork(one.hub)).toBe(1);
}

async function withActivity(one: StillEngine) {
  const worker = one.worker();
  await startOrder(one.hub);
  await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A')]);
  return { worker, first: await worker.activity() };
}

test('an abandoned activity is anybody’s after a delay that doubles, and it is no attempt', async ({
  still,
  db,
}) => {
  const one = await still();
  const { worker } = await withActivity(one);
  for (const delayMs of [1_000, 2_000, 4_000]) {
    await abandonActivity(one.hub, worker.activities.at(-1)?.token ?? '');
    const row = await rowOf(db);
    expect(row).toMatchObject({ owner: null, attempt: 0 });
    expect(row?.in_ms).toBeLessThanOrEqual(delayMs);
    expect(row?.in_ms).toBeGreaterThan(delayMs - 900);
    expect(worker.stream.outstanding.activity).toBe(0);
    await claimNow(one, db);
  }
});

test('deliveries that went wrong before stay counted', async ({ still, db }) => {
  const one = await still();
  const { worker } = await withActivity(one);
  worker.stream.closed();
  one.dispatch.expireLeases();
  const second = one.worker();
  await expect.poll(async () => (await rowOf(db))?.owner).toBeNull();
  await claimNow(one, db);
  await abandonActivity(one.hub, (await second.activity()).token);
  expect(await rowOf(db)).toMatchObject({ owner: null, attempt: 1 });
});

test('what was abandoned may still be answered, and then goes out no more', async ({ still, db }) => {
  const one = await still();
  const { first } = await withActivity(one);
  await abandonActivity(one.hub, first.token);
  await answerActivity(one.hub, first);
  expect(await rowOf(db)).toBeUndefined();
});

test('abandoning twice, or what was answered, or from another hub, changes nothing', async ({
  still,
  db,
}) => {
  const one = await still();
  const { first, worker } = await withActivity(one);
  await abandonActivity(await otherHub(db, one.hub), first.token);
  await abandonActivity(one.hub, (await worker.turn()).token);
  await abandonActivity(one.hub, 'nonsense');
  expect(one.dispatch.activities.outstanding).toBe(1);
  await Promise.all([abandonActivity(one.hub, first.token), abandonActivity(one.hub, first.token)]);
  expect((await rowOf(db))?.in_ms).toBeLessThanOrEqual(1_000);
  await claimNow(one, db);
  await answerActivity(one.hub, await worker.activity(1));
  await abandonActivity(one.hub, first.token);
  expect(one.dispatch.activities.outstanding).toBe(0);
});

test('an activity that is given back at another replica goes out again soon', async ({ run }) => {
  const [owner, other] = [await run(), await run()];
  const worker = owner.worker();
  await startOrder(owner.hub);
  await answer(owner.hub, await worker.turn(), [scheduleTask(1, 'A')]);
  await abandonActivity(other.hub, (await worker.activity()).token);
  await worker.activity(1);
});

import { type TestHub } from '../helpers/client.ts';
import { setQuotas } from '../helpers/quotas.ts';
import { complete } from '../helpers/scripted-worker.ts';
import { count, expect, type InProcess, test, until } from './replicas.ts';
import { test as testWithoutHints } from './without-hints.ts';

const EXHAUSTED = 8;

/** How many of so many starts at once are admitted; the others are refused because of a quota. */
async function admitted(orders: TestHub, starts: number): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: starts }, () => orders.start()));
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: EXHAUSTED });
  }
  return results.filter(({ status }) => status === 'fulfilled').length;
}

const knows = (replica: InProcess, used: number): Promise<void> =>
  until(async () => {
    // Absent is 0 as well, so what is asked for is more.
    expect(used).toBeGreaterThan(0);
    return (await replica.metric('perdura_quota_used')) === used;
  }, `a measurement of ${used}`);

test(
  'two replicas share one rate: together they admit what it allows, each its half',
  { timeout: 60_000 },
  async ({ replica, at, db }) => {
    const replicas = [await replica(), await replica()];
    const [one, two] = replicas.map(at);
    if (!one || !two) throw new Error('two replicas');
    // Each learns of the other by its next renewal.
    await until(async () => {
      const { rowCount } = await db.query(
        `select 1 from replicas
          where expires_at - interval '15 s' > (select max(started_at) + interval '1 s' from replicas)`,
      );
      return rowCount === 2;
    }, 'a renewal of both');
    await setQuotas(one, { 'actions-per-second': 20 });
    await until(
      async () => (await replicas[1]?.metric('perdura_quota_limit')) === 20,
      'the rate at the other',
    );
    const startMs = performance.now();
    const counts = [0, 0];
    while (performance.now() - startMs < 3_000) {
      for (const [i, hub] of [one, two].entries()) counts[i] = (counts[i] ?? 0) + (await admitted(hub, 5));
    }
    const seconds = (performance.now() - startMs) / 1000;
    for (const each of counts) {
      // A slow machine doesn't ask often enough to be given all that it might.
      expect(each).toBeGreaterThan(seconds * 10 * 0.3);
      expect(each).toBeLessThanOrEqual(10 + seconds * 10);
    }
  },
);

test('a burst at two replicas admits twice what there was room for at most, and nothing once it is measured', async ({
  replica,
  at,
  db,
}) => {
  const replicas = [await replica(), await replica()];
  const [one, two] = replicas.map(at);
  if (!one || !two) throw new Error('two replicas');
  await one.start();
  await setQuotas(one, { instances: 41 });
  for (const each of replicas) await knows(each, 1);
  await Promise.all([admitted(one, 200), admitted(two, 200)]);
  // What nobody asks for is not measured again, and the last starts of one may have come before the other's.
  for (const [i, orders] of [one, two].entries()) {
    await until(async () => {
      await admitted(orders, 1);
      return (await replicas[i]?.metric('perdura_quota_used')) === (await count(db, 'instances'));
    }, 'a measurement of all that there is');
  }
  const stored = await count(db, 'instances');
  expect(stored).toBeGreaterThanOrEqual(41);
  expect(stored).toBeLessThanOrEqual(81);
  expect([await admitted(one, 20), await admitted(two, 20)]).toEqual([0, 0]);
  expect(await count(db, 'instances')).toBe(stored);
});

test('a hub is at its quota also for a replica that starts later, and its work goes on there', async ({
  replica,
  at,
}) => {
  const first = await replica();
  const orders = at(first);
  await setQuotas(orders, { instances: 3 });
  const ids = [await orders.start(), await orders.start(), await orders.start()];
  await knows(first, 3);
  await first.server.stop();
  const second = await replica();
  const later = at(second);
  await knows(second, 3);
  expect(await admitted(later, 5)).toBe(0);
  const next = await later.worker();
  for (let played = 0; played < 3; played++) await next.play([complete()]);
  for (const id of ids) await later.completed(id);
});

testWithoutHints(
  'a quota that is set at one replica holds at the other within ten seconds, also when hints are lost',
  { timeout: 60_000 },
  async ({ near, hub, at }) => {
    await setQuotas(hub, { 'payload-bytes': 1 });
    const other = at(near);
    const startMs = performance.now();
    const start = { name: 'Order', input: { value: '12' } };
    await until(
      () =>
        other.client.call('StartInstance', start).then(
          () => false,
          (error: unknown) => (error as { code: number }).code === EXHAUSTED,
        ),
      'a refusal',
    );
    expect(performance.now() - startMs).toBeLessThan(10_000);
  },
);

test('a quota that is set at one replica holds at the other at once, by a hint', async ({ replica, at }) => {
  const [one, two] = [await replica(), await replica()];
  const startMs = performance.now();
  await setQuotas(at(one), { 'payload-bytes': 1 });
  await until(async () => (await two.metric('perdura_quota_limit')) === 1, 'the quota at the other');
  expect(performance.now() - startMs).toBeLessThan(3_000);
});

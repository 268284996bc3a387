import { setTimeout as pause } from 'node:timers/promises';
import { allEnded, faultsOf } from './check.ts';
import { Load, planLoad } from './load.ts';
import { type LoadWorker } from './load-worker.ts';
import { count, expect, faultsIn, incarnations, otherThan, test, until } from './replicas.ts';

/** An orderly end leaves nothing that anybody would have to wait for: far less than a lease. */
const SOON_MS = 10_000;

test('answers that a balancer sends to either replica are recorded once', async ({
  replica,
  roundRobin,
  worker,
  db,
}) => {
  const [a, b] = [await replica(), await replica()];
  const client = roundRobin(a, b);
  const request = { maxConcurrentActivityWorkItems: 5_000, maxConcurrentOrchestrationWorkItems: 20 };
  const workers = [a, b].map((from) => worker({ from, to: client, request }));
  const load = new Load(client, planLoad(200));
  await load.put();
  await allEnded(db, load.planned.length, 20_000);
  expect(await faultsOf(db, load)).toEqual([]);
  expect([...load.refusals, ...workers.flatMap(({ refusals }) => [...refusals])]).toEqual([]);
  expect(workers.flatMap(({ runs }) => [...runs.values()]).every((times) => times === 1)).toBe(true);
  for (const { metric } of [a, b]) expect(await metric('perdura_redeliveries_total')).toBe(0);
  expect([...faultsIn(a), ...faultsIn(b)]).toEqual([]);
});

test('workers that come and go between replicas leave nothing behind', async ({
  replica,
  roundRobin,
  worker,
  db,
}) => {
  const settings = { streamGraceSeconds: 0, maxDeliveryAttempts: 100 };
  const [a, b] = [await replica(settings), await replica(settings)];
  const client = roundRobin(a, b);
  const load = new Load(client, planLoad(120));
  const putting = load.put();
  let last: LoadWorker | undefined;
  for (let round = 0; round < 12; round++) {
    const next = worker({ from: round % 2 === 0 ? a : b });
    await next.greeted;
    last?.close();
    last = next;
    await pause(50 + 20 * round);
  }
  await putting;
  await allEnded(db, load.planned.length, 20_000);
  expect(await faultsOf(db, load)).toEqual([]);
  expect([...faultsIn(a), ...faultsIn(b)]).toEqual([]);
});

test('replicas that are replaced one by one under load lose nothing and keep nobody waiting', async ({
  replica,
  roundRobin,
  worker,
  db,
}) => {
  const settings = { drainSeconds: 5 };
  const [a, b] = [await replica(settings), await replica(settings)];
  const otherwise = roundRobin(b);
  const workers = [worker({ from: a, otherwise }), worker({ from: b })];
  const load = new Load(otherwise, planLoad(200));
  const putting = load.put();
  const ended = (): Promise<number> => count(db, 'instances where completed_at is not null');
  await until(async () => (await ended()) >= 20, 'a part of the load');
  const c = await replica(settings);
  workers.push(worker({ from: c }));
  const stopped = performance.now();
  await a.server.stop();
  expect(await count(db, 'replicas'), 'the row of the stopped one is gone').toBe(2);
  await putting;
  await allEnded(db, load.planned.length, SOON_MS);
  expect(performance.now() - stopped).toBeLessThan(SOON_MS);
  expect(await faultsOf(db, load)).toEqual([]);
  expect([...load.refusals]).toEqual([]);
  for (const { refusals } of workers) expect(otherThan(refusals, 'UNAVAILABLE')).toEqual([]);
  expect(workers.flatMap(({ runs }) => [...runs.values()]).every((times) => times === 1)).toBe(true);
  expect(await incarnations(db)).toHaveLength(2);
  expect([a, b, c].flatMap((one) => [...faultsIn(one)])).toEqual([]);
});

test('a replica that comes later takes work that waits for a free slot', async ({
  replica,
  roundRobin,
  worker,
  db,
}) => {
  const a = await replica();
  const request = { maxConcurrentOrchestrationWorkItems: 1, maxConcurrentActivityWorkItems: 1 };
  const slow = worker({ from: a, request, before: () => pause(20) });
  const load = new Load(roundRobin(a), planLoad(60));
  await load.put();
  const newcomer = worker({ from: await replica() });
  await allEnded(db, load.planned.length, 20_000);
  expect(await faultsOf(db, load)).toEqual([]);
  expect(newcomer.turns).toBeGreaterThan(slow.turns);
});

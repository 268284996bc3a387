import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { type TaskHubClient } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { readMetric } from '../../src/bench/prometheus.ts';
import { allEnded, faultsOf } from './check.ts';
import { faultsIn } from './launched.ts';
import { Load, planLoad } from './load.ts';
import { type Replica, until } from './replicas.ts';
import { HUB, OLD, place, type Stores, test, type TestStore, withProbes } from './two-stores.ts';

/** Starts and awaits chains, one after the other, until it is told to end; nothing is repeated. */
class Caller {
  readonly failures: unknown[] = [];
  /** When each ended. */
  readonly times: number[] = [];
  readonly ended: Promise<void>;
  #isOver = false;
  #count = 0;
  readonly #client: TaskHubClient;

  constructor(client: TaskHubClient) {
    this.#client = client;
    this.ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.ended;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      try {
        const instanceId = `chain-${process.pid}-${this.#count++}-${Math.random()}`;
        await this.#client.call('StartInstance', { instanceId, name: 'Chain', input: { value: '2' } });
        const request = { instanceId, getInputsAndOutputs: true };
        const answer = await this.#client.call('WaitForInstanceCompletion', request, { timeoutMs: 30_000 });
        expect(answer.orchestrationState?.output?.value).toBe('2');
        this.times.push(performance.now());
      } catch (error) {
        this.failures.push(error);
        await pause(100);
      }
    }
  }
}

/** The longest time that nothing ended. */
function longestGap({ times }: Caller): number {
  return Math.max(...times.slice(1).map((time, i) => time - must(times[i], 'the one before')));
}

const OUTAGE_MS = 9_000;

test.for([
  ['archive', 'default'],
  ['default', 'archive'],
] as const)(
  'the %s store’s PostgreSQL is stopped at once: the other store’s hub goes on without one failed call, and all by itself when it is back',
  { timeout: 90_000 },
  async ([victim], { stores }) => {
    const { main, archive, serve, client, worker } = stores;
    const [one, two] = [await serve(), await serve()];
    await place(client(one));
    const [spared, hit] = victim === 'archive' ? ([HUB, OLD] as const) : ([OLD, HUB] as const);
    const down = victim === 'archive' ? archive : main;
    const workers = [one, two].map((server) => worker(server, spared));
    const victims = [one, two].map((server) => worker(server, hit));
    const callers = [one, two].map((server) => new Caller(client(server, spared)));
    const hurt = new Caller(client(one, hit));
    await until(() => [...callers, hurt].every(({ times }) => times.length > 5), 'work in both', 20_000);
    await down.postgres.stop('SIGQUIT');
    const stoppedAt = performance.now();
    await until(
      async () => (await one.metric(`perdura_store_serving{store="${victim}"}`)) === 0,
      'the end of its service',
      20_000,
    );
    // Whoever comes only now finds the hub of the other store as well.
    const late = new Caller(client(two, spared));
    await pause(Math.max(0, OUTAGE_MS - (performance.now() - stoppedAt)));
    expect(await Promise.all([one, two].map(({ probe }) => probe('/readyz')))).toEqual([200, 200]);
    const hurtBefore = hurt.times.length;
    expect(hurt.times.every((time) => time < stoppedAt + 1_000)).toBe(true);
    await down.postgres.restart();
    down.proxy.retarget(down.postgres.url);
    await until(() => hurt.times.length > hurtBefore + 5, 'work in the store that is back', 40_000);
    for (const caller of [...callers, late]) {
      await caller.stop();
      expect(caller.failures).toEqual([]);
      expect(caller.times.length).toBeGreaterThan(10);
      expect(longestGap(caller)).toBeLessThan(8_000);
    }
    await hurt.stop();
    for (const { streams, streamEnds } of [...workers, ...victims]) {
      expect([streams, [...streamEnds]]).toEqual([1, []]);
    }
    expect([...faultsIn(one), ...faultsIn(two)]).toEqual([]);
  },
);

test(
  'a server starts without a further store, and serves it as soon as it is there',
  { timeout: 90_000 },
  async ({ stores }) => {
    const { archive, serve, client, worker } = stores;
    archive.proxy.cut();
    const server = await serve();
    expect(await server.probe('/readyz')).toBe(200);
    expect(await server.metric('perdura_store_serving{store="archive"}')).toBe(0);
    worker(server, HUB);
    const caller = new Caller(client(server, HUB));
    await until(() => caller.times.length > 3, 'work in the default store');
    const placing = place(client(server));
    await expect(placing, 'after the usual wait').rejects.toMatchObject({ code: 14 });
    const [, store] = (await client(server).call('ListTaskHubs', {})).stores;
    expect(store).toEqual({ name: 'archive', isServing: false });
    archive.proxy.restore();
    await place(client(server));
    worker(server, OLD);
    const old = new Caller(client(server, OLD));
    await until(() => old.times.length > 3, 'work in the store that came late');
    for (const each of [caller, old]) {
      await each.stop();
      expect(each.failures).toEqual([]);
    }
    expect(server.log.some(({ err }) => err?.message.includes('PERDURA_STORE_ARCHIVE_DATABASE_URL'))).toBe(
      true,
    );
  },
);

test('a server starts without a store whose schema needs a newer program, and says so', async ({
  stores,
}) => {
  const { archive, serve, client } = stores;
  await (await serve()).kill();
  await archive.db().query("insert into migrations values (99, '0099_x', 'sum', true)");
  const server = await serve();
  const { taskHubs, stores: listed } = await client(server).call('ListTaskHubs', {});
  expect(taskHubs.map(({ name }) => name)).toEqual([HUB]);
  expect(listed.map(({ isServing }) => isServing)).toEqual([true, false]);
  const reasons = server.log.map(({ err }) => err?.message ?? '');
  expect(reasons.join()).toContain('migration 0099_x needs a newer perdura');
});

test(
  'two servers, of which one dies and is replaced, share two stores whose hubs have the same id',
  { timeout: 90_000 },
  async ({ stores }) => {
    const { main, archive, serve, client, worker, roundRobin } = stores;
    const [one, two] = [await serve(), await serve()];
    await place(client(one));
    const workers = [HUB, OLD].flatMap((hub) => [one, two].map((server) => worker(server, hub)));
    await Promise.all(workers.map(({ greeted }) => greeted));
    const loads = [HUB, OLD].map((hub) => new Load(roundRobin(hub, one, two), planLoad(60)));
    const putting = Promise.all(loads.map((load) => load.put()));
    const [db, archiveDb] = [main.db(), archive.db()];
    const isHalf = async (): Promise<boolean> =>
      ((await archiveDb.query('select 1 from instances where completed_at is not null')).rowCount ?? 0) > 20;
    await until(isHalf, 'some that have ended', 30_000);
    await two.kill();
    const three = await serve();
    for (const hub of [HUB, OLD]) worker(three, hub);
    await putting;
    for (const [i, pool] of [db, archiveDb].entries()) {
      const load = must(loads[i], 'a load');
      await allEnded(pool, load.planned.length, 60_000);
      expect(await faultsOf(pool, load)).toEqual([]);
      const { rows } = await pool.query('select hub_id from hubs');
      expect(rows).toEqual([{ hub_id: 1 }]);
    }
  },
);

test('a server that dies between the place of a name and its hub leaves what the next creation goes on with', async ({
  stores,
}) => {
  const { main, archive, launch, serve, client } = stores;
  // Its start passes the point with the hub that it is configured to make.
  const doomed = launch({ PERDURA_FAILPOINTS: 'after-place@2' });
  await expect(place(client(await withProbes(doomed)))).rejects.toMatchObject({ code: 14 });
  await doomed.ended;
  expect(doomed.wasKilled()).toBe(true);
  const places = 'select name, store from hub_places order by name';
  expect((await main.db().query(places)).rows).toEqual([
    { name: OLD, store: 'archive' },
    { name: HUB, store: 'default' },
  ]);
  const server = await serve();
  const operator = client(server, OLD);
  await expect(operator.call('Hello', {})).rejects.toMatchObject({ code: 5 });
  const elsewhere = operator.call('PlaceTaskHub', { name: OLD, store: 'default' });
  await expect(elsewhere).rejects.toMatchObject({ code: 6 });
  await operator.call('CreateTaskHub', {});
  await operator.call('Hello', {});
  expect((await archive.db().query('select name from hubs')).rows).toEqual([{ name: OLD }]);
});

test('several processes that serve together serve all stores', async ({ stores }) => {
  const { serve, client, worker } = stores;
  const server = await serve({ PERDURA_PROCESSES: '2' });
  const at = (scheme: string): Replica => ({ ...server, endpoint: `${scheme}:${server.endpoint}` });
  await place(client(at('ipv4')));
  for (const scheme of ['ipv4', 'dns']) worker(at(scheme), OLD);
  const callers = ['ipv4', 'dns'].map((scheme) => new Caller(client(at(scheme), OLD)));
  await until(() => callers.every(({ times }) => times.length > 3), 'work by both');
  for (const caller of callers) await caller.stop();
  expect(callers.flatMap(({ failures }) => failures)).toEqual([]);
  const text = await (await fetch(`${server.telemetry()}/metrics`)).text();
  expect(readMetric(text, 'perdura_store_serving{store="archive"}')).toBe(1);
  expect(readMetric(text, 'perdura_commit_batch_seconds_count{store="archive"}')).toBeGreaterThan(0);
  expect(text).not.toMatch(/^perdura_commit_batch_seconds_count /m);
});

const WINDOW_MS = 6_000;
const AT_ONCE = 6;

/** Recording a turn takes its PostgreSQL a while from now on, one after the other, and no processor. */
async function slowDown(store: TestStore): Promise<void> {
  const db = store.db();
  await db.query(
    "create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.02); return null; end'",
  );
  await db.query('create trigger slow after insert on history for each row execute function slow()');
}

/** Chains that ended in a while, by a few callers for each hub that is named. */
async function rate(server: Replica, { client }: Stores, ...hubs: readonly string[]): Promise<number> {
  const callers = hubs.flatMap((hub) =>
    Array.from({ length: AT_ONCE }, () => new Caller(client(server, hub))),
  );
  await pause(WINDOW_MS);
  const ended = callers.reduce((sum, { times }) => sum + times.length, 0);
  await Promise.all(callers.map((caller) => caller.stop()));
  expect(callers.flatMap(({ failures }) => failures)).toEqual([]);
  return ended;
}

test(
  'where one PostgreSQL is what holds up everybody, the same callers get nearly twice as much done over two stores',
  {
    timeout: 90_000,
  },
  async ({ stores }) => {
    const { main, archive, serve, client, worker } = stores;
    const server = await serve();
    await place(client(server));
    const workers = [HUB, OLD].map((hub) => worker(server, hub));
    await Promise.all(workers.map(({ greeted }) => greeted));
    for (const store of [main, archive]) await slowDown(store);
    const crowded = await rate(server, stores, HUB, HUB);
    const spread = await rate(server, stores, HUB, OLD);
    const figures = `as many callers: ${crowded} by one store, ${spread} by two`;
    expect(crowded, figures).toBeGreaterThan(20);
    expect(spread / crowded, figures).toBeGreaterThan(1.5);
  },
);

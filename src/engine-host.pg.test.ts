import { describe } from 'vitest';
import { schema } from '../test/helpers/database.ts';
import {
  answer,
  answerActivity,
  count,
  expect,
  hubContext,
  MemoryWorker,
  silent,
  startOrder,
  test as engineTest,
  until,
} from '../test/helpers/engine.ts';
import { bounds } from '../test/helpers/factories.ts';
import { startProxy } from '../test/helpers/proxy.ts';
import { complete, scheduleTask } from '../test/helpers/scripted-worker.ts';
import { HubQuotas } from './dispatch/hub-quotas.ts';
import { WorkerStreams } from './dispatch/streams.ts';
import { instanceId } from './domain/ids.ts';
import { EngineHost } from './engine-host.ts';
import { must } from './lib/assert.ts';
import { type HubContext } from './scheduler/context.ts';
import { InstanceWaits } from './scheduler/instance-waits.ts';
import { waitForInstance } from './scheduler/wait-for-instance.ts';
import { createMetrics } from './telemetry/metrics.ts';

interface Hosted {
  readonly host: EngineHost;
  readonly streams: WorkerStreams;
  readonly waits: InstanceWaits;
  /** What a call works with. */
  hub(): Promise<HubContext>;
  worker(): MemoryWorker;
}

const test = engineTest.extend<{ hosted: (url?: string) => Hosted }>({
  hosted: async ({ databaseUrl: own, hubId }, use) => {
    const hosts: EngineHost[] = [];
    await use((databaseUrl = own) => {
      const metrics = createMetrics('test');
      const streams = new WorkerStreams(metrics);
      const waits: InstanceWaits = new InstanceWaits(
        () => host.engine?.context.store,
        () => undefined,
      );
      const host: EngineHost = new EngineHost({
        ...{ databaseUrl, schema, poolSize: 3, address: 'test', version: '0', streams, waits, metrics },
        settings: {
          ...{ orchestrationLeaseMs: 60_000, activityLeaseMs: 0, streamGraceMs: 0, maxDeliveryAttempts: 3 },
          ...{ maxWorkItemBytes: 4_000_000, historyCacheBytes: 4_000_000, bounds },
        },
        quotas: new HubQuotas({}, streams),
        log: silent,
        onHubsChanged: () => undefined,
      });
      hosts.push(host);
      const hub = async (): Promise<HubContext> => hubContext(await host.context(), hubId);
      return { host, streams, waits, hub, worker: () => new MemoryWorker(streams, { hubId }) };
    });
    for (const host of hosts) await host.stop();
  },
});

const alive = ({ host }: Hosted) => must(host.engine, 'an incarnation');

describe('between two incarnations', () => {
  test('calls wait for the next one', async ({ hosted, db }) => {
    const one = hosted();
    await one.host.start();
    const old = alive(one);
    old.die('a test');
    expect(one.host.engine).toBeUndefined();
    const contexts = await Promise.all([one.host.context(), one.host.context()]);
    expect(alive(one)).not.toBe(old);
    expect(contexts).toEqual([alive(one).context, alive(one).context]);
    const { rows } = await db.query('select replica_id from replicas');
    expect(rows, 'the next took the place of the old').toEqual([{ replica_id: alive(one).replicaId }]);
  });

  test('workers keep their streams and their activities; turns go out again', async ({ hosted, db }) => {
    const one = hosted();
    await one.host.start();
    const worker = one.worker();
    await startOrder(await one.hub(), { instanceId: 'a' });
    await answer(await one.hub(), await worker.turn(), [scheduleTask(1, 'A')]);
    await startOrder(await one.hub(), { instanceId: 'b' });
    const [activity, turn] = [await worker.activity(), await worker.turn(1)];
    alive(one).die('a test');
    const again = await worker.turn(2);
    expect([again.request.instanceId, again.token === turn.token]).toEqual(['b', false]);
    await answer(await one.hub(), turn, [complete('"stale"')]);
    await answerActivity(await one.hub(), activity);
    expect((await worker.turn(3)).news).toEqual(['orchestratorStarted', 'taskCompleted']);
    await answer(await one.hub(), again, [complete('"fresh"')]);
    expect(worker.activities, 'it was not sent again').toHaveLength(1);
    const { rows } = await db.query<{ output: Buffer }>(
      "select output from instances where instance_id = 'b'",
    );
    expect(rows.map(({ output }) => output.toString())).toEqual(['"fresh"']);
  });

  test('waiting calls go on waiting', async ({ hosted }) => {
    const one = hosted();
    await one.host.start();
    await startOrder(await one.hub(), { instanceId: 'a' });
    const [hub, { signal }] = [await one.hub(), new AbortController()];
    const waiting = waitForInstance(hub, instanceId('a'), 'completed', { withPayloads: false, signal });
    const options = { hubId: hub.hubId, id: instanceId('a'), signal, withPayloads: false };
    await one.waits.forInstance(options, ({ status }) => status === 'pending');
    alive(one).die('a test');
    const worker = one.worker();
    await answer(await one.hub(), await worker.turn(), [complete('1')]);
    expect((await waiting).status).toBe('completed');
  });

  test('every one is followed by another, also when they die fast', async ({ hosted, db }) => {
    const one = hosted();
    await one.host.start();
    const seen = new Set<number>();
    for (let i = 0; i < 4; i++) {
      await one.host.context();
      seen.add(alive(one).replicaId);
      alive(one).die('a test');
    }
    await one.host.context();
    expect(seen.size).toBe(4);
    expect(await count(db, 'replicas')).toBe(1);
  });

  test('the next begins when the database is back', async ({ hosted, databaseUrl }) => {
    const proxy = await startProxy(databaseUrl);
    const one = hosted(proxy.url);
    await one.host.start();
    proxy.cut();
    alive(one).die('a test');
    const call = one.host.context();
    await until(() => one.host.engine === undefined, 'the end');
    proxy.restore();
    expect((await call).store.replicaId).toBe(alive(one).replicaId);
    proxy.close();
  });
});

describe('a host that stops', () => {
  test('ends its incarnation in order, and calls find nothing', async ({ hosted, db }) => {
    const one = hosted();
    await one.host.start();
    await one.host.stop();
    expect([one.host.engine, await count(db, 'replicas')]).toEqual([undefined, 0]);
    await expect(one.host.context()).rejects.toMatchObject({ code: 'unavailable' });
    await one.host.stop();
  });

  test('while it starts over, releases who waits, and nothing begins after that', async ({
    hosted,
    databaseUrl,
    db,
  }) => {
    const proxy = await startProxy(databaseUrl);
    const one = hosted(proxy.url);
    await one.host.start();
    const { replicaId } = alive(one);
    proxy.cut();
    alive(one).die('a test');
    const refused = expect(one.host.context()).rejects.toMatchObject({ code: 'unavailable' });
    await one.host.stop();
    await refused;
    proxy.restore();
    // Another one gets through: so could the first, if it still tried.
    const other = hosted(proxy.url);
    await other.host.start();
    await other.host.stop();
    const others = `replicas where replica_id <> ${replicaId}`;
    await until(async () => (await count(db, others)) === 0, 'the end of all others');
    expect(one.host.engine).toBeUndefined();
    proxy.close();
  });

  test('while the next incarnation begins, ends that as well', async ({ hosted, db }) => {
    const one = hosted();
    await one.host.start();
    alive(one).die('a test');
    await one.host.stop();
    await until(async () => (await count(db, 'replicas')) === 0, 'the end of both');
    expect(one.host.engine).toBeUndefined();
  });
});

describe('a host that starts', () => {
  test('says at once that there is no database', async ({ hosted }) => {
    const one = hosted('postgres://nobody@127.0.0.1:1/nothing');
    await expect(one.host.start()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(one.host.context()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a host that begins', () => {
  test('prepares its database before it serves', async ({ hosted }) => {
    const one = hosted();
    let isPrepared = false;
    await one.host.begin(async () => {
      await Promise.resolve();
      expect(one.host.engine).toBeUndefined();
      isPrepared = true;
    });
    expect([isPrepared, one.host.engine?.isOver]).toEqual([true, false]);
  });

  test('lets others go on when it can not, and serves as soon as it can', async ({ hosted, databaseUrl }) => {
    const proxy = await startProxy(databaseUrl);
    const one = hosted(proxy.url);
    let attempts = 0;
    proxy.cut();
    await one.host.begin(async () => {
      attempts++;
      if (attempts === 1) throw new Error('its schema is not ready');
      return Promise.resolve();
    });
    expect([attempts, one.host.engine]).toEqual([1, undefined]);
    const call = one.host.context();
    await until(() => attempts > 2, 'attempts that fail for want of the database');
    expect(one.host.engine).toBeUndefined();
    proxy.restore();
    expect((await call).store.replicaId).toBe(alive(one).replicaId);
    proxy.close();
  });

  test('and is stopped while it prepares, breaks that off and never serves', async ({ hosted, db }) => {
    const one = hosted();
    const started = Promise.withResolvers<undefined>();
    const begun = one.host.begin(async (signal) => {
      started.resolve(undefined);
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    });
    await started.promise;
    const call = expect(one.host.context()).rejects.toMatchObject({ code: 'unavailable' });
    await one.host.stop();
    await Promise.all([begun, call]);
    expect([one.host.engine, await count(db, 'replicas')]).toEqual([undefined, 0]);
  });
});

describe('draining', () => {
  test('ends when nothing is out any more', async ({ hosted }) => {
    const one = hosted();
    await one.host.start();
    const worker = one.worker();
    await startOrder(await one.hub(), { instanceId: 'a' });
    const turn = await worker.turn();
    let isDrained = false;
    const draining = one.host.drain(10_000).then(() => (isDrained = true));
    await startOrder(await one.hub(), { instanceId: 'b' });
    expect(isDrained).toBe(false);
    await answer(await one.hub(), turn, [scheduleTask(1, 'A')]);
    await draining;
    expect([worker.turns.length, worker.activities.length]).toEqual([1, 0]);
  });

  test('ends after its time with what is out', async ({ hosted }) => {
    const one = hosted();
    await one.host.start();
    const worker = one.worker();
    await startOrder(await one.hub(), { instanceId: 'a' });
    await worker.turn();
    const from = performance.now();
    await one.host.drain(300);
    expect(performance.now() - from).toBeGreaterThanOrEqual(299);
    expect(alive(one).context.dispatch.outstanding).toBe(1);
  });

  test('is over at once where nothing is out, or nobody is there', async ({ hosted }) => {
    const one = hosted();
    await one.host.drain(60_000);
    await one.host.start();
    await one.host.drain(60_000);
  });
});

import { expect, test, vi } from 'vitest';
import type { Channel } from '../src/bench/channel.ts';
import type { LoadCounters, LoadKind, LoadWorkerCommands } from '../src/bench/load-worker.ts';
import { Processes } from '../src/bench/processes.ts';
import { statusNamed, TestHub } from './helpers/client.ts';
import { useServer } from './helpers/server.ts';

const { server } = useServer();

async function connected(processes: Processes): Promise<Channel<LoadWorkerCommands>> {
  const worker = processes.loadWorker();
  await worker.ask('connect', { address: server().endpoint, streams: 2, slots: 50 });
  return worker;
}

test.each<readonly [LoadKind, keyof LoadCounters, number]>([
  ['mixed', 'orchestrations', 10],
  ['events', 'orchestrations', 40],
  ['subOrchestrations', 'orchestrations', 40],
  ['queries', 'calls', 40],
  ['signalsToOne', 'operations', 200],
  ['signalsToMany', 'operations', 200],
  ['entityCalls', 'results', 100],
  ['criticalSections', 'results', 100],
  ['starts', 'calls', 100],
])('the load %s goes on until it is stopped, and ends with nothing open', async (kind, counted, enough) => {
  await using processes = new Processes();
  const worker = await connected(processes);
  await worker.ask('startLoad', { kind, concurrency: 20 });
  await vi.waitFor(async () => {
    expect((await worker.ask('counters', undefined))[counted]).toBeGreaterThan(enough);
  }, 15_000);
  await worker.ask('stopLoad', { seconds: 10 });
});

test('a load tells how long its orchestrations and calls took', async () => {
  await using processes = new Processes();
  const worker = await connected(processes);
  await worker.ask('startLoad', { kind: 'queries', concurrency: 5 });
  await vi.waitFor(async () => {
    expect((await worker.ask('counters', undefined)).calls).toBeGreaterThan(10);
  }, 15_000);
  const times = await worker.ask('stopLoad', { seconds: 10 });
  expect(times.calls?.p50Ms).toBeGreaterThan(0);
  expect(times.orchestrations?.p99Ms).toBeGreaterThanOrEqual(times.orchestrations?.p50Ms ?? Infinity);
  await worker.ask('startLoad', { kind: 'signalsToOne', concurrency: 5 });
  expect(await worker.ask('stopLoad', { seconds: 10 })).not.toHaveProperty('orchestrations');
});

test('streams are spread over task hubs, and each orchestration is looked for in its own', async () => {
  await using processes = new Processes();
  const worker = processes.loadWorker(2_000);
  for (const hub of ['bench-1', 'bench-2']) {
    await new TestHub(server().endpoint, hub).client.call('CreateTaskHub', {});
  }
  await worker.ask('connect', { address: server().endpoint, streams: 3, slots: 50, hubs: 3 });
  await worker.ask('startLoad', { kind: 'chain', concurrency: 6 });
  await vi.waitFor(async () => {
    expect((await worker.ask('counters', undefined)).orchestrations).toBeGreaterThan(30);
  }, 15_000);
  await worker.ask('stopLoad', { seconds: 10 });
  for (const hub of ['default', 'bench-1', 'bench-2']) {
    const query = { runtimeStatus: [statusNamed('COMPLETED')], fetchInputsAndOutputs: true };
    const { client } = new TestHub(server().endpoint, hub);
    const { orchestrationState: found } = await client.call('QueryInstances', { query });
    expect(found.length).toBeGreaterThan(5);
    // The first page of the default one may be of others.
    if (hub !== 'default') expect(found.at(-1)?.output?.value).toHaveLength(2_000);
  }
});

test('timers are set, fire when they are due and tell how late', async () => {
  await using processes = new Processes();
  const worker = await connected(processes);
  const begin = Date.now();
  const options = { count: 30, concurrency: 7, allowedMs: 2_000, spreadMs: 500, seconds: 10 };
  const settingMs = await worker.ask('setTimers', options);
  const set = await worker.ask('counters', undefined);
  expect([settingMs <= Date.now() - begin, set.orchestrations]).toEqual([true, 0]);
  const lateness = await worker.ask('untilFired', { seconds: 10 });
  expect((await worker.ask('counters', undefined)).orchestrations).toBe(30);
  expect(Date.now() - begin).toBeGreaterThan(2_400);
  expect(lateness.p50Ms).toBeGreaterThanOrEqual(0);
  expect(lateness.p99Ms).toBeLessThan(5_000);
});

test('orchestrations that do not end are counted, and some named with their status', async () => {
  await using processes = new Processes();
  const worker = await connected(processes);
  const { client } = new TestHub(server().endpoint, 'default');
  await worker.ask('startLoad', { kind: 'mixed', concurrency: 7 });
  const found = async (...names: Parameters<typeof statusNamed>[0][]): Promise<{ instanceId: string }[]> =>
    (await client.call('QueryInstances', { query: { runtimeStatus: names.map(statusNamed) } }))
      .orchestrationState;
  // One that completes before it is terminated is followed by another one.
  await vi.waitFor(async () => {
    for (const { instanceId } of await found('RUNNING', 'PENDING')) {
      await client.call('TerminateInstance', { instanceId });
    }
    expect(await found('TERMINATED')).toHaveLength(7);
  }, 10_000);
  const terminated = String.raw`bench-\w+-\d+: ORCHESTRATION_STATUS_TERMINATED`;
  await expect(worker.ask('stopLoad', { seconds: 1 })).rejects.toThrow(
    new RegExp(`^the load worker: not over after 1 s: 7 orchestrations \\((${terminated}, ){5}…\\), 0 calls`),
  );
});

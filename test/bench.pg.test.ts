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

test('orchestrations that do not end are counted, and some named with their status', async () => {
  await using processes = new Processes();
  const worker = await connected(processes);
  const { client } = new TestHub(server().endpoint, 'default');
  await worker.ask('startLoad', { kind: 'mixed', concurrency: 7 });
  await vi.waitFor(async () => {
    const query = { runtimeStatus: [statusNamed('RUNNING'), statusNamed('PENDING')] };
    const { orchestrationState: running } = await client.call('QueryInstances', { query });
    for (const { instanceId } of running) await client.call('TerminateInstance', { instanceId });
    expect(running).toEqual([]);
  }, 10_000);
  const terminated = String.raw`bench-\w+-\d+: ORCHESTRATION_STATUS_TERMINATED`;
  await expect(worker.ask('stopLoad', { seconds: 1 })).rejects.toThrow(
    new RegExp(`^the load worker: not over after 1 s: 7 orchestrations \\((${terminated}, ){5}…\\), 0 calls`),
  );
});

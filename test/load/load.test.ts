import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prefixed } from '../../src/bench/answers.ts';
import { GrpcConnection } from '../../src/bench/grpc-connection.ts';
import { peakResidentBytes } from '../../src/bench/memory.ts';
import { Processes } from '../../src/bench/processes.ts';
import { momentOf, startRig, stopLoad } from '../../src/bench/rig.ts';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { codec } from '../../src/protocol/codec.ts';
import { must } from '../../src/lib/assert.ts';

// A server as a process of its own, with its PostgreSQL, under more of everything than it ever should have: its memory
// stays bounded, what it acknowledged is there, and whoever else calls is served.

const HUB = 'idle';
const MB = 1024 * 1024;

let processes: Processes;
beforeEach(() => {
  processes = new Processes();
});
afterEach(async () => {
  await processes[Symbol.asyncDispose]();
});

async function serve() {
  const { url } = await processes.postgres().ask('start', { settings: {} });
  const { pid, grpcAddress: address } = await processes.server(url);
  return { url, pid, address, client: new TaskHubClient({ address, hub: HUB }) };
}

/** Connections that tell of every call that did not end well. */
function connect(
  address: string,
  count: number,
  onFailure: (error: Error) => void,
): Promise<GrpcConnection[]> {
  return Promise.all(
    Array.from({ length: count }, () => GrpcConnection.open({ address, hub: HUB }, onFailure)),
  );
}

async function until(condition: () => boolean, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!condition() && performance.now() < deadline) await pause(50);
  expect(condition()).toBe(true);
}

test('a thousand streams of workers cost some memory, and each item not twice as much', async () => {
  const loads = [];
  for (const streams of [4, 1_000]) {
    const rig = await startRig(processes, { streams, slots: 10 });
    await rig.worker.ask('startLoad', { kind: 'chain', concurrency: 256 });
    await pause(6_000);
    const before = await momentOf(rig);
    await pause(6_000);
    const after = await momentOf(rig);
    const items = after.items - before.items;
    loads.push({
      cpuMs: (after.serverCpuMs - before.serverCpuMs) / items,
      bytes: peakResidentBytes(rig.serverPid),
    });
    await stopLoad(rig);
  }
  const [few, many] = [must(loads[0], 'few streams'), must(loads[1], 'many streams')];
  expect(many.cpuMs / few.cpuMs).toBeLessThan(2);
  expect(many.bytes - few.bytes).toBeLessThan(200 * MB);
});

test('ten thousand calls that wait are told, and meanwhile nobody notices them', async () => {
  const { pid, address, client } = await serve();
  const ids = Array.from({ length: 100 }, (_, i) => `awaited-${i}`);
  for (const instanceId of ids) await client.call('StartInstance', { instanceId, name: 'Order' });
  const failures: Error[] = [];
  const connections = await connect(address, 4, (error) => failures.push(error));
  const before = peakResidentBytes(pid);
  let told = 0;
  for (let call = 0; call < 10_000; call++) {
    const request = codec.encode('GetInstanceRequest', { instanceId: `awaited-${call % ids.length}` });
    const connection = must(connections[call % connections.length], 'a connection');
    connection.call('WaitForInstanceCompletion', prefixed(request), () => told++);
  }
  await pause(5_000);
  const begin = performance.now();
  await client.call('GetInstance', { instanceId: 'awaited-1' });
  expect(performance.now() - begin).toBeLessThan(500);
  expect(peakResidentBytes(pid) - before).toBeLessThan(300 * MB);
  for (const instanceId of ids) await client.call('TerminateInstance', { instanceId, recursive: false });
  await until(() => told === 10_000, 30);
  expect(failures).toEqual([]);
});

test('of a hundred thousand starts at once each is there or was refused in words, and the server goes on', async () => {
  const { url, pid, address, client } = await serve();
  const refusals: string[] = [];
  const connections = await connect(address, 8, ({ message }) => refusals.push(message));
  let acknowledged = 0;
  for (let call = 0; call < 100_000; call++) {
    const request = codec.encode('CreateInstanceRequest', { instanceId: `burst-${call}`, name: 'Order' });
    const connection = must(connections[call % connections.length], 'a connection');
    connection.call('StartInstance', prefixed(request), () => acknowledged++);
    if (call % 5_000 === 0) await pause(0);
  }
  await until(() => acknowledged + refusals.length === 100_000, 120);
  expect(acknowledged).toBeGreaterThan(5_000);
  for (const refusal of new Set(refusals)) {
    expect(decodeURIComponent(refusal)).toContain('too many writes wait');
  }
  const db = new Client({ connectionString: url });
  await db.connect();
  const { rows } = await db.query<{ count: string }>('select count(*) from perdura.instances');
  await db.end();
  expect(Number(rows[0]?.count)).toBe(acknowledged);
  expect(peakResidentBytes(pid)).toBeLessThan(1_500 * MB);
  const begin = performance.now();
  await client.call('StartInstance', { instanceId: 'afterwards', name: 'Order' });
  expect(performance.now() - begin).toBeLessThan(1_000);
});

test('who asks for large answers and never reads is cut off before it fills the memory', async () => {
  const { pid, address, client } = await serve();
  const input = { value: 'x'.repeat(2_500_000) };
  await client.call('StartInstance', { instanceId: 'large', name: 'Order', input });
  const session = connectHttp2(`http://${address}`, { settings: { initialWindowSize: 0 } });
  session.on('error', () => undefined);
  await once(session, 'connect');
  const request = prefixed(
    codec.encode('GetInstanceRequest', { instanceId: 'large', getInputsAndOutputs: true }),
  );
  let calls = 0;
  for (; !session.destroyed && calls < 2_000; calls++) {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/TaskHubSidecarService/GetInstance',
      'content-type': 'application/grpc',
      te: 'trailers',
      taskhub: HUB,
    });
    stream.on('error', () => undefined);
    stream.end(request);
    if (calls % 10 === 0) await client.call('GetInstance', { instanceId: 'large' });
  }
  expect(session.destroyed).toBe(true);
  expect(peakResidentBytes(pid)).toBeLessThan(3_000 * MB);
});

import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { type Pool } from 'pg';
import { describe } from 'vitest';
import { test as databaseTest, expect } from '../test/helpers/database.ts';
import { silent, until } from '../test/helpers/engine.ts';
import { startProxy } from '../test/helpers/proxy.ts';
import { ScriptedWorker } from '../test/helpers/scripted-worker.ts';
import { readSettings, type RunningServer, type ServerSettings } from './config.ts';
import { TaskHubClient } from './grpc/client.ts';
import { StartupError } from './lib/startup-error.ts';
import { startServer } from './server.ts';
import { createMetrics } from './telemetry/metrics.ts';

const defaults = readSettings({ command: 'dev', env: {}, flags: { grpcPort: '0', metricsPort: '0' } });

const test = databaseTest.extend<{
  start: (settings?: Partial<ServerSettings> & { readonly databaseUrl?: string }) => Promise<RunningServer>;
}>({
  start: async ({ databaseUrl }, use) => {
    const servers: RunningServer[] = [];
    await use(async (settings) => {
      const whole = { ...defaults, drainSeconds: 0, databaseUrl, ...settings };
      const server = await startServer(whole, silent, createMetrics('test'));
      servers.push(server);
      return server;
    });
    for (const server of servers) await server.stop();
  },
});

async function get(
  { metricsAddress }: RunningServer,
  path: string,
): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://${metricsAddress}${path}`);
  return { status: response.status, body: await response.text() };
}

/** A port that somebody else has. */
async function takenPort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.listen(port, '127.0.0.1');
  const isListening = await listening;
  server.close();
  return isListening;
}

/** Connections to the database of the test, that of the question included. */
async function connections(db: Pool): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    'select count(*) as n from pg_stat_activity where datname = current_database() and backend_type = $1',
    ['client backend'],
  );
  return rows[0]?.n ?? 0;
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

describe('a start', () => {
  test('answers on both ports and is ready', async ({ start }) => {
    const server = await start({ taskHubs: ['first', 'second'] });
    expect(await get(server, '/readyz')).toEqual({ status: 200, body: 'ok\n' });
    expect(await get(server, '/healthz')).toMatchObject({ status: 200 });
    expect((await get(server, '/metrics')).body).toContain('perdura_build_info');
    for (const hub of ['first', 'second', undefined]) {
      const client = new TaskHubClient({ address: server.grpcAddress, ...(hub !== undefined && { hub }) });
      await client.call('Hello', {});
      client.close();
    }
  });

  test('without a database is refused', async ({ start }) => {
    await expect(start({ databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});

describe('a port that is taken', () => {
  const cases = [
    ['grpcPort', 'PERDURA_GRPC_PORT'],
    ['metricsPort', 'PERDURA_METRICS_PORT'],
  ] as const;
  for (const [setting, name] of cases) {
    test(`refuses the start with the setting to change, and leaves nothing open: ${name}`, async ({
      start,
      db,
    }) => {
      const [taken, other] = [await takenPort(), await takenPort()];
      other.server.close();
      const otherSetting = setting === 'grpcPort' ? 'metricsPort' : 'grpcPort';
      const starting = start({ [setting]: taken.port, [otherSetting]: other.port });
      await expect(starting).rejects.toThrow(StartupError);
      await expect(starting).rejects.toThrow(name);
      expect(await isFree(other.port), 'the other port').toBe(true);
      expect((await db.query('select replica_id from replicas')).rows, 'the replica').toEqual([]);
      await until(async () => (await connections(db)) === 1, 'the end of its connections');
      taken.server.close();
    });
  }
});

describe('a stop', () => {
  test('ends streams with UNAVAILABLE and frees ports and the replica', async ({ start, db }) => {
    const server = await start();
    const worker = new ScriptedWorker(server.grpcAddress, undefined);
    await worker.next('ping');
    await server.stop();
    expect(await worker.ended).toMatchObject({ code: 14 });
    worker.close();
    expect((await db.query('select replica_id from replicas')).rows).toEqual([]);
    expect(await isFree(portOf(server.grpcAddress))).toBe(true);
    expect(await isFree(portOf(server.metricsAddress))).toBe(true);
  });

  test('is not ready but alive while leased work finishes; its answer is recorded', async ({ start, db }) => {
    const server = await start({ drainSeconds: 20 });
    const client = new TaskHubClient({ address: server.grpcAddress });
    const worker = new ScriptedWorker(server.grpcAddress, undefined);
    await worker.next('ping');
    await client.call('StartInstance', { instanceId: 'a', name: 'Order' });
    const turn = await worker.turn();
    let isStopped = false;
    const stopping = server.stop().then(() => (isStopped = true));
    await until(async () => (await get(server, '/readyz')).status === 503, 'the end of readiness');
    expect(await get(server, '/readyz')).toMatchObject({ body: 'stopping\n' });
    expect(await get(server, '/healthz')).toMatchObject({ status: 200 });
    await client.call('StartInstance', { instanceId: 'b', name: 'Order' });
    expect(isStopped).toBe(false);
    await worker.answer(turn, [
      { id: 1, completeOrchestration: { orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED' } },
    ]);
    await stopping;
    expect(worker.count('orchestration'), 'nothing new was handed out').toBe(0);
    worker.close();
    client.close();
    const { rows } = await db.query('select instance_id, status, owner from instances order by instance_id');
    expect(rows).toEqual([
      { instance_id: 'a', status: 1, owner: null },
      { instance_id: 'b', status: 6, owner: null },
    ]);
  });

  test('without a database takes a bounded time', { timeout: 40_000 }, async ({ start, databaseUrl }) => {
    const proxy = await startProxy(databaseUrl);
    const server = await start({ databaseUrl: proxy.url });
    const worker = new ScriptedWorker(server.grpcAddress, undefined);
    await worker.next('ping');
    proxy.cut();
    const from = performance.now();
    await server.stop();
    expect(performance.now() - from).toBeLessThan(20_000);
    expect(await worker.ended).toMatchObject({ code: 14 });
    worker.close();
    expect(await isFree(portOf(server.grpcAddress))).toBe(true);
    proxy.close();
  });
});

test('a server whose database is away is not ready, says why, and is ready again when it is back', async ({
  start,
  databaseUrl,
  db,
}) => {
  const proxy = await startProxy(databaseUrl);
  const server = await start({ databaseUrl: proxy.url });
  const client = new TaskHubClient({ address: server.grpcAddress });
  const startOrder = (instanceId: string) => client.call('StartInstance', { instanceId, name: 'Order' });
  // The connection that commits is made now: its bytes get through when no answer does.
  await startOrder('a');
  proxy.swallowReplies();
  const call = startOrder('b');
  await until(async () => (await db.query('select 1 from instances')).rows.length === 2, 'the commit');
  proxy.cut();
  await expect(call, 'it may have taken effect').rejects.toMatchObject({ code: 2 });
  await until(async () => (await get(server, '/readyz')).status === 503, 'the end of readiness');
  expect(await get(server, '/readyz')).toMatchObject({ body: 'the database is not available\n' });
  const waiting = client.call('GetInstance', { instanceId: 'b' });
  proxy.restore();
  expect(await waiting, 'calls wait for the database').toMatchObject({ exists: true });
  expect((await get(server, '/readyz')).status).toBe(200);
  client.close();
  proxy.close();
});

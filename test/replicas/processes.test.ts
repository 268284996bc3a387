import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { readMetric } from '../../src/bench/prometheus.ts';
import { allEnded, faultsOf } from './check.ts';
import { Gates } from './gates.ts';
import { type Launched, launchServer } from './launched.ts';
import { Load, plan, planLoad } from './load.ts';
import { count, type Fixtures, HUB, type Replica, test as replicasTest, until } from './replicas.ts';

// `perdura serve --processes 2`: processes that serve together on the same ports.

interface Together extends Launched {
  /** The same address, by names that gRPC's library opens a connection of its own for each. */
  readonly connections: readonly [Replica, Replica];
}

const test = replicasTest.extend<{ together: (settings?: Record<string, string>) => Promise<Together> }>({
  together: async ({ databaseUrl, opened }, use) => {
    await use(async (settings = {}) => {
      const server = launchServer(databaseUrl, {
        ...{ PERDURA_PROCESSES: '2', PERDURA_TASK_HUBS: HUB, PERDURA_GRPC_PORT: '0' },
        ...settings,
      });
      opened.push(server.kill);
      const address = `127.0.0.1:${await server.ready}`;
      const at = (endpoint: string): Replica => ({ endpoint, log: server.log });
      return { ...server, connections: [at(`ipv4:${address}`), at(`dns:${address}`)] };
    });
  },
});

/** Ids of the processes that have served, the oldest first. */
function pidsOf({ log }: Launched): number[] {
  return log.filter(({ msg }) => msg === 'a process serves').map(({ pid }) => must(pid, 'a process id'));
}

function isThere(pid: number): boolean {
  try {
    // What has ended and was not looked after yet is not there any more.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function probe(server: Launched, path: string): Promise<[number, string]> {
  const response = await fetch(`${server.telemetry()}${path}`);
  return [response.status, (await response.text()).trim()];
}

async function metric(server: Launched, name: string): Promise<number> {
  const [status, text] = await probe(server, '/metrics');
  expect(status).toBe(200);
  return readMetric(text, name) ?? 0;
}

test('processes share a port, work and a task hub, and their metrics are summed up', async ({
  together,
  roundRobin,
  worker,
  db,
}) => {
  const server = await together();
  const [one, other] = server.connections;
  const workers = [worker({ from: one }), worker({ from: other })] as const;
  await Promise.all(workers.map(({ greeted }) => greeted));
  const waiting = Array.from({ length: 6 }, (_, i) => plan(i, ['Listen', '1', 'e1', ['e1']]));
  const client = roundRobin(one, other);
  for (const { id: instanceId, name, input } of waiting) {
    await client.call('StartInstance', { instanceId, name, input: { value: input } });
  }
  await until(() => workers[0].turns + workers[1].turns === waiting.length, 'the first turns');
  const owners = await db.query('select distinct owner from instances where owner is not null');
  expect(owners.rowCount, 'both processes have work').toBe(2);
  for (const { id: instanceId } of waiting) {
    await client.call('RaiseEvent', { instanceId, name: 'e1', input: null });
  }
  const load = new Load(client, planLoad(20));
  await load.put();
  await allEnded(db, waiting.length + load.planned.length, 20_000);
  const all = { planned: [...waiting, ...load.planned], sent: load.sent };
  expect(await faultsOf(db, all)).toEqual([]);
  expect(load.refusals).toEqual(new Set());
  const turns = workers.map((one) => one.turns);
  expect(Math.min(...turns)).toBeGreaterThan(10);
  expect(await metric(server, 'perdura_worker_streams')).toBe(2);
  const answered = /^perdura_work_item_seconds_count\{kind="orchestration"\} (\d+)$/m;
  const [, text] = await probe(server, '/metrics');
  expect(Number(answered.exec(text)?.[1])).toBe(turns.reduce((sum, count) => sum + count, 0));
});

/** One process has the stream of every worker, and each a part of the work. */
async function putLoad(
  { connections }: Together,
  fixtures: Pick<Fixtures, 'worker' | 'roundRobin'>,
): Promise<{ load: Load; put: Promise<void> }> {
  const workers = connections.map((from) =>
    fixtures.worker({ from, to: fixtures.roundRobin(...connections) }),
  );
  await Promise.all(workers.map(({ greeted }) => greeted));
  const load = new Load(fixtures.roundRobin(...connections), planLoad(60));
  return { load, put: load.put() };
}

test('a process that is killed is replaced, later if it lived shortly, and nothing is lost', async ({
  together,
  worker,
  roundRobin,
  db,
}) => {
  const server = await together();
  const { load, put } = await putLoad(server, { worker, roundRobin });
  await until(async () => (await metric(server, 'perdura_actions_total')) > 100, 'half of the load');
  const counted = await metric(server, 'perdura_actions_total');
  const pausesMs: unknown[] = [];
  for (const round of [1, 2]) {
    const pid = must(pidsOf(server).at(round === 1 ? 0 : -1), 'a process');
    process.kill(pid, 'SIGKILL');
    await until(async () => (await probe(server, '/readyz'))[0] === 503, 'not being ready');
    expect(await probe(server, '/readyz')).toEqual([503, '1 of 2 processes serve']);
    expect(await metric(server, 'perdura_actions_total'), 'counters go on').toBeGreaterThanOrEqual(counted);
    await until(() => pidsOf(server).length === 2 + round, 'another process', 20_000);
    expect(await probe(server, '/readyz')).toEqual([200, 'ok']);
    pausesMs.push(server.log.findLast(({ msg }) => msg.startsWith('a process ended'))?.pauseMs);
  }
  expect(pausesMs).toEqual([1_000, 2_000]);
  await put;
  await allEnded(db, load.planned.length, 40_000);
  expect(await faultsOf(db, load)).toEqual([]);
  expect(server.complaints).toEqual([]);
});

test.for(['the parent', 'the whole group'])(
  'a signal to %s lets work under way finish, and ends all processes',
  async (to, { together, worker, roundRobin, db }) => {
    const server = await together({ PERDURA_DRAIN_SECONDS: '60' });
    const [one, other] = server.connections;
    const gates = new Gates('a task 1');
    const player = worker({ from: one, before: gates.before });
    const client = roundRobin(one, other);
    await player.greeted;
    await client.call('StartInstance', { instanceId: 'a', name: 'Chain', input: { value: '1' } });
    await until(() => player.runs.size === 1, 'an activity under way');
    process.kill(to === 'the parent' ? server.pid : -server.pid, 'SIGINT');
    await until(async () => (await probe(server, '/readyz'))[1] === 'stopping', 'not being ready');
    expect(pidsOf(server).map(isThere), 'it is waited for').toEqual([true, true]);
    gates.open('a task 1');
    expect(await server.ended).toBe(0);
    expect(pidsOf(server).filter(isThere)).toEqual([]);
    expect(player.refusals).toEqual(new Set());
    expect(await count(db, 'replicas')).toBe(0);
    const { rows } = await db.query('select owner from instances');
    expect(rows).toEqual([{ owner: null }]);
    expect(server.complaints).toEqual([]);
    expect(server.log.filter(({ level }) => level !== 'info')).toEqual([]);
  },
);

test('a second signal ends all processes at once', async ({ together, worker, roundRobin }) => {
  const server = await together({ PERDURA_DRAIN_SECONDS: '60' });
  const [from] = server.connections;
  const player = worker({ from, before: new Gates('a task 1').before });
  await player.greeted;
  await roundRobin(from).call('StartInstance', { instanceId: 'a', name: 'Chain', input: { value: '1' } });
  await until(() => player.runs.size === 1, 'an activity under way');
  await until(() => {
    if (server.isRunning()) process.kill(server.pid, 'SIGTERM');
    return !server.isRunning();
  }, 'the end');
  expect(await server.ended).toBe(143);
  expect(pidsOf(server).filter(isThere)).toEqual([]);
});

test('kill -9 of the parent leaves no process behind', async ({ together }) => {
  const server = await together();
  const pids = pidsOf(server);
  expect(pids.map(isThere)).toEqual([true, true]);
  await server.kill();
  // One that has closed its output is there until the system has buried it.
  await until(() => pids.filter(isThere).length === 0, 'no process being left', 2_000);
});

test('a process that is stopped for itself drains, and another one takes its place', async ({ together }) => {
  const server = await together();
  const [pid = 0] = pidsOf(server);
  process.kill(pid, 'SIGTERM');
  await until(() => pidsOf(server).length === 3, 'another process', 20_000);
  expect(isThere(pid)).toBe(false);
  expect(server.log.find(({ msg }) => msg.startsWith('a process ended'))).toMatchObject({ pid, code: 0 });
});

test('a process that hangs fails the probes, and its counters stay', async ({ together, roundRobin }) => {
  const server = await together();
  for (const from of server.connections) {
    const signal = { instanceId: '@counter@a', name: 'add', requestId: from.endpoint };
    await roundRobin(from).call('SignalEntity', signal);
  }
  expect(await metric(server, 'perdura_actions_total')).toBe(2);
  expect(await probe(server, '/healthz')).toEqual([200, 'ok']);
  const [pid = 0] = pidsOf(server);
  process.kill(pid, 'SIGSTOP');
  for (const path of ['/healthz', '/readyz']) {
    expect(await probe(server, path)).toEqual([503, 'process 1: no answer']);
  }
  expect(await metric(server, 'perdura_actions_total')).toBe(2);
  process.kill(pid, 'SIGCONT');
  await until(async () => (await probe(server, '/readyz'))[0] === 200, 'being ready');
  expect(await probe(server, '/healthz')).toEqual([200, 'ok']);
});

test('a first process that is killed before it serves ends the start with one line', async ({
  databaseUrl,
}) => {
  const server = launchServer(databaseUrl, { PERDURA_PROCESSES: '2', PERDURA_GRPC_PORT: '0' });
  const children = `/proc/${server.pid}/task/${server.pid}/children`;
  await until(() => readFileSync(children, 'utf8') !== '', 'the first process', 20_000);
  process.kill(Number(readFileSync(children, 'utf8')), 'SIGKILL');
  expect(await server.ended).toBe(1);
  expect(server.complaints.join('')).toBe('perdura: the first process ended before it served (SIGKILL)\n');
});

test('a signal that comes while the first process starts ends the start', async ({ databaseUrl, opened }) => {
  const server = launchServer(databaseUrl, { PERDURA_PROCESSES: '3', PERDURA_GRPC_PORT: '0' });
  opened.push(server.kill);
  const children = `/proc/${server.pid}/task/${server.pid}/children`;
  await until(() => readFileSync(children, 'utf8') !== '', 'the first process', 20_000);
  process.kill(server.pid, 'SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.log.at(-1)?.msg).toBe('stopped');
});

test('a process that hangs does not keep the others from stopping', async ({ together }) => {
  const server = await together({ PERDURA_DRAIN_SECONDS: '0' });
  const [hung = 0] = pidsOf(server);
  process.kill(hung, 'SIGSTOP');
  process.kill(server.pid, 'SIGTERM');
  expect(await server.ended).toBe(0);
  expect(isThere(hung)).toBe(false);
});

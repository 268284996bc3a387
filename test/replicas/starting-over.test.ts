import { setImmediate as nextRound, setTimeout as pause } from 'node:timers/promises';
import { type ServiceError, status } from '@grpc/grpc-js';
import { type Pool } from 'pg';
import { must } from '../../src/lib/assert.ts';
import { allEnded, faultsOf, readAll } from './check.ts';
import { Gates } from './gates.ts';
import { Load, planLoad, type Planned } from './load.ts';
import { type PostgresProxy } from './postgres-proxy.ts';
import {
  count,
  expect,
  faultsIn,
  incarnations,
  noAttempt,
  otherThan,
  quiet,
  test,
  until,
} from './replicas.ts';

/** Names of the statuses that calls ended with. */
async function statusesOf(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'fulfilled' ? 'OK' : status[(result.reason as ServiceError).code],
  );
}

test('a server that never hears of its COMMIT says so, and goes on as a new incarnation', async ({
  replica,
  proxy,
  roundRobin,
  worker,
  db,
}) => {
  const through = await proxy();
  const server = await replica({ ...noAttempt, through });
  const client = roundRobin(server);
  const planned: Planned[] = [
    { id: 'turn', name: 'Family', input: '2', output: '4', events: [] },
    { id: 'answered', name: 'Chain', input: '1', output: '1', events: [] },
    { id: 'running', name: 'Chain', input: '1', output: '1', events: [] },
    { id: 'idle', name: 'Listen', input: '2', output: 'e1,e2', events: ['e1', 'e2'] },
    { id: 'last', name: 'Chain', input: '2', output: '2', events: [] },
  ];
  const call = {
    start: (instanceId: string) => {
      const { name = 'Chain', input = '1' } = planned.find(({ id }) => id === instanceId) ?? {};
      return client.call('StartInstance', { instanceId, name, input: { value: input } });
    },
    raise: (name: string) => client.call('RaiseEvent', { instanceId: 'idle', name, input: null }),
    terminate: (instanceId: string) => client.call('TerminateInstance', { instanceId }),
    /** Comes back when whatever was sent before it waits for the lane: it is read beside that. */
    pass: async () => {
      await nextRound();
      await client.call('GetInstance', { instanceId: 'idle' });
    },
  };
  const gates = new Gates('turn turn', 'answered task 1', 'running task 1', 'doomed turn');
  const player = worker({ from: server, to: client, before: gates.before });
  for (const id of ['turn', 'answered', 'running', 'idle', 'doomed']) await call.start(id);
  await until(() => player.runs.size === 2, 'two activities under way');
  const waits = statusesOf([
    client.call('WaitForInstanceCompletion', { instanceId: 'running' }, { timeoutMs: 30_000 }),
  ]);
  const before = await incarnations(db);
  await quiet(db);

  // While the lane waits for the answer to its first batch, all others gather in the second.
  through.mute('lane');
  const first = call.raise('e1');
  await until(async () => (await inboxSize(db, 'idle')) === 1, 'the first commit');
  const clients = statusesOf([call.start('last'), call.raise('e2'), call.terminate('doomed')]);
  gates.open('turn turn', 'answered task 1');
  await call.pass();
  through.unmute();
  through.mute('lane');
  await first;
  await until(async () => (await readAll(db)).has('last'), 'the second commit');
  const queued = statusesOf([call.start('never'), call.raise('never')]);
  await call.pass();
  expect(player.refusals.size).toBe(0);
  through.cut();
  through.restore();

  expect(await clients, 'perhaps done').toEqual(['UNKNOWN', 'UNKNOWN', 'UNKNOWN']);
  expect(await queued, 'certainly not done').toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  await until(async () => (await readAll(db)).get('turn')?.row.status === 1, 'the end of what was answered');
  gates.open('running task 1', 'doomed turn');
  await allEnded(db, planned.length + 3, 10_000);
  const doomed = (await readAll(db)).get('doomed');
  expect(doomed?.row.status).toBe(5);
  await db.query('delete from history where instance_key = $1', [doomed?.row.instance_key]);
  await db.query("delete from instances where instance_id = 'doomed'");
  expect(await faultsOf(db, { planned, sent: new Map() })).toEqual([]);
  expect([...player.refusals], 'repeating an answer does no harm').toEqual(['UNAVAILABLE']);
  expect(
    [...player.runs.values()].filter((times) => times > 1),
    'no activity ran twice',
  ).toEqual([]);
  expect(player.streams, 'the stream stayed open').toBe(1);
  expect(await waits, 'who waited is told').toEqual(['OK']);
  const after = await incarnations(db);
  expect(after).toHaveLength(1);
  expect(before).not.toContain(after[0]);
  expect(faultsIn(server)).toEqual([]);
});

async function inboxSize(db: Pool, instanceId: string): Promise<number> {
  const { rowCount } = await db.query(
    'select 1 from inbox where instance_key = (select instance_key from instances where instance_id = $1)',
    [instanceId],
  );
  return rowCount ?? 0;
}

const breaks = [
  {
    what: 'ended by the server',
    isAmbiguous: false,
    by: (_: readonly PostgresProxy[], db: Pool) => endConnections(db),
  },
  {
    what: 'cut by the network',
    isAmbiguous: true,
    by: (proxies: readonly PostgresProxy[]) => {
      for (const proxy of proxies) {
        proxy.cut();
        proxy.restore();
      }
    },
  },
];

test.concurrent.for(breaks)(
  'connections to the database that are $what all the time lose nothing and do nothing twice',
  async ({ by, isAmbiguous }, { replica, proxy, roundRobin, worker, db }) => {
    const proxies = [await proxy(), await proxy()];
    const replicas = await Promise.all(proxies.map((through) => replica({ ...noAttempt, through })));
    const [a, b] = [must(replicas[0], 'a replica'), must(replicas[1], 'another')];
    const workers = [worker({ from: a }), worker({ from: b })];
    const load = new Load(roundRobin(a, b), planLoad(150));
    const before = await incarnations(db);
    const putting = load.put();
    for (let round = 0; round < 20; round++) {
      await pause(40 + 15 * round);
      await by(proxies, db);
    }
    await putting;
    await allEnded(db, load.planned.length, 30_000);
    expect(await faultsOf(db, load)).toEqual([]);
    expect(otherThan(load.refusals, 'UNAVAILABLE', 'UNKNOWN', 'DEADLINE_EXCEEDED')).toEqual([]);
    for (const { refusals } of workers) expect(otherThan(refusals, 'UNAVAILABLE')).toEqual([]);
    expect(
      workers.map(({ streams }) => streams),
      'streams stayed open',
    ).toEqual([1, 1]);
    const connections = await count(db, 'pg_stat_activity where datname = current_database()');
    expect(connections - db.totalCount, 'lane, session, listener and reads').toBeLessThanOrEqual(2 * 13);
    expect([...faultsIn(a), ...faultsIn(b)]).toEqual([]);
    if (isAmbiguous) expect(await incarnations(db), 'some started over').not.toEqual(before);
  },
);

/** Ends every connection of every replica, as an administrator may. */
async function endConnections(db: Pool): Promise<void> {
  await db.query(
    `select pg_terminate_backend(pid)
       from pg_stat_activity
      where datname = current_database()
        and pid <> pg_backend_pid()`,
  );
}

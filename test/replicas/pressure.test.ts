import { type ServiceError, status } from '@grpc/grpc-js';
import { type Pool } from 'pg';
import { must } from '../../src/lib/assert.ts';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { allEnded, faultsOf } from './check.ts';
import { Load, planLoad, type Planned } from './load.ts';
import { RoundRobin } from './round-robin.ts';
import { count, expect, faultsIn, HUB, test, until } from './replicas.ts';

/** A worker for these orchestrators and all activities, with room for everything. */
function accepting(...names: readonly string[]): MessageInput<'GetWorkItemsRequest'> {
  const orchestrations = names.map((name) => ({ name }));
  return {
    workItemFilters: { orchestrations, activities: [{ name: 'Step' }], entities: [] },
    maxConcurrentActivityWorkItems: 5_000,
  };
}

function many(count: number, of: (i: number) => Omit<Planned, 'events'>): Planned[] {
  return Array.from({ length: count }, (_, i) => ({ ...of(i), events: [] }));
}

/** How many transactions of the database were ended by a deadlock. Connections tell when they end. */
async function deadlocks(db: Pool): Promise<number> {
  const open = (): Promise<number> => count(db, 'pg_stat_activity where datname = current_database()');
  await until(async () => (await open()) <= db.totalCount, 'the end of the connections of replicas');
  const { rows } = await db.query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return must(rows[0], 'statistics of the database').deadlocks;
}

test.concurrent(
  'parents and children at different replicas, timers, events and terminations never deadlock',
  async ({ spawned, roundRobin, worker, db }) => {
    const replicas = [await spawned(), await spawned()] as const;
    const client = roundRobin(...replicas);
    // Half of all answers arrive at the replica that does not own what they are for.
    worker({ from: replicas[0], to: client, request: accepting('Family', 'Sleep') });
    worker({ from: replicas[1], to: client, request: accepting('Chain', 'Listen', 'FanOut') });
    const events = ['e1', 'e2', 'e3', 'e4'];
    const planned = [
      ...many(80, (i) => ({ id: `family-${i}`, name: 'Family', input: '5', output: '10' })),
      ...many(60, (i) => ({ id: `sleep-${i}`, name: 'Sleep', input: `${i * 20}`, output: `${i * 20 + 1}` })),
      ...many(40, (i) => ({ id: `fan-${i}`, name: 'FanOut', input: '6', output: '27' })),
      ...many(40, (i) => ({ id: `listen-${i}`, name: 'Listen', input: '4', output: events.join() })).map(
        (listen) => ({ ...listen, events }),
      ),
    ];
    const load = new Load(client, planned);
    await slowDown(db);
    await Promise.all([load.put(), endEarly(client, 20)]);
    const children = 80 * 5;
    await allEnded(db, planned.length + children + 20, 30_000);
    await forget(db, 'doomed-%');
    expect(await faultsOf(db, load)).toEqual([]);
    expect([...load.refusals]).toEqual([]);
    expect(replicas.flatMap((one) => [...faultsIn(one)])).toEqual([]);
    await Promise.all(replicas.map((one) => one.kill()));
    expect(await deadlocks(db)).toBe(0);
  },
);

/** Makes transactions pause after every change of instances, so that those of both replicas meet all the time. */
async function slowDown(db: Pool): Promise<void> {
  await db.query(
    `create function linger() returns trigger language plpgsql as $$
     begin
       perform pg_sleep(0.005);
       return null;
     end $$`,
  );
  await db.query('create trigger linger after update on instances execute function linger()');
}

/** Starts families and terminates them with their children while they are at work. */
async function endEarly(client: RoundRobin, families: number): Promise<void> {
  const ids = Array.from({ length: families }, (_, i) => `doomed-${i}`);
  const end = async (instanceId: string): Promise<void> => {
    await client.call('StartInstance', { instanceId, name: 'Family', input: { value: '4' } });
    await client.call('TerminateInstance', { instanceId, recursive: true });
  };
  await Promise.all(ids.map(end));
}

async function forget(db: Pool, pattern: string): Promise<void> {
  await db.query(
    'delete from history where instance_key in (select instance_key from instances where instance_id like $1)',
    [pattern],
  );
  await db.query('delete from instances where instance_id like $1', [pattern]);
}

test.concurrent(
  'a task hub that is deleted at one replica while both work in it goes away whole, and disturbs no other',
  async ({ replica, roundRobin, worker, db }) => {
    const taskHubs = [HUB, 'doomed'];
    const replicas = [await replica({ taskHubs }), await replica({ taskHubs })] as const;
    const doomed = new RoundRobin(replicas, 'doomed');
    const workers = replicas.flatMap((from) => [worker({ from }), worker({ from, hub: 'doomed' })]);
    const load = new Load(roundRobin(...replicas), planLoad(100));
    // Long enough to be at work when their hub goes.
    const ids = Array.from({ length: 60 }, (_, i) => `gone-${i}`);
    const start = (instanceId: string): Promise<unknown> =>
      doomed.call('StartInstance', { instanceId, name: 'Chain', input: { value: '200' } });
    await Promise.all(ids.map(start));
    const putting = load.put();
    await until(() => workers.every(({ turns }) => turns > 20), 'work in both hubs at both replicas');
    await doomed.call('DeleteTaskHub', {});
    let calls = 0;
    const isKnown = async (): Promise<boolean> => {
      const late = await Promise.allSettled([1, 2].map(() => start(`late-gone-${calls++}`)));
      return late.every(
        (call) => call.status === 'rejected' && (call.reason as ServiceError).code === status.NOT_FOUND,
      );
    };
    await until(isKnown, 'the news at both replicas');
    const rowsOfHub = (): Promise<number> => count(db, "instances where instance_id like '%gone%'");
    expect(await rowsOfHub()).toBeGreaterThan(0);
    // A replica looks for rows of deleted hubs when it starts, and then every half minute.
    const sweeper = await replica();
    await until(async () => (await rowsOfHub()) === 0, 'the end of all rows of the hub');
    await putting;
    await allEnded(db, load.planned.length, 20_000);
    expect(await faultsOf(db, load)).toEqual([]);
    const refusals = new Set(workers.flatMap((one) => [...one.refusals]));
    expect([...refusals].filter((name) => name !== 'NOT_FOUND')).toEqual([]);
    const all = [...replicas, sweeper];
    expect(all.flatMap((one) => [...faultsIn(one)])).toEqual([]);
    doomed.close();
    await Promise.all(all.map(({ server }) => server.stop()));
    expect(await deadlocks(db)).toBe(0);
  },
);

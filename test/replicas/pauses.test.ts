import { setTimeout as pause } from 'node:timers/promises';
import { type Pool } from 'pg';
import { describe } from 'vitest';
import { allEnded, faultsOf, readAll } from './check.ts';
import { Gates } from './gates.ts';
import { Load, planLoad, type Planned } from './load.ts';
import {
  count,
  expect,
  faultsIn,
  incarnations,
  noAttempt,
  otherThan,
  ownerOf,
  quiet,
  test as replicaTest,
  until,
} from './replicas.ts';

// Pauses longer than the lease of a replica, fifteen seconds: real time is the subject.

/** Somebody has noticed by then that a lease ran out, and has freed what it was for. */
const NOTICED_MS = 25_000;
const OUTAGE_MS = 17_000;

/** Everything that a database says about instances. */
async function everything(db: Pool): Promise<unknown> {
  const { rows } = await db.query(
    `select i, array(select h from history h where h.instance_key = i.instance_key order by h.turn) as history,
            (select count(*) from inbox) as messages, (select count(*) from activities) as activities
       from instances i order by i.instance_id`,
  );
  return rows;
}

describe.concurrent('a replica', () => {
  const test = replicaTest;

  test('that froze for longer than its lease writes nothing when it goes on, and begins anew', async ({
    replica,
    spawned,
    roundRobin,
    worker,
    at,
    db,
  }) => {
    const [living, frozen] = [await replica(noAttempt), await spawned()];
    const gates = new Gates('chain-0 task 3', 'chain-2 turn', 'fanout-1 task 2');
    const held = worker({ from: frozen, before: gates.before });
    const load = new Load(roundRobin(frozen), planLoad(30));
    await load.put();
    await until(() => held.runs.has('chain-0 3 2') && held.runs.has('fanout-1 2 2'), 'work that is out');
    const [before] = (await incarnations(db)).toReversed();
    await until(async () => (await count(db, 'instances where completed_at is not null')) > 20, 'the rest');
    const request = { instanceId: 'chain-0' };
    const waits = failure(
      at(frozen).client.call('WaitForInstanceCompletion', request, { timeoutMs: 50_000 }),
    );
    // It is there when this comes back.
    await at(frozen).get('chain-0');
    frozen.freeze();
    const other = worker({ from: living });
    await allEnded(db, load.planned.length, NOTICED_MS);
    expect(await faultsOf(db, load)).toEqual([]);
    expect(await incarnations(db)).not.toContain(before);
    const written = await everything(db);
    // Late answers reach a server that believes itself alive.
    gates.open('chain-0 task 3', 'chain-2 turn', 'fanout-1 task 2');
    const raised = failure(at(frozen).raise('chain-2', 'late'));
    await pause(100);
    frozen.thaw();
    await until(async () => (await incarnations(db)).length === 2, 'a new incarnation');
    await raised;
    expect(await waits, 'who waited is told').toBeUndefined();
    const hub = at(frozen);
    other.close();
    await hub.start({ instanceId: 'after', name: 'Chain', input: { value: '2' } });
    expect((await hub.completed('after')).output).toEqual({ value: '2' });
    expect(otherThan(held.refusals, 'UNAVAILABLE', 'DEADLINE_EXCEEDED')).toEqual([]);
    await db.query(
      "delete from history where instance_key = (select instance_key from instances where instance_id = 'after')",
    );
    await db.query("delete from instances where instance_id = 'after'");
    expect(await everything(db)).toEqual(written);
    expect([...faultsIn(frozen), ...faultsIn(living)]).toEqual([]);
  });

  test('that froze inside a batch is buried after that batch, which counts', async ({
    replica,
    spawned,
    roundRobin,
    worker,
    db,
  }) => {
    const [living, frozen] = [await replica(noAttempt), await spawned()];
    const gates = new Gates('x turn');
    const first = worker({ from: frozen, before: gates.before });
    const planned: Planned[] = [{ id: 'x', name: 'Chain', input: '3', output: '3', events: [] }];
    await new Load(roundRobin(frozen), planned).put();
    await until(() => first.turns === 1, 'a turn that is out');
    await quiet(db);
    const owner = await ownerOf(db, 'x');
    const letGo = await lockRow(db, 'x');
    try {
      gates.open('x turn');
      await until(() => isWaiting(db, 'select count'), 'a batch that waits for the row');
      frozen.freeze();
      await until(() => isWaiting(db, 'delete from replicas'), 'the reaper', NOTICED_MS);
      expect(await ownerOf(db, 'x'), 'nobody takes what a row of replicas stands for').toBe(owner);
      expect(await incarnations(db)).toContain(owner);
      expect(await count(db, 'history')).toBe(0);
    } finally {
      letGo();
    }
    const second = worker({ from: living });
    await allEnded(db, 1, 10_000);
    expect(await faultsOf(db, { planned, sent: new Map() })).toEqual([]);
    expect(first.runs.size, 'the turn was answered before').toBe(0);
    expect([...second.runs.values()]).toEqual([1, 1, 1]);
    frozen.thaw();
    await until(async () => (await incarnations(db)).length === 2, 'a new incarnation');
    expect(await incarnations(db)).not.toContain(owner);
    expect(await faultsOf(db, { planned, sent: new Map() })).toEqual([]);
  });

  test('that froze carries out nothing that its clients gave up meanwhile', async ({ spawned, at, db }) => {
    const frozen = await spawned();
    const { client } = at(frozen);
    await client.call('StartInstance', { instanceId: 'before', name: 'Chain' });
    frozen.freeze();
    const given = await Promise.all(
      ['a', 'b', 'c'].map((instanceId) =>
        failure(client.call('StartInstance', { instanceId, name: 'Chain' }, { timeoutMs: 500 })),
      ),
    );
    for (const error of given) expect(String(error)).toContain('DEADLINE_EXCEEDED');
    // A client answers its caller first and sends that it gave up after that: until then it may still be carried out.
    await pause(500);
    frozen.thaw();
    await client.call('StartInstance', { instanceId: 'after', name: 'Chain' });
    const { rows } = await db.query<{ instance_id: string }>('select instance_id from instances order by 1');
    expect(rows.map((row) => row.instance_id)).toEqual(['after', 'before']);
  });

  test('that falls silent inside a transaction blocks the others for some seconds at most', async ({
    replica,
    proxy,
    roundRobin,
    worker,
    db,
  }) => {
    const through = await proxy();
    const [silent, other] = [await replica({ ...noAttempt, through }), await replica(noAttempt)];
    const player = worker({ from: silent });
    await player.greeted;
    const planned: Planned[] = ['before', 'claimed'].map((id) => ({
      ...{ id, name: 'Listen', input: '1', output: 'e1', events: ['e1'] },
    }));
    await new Load(roundRobin(silent), planned.slice(0, 1)).put();
    await allEnded(db, 1, 10_000);
    await quiet(db);
    const before = await incarnations(db);
    through.mute('lane');
    // It claims what the other starts, and never hears that it has; the row is locked.
    const load = new Load(roundRobin(other), planned.slice(1));
    const putting = load.put();
    await until(() => isOpen(db), 'a transaction that waits for its end');
    await allEnded(db, 2, 10_000);
    await putting;
    expect(await faultsOf(db, { planned, sent: load.sent })).toEqual([]);
    expect(await incarnations(db), 'nothing was ambiguous').toEqual(before);
    expect(player.refusals.size).toBe(0);
  });
});

/** Locks an instance as a sender does. Returns how to let it go. */
async function lockRow(db: Pool, instanceId: string): Promise<() => void> {
  const client = await db.connect();
  await client.query('set idle_in_transaction_session_timeout = 0');
  await client.query('begin');
  await client.query('select 1 from instances where instance_id = $1 for no key update', [instanceId]);
  return () => {
    // Its end undoes what it began.
    client.release(true);
  };
}

async function isWaiting(db: Pool, statement: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and ltrim(query, E' \\n') like $1`,
    [`${statement}%`],
  );
  return rowCount === 1;
}

async function isOpen(db: Pool): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
  );
  return rowCount === 1;
}

replicaTest.concurrent(
  'PostgreSQL away for longer than the lease: nobody is buried, no attempt is counted, everything goes on',
  async ({ replica, proxy, roundRobin, worker, at, db }) => {
    const through = await proxy();
    const replicas = await Promise.all([0, 1, 2].map(() => replica({ ...noAttempt, through })));
    const [busy, holding, idle] = replicas;
    if (!busy || !holding || !idle) throw new Error('three replicas');
    const planned: Planned[] = [
      { id: 'running', name: 'Chain', input: '2', output: '2', events: [] },
      { id: 'turn', name: 'FanOut', input: '3', output: '9', events: [] },
      { id: 'answered', name: 'Chain', input: '2', output: '2', events: [] },
      { id: 'timer', name: 'Sleep', input: '8000', output: '8001', events: [] },
      { id: 'listen', name: 'Listen', input: '2', output: 'e1,e2', events: [] },
    ];
    const gates = new Gates('turn turn', 'running task 1', 'answered task 1');
    // One holds an activity and has nothing to write, one has nothing at all: only their renewals say that they live.
    const holder = worker({ from: holding, before: gates.before });
    await new Load(roundRobin(holding), planned.slice(0, 1)).put();
    await until(() => holder.runs.size === 1, 'the activity that runs on');
    const other = worker({ from: busy, before: gates.before });
    await new Load(roundRobin(busy), planned.slice(1)).put();
    await at(busy).raise('listen', 'e1');
    const isOut = async (): Promise<boolean> =>
      other.runs.size === 1 && other.turns >= 5 && (await count(db, 'history')) === 5;
    await until(isOut, 'work that is out');
    await quiet(db);
    const before = await incarnations(db);
    through.cut();
    await until(async () => (await failure(at(idle).get('listen'))) !== undefined, 'the outage');
    // Calls and answers of these seconds wait for the database.
    const raised = failure(at(busy).raise('listen', 'e2'));
    gates.open('turn turn', 'answered task 1');
    await pause(OUTAGE_MS);
    through.restore();
    expect(await raised).toBeUndefined();
    await until(async () => (await readAll(db)).get('turn')?.row.status === 1, 'what was answered', 20_000);
    const { rows } = await db.query('select attempt, owner is null as is_free from activities');
    expect(rows, 'the activity that still runs').toEqual([{ attempt: 0, is_free: false }]);
    gates.open('running task 1');
    await allEnded(db, planned.length, 20_000);
    expect(await faultsOf(db, { planned, sent: new Map() })).toEqual([]);
    const expired = (): Promise<number> => count(db, 'replicas where expires_at < clock_timestamp()');
    await until(async () => (await expired()) === 0, 'renewals by all', 20_000);
    expect(await incarnations(db)).toEqual(before);
    for (const { metric } of replicas) expect(await metric('perdura_redeliveries_total')).toBe(0);
    const runs = [holder, other].flatMap((one) => [...one.runs.values()]);
    expect(runs.every((times) => times === 1)).toBe(true);
    expect([holder.streams, other.streams]).toEqual([1, 1]);
    expect(replicas.flatMap((one) => [...faultsIn(one)])).toEqual([]);
  },
);

/** What a call fails with. */
async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

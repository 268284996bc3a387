import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { abortMove, type Move, moveHub, type MoveStep } from '../../src/postgres/move-hub.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { version } from '../../src/version.ts';
import { auditRows } from '../helpers/audit-rows.ts';
import { TestHub } from '../helpers/client.ts';
import { createTestDatabase, schema } from '../helpers/database.ts';
import { setQuotas } from '../helpers/quotas.ts';
import { complete, eventOf, scheduleTask } from '../helpers/scripted-worker.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { everythingOf, finish, populate } from './moved-hub.ts';

let running: TestServer | undefined;
let further: readonly TestServer[] = [];
const server = (): TestServer => must(running, 'the server');

beforeAll(async () => {
  const databaseUrl = await createTestDatabase();
  const settings = {
    ...{ databaseUrl, dynamicTaskHubs: false, taskHubs: ['default'] },
    stores: ['archive', 'eu'].map((name) => ({ name, databaseUrl, databaseSchema: name })),
  };
  running = await startTestServer(settings);
  further = [await startTestServer(settings)];
});
afterAll(async () => {
  for (const each of [running, ...further]) await each?.close();
});

let hubs = 0;

/** A hub of its own for a test, in the default store, and how it is moved. */
async function newHub(
  onStep: (step: MoveStep) => void = () => undefined,
): Promise<{ orders: TestHub; move: Move }> {
  const orders = new TestHub(server().endpoint, `moving-${++hubs}`);
  await orders.client.call('CreateTaskHub', {});
  return { orders, move: moveOf(orders.name, onStep) };
}

function moveOf(hub: string, onStep: (step: MoveStep) => void): Move {
  const { databaseUrl: url } = server();
  const stores = ['default', 'archive', 'eu'].map((name) => ({
    ...{ name, url },
    schema: name === 'default' ? schema : name,
  }));
  const told = { onStep, onBytes: () => undefined, onSilent: () => undefined };
  return { ...{ stores, hub, version, operator: 'a test' }, ...told };
}

async function storeOf(hub: string): Promise<string | undefined> {
  const operator = new TaskHubClient({ address: server().endpoint });
  const { taskHubs } = await operator.call('ListTaskHubs', {});
  operator.close();
  const found = taskHubs.filter(({ name }) => name === hub);
  expect(found.length).toBeLessThan(2);
  return found[0]?.store;
}

/** What the audit log has of the moves of a hub. */
async function writtenDown(hub: string): Promise<unknown[]> {
  const rows = await auditRows(server().databaseUrl);
  return rows.filter((row) => row['hub'] === hub).map(({ action, target }) => [action, target]);
}

/** Dies at that step, as far as databases can tell. */
const dyingAt = (wanted: MoveStep) => (step: MoveStep) => {
  if (step === wanted) throw new Error(`died at ${step}`);
};

test(
  'a hub has everything in its new store that it had before, and goes on with it',
  { timeout: 60_000 },
  async () => {
    const { orders, move } = await newHub();
    const populated = await populate(orders);
    const before = await everythingOf(orders);
    const moved = await moveHub(move, 'archive');
    expect(moved).toMatchObject({ from: 'default' });
    expect(await storeOf(orders.name)).toBe('archive');
    expect(await everythingOf(orders)).toEqual(before);
    // Once more, from a store whose numbers differ by then.
    expect(await moveHub(move, 'eu')).toMatchObject({ from: 'archive', rows: moved?.rows });
    expect(await everythingOf(orders)).toEqual(before);
    await finish(orders, populated);
    orders.close();
  },
);

test(
  'a hub takes its quotas along, and they can’t be changed while it moves',
  { timeout: 60_000 },
  async () => {
    const { orders, move } = await newHub();
    const shown = async (): Promise<unknown> =>
      (await orders.client.call('GetTaskHubQuotas', {})).quotas.map(({ own }) => own?.value);
    const id = await orders.start();
    await setQuotas(orders, { instances: 1, pending: 0 });
    const paused = moveOf(orders.name, (step) => {
      if (step === 'paused') throw new Error('stays paused');
    });
    await expect(moveHub(paused, 'archive')).rejects.toThrow('stays paused');
    const change = { quotas: [{ name: 'instances', value: { value: 2 } }] };
    await orders.refuses('SetTaskHubQuotas', change, 'UNAVAILABLE', 'is being moved to another store');
    await moveHub(move, 'archive');
    expect(await shown()).toEqual([1, undefined, undefined, undefined, 0]);
    expect(await orders.find(id)).not.toBeNull();
    await vi.waitFor(() => orders.refuses('StartInstance', { name: 'Order' }, 'RESOURCE_EXHAUSTED'), 10_000);
    orders.close();
  },
);

test('while it moves its calls, waits and streams end with UNAVAILABLE, and other hubs of its store go on', async () => {
  const others = await newHub();
  const other = await others.orders.worker();
  const { orders, move } = await newHub((step) => {
    if (step === 'paused') throw new Error('stays paused');
  });
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.turn();
  const [waiting, otherId] = [orders.completed(id), await others.orders.start()];
  await other.turn();
  const otherWait = others.orders.completed(otherId);
  waiting.catch(() => undefined);
  await expect(moveHub(move, 'archive')).rejects.toThrow('stays paused');
  await expect(waiting).rejects.toMatchObject({
    code: 14,
    details: expect.stringContaining('is being moved') as unknown,
  });
  expect(await worker.ended).toMatchObject({
    code: 14,
    details: expect.stringContaining(orders.name) as unknown,
  });
  for (const rpc of ['Hello', 'DeleteTaskHub', 'CreateTaskHub'] as const) {
    await orders.refuses(rpc, {}, 'UNAVAILABLE', 'is being moved to another store');
  }
  await orders.refuses('GetInstance', { instanceId: id }, 'UNAVAILABLE', 'is being moved');
  await orders.refuses('StartInstance', { name: 'Order' }, 'UNAVAILABLE', 'is being moved');
  // Its turn was out, and comes again.
  await other.play([complete('"other"')]);
  expect((await otherWait).output?.value).toBe('"other"');
  expect(await abortMove(move)).toBe('default');
  await goesOn(orders, id);
  orders.close();
  others.orders.close();
});

/** The hub is served, with the turn that was out. */
async function goesOn(orders: TestHub, id: string): Promise<void> {
  await expect.poll(() => orders.find(id).catch(() => undefined)).toMatchObject({ instanceId: id });
  const worker = await orders.worker();
  await worker.play([complete('"went on"')]);
  expect((await orders.completed(id)).output?.value).toBe('"went on"');
}

test.each(['marked', 'paused', 'copied', 'arrived', 'placed'] as const)(
  'a move that dies when it is %s goes on when it is told again',
  async (step) => {
    const { orders, move } = await newHub(dyingAt(step));
    const id = await orders.start();
    await expect(moveHub(move, 'archive')).rejects.toThrow(
      step === 'marked' ? 'died at marked' : /is paused|has arrived/,
    );
    const again = await moveHub({ ...move, onStep: () => undefined }, 'archive');
    const hasArrived = ['arrived', 'placed'].includes(step);
    expect(again).toMatchObject({ from: 'default', rows: hasArrived ? undefined : { instances: 1 } });
    expect(await moveHub(move, 'archive')).toBeUndefined();
    expect(await storeOf(orders.name)).toBe('archive');
    await goesOn(orders, id);
    orders.close();
  },
);

test.each(['marked', 'paused', 'copied'] as const)(
  'a move that dies when it is %s can be ended, and the hub moved elsewhere',
  async (step) => {
    const { orders, move } = await newHub(dyingAt(step));
    const id = await orders.start();
    await expect(moveHub(move, 'archive')).rejects.toThrow(`died at ${step}`);
    await expect(moveHub(move, 'eu')).rejects.toThrow("is on its way from the store 'default' to 'archive'");
    expect(await abortMove(move)).toBe('default');
    expect(await storeOf(orders.name)).toBe('default');
    await expect(abortMove(move)).rejects.toThrow('is not on its way');
    await moveHub({ ...move, onStep: () => undefined }, 'eu');
    expect(await storeOf(orders.name)).toBe('eu');
    expect(await writtenDown(orders.name)).toEqual([
      ['BeginTaskHubMove', 'in the store archive'],
      ['AbortTaskHubMove', 'in the store default'],
      ['BeginTaskHubMove', 'in the store eu'],
      ['MoveTaskHub', 'in the store eu'],
    ]);
    await goesOn(orders, id);
    orders.close();
  },
);

test.each(['arrived', 'placed'] as const)(
  'a move that dies when it has %s is not ended, also when the hub was deleted since',
  async (step) => {
    const { orders, move } = await newHub(dyingAt(step));
    await orders.start();
    await expect(moveHub(move, 'archive')).rejects.toThrow(`died at ${step}`);
    await expect(abortMove(move)).rejects.toThrow("has arrived in the store 'archive'");
    await orders.client.call('DeleteTaskHub', {});
    await orders.refuses('Hello', {}, 'UNAVAILABLE', 'is being moved');
    expect(await moveHub({ ...move, onStep: () => undefined }, 'archive')).toMatchObject({ rows: undefined });
    // By which of the two runs the name got its place: once.
    expect(await writtenDown(orders.name)).toEqual([
      ['BeginTaskHubMove', 'in the store archive'],
      ['MoveTaskHub', 'in the store archive'],
    ]);
    await orders.refuses('Hello', {}, 'NOT_FOUND');
    await orders.client.call('CreateTaskHub', {});
    expect((await orders.client.call('QueryInstances', {})).orchestrationState).toEqual([]);
    orders.close();
  },
);

test('of two that move a hub at once one is refused, and who ends a move waits for one that is about to commit', async () => {
  const reached = Promise.withResolvers<undefined>();
  const { orders, move } = await newHub();
  const id = await orders.start();
  const pool = createPool({
    url: server().databaseUrl,
    schema: 'archive',
    size: 1,
    onIdleError: () => undefined,
  });
  // Nobody inserts history: the first one hangs while it copies.
  const locker = await pool.connect();
  await locker.query('set idle_in_transaction_session_timeout = 0');
  await locker.query('begin');
  await locker.query('lock table history in exclusive mode');
  const moving = moveHub(
    {
      ...move,
      onStep: (step) => {
        if (step === 'paused') reached.resolve(undefined);
      },
    },
    'archive',
  );
  await reached.promise;
  await expect.poll(async () => (await waitingForHistory()) > 0).toBe(true);
  const words = "is being moved to the store 'archive' by somebody else";
  await Promise.all([
    expect(moveHub(move, 'archive')).rejects.toThrow(words),
    expect(abortMove(move)).rejects.toThrow(words),
  ]);
  await locker.query('commit');
  locker.release();
  expect(await moving).toMatchObject({ from: 'default', rows: { instances: 1 } });
  await goesOn(orders, id);
  await pool.end();
  orders.close();
});

async function waitingForHistory(): Promise<number> {
  const pool = createPool({ url: server().databaseUrl, schema, size: 1, onIdleError: () => undefined });
  const { rows } = await pool.query<{ count: number }>(
    "select count(*)::int4 as count from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into history%'",
  );
  await pool.end();
  return must(rows[0], 'a count').count;
}

test('an answer for a work item of the old store changes nothing in the new one', async () => {
  const { orders, move } = await newHub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([scheduleTask(1, 'Charge')]);
  const late = await worker.activity();
  await moveHub(move, 'archive');
  await worker.completeActivity(late, { result: { value: '"late"' } });
  const fresh = await orders.worker();
  await fresh.completeActivity(await fresh.activity(), { result: { value: '"fresh"' } });
  const turn = await fresh.turn();
  expect(eventOf(turn, 'taskCompleted').taskCompleted.result?.value).toBe('"fresh"');
  await fresh.answer(turn, [complete()]);
  await orders.completed(id);
  orders.close();
});

test('a hub of the same name elsewhere is no arrival: nothing is deleted', async () => {
  const { orders, move } = await newHub(dyingAt('paused'));
  const id = await orders.start();
  await expect(moveHub(move, 'archive')).rejects.toThrow('died at paused');
  const pool = createPool({
    ...{ url: server().databaseUrl, schema: 'eu', size: 1 },
    onIdleError: () => undefined,
  });
  await pool.query('insert into hubs (name) values ($1)', [orders.name]);
  await expect(moveHub(move, 'archive')).rejects.toThrow('several stores have a task hub');
  await pool.query('delete from hubs where name = $1', [orders.name]);
  await pool.end();
  expect(await abortMove(move)).toBe('default');
  await goesOn(orders, id);
  orders.close();
});

test('what arrived is known for ever, although the hub was deleted long ago', async () => {
  const { orders, move } = await newHub(dyingAt('arrived'));
  await orders.start();
  await expect(moveHub(move, 'archive')).rejects.toThrow('died at arrived');
  await orders.client.call('DeleteTaskHub', {});
  const pool = createPool({
    ...{ url: server().databaseUrl, schema: 'archive', size: 1 },
    onIdleError: () => undefined,
  });
  // As the sweep does after an hour.
  await pool.query(
    'delete from instances where hub_id in (select hub_id from hubs where deleted_at is not null)',
  );
  await pool.query('delete from hubs where deleted_at is not null');
  await pool.end();
  await expect(abortMove(move)).rejects.toThrow("has arrived in the store 'archive'");
  expect(await moveHub(move, 'archive')).toMatchObject({ rows: undefined });
  await orders.refuses('Hello', {}, 'NOT_FOUND');
  orders.close();
});

test.each([
  ['nobody', 'archive', "no store has a task hub 'nobody'"],
  ['default', 'moon', "there is no store 'moon'"],
])('the hub %s is not moved to %s', async (hub, to, words) => {
  await expect(
    moveHub(
      moveOf(hub, () => undefined),
      to,
    ),
  ).rejects.toThrow(words);
});

test('servers of another version, or a schema of one, are a reason not to begin', async () => {
  const { orders, move } = await newHub();
  await expect(moveHub({ ...move, version: '9.9.9' }, 'archive')).rejects.toThrow(
    `has version ${version}, and this program 9.9.9`,
  );
  const pool = createPool({
    url: server().databaseUrl,
    schema: 'archive',
    size: 1,
    onIdleError: () => undefined,
  });
  await pool.query("insert into migrations values (99, '0099_x', 'sum', false)");
  await expect(moveHub(move, 'archive')).rejects.toThrow(
    "the schema of the store 'archive' is of another version",
  );
  await pool.query('delete from migrations where version = 99');
  await pool.end();
  await orders.client.call('Hello', {});
  orders.close();
});

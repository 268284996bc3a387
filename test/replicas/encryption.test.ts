import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { type Pool } from 'pg';
import { describe } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { parseKeyRing } from '../../src/postgres/key-ring.ts';
import { moveHub } from '../../src/postgres/move-hub.ts';
import { clearColumns, payloadTables } from '../../src/postgres/payload-columns.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { rotateKeys, statusOf } from '../../src/postgres/rotate-keys.ts';
import { headOf, Vault } from '../../src/postgres/vault.ts';
import { version } from '../../src/version.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { createTestDatabase, schema } from '../helpers/database.ts';
import { callAction, signal } from '../helpers/entities.ts';
import {
  complete,
  continueAsNew,
  createChild,
  createTimer,
  fail,
  fromNow,
  scheduleTask,
  type ScriptedWorker,
  sendEvent,
} from '../helpers/scripted-worker.ts';
import { everythingOf, finish, populate } from '../rpc/moved-hub.ts';
import { historyOf } from '../rpc/history.ts';
import { allEnded, faultsOf } from './check.ts';
import { Load, planLoad } from './load.ts';
import { expect, HUB, quiet, test, until } from './replicas.ts';

// Payload encryption, seen from outside of servers: what is in the database, and who can go on with it.

const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [k1, k2, k9] = [newKey('k1'), newKey('k2'), newKey('k9')];
const ring = (...entries: string[]): ReturnType<typeof parseKeyRing> =>
  parseKeyRing(entries.join(','), 'test');
const keys = (...entries: string[]): { readonly encryptionKeys: string } => ({
  encryptionKeys: entries.join(','),
});
const storeOf = (url: string, name = 'default'): { name: string; url: string; schema: string } => ({
  name,
  url,
  schema,
});
const ignore = (): void => undefined;

/** By key, over all tables; '' of those that are clear. */
async function sealedBy(url: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { keyId, values } of await statusOf(storeOf(url))) {
    counts[keyId ?? ''] = (counts[keyId ?? ''] ?? 0) + values;
  }
  return counts;
}

/** Ids of the keys that are in use. */
async function findKeys(url: string): Promise<string[]> {
  const db = createPool({ url, schema, size: 1, onIdleError: ignore });
  const { rows } = await db.query<{ key_id: string }>('select key_id from encryption_keys');
  await db.end();
  return rows.map(({ key_id: id }) => id);
}

/** A mark that stands in everything that a client or a worker can send. */
const MARK = 'b7c1f0-secret';
const marked = { value: `"${MARK}"` };
const broken = { errorType: `E${MARK}`, errorMessage: MARK, stackTrace: { value: MARK } };

/** Instances and entities in all states, some over and some not, with marks in all their payloads. */
async function leaveMarks(orders: TestHub, worker: ScriptedWorker): Promise<void> {
  const status = { customStatus: marked };
  await orders.start({ instanceId: 'failing', input: marked });
  await worker.play([scheduleTask(1, 'Charge', { input: marked })], status);
  await worker.completeActivity(await worker.activity(), { failureDetails: broken });
  await worker.play([fail(broken)], status);
  await orders.completed('failing');
  await orders.client.call('RewindInstance', { instanceId: 'failing', reason: marked });
  await worker.play([scheduleTask(1, 'Charge', { input: marked })], status);
  await worker.completeActivity(await worker.activity(), { result: marked });
  await worker.play([fail(broken)], status);
  await orders.completed('failing');

  await orders.start({ instanceId: 'again', input: marked });
  await worker.play([continueAsNew(marked.value)], status);
  await worker.play([complete(marked.value)], status);
  await orders.completed('again');

  await orders.start({ instanceId: 'parent', input: marked });
  await worker.play([
    createChild(1, { instanceId: 'child', input: marked }),
    createTimer(2, fromNow(3_600_000)),
    callAction(3, '@a@1', 'get', { input: marked }),
    scheduleTask(4, 'Pending', { input: marked }),
    sendEvent(5, 'suspended', 'Paid', marked.value),
  ]);
  await worker.turn();
  await worker.playBatch(marked.value, {}, marked.value);
  await worker.turn();
  await orders.start({ instanceId: 'suspended', input: marked });
  await worker.play([], status);
  await orders.suspend('suspended', MARK);
  await orders.raise('suspended', 'Paid', marked.value);
  await orders.start({ instanceId: 'later', input: marked, scheduledStartTimestamp: fromNow(3_600_000) });
  await signal(orders, '@b@1', 'set', { input: marked, scheduledTime: fromNow(3_600_000) });
  await signal(orders, '@c@1', 'set', { input: marked });
  await worker.playBatch(marked.value);
  await orders.terminate('child', MARK);
  await orders.completed('child');
}

/** Every value of every column as text: bytes as they are, the rest as PostgreSQL writes it. */
async function everyValue(db: Pool): Promise<{ readonly column: string; readonly value: string }[]> {
  const { rows: columns } = await db.query<{ table: string; name: string; type: string }>(
    `select table_name as table, column_name as name, data_type as type
       from information_schema.columns where table_schema = $1`,
    [schema],
  );
  const found: { column: string; value: string }[] = [];
  for (const { table, name, type } of columns) {
    const { rows } = await db.query<{ value: Buffer | string }>(
      `select ${type === 'bytea' ? name : `${name}::text`} as value from ${table} where ${name} is not null`,
    );
    for (const { value } of rows) {
      const text = typeof value === 'string' ? value : value.toString('latin1');
      found.push({ column: `${table}.${name}`, value: text });
    }
  }
  return found;
}

const payloadNames = payloadTables.flatMap(({ table, columns }) =>
  Object.keys(columns).map((name) => `${table}.${name}`),
);

test('with a key, nothing that was sent stands in any column of any table, and clients see what they saw without', async ({
  replica,
  at,
  db,
}) => {
  const orders = at(await replica(keys(k1)));
  const worker = await orders.worker();
  await leaveMarks(orders, worker);
  await quiet(db);
  const values = await everyValue(db);
  expect(values.length).toBeGreaterThan(300);
  expect(values.filter(({ value }) => value.includes(MARK)).map(({ column }) => column)).toEqual([]);
  const head = headOf('k1').toString('latin1');
  const payloads = values.filter(({ column }) => payloadNames.includes(column));
  // An answer for another server stands in its table for a moment only.
  expect([...new Set(payloads.map(({ column }) => column))].toSorted()).toEqual(
    payloadNames.filter((name) => name !== 'completions.bytes').toSorted(),
  );
  // Behind the sender, where there is one.
  expect(payloads.filter(({ value }) => ![0, 13].includes(value.indexOf(head)))).toEqual([]);

  expect(await orders.get('failing')).toMatchObject({
    ...{ orchestrationStatus: statusNamed('FAILED'), input: marked, customStatus: marked },
    failureDetails: { errorType: broken.errorType, errorMessage: MARK },
  });
  expect(await orders.get('again')).toMatchObject({ input: marked, output: marked, customStatus: marked });
  expect(await orders.get('child')).toMatchObject({ output: { value: MARK } });
  expect(JSON.stringify(await historyOf(orders, 'parent'))).toContain(MARK);
});

test('without keys the same columns have the marks: the test above would see them', async ({
  replica,
  at,
  db,
}) => {
  const orders = at(await replica());
  await leaveMarks(orders, await orders.worker());
  await quiet(db);
  const values = await everyValue(db);
  const columns = new Set(values.filter(({ value }) => value.includes(MARK)).map(({ column }) => column));
  expect([...columns].toSorted()).toEqual(
    payloadNames.filter((name) => name !== 'completions.bytes').toSorted(),
  );
});

test('every column that could hold a payload is sealed, or says why it is clear', async ({ db }) => {
  const { rows } = await db.query<{ column: string; type: string }>(
    `select table_name || '.' || column_name as column, data_type as type
       from information_schema.columns
      where table_schema = $1 and data_type in ('bytea', 'text', 'jsonb', 'ARRAY')`,
    [schema],
  );
  const known = [...payloadNames, ...Object.keys(clearColumns)];
  expect(rows.map(({ column }) => column).toSorted()).toEqual(known.toSorted());
  const bytes = rows.filter(({ type }) => type === 'bytea').map(({ column }) => column);
  expect(payloadNames.filter((name) => !bytes.includes(name))).toEqual([]);
});

test(
  'encryption is turned on over what is clear, and off over what is sealed',
  { timeout: 60_000 },
  async ({ replica, at, databaseUrl }) => {
    const before = await replica();
    const populated = await populate(at(before));
    await before.server.stop();
    expect(Object.keys(await sealedBy(databaseUrl))).toEqual(['']);

    const sealing = await replica(keys(k1));
    const worker = await at(sealing).worker();
    await worker.completeActivity(await worker.activity(), { result: { value: '1' } });
    await everythingOf(at(sealing));
    await sealing.server.stop();
    expect(Object.keys(await sealedBy(databaseUrl)).toSorted()).toEqual(['', 'k1']);

    await finish(at(await replica(keys('clear', k1))), populated);
  },
);

/** What clients see of all instances, histories included. */
async function readEverything(orders: TestHub): Promise<unknown> {
  const query = { fetchInputsAndOutputs: true, maxInstanceCount: 1_000 };
  const { orchestrationState } = await orders.client.call('QueryInstances', { query });
  const histories = [];
  for (const { instanceId } of orchestrationState) histories.push(await historyOf(orders, instanceId));
  return { orchestrationState, histories };
}

test(
  'a key is rotated out under load, while servers write and two rotations run at once',
  { timeout: 120_000 },
  async ({ replica, at, roundRobin, worker, db, databaseUrl }) => {
    const first = await replica(keys(k1, k2));
    const player = worker({ from: first });
    const old = new Load(roundRobin(first), planLoad(40));
    await old.put();
    await allEnded(db, old.planned.length, 30_000);
    player.close();
    await first.server.stop();
    expect(Object.keys(await sealedBy(databaseUrl))).toEqual(['k1']);

    const servers = [await replica(keys(k2, k1)), await replica(keys(k2, k1))];
    for (const from of servers) worker({ from });
    const load = new Load(roundRobin(...servers), planLoad(140).slice(40));
    const putting = load.put();
    const rotated = await Promise.all(
      [1, 2].map(() => rotateKeys(storeOf(databaseUrl), ring(k2, k1), ignore)),
    );
    await putting;
    const all = [...old.planned, ...load.planned];
    await allEnded(db, all.length, 45_000);
    const outcome = { left: [], unreadable: 0, writers: [] };
    expect(rotated).toMatchObject([outcome, outcome]);
    expect(rotated.reduce((sum, { values }) => sum + values, 0)).toBeGreaterThan(200);
    expect(rotated.flatMap(({ forgotten }) => forgotten)).toEqual(['k1']);
    const seen = await readEverything(at(must(servers[0], 'a server')));
    for (const { server } of servers) await server.stop();
    expect(Object.keys(await sealedBy(databaseUrl))).toEqual(['k2']);
    const after = await replica(keys(k2));
    expect(await readEverything(at(after))).toEqual(seen);
    await after.server.stop();
    await rotateKeys(storeOf(databaseUrl), ring('clear', k2), ignore);
    expect(await faultsOf(db, { planned: all, sent: new Map([...old.sent, ...load.sent]) })).toEqual([]);
  },
);

test(
  'what waits in every state goes on under a new key alone, and then without any',
  { timeout: 60_000 },
  async ({ replica, at, databaseUrl }) => {
    const before = await replica(keys(k1));
    const populated = await populate(at(before));
    const seen = await everythingOf(at(before));
    await before.server.stop();
    await rotateKeys(storeOf(databaseUrl), ring(k2, k1), ignore);
    const between = await replica(keys(k2));
    expect(await everythingOf(at(between))).toEqual(seen);
    await between.server.stop();
    const decrypted = await rotateKeys(storeOf(databaseUrl), ring(k2).withoutSealing(), ignore);
    expect(decrypted).toMatchObject({ left: [], forgotten: ['k2'] });
    expect(Object.keys(await sealedBy(databaseUrl))).toEqual(['']);
    await finish(at(await replica()), populated);
  },
);

test(
  'a rotation that broke off after any part is gone on with by the next one',
  { timeout: 60_000 },
  async ({ replica, at, databaseUrl }) => {
    const before = await replica(keys(k1));
    const populated = await populate(at(before));
    const seen = await everythingOf(at(before));
    await before.server.stop();
    let worst = 0;
    for (const { table } of payloadTables) {
      const breaking = rotateKeys(storeOf(databaseUrl), ring(k2, k1), (reached) => {
        if (reached === table) throw new Error(`broken off at ${table}`);
      });
      // Nothing is stored in completions: there is no progress to tell.
      await (table === 'completions' ? breaking : expect(breaking).rejects.toThrow('broken off'));
      const left = await sealedBy(databaseUrl);
      worst = Math.max(worst, Object.keys(left).length);
      const running = await replica(keys(k2, k1));
      expect(await everythingOf(at(running))).toEqual(seen);
      await running.server.stop();
      if (table === 'activities') await expect(replica(keys(k2))).rejects.toThrow("'k1', which is not in");
    }
    expect(worst).toBe(2);
    expect(await rotateKeys(storeOf(databaseUrl), ring(k2, k1), ignore)).toMatchObject({ left: [] });
    await finish(at(await replica(keys(k2))), populated);
  },
);

test('a server that still seals with the old key keeps it in use, and a rotation names the server', async ({
  replica,
  at,
  databaseUrl,
}) => {
  const old = await replica(keys(k1, k2));
  await at(old).start({ input: marked });
  const rotated = await rotateKeys(storeOf(databaseUrl), ring(k2, k1), ignore);
  expect(rotated).toMatchObject({ forgotten: [], writers: [expect.stringContaining(':') as unknown] });
  await old.server.stop();
  await expect(replica(keys(k2))).rejects.toThrow("key 'k1', which is not in the key ring");
  expect(await rotateKeys(storeOf(databaseUrl), ring(k2, k1), ignore)).toMatchObject({ forgotten: ['k1'] });
  await replica(keys(k2));
});

test(
  'two servers with different first keys read each other',
  { timeout: 90_000 },
  async ({ replica, roundRobin, worker, db, databaseUrl }) => {
    const servers = [await replica(keys(k1, k2)), await replica(keys(k2, k1))];
    for (const from of servers) worker({ from });
    const load = new Load(roundRobin(...servers), planLoad(60));
    await load.put();
    await allEnded(db, load.planned.length, 45_000);
    expect(Object.keys(await sealedBy(databaseUrl)).toSorted()).toEqual(['k1', 'k2']);
    for (const { server } of servers) await server.stop();
    await rotateKeys(storeOf(databaseUrl), ring('clear', k1, k2), ignore);
    expect(await faultsOf(db, load)).toEqual([]);
  },
);

test('no server starts that could not read what is stored, or would write what another one can not read', async ({
  replica,
  db,
}) => {
  const { server } = await replica(keys(k1));
  for (const lacking of [{}, keys(k2), keys('clear', k2)]) {
    await expect(replica(lacking)).rejects.toThrow("encryption key 'k1', which is not in the key ring");
  }
  await expect(replica(keys(newKey('k1')))).rejects.toThrow("key 'k1' is not the one that sealed");
  await expect(replica(keys(k2, k1))).rejects.toThrow("does not have the encryption key 'k2'");
  await server.stop();
  const { server: next } = await replica(keys(k2, k1));
  await next.stop();
  await db.query(
    `insert into replicas (replica_id, address, version, expires_at)
     values (1, 'earlier:8080', '0', clock_timestamp() + interval '1 minute')`,
  );
  await expect(replica(keys(k2, k1))).rejects.toThrow('the server earlier:8080 does not have');
  await replica(keys('clear', k1, k2));
});

test(
  'a task hub moves to another store as it is sealed, and its keys are in use there',
  { timeout: 60_000 },
  async ({ replica, at, databaseUrl }) => {
    const archiveUrl = await createTestDatabase();
    const archive = { name: 'archive', databaseUrl: archiveUrl, databaseSchema: schema };
    const main = await replica({ ...keys(k1), stores: [archive] });
    const populated = await populate(at(main));
    const seen = await everythingOf(at(main));
    await main.server.stop();
    // Nothing there needs the old key, until the task hub comes.
    await rotateKeys(storeOf(archiveUrl), ring(k2, k1), ignore);
    expect(await findKeys(archiveUrl)).toEqual(['k2']);
    const both = { ...keys(k2, k1), stores: [archive] };
    const { server } = await replica(both);
    await moveHub(
      {
        stores: [storeOf(databaseUrl), storeOf(archiveUrl, 'archive')],
        ...{ hub: HUB, version, operator: undefined, onStep: ignore, onBytes: ignore, onSilent: ignore },
      },
      'archive',
    );
    await server.stop();
    await rotateKeys(storeOf(databaseUrl), ring(k2, k1), ignore);
    expect(Object.keys(await sealedBy(archiveUrl))).toEqual(['k1']);
    expect((await findKeys(archiveUrl)).toSorted()).toEqual(['k1', 'k2']);
    const after = await replica(both);
    expect(await everythingOf(at(after))).toEqual(seen);
    await finish(at(after), populated);
  },
);

test('of two servers that begin at once with keys that the other lacks, one does', async ({
  replica,
  db,
}) => {
  for (let round = 0; round < 5; round++) {
    const begun = await Promise.allSettled([replica(keys(k1)), replica(keys(k2))]);
    expect(begun.map(({ status: outcome }) => outcome).toSorted()).toEqual(['fulfilled', 'rejected']);
    for (const one of begun) if (one.status === 'fulfilled') await one.value.server.stop();
    await db.query('delete from encryption_keys');
  }
});

describe('a payload that can not be read', () => {
  const lose = async (db: Pool, id: string): Promise<Buffer> => {
    const { rows } = await db.query<{ old: Buffer }>(
      'select h.events as old from history h join instances i using (partition, instance_key) where i.instance_id = $1',
      [id],
    );
    const old = must(rows[0], 'a row of history').old;
    await putBack(db, id, new Vault(ring(k9)).seal('history', new Vault(ring(k1)).open('history', old)));
    return old;
  };
  const putBack = async (db: Pool, id: string, value: Buffer): Promise<void> => {
    await db.query(
      `update history h set events = $2 from instances i
        where i.instance_id = $1 and (i.partition, i.instance_key) = (h.partition, h.instance_key)`,
      [id, value],
    );
  };
  test(
    'ends its own calls with a status that names the key, keeps no other from its work, and waits for the key',
    { timeout: 60_000 },
    async ({ replica, at, db }) => {
      const before = await replica(keys(k1));
      const player = await at(before).worker();
      for (const id of ['lost', 'other']) {
        await at(before).start({ instanceId: id });
        await player.play([scheduleTask(1, 'Charge')]);
      }
      await before.server.stop();
      const old = await lose(db, 'lost');
      const lost = (await db.query('select events from history order by instance_key')).rows;

      const after = await replica(keys(k1));
      const orders = at(after);
      const worker = await orders.worker();
      for (let n = 0; n < 2; n++) {
        await worker.completeActivity(await worker.activity(), { result: { value: '1' } });
      }
      expect((await worker.turn()).instanceId).toBe('other');
      const isSetAside = async (): Promise<boolean> => {
        const { rows } = await db.query(
          `select 1 from instances where instance_id = 'lost' and owner is null
            and ready_at > clock_timestamp() + interval '50 seconds'`,
        );
        return rows.length === 1;
      };
      await until(isSetAside, 'that it is set aside');
      await expect(historyOf(orders, 'lost')).rejects.toMatchObject({
        code: status.FAILED_PRECONDITION,
        details: expect.stringContaining("sealed with the key 'k9'") as unknown,
      });
      expect(await orders.status('lost')).toBe(statusNamed('RUNNING'));
      expect((await db.query('select events from history order by instance_key')).rows).toEqual(lost);
      const told = after.log.filter(({ msg }) => msg.startsWith('an instance is set aside'));
      expect(told).toMatchObject([
        { level: 'error', err: { message: expect.stringContaining("'k9'") as unknown } },
      ]);
      expect(worker.count('orchestration')).toBe(0);

      await putBack(db, 'lost', old);
      await db.query("update instances set ready_at = clock_timestamp() where instance_id = 'lost'");
      const item = await worker.turn();
      expect([item.instanceId, item.news]).toEqual(['lost', ['orchestratorStarted', 'taskCompleted']]);
      await worker.answer(item, [complete('1')]);
      expect((await orders.completed('lost')).output).toEqual({ value: '1' });
    },
  );
});

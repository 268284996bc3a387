import fc from 'fast-check';
import { type Pool } from 'pg';
import { type InstanceStatus, isTerminal } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { type CompletedPosition, type CreatedPosition, type Found } from '../domain/store.ts';
import { must } from '../lib/assert.ts';
import {
  commit,
  expect,
  newInstance,
  type Replica,
  test as storeTest,
  makeHub,
} from '../../test/helpers/store.ts';
import { statusCodes } from './codes.ts';

const statuses = Object.keys(statusCodes) as InstanceStatus[];
const BASE = 1_750_000_000_000_000;
const WHEN = { from: 0, to: Number.MAX_SAFE_INTEGER };

interface Row {
  readonly key: number;
  readonly id: string;
  readonly status: InstanceStatus;
  readonly createdAt: number;
  readonly completedAt: number;
}

/** Ids that a careless prefix search or collation would mix up. */
const names = ['a', 'A', 'a%', 'a_', 'ab', 'aB', 'b', 'á', '\\', 'a\\', 'Z', 'z', '~', ' ', 'a b', '%', '_'];

/** Rows of every status, few moments and odd ids; some in another hub, which no search of this one finds. */
async function fill(replica: Replica, hubId: number, db: Pool): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [n, name] of names.entries()) {
    for (const [m, status] of statuses.entries()) {
      const id = `${name}${status}`;
      const createdAt = BASE + ((n + m) % 4);
      const completedAt = BASE + 10 + ((n * m) % 3);
      const { key } = await insert(replica, hubId, id, createdAt);
      rows.push({ key, id, status, createdAt, completedAt });
    }
  }
  const otherHub = await makeHub(replica.store, 'other');
  await insert(replica, otherHub, 'acompleted', BASE);
  for (const { key, status, completedAt } of rows) {
    await db.query(
      `update instances
          set status = $2, completed_at = case when $3 then to_timestamp(0) + $4 * interval '1 microsecond' end
        where instance_key = $1`,
      [key, statusCodes[status], isTerminal(status), completedAt],
    );
  }
  return rows;
}

async function insert(replica: Replica, hubId: number, id: string, createdAt: number) {
  const instance = newInstance(replica, hubId, id, { createdAt, owned: false });
  await commit(replica, { instances: [instance] });
  return instance;
}

const test = storeTest.extend<{ replica: Replica; rows: Row[] }>({
  replica: async ({ open }, use) => {
    await use(await open());
  },
  rows: async ({ replica, hubId, db }, use) => {
    await use(await fill(replica, hubId, db));
  },
});

const window = fc.record({
  from: fc.integer({ min: BASE - 1, max: BASE + 14 }),
  to: fc.integer({ min: BASE - 1, max: BASE + 14 }),
});
const wanted = fc.subarray(statuses);
const prefix = fc.constantFrom('', 'a', 'A', '%', '_', 'a_', 'a\\', 'ac', 'á', 'zz');

test('by creation everything that the filter wants is found, in order, whatever it is', async ({
  replica: { store },
  rows,
  hubId,
}) => {
  const at = fc.option(fc.nat(rows.length - 1), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(window, wanted, prefix, at, async ({ from, to }, some, start, position) => {
      const after = position === undefined ? undefined : must(rows[position], 'a row');
      const filter = { hubId, from, to, statuses: some, prefix: start };
      const found = await store.findCreated(filter, after && { ...after, partition: 0 }, limits.searchRows);
      const isAfter = (row: Row): boolean =>
        after === undefined ||
        row.createdAt > after.createdAt ||
        (row.createdAt === after.createdAt && row.key > after.key);
      const expected = rows
        .filter(({ createdAt, status }) => from <= createdAt && createdAt <= to && some.includes(status))
        .filter((row) => row.id.startsWith(start) && isAfter(row))
        .toSorted((a, b) => a.createdAt - b.createdAt || a.key - b.key);
      expect(found.matches.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
      expect(found.matches.map(({ createdAt }) => createdAt)).toEqual(
        expected.map(({ createdAt }) => createdAt),
      );
      expect(found.last).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

test('by completion the same, of finished instances, and by the bytes of ids among equals', async ({
  replica: { store },
  rows,
  hubId,
}) => {
  const at = fc.option(fc.nat(rows.length - 1), { nil: undefined });
  const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  await fc.assert(
    fc.asyncProperty(window, wanted, at, async ({ from, to }, some, position) => {
      const after = position === undefined ? undefined : must(rows[position], 'a row');
      const found = await store.findCompleted({ hubId, from, to, statuses: some }, after, limits.searchRows);
      const isAfter = (row: Row): boolean =>
        after === undefined ||
        row.completedAt > after.completedAt ||
        (row.completedAt === after.completedAt && byBytes(row.id, after.id) > 0);
      const expected = rows
        .filter(({ status }) => isTerminal(status) && some.includes(status))
        .filter((row) => from <= row.completedAt && row.completedAt <= to && isAfter(row))
        .toSorted((a, b) => a.completedAt - b.completedAt || byBytes(a.id, b.id));
      expect(found.matches).toEqual(expected.map(({ id, completedAt }) => ({ id, completedAt })));
      expect(found.last).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

/** Rows like this one, so many that one step does not look at all of them. */
async function multiply(db: Pool, key: number, count: number): Promise<void> {
  await db.query(
    `insert into instances
     select (jsonb_populate_record(i, jsonb_build_object(
              'instance_key', i.instance_key + n,
              'instance_id', 'bulk-' || lpad(n::text, 6, '0'),
              'created_at', i.created_at + n * interval '1 microsecond',
              'completed_at', i.completed_at + n * interval '1 microsecond'))).*
       from instances i, generate_series(1, $2::int) n
      where i.instance_key = $1`,
    [key, count],
  );
}

/** Goes on to the end. Returns how many steps it took and what they found. */
async function walk<Position>(
  next: (after: Position | undefined) => Promise<Found<Position>>,
): Promise<{ steps: number; matches: Position[] }> {
  const matches: Position[] = [];
  let steps = 0;
  let position: Position | undefined;
  do {
    const found = await next(position);
    matches.push(...found.matches);
    position = found.last;
    steps++;
  } while (position !== undefined);
  return { steps, matches };
}

test('a search goes on over steps that find nothing, and finds each match once', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const first = await insert(replica, hubId, 'first', BASE);
  await db.query(
    `update instances set status = 1, completed_at = created_at, owner = null where instance_key = $1`,
    [first.key],
  );
  await multiply(db, first.key, 10_400);
  await db.query(`update instances set status = 3 where instance_id in ('bulk-000004', 'bulk-010400')`);
  const filter = { ...WHEN, hubId, statuses: ['failed'] as const };
  const created = await walk<CreatedPosition>((after) =>
    replica.store.findCreated({ ...filter, prefix: '' }, after, limits.searchRows),
  );
  expect(created.steps).toBe(3);
  expect(created.matches.map(({ key }) => key - first.key)).toEqual([4, 10_400]);
  const completed = await walk<CompletedPosition>((after) =>
    replica.store.findCompleted(filter, after, limits.searchRows),
  );
  expect(completed.steps).toBe(3);
  expect(completed.matches.map(({ id }) => id)).toEqual(['bulk-000004', 'bulk-010400']);
  const none = await walk<CreatedPosition>((after) =>
    replica.store.findCreated({ ...filter, prefix: 'nothing-of-the-kind' }, after, limits.searchRows),
  );
  expect(none).toEqual({ steps: 3, matches: [] });
});

test('what is not over is found without a look at all that is', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key } = await insert(replica, hubId, 'first', BASE);
  await db.query(
    `update instances set status = 1, completed_at = created_at, owner = null where instance_key = $1`,
    [key],
  );
  await multiply(db, key, 10_400);
  await db.query(
    `update instances set status = 0, completed_at = null where instance_id in ('bulk-000004', 'bulk-010400')`,
  );
  const filter = { ...WHEN, hubId, prefix: '', statuses: ['running', 'pending', 'suspended'] as const };
  const found = await walk<CreatedPosition>((after) =>
    replica.store.findCreated(filter, after, limits.searchRows),
  );
  expect(found.steps).toBe(1);
  expect(found.matches.map((match) => match.key - key)).toEqual([4, 10_400]);
});

test('found instances are read in the order asked while they fit, at least one; those that went are left out', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const made = [];
  for (const id of ['a', 'b', 'c', 'd']) {
    const instance = newInstance(replica, hubId, id, { owned: false, input: 'x'.repeat(100_000) });
    await commit(replica, { instances: [instance] });
    made.push(instance);
  }
  const [a, b, c, d] = made.map(({ partition, key }) => ({ partition, key }));
  if (!a || !b || !c || !d) throw new Error('four instances');
  const read = async (withPayloads: boolean, maxBytes: number): Promise<string[]> => {
    const found = await replica.store.readFound([c, a, d, b], { withPayloads, maxBytes });
    for (const { input } of found) expect(input === null).toBe(!withPayloads);
    return found.map(({ id }) => id);
  };
  expect(await read(true, 1_000_000)).toEqual(['c', 'a', 'd', 'b']);
  expect(await read(true, 250_000)).toEqual(['c', 'a']);
  expect(await read(true, 1)).toEqual(['c']);
  expect(await read(false, 250_000)).toEqual(['c', 'a', 'd', 'b']);
  await db.query('delete from instances where instance_key = $1', [c.key]);
  expect(await read(true, 1_000_000)).toEqual(['a', 'd', 'b']);
  expect(await replica.store.readFound([], { withPayloads: true, maxBytes: 1 })).toEqual([]);
});

test('finished children are found by their parents, so many of them', async ({ open, hubId, db }) => {
  const replica = await open();
  const parents = [await insert(replica, hubId, 'p', BASE), await insert(replica, hubId, 'q', BASE)];
  const [p, q] = parents;
  if (!p || !q) throw new Error('two parents');
  const child = async (id: string, of: typeof p): Promise<number> => {
    const { partition, key } = of;
    const parent = { partition, key, generation: 0, taskId: 1, wire: Buffer.alloc(0) };
    const instance = newInstance(replica, hubId, id, { parent, owned: false });
    await commit(replica, { instances: [instance] });
    return instance.key;
  };
  const keys = [await child('p1', p), await child('p2', p), await child('q1', q), await child('p3', p)];
  await db.query('update instances set status = 1, completed_at = now() where instance_key = any($1)', [
    keys.slice(0, 3),
  ]);
  const find = async (of: typeof parents, limit: number): Promise<number[]> =>
    (await replica.store.findFinishedChildren(of, limit)).map(({ key }) => key).toSorted((x, y) => x - y);
  expect(await find([p], 10)).toEqual(keys.slice(0, 2));
  expect(await find([p, q], 10)).toEqual(keys.slice(0, 3));
  expect(await find([p, q], 2)).toHaveLength(2);
  expect(await find([], 10)).toEqual([]);
});

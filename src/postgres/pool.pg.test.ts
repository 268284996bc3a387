import { Client } from 'pg';
import { expect, test } from '../../test/helpers/database.ts';
import { connectionSettings, quoteSchema } from './pool.ts';
import { query, sql } from './sql.ts';

test('a connection is in its schema and has its session settings', async ({ db }) => {
  const [row] = await query(
    db,
    sql`
    select current_schema() as schema,
           current_setting('search_path') as path,
           current_setting('jit') as jit,
           current_setting('plan_cache_mode') as plans,
           current_setting('statement_timeout') as statement,
           current_setting('idle_in_transaction_session_timeout') as idle,
           current_setting('synchronous_commit') as commit,
           current_setting('application_name') as application`,
  );
  expect(row).toEqual({
    schema: 'perdura',
    path: '"perdura"',
    jit: 'off',
    plans: 'force_generic_plan',
    statement: '30s',
    idle: '5s',
    commit: 'on',
    application: 'perdura',
  });
});

test('int8 is a number, bytea a buffer, and an int8 that a number can not hold is a bug', async ({ db }) => {
  const [row] = await query(
    db,
    sql`select 9007199254740991::int8 as big, array[1, null, 3]::int8[] as list, '\\x00ff'::bytea as bytes, '{}'::int8[] as none`,
  );
  expect(row).toEqual({
    big: Number.MAX_SAFE_INTEGER,
    list: [1, null, 3],
    bytes: Buffer.from([0, 255]),
    none: [],
  });
  await expect(query(db, sql`select 9007199254740993::int8`)).rejects.toThrow('not a safe integer');
});

test('timestamptz is whole microseconds since the epoch, exactly', async ({ db }) => {
  const [row] = await query(
    db,
    sql`
    select '2026-01-31 12:00:00.123456+02'::timestamptz as exact,
           '1969-12-31 23:59:59.999999+00'::timestamptz as before,
           '2254-01-01 00:00:00.1+00'::timestamptz as far,
           array['1970-01-01 00:00:01+00'::timestamptz, null] as list,
           'infinity'::timestamptz as never`,
  );
  expect(row).toEqual({
    exact: Date.UTC(2026, 0, 31, 10) * 1000 + 123_456,
    before: -1,
    far: Date.UTC(2254, 0, 1) * 1000 + 100_000,
    list: [1_000_000, null],
    never: Infinity,
  });
});

test('the parsers of pg itself stay as they are', async ({ databaseUrl }) => {
  const plain = new Client({ connectionString: databaseUrl });
  await plain.connect();
  const { rows } = await plain.query<{ big: string }>('select 1::int8 as big');
  await plain.end();
  expect(rows).toEqual([{ big: '1' }]);
});

test("a URL's own options are kept, but ours win", () => {
  const settings = connectionSettings({
    url: 'postgres://h/d?options=-c%20work_mem%3D8MB%20-c%20jit%3Don&sslmode=disable',
    schema: 'perdura',
  });
  expect(settings.connectionString).toBe('postgres://h/d?sslmode=disable');
  expect(settings.options).toMatch(/^-c work_mem=8MB -c jit=on -c search_path="perdura" -c jit=off /);
});

test.each(['Perdura', 'a-b', '1a', 'pg_x', '', 'a"b', 'x'.repeat(64)])(
  'the schema name %j is refused',
  (name) => {
    expect(() => quoteSchema(name)).toThrow(`the database schema '${name}' is not a valid name`);
  },
);

test.each(['postgres://u:s,ecret@a,b/d', 'postgresql://a:5432,b:5433/d?target_session_attrs=read-write'])(
  'several hosts are refused in words, without repeating them: %s',
  (url) => {
    expect(() => connectionSettings({ url, schema: 'perdura' })).toThrow(
      /^the database URL names several hosts(?!.*ecret)/,
    );
  },
);

test('a comma in a password is no second host', () => {
  const { connectionString } = connectionSettings({ url: 'postgres://u:p,w@h/d', schema: 'perdura' });
  expect(connectionString).toBe('postgres://u:p,w@h/d');
});

test('a URL that is none is refused without repeating it', () => {
  expect(() => connectionSettings({ url: 'host=x password=secret', schema: 'perdura' })).toThrow(
    /^the database URL is not valid(?!.*secret)/,
  );
});

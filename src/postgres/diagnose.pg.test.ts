import { Client } from 'pg';
import { createEmptyDatabase, expect, schema, test } from '../../test/helpers/database.ts';
import { diagnose } from './diagnose.ts';

async function asAdmin(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** The same database for a new user who may log in and nothing else. */
async function asStranger(url: string): Promise<string> {
  const { pathname } = new URL(url);
  const name = `stranger_${pathname.slice(-12)}`;
  await asAdmin(url, `create role ${name} login password 'secret'`);
  const address = new URL(url);
  Object.assign(address, { username: name, password: 'secret' });
  return address.href;
}

test('a migrated database is up to date and belongs to us', async ({ databaseUrl }) => {
  const facts = await diagnose({ url: databaseUrl, schema });
  expect(facts.rights).toEqual({
    ...{ has_schema: true, can_create: true, has_tables: true, foreign_names: [], unreadable_names: [] },
  });
  expect(facts.tables).toEqual({
    schema: { pending: [], newer: [], refusal: undefined },
    replicas: [],
    backlog: [],
    places: [],
    hasOwnHubs: false,
  });
  expect(facts.server.size_bytes).toBeGreaterThan(1_000_000);
  expect(facts.server.used_connections).toBeGreaterThan(0);
  expect(facts.server).toMatchObject({ synchronous_standby_names: '', standbys: 0 });
  expect(Math.abs(facts.hereMs - facts.server.now / 1000)).toBeLessThan(1_000 + facts.hereErrorMs);
});

test('an empty database has nothing yet', async () => {
  const facts = await diagnose({ url: await createEmptyDatabase(), schema });
  expect(facts).toMatchObject({ rights: { has_schema: false, has_tables: false }, tables: undefined });
});

test('replicas are told with the age of their last sign of life', async ({ databaseUrl, db }) => {
  await db.query(
    `insert into replicas (replica_id, address, version, expires_at)
     values (1, 'here', '1', clock_timestamp() + interval '10 s'), (2, 'gone', '1', clock_timestamp() - interval '10 s')`,
  );
  const { tables } = await diagnose({ url: databaseUrl, schema });
  const ages = tables?.replicas.map((row) => [row.address, row.is_expired, Math.round(row.silent_seconds)]);
  expect(ages).toEqual([
    ['here', false, 5],
    ['gone', true, 25],
  ]);
});

test('places of names are counted by store, once there are any', async ({ databaseUrl, db }) => {
  await db.query(
    "insert into hub_places (name, store) values ('a', 'archive'), ('b', 'default'), ('c', 'archive')",
  );
  const { tables } = await diagnose({ url: databaseUrl, schema });
  expect(tables).toMatchObject({
    hasOwnHubs: true,
    places: [
      { store: 'archive', names: 2 },
      { store: 'default', names: 1 },
    ],
  });
  await db.query('alter table hubs drop column place_id; drop table hub_places');
  await db.query("delete from migrations where name = '0006_add_hub_places'");
  expect((await diagnose({ url: databaseUrl, schema })).tables).toMatchObject({
    places: [],
    hasOwnHubs: false,
  });
});

test('a newer, an edited and an unfinished migration are told', async ({ databaseUrl, db }) => {
  await db.query(`insert into migrations values (9999, '9999_new', 'x', false, now(), now())`);
  await db.query(`update migrations set finished_at = null where version = 2`);
  const { tables } = await diagnose({ url: databaseUrl, schema });
  expect(tables?.schema).toMatchObject({ newer: ['9999_new'], pending: [{ version: 2 }] });
  await db.query(`update migrations set checksum = 'other' where version = 1`);
  const { tables: edited } = await diagnose({ url: databaseUrl, schema });
  expect(edited?.schema.refusal).toContain('was changed after it was applied');
});

test('a user without rights is told what it lacks', async ({ databaseUrl }) => {
  const url = await asStranger(databaseUrl);
  const blind = await diagnose({ url, schema });
  expect(blind).toMatchObject({ rights: { can_create: false, has_tables: true }, tables: undefined });
  expect(blind.rights.unreadable_names).toContain('instances');
  const { username } = new URL(url);
  await asAdmin(databaseUrl, `grant create, usage on schema ${schema} to ${username}`);
  await asAdmin(databaseUrl, `grant select on all tables in schema ${schema} to ${username}`);
  const reader = await diagnose({ url, schema });
  expect(reader.rights).toMatchObject({ can_create: true, unreadable_names: [] });
  expect(reader.rights.foreign_names).toEqual(expect.arrayContaining(['instances', 'keys']));
  expect(reader.tables?.schema.pending).toEqual([]);
});

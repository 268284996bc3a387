import { describe } from 'vitest';
import { createEmptyDatabase, expect, test } from '../test/helpers/database.ts';
import { silent, until } from '../test/helpers/engine.ts';
import { StartupError } from './lib/startup-error.ts';
import { createPool } from './postgres/pool.ts';
import { readMigrations } from './postgres/migration-files.ts';
import { prepareStore } from './prepare-store.ts';

const archive = (url: string) => ({ name: 'archive', url, schema: 'archive' });

test('a further store is made where there is nothing, and found ready the next time', async ({
  databaseUrl,
}) => {
  const applied = await prepareStore(archive(databaseUrl), silent);
  expect(applied).toEqual(readMigrations().map(({ name }) => name));
  expect(await prepareStore(archive(databaseUrl), silent)).toEqual([]);
});

test('a further store that can not be reached is refused with the variable to look at', async () => {
  const refused = prepareStore(archive('postgres://nobody@127.0.0.1:1/nothing'), silent);
  await expect(refused).rejects.toThrow(StartupError);
  await expect(refused).rejects.toThrow(/ECONNREFUSED.*check PERDURA_STORE_ARCHIVE_DATABASE_URL$/);
});

test('a schema that is newer than the program is refused', async ({ databaseUrl, db }) => {
  await db.query("insert into migrations values (99, '0099_x', 'sum', true)");
  const store = { name: 'archive', url: databaseUrl, schema: 'perdura' };
  await expect(prepareStore(store, silent)).rejects.toThrow(
    'schema perdura is newer than this program: migration 0099_x needs a newer perdura',
  );
});

describe('a schema that has been the default store of a server', () => {
  const refusal = /^the store 'archive' has task hubs of its own: its schema perdura is, or was, the default/;
  test.for([
    ['has places of names', "insert into hub_places (name, store) values ('orders', 'default')"],
    ['has hubs without places', "insert into hubs (name) values ('orders')"],
  ] as const)('is refused as a further one: it %s', async ([, statement], { databaseUrl, db }) => {
    const store = { name: 'archive', url: databaseUrl, schema: 'perdura' };
    await prepareStore(store, silent);
    await db.query(statement);
    await expect(prepareStore(store, silent)).rejects.toThrow(refusal);
    await prepareStore({ ...store, name: 'default' }, silent);
  });

  test('is not changed, if it is older than places', async ({ databaseUrl, db }) => {
    await db.query('alter table hubs drop column place_id; drop table hub_places');
    await db.query("delete from migrations where name = '0006_add_hub_places'");
    const store = { name: 'archive', url: databaseUrl, schema: 'perdura' };
    await db.query("insert into hubs (name) values ('orders')");
    await expect(prepareStore(store, silent)).rejects.toThrow(refusal);
    expect((await db.query("select to_regclass('hub_places') as found")).rows).toEqual([{ found: null }]);
    await db.query('update hubs set deleted_at = clock_timestamp()');
    expect(await prepareStore(store, silent)).toEqual(['0006_add_hub_places']);
  });

  test('is none because hubs were placed in it', async ({ databaseUrl, db }) => {
    await db.query("insert into hubs (name, place_id) values ('orders', 7)");
    await prepareStore({ name: 'archive', url: databaseUrl, schema: 'perdura' }, silent);
  });
});

test('migrations that wait for another process are broken off', async () => {
  const url = await createEmptyDatabase();
  const pool = createPool({ url, schema: 'archive', size: 1, onIdleError: () => undefined });
  const holder = await pool.connect();
  await holder.query("select pg_advisory_lock(hashtextextended('perdura migrations of archive', 0))");
  const abort = new AbortController();
  const preparing = prepareStore(archive(url), silent, abort.signal);
  const refused = expect(preparing).rejects.toThrow();
  const isWaiting = async (): Promise<boolean> =>
    (
      await holder.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
    ).rowCount === 1;
  await until(isWaiting, 'the wait');
  abort.abort();
  await refused;
  holder.release();
  await pool.end();
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { readMigrations } from '../../src/postgres/migration-files.ts';
import { createEmptyDatabase, createTestDatabase } from '../helpers/database.ts';
import { perdura } from '../helpers/program.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';

// Commands where there is more than one store.

let running: TestServer | undefined;
const server = (): TestServer => must(running, 'the server');
const hub = (...args: string[]) => perdura(['hub', ...args, '--endpoint', server().endpoint]);

beforeAll(async () => {
  const databaseUrl = await createTestDatabase();
  running = await startTestServer({
    ...{ databaseUrl, dynamicTaskHubs: false, taskHubs: ['main'] },
    stores: [
      { name: 'archive', databaseUrl, databaseSchema: 'archive' },
      { name: 'away', databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing', databaseSchema: 'perdura' },
    ],
  });
});
afterAll(async () => {
  await running?.close();
});

test('a hub is made in the store that is named, and listed with it; a store that is away is told', async () => {
  expect(await hub('create', 'old', '--store', 'archive')).toMatchObject({
    ...{ code: 0, output: 'created task hub old\n' },
  });
  expect(await hub('create', 'old', '--store', 'archive')).toMatchObject({
    ...{ code: 0, output: 'there already: task hub old\n' },
  });
  const { code, output, errors } = await hub('list');
  expect(code).toBe(0);
  expect(output).toMatch(/^NAME +CREATED +STORE\nmain +\S.* default\nold +\S.* archive\n$/);
  expect(errors).toContain("the store 'away' is not available: its task hubs are not listed");
  expect(JSON.parse((await hub('list', '--json')).output)).toEqual({
    taskHubs: [
      { name: 'main', createdTimestamp: expect.any(String) as unknown, store: 'default' },
      { name: 'old', createdTimestamp: expect.any(String) as unknown, store: 'archive' },
    ],
    stores: [
      { name: 'default', isServing: true },
      { name: 'archive', isServing: true },
      { name: 'away', isServing: false },
    ],
  });
});

test('a hub is not made where its name does not belong, or where there is no store', async () => {
  const elsewhere = await hub('create', 'main', '--store', 'archive');
  expect(elsewhere).toMatchObject({ code: 1, output: '' });
  expect(elsewhere.errors).toContain("the name 'main' belongs to the store 'default'");
  const nowhere = await hub('create', 'main', '--store', 'moon');
  expect(nowhere.code).toBe(1);
  expect(nowhere.errors).toContain("this server has no store 'moon'");
});

test('migrate brings up every store, whatever is wrong with another', async () => {
  const databaseUrl = await createEmptyDatabase();
  const all = readMigrations().map(({ name }) => name);
  const env = {
    ...{ PERDURA_DATABASE_URL: databaseUrl, PERDURA_STORES: 'gone,archive' },
    PERDURA_STORE_GONE_DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x',
    PERDURA_STORE_ARCHIVE_DATABASE_URL: databaseUrl,
    PERDURA_STORE_ARCHIVE_DATABASE_SCHEMA: 'archive',
  };
  const first = await perdura(['migrate', '--json'], { env });
  expect(first.code).toBe(1);
  expect(JSON.parse(first.output)).toEqual({
    stores: [
      { store: 'default', schema: 'perdura', applied: all },
      { store: 'archive', schema: 'archive', applied: all },
    ],
  });
  expect(first.errors).toMatch(/store gone: .*ECONNREFUSED.*check PERDURA_STORE_GONE_DATABASE_URL/);
  expect(first.errors).not.toContain('secret');
  const second = await perdura(['migrate'], { env });
  expect(second.output).toBe(
    'schema perdura is up to date\nschema archive of the store archive is up to date\n',
  );
});

test('doctor looks at every store', async () => {
  const { databaseUrl, endpoint, server: program } = server();
  const env = {
    ...{ PERDURA_DATABASE_URL: databaseUrl, PERDURA_ENDPOINT: endpoint, PERDURA_STORES: 'archive,away' },
    PERDURA_METRICS_PORT: program.metricsAddress.split(':').at(-1) ?? '',
    PERDURA_STORE_ARCHIVE_DATABASE_URL: databaseUrl,
    PERDURA_STORE_ARCHIVE_DATABASE_SCHEMA: 'archive',
    PERDURA_STORE_AWAY_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
  };
  const { code, output } = await perdura(['doctor'], { env });
  expect(code).toBe(1);
  expect(output).toMatch(/^ok +database +PostgreSQL/m);
  expect(output).toMatch(/^ok +archive: schema +the schema archive is up to date$/m);
  expect(output).toMatch(/^ok +archive: replicas +1 replica alive/m);
  expect(output).toMatch(
    /^failed +away: database +the database can't be reached .*PERDURA_STORE_AWAY_DATABASE_URL/m,
  );
  expect(output).toMatch(/^ok +readiness/m);
});

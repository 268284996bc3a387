import { withClient } from './bench-client.ts';
import { query, sql } from './sql.ts';

/** Transactions that the server of this database has committed so far; backends report them up to a second late. */
export async function countCommits(url: string): Promise<number> {
  const [row] = await withClient(url, (client) =>
    query(
      client,
      sql<{ commits: number }>`
        select xact_commit as commits
          from pg_stat_database
         where datname = current_database()`,
    ),
  );
  return Number(row?.commits);
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

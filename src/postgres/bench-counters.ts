import { Client } from 'pg';
import { query, sql } from './sql.ts';

/** Transactions that the server of this database has committed so far; backends report them up to a second late. */
export async function countCommits(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const [row] = await query(
      client,
      sql<{ commits: string }>`
        select xact_commit as commits
        from pg_stat_database
        where datname = current_database()
      `,
    );
    return Number(row?.commits);
  } finally {
    await client.end();
  }
}

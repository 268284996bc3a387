import { Client } from 'pg';
import { schema } from './schema.ts';

/** The audit log of a database, in order of time, in the words of the log. */
export async function auditRows(databaseUrl: string): Promise<Readonly<Record<string, string>>[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, string>>(
      `select action, hub, target, outcome, who, who_name as "whoName", known_by as "knownBy", peer
         from ${schema}.audit_log
        order by at, entry_id`,
    );
    return rows;
  } finally {
    await client.end();
  }
}

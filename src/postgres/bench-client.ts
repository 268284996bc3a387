import { Client } from 'pg';
import { connectionSettings } from './pool.ts';
import { query, sql } from './sql.ts';

/** A transaction that sees what there is now and keeps it from being cleaned up, as long as the database runs. */
export async function keepSnapshot(url: string): Promise<void> {
  const client = await connect(url);
  await query(client, sql`begin isolation level repeatable read`);
  await query(client, sql`select count(*) from hubs`);
}

/** A connection of the benchmark's own to its database, for as long as the work takes. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<Client> {
  const unlimited = { statement_timeout: 0, idle_in_transaction_session_timeout: 0 };
  const client = new Client(connectionSettings({ url, schema: 'perdura' }, unlimited));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

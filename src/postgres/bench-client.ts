import { Client } from 'pg';
import { connectionSettings } from './pool.ts';

/** A connection of the benchmark's own to its database, for as long as the work takes. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(connectionSettings({ url, schema: 'perdura' }, { statement_timeout: 0 }));
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

import { Client } from 'pg';
import { StartupError } from '../lib/startup-error.ts';
import { findAnyHub, findHubTables, findOwnHubs } from './hubs.ts';
import { connectionSettings, type StoreAddress } from './pool.ts';
import { query, sql } from './sql.ts';

const OLDEST_MAJOR = 14;

/** Connects once, so that a start with a wrong address, password or version ends with one clear line. `variable` sets the address. */
export async function checkDatabase(store: StoreAddress, variable: string): Promise<void> {
  const client = new Client(connectionSettings(store));
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new StartupError(`the database can't be reached (${reason(error)}): check ${variable}`);
  }
  try {
    const [row] = await query(
      client,
      sql<{ version: string }>`select current_setting('server_version') as version`,
    );
    const version = row?.version ?? '';
    if (Number.parseInt(version) >= OLDEST_MAJOR) return;
    throw new StartupError(`the database is PostgreSQL ${version}: perdura needs ${OLDEST_MAJOR} or newer`);
  } finally {
    await client.end();
  }
}

/** Whether a store has task hubs that were not made in it as a further one, whatever version its schema has. */
export async function hasOwnHubs(store: StoreAddress): Promise<boolean> {
  const client = new Client(connectionSettings(store));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const [tables] = await query(client, findHubTables());
    if (!tables?.has_hubs) return false;
    const [row] = await query(client, tables.has_places ? findOwnHubs() : findAnyHub());
    return row?.has_some === true;
  } finally {
    await client.end();
  }
}

/** A host with several addresses fails with one error for each, and then the message is empty. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join(', ');
  return error instanceof Error ? error.message : String(error);
}

import { randomUUID } from 'node:crypto';
import { Client, type Pool } from 'pg';
import { test as base, inject } from 'vitest';
import { createPool } from '../../src/postgres/pool.ts';
import { schema } from './schema.ts';

/** Creates a migrated database of its own and returns its URL. It is never dropped: the whole server is thrown away. */
export async function createTestDatabase(): Promise<string> {
  return createDatabase(inject('templateDatabase'));
}

/** A database without any schema of ours. */
export async function createEmptyDatabase(): Promise<string> {
  return createDatabase('template1');
}

async function createDatabase(template: string): Promise<string> {
  const name = `${inject('databasePrefix')}${randomUUID().replaceAll('-', '')}`;
  const admin = new Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  try {
    await admin.query(`create database ${name} template ${template}`);
  } finally {
    await admin.end();
  }
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return url.href;
}

/** A test with a migrated database of its own: `databaseUrl`, and `db`, a pool on it. */
export const test = base.extend<{ databaseUrl: string; db: Pool }>({
  databaseUrl: async ({}, use) => {
    await use(await createTestDatabase());
  },
  db: async ({ databaseUrl }, use) => {
    const pool = createPool({ url: databaseUrl, schema, size: 10, onIdleError: () => undefined });
    await use(pool);
    await pool.end();
  },
});

export { expect } from 'vitest';
export { schema } from './schema.ts';

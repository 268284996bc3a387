import { Client } from 'pg';
import { expect, inject, test } from 'vitest';
import { leftoversIn } from './helpers/leftovers.ts';
import { startTestServer } from './helpers/server.ts';

// The suite's last test. Servers were closed in the middle of things; what was on its way then must get there by itself
// when the next server runs, without a worker.

/** A replica that was killed is buried after about twenty seconds. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 200;

async function databases(): Promise<string[]> {
  const url = new URL(inject('postgresUrl'));
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  try {
    const { rows } = await admin.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [inject('wholePrograms')],
    );
    return rows.map(({ datname }) => Object.assign(new URL(url), { pathname: `/${datname}` }).href);
  } finally {
    await admin.end();
  }
}

/** What is left when a server has had the time to tidy up. */
async function leftForEver(databaseUrl: string): Promise<string[]> {
  if ((await leftoversIn(databaseUrl)).length === 0) return [];
  const server = await startTestServer({ databaseUrl });
  try {
    await expect
      .poll(() => leftoversIn(databaseUrl), { timeout: PATIENCE_MS, interval: LOOK_AGAIN_MS })
      .toEqual([])
      .catch(() => undefined);
    return await leftoversIn(databaseUrl);
  } finally {
    await server.close();
  }
}

test('nothing is left of what is over in any database of this run', { timeout: 600_000 }, async () => {
  const urls = await databases();
  expect(urls.length, 'databases of the tests before').toBeGreaterThan(0);
  const left = [];
  for (const url of urls) left.push(...(await leftForEver(url)));
  expect(left).toEqual([]);
});

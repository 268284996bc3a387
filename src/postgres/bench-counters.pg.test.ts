import { expect } from 'vitest';
import { test } from '../../test/helpers/database.ts';
import { countWritten } from './bench-counters.ts';

test('transactions that wrote, and what they wrote, are counted at once', async ({ db, databaseUrl }) => {
  await db.query('create table notes (note text)');
  const before = await countWritten(databaseUrl);
  for (let count = 0; count < 10; count++) await db.query(`insert into notes values (repeat('x', 1000))`);
  const after = await countWritten(databaseUrl);
  // Other tests write in databases of the same server.
  expect(after.commits - before.commits).toBeGreaterThanOrEqual(10);
  expect(after.walBytes - before.walBytes).toBeGreaterThan(10_000);
});

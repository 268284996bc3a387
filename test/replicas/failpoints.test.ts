import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { renderSchema } from '../../src/postgres/schema-text.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { createEmptyDatabase } from '../helpers/database.ts';
import { schema } from '../helpers/schema.ts';
import { until } from '../helpers/until.ts';
import { launchServer } from './launched.ts';
import { LoadWorker } from './load-worker.ts';

// What becomes of the work is up to the faults: test/faults draws among these points.

const whole = readFileSync(join(import.meta.dirname, '..', '..', 'migrations', 'schema.sql'), 'utf8');
const log = createLogger({ level: 'silent', format: 'json' });

/** Whether the server got past the failpoint, because there are not so many statements. */
async function isReadyWith(url: string, failpoints: string): Promise<boolean> {
  const server = launchServer(url, { PERDURA_FAILPOINTS: failpoints, PERDURA_GRPC_PORT: '0' });
  const isReady = await server.ready.then(
    () => true,
    () => false,
  );
  if (!isReady) expect(server.wasKilled(), server.complaints.join('')).toBe(true);
  await server.kill();
  return isReady;
}

test.each(['before-commit', 'commit-sent', 'after-commit', 'before-replies', 'after-dispatch'])(
  'a server that is armed with %s dies there',
  async (point) => {
    const url = await createEmptyDatabase();
    const server = launchServer(url, { PERDURA_FAILPOINTS: `${point}@1`, PERDURA_GRPC_PORT: '0' });
    const endpoint = `127.0.0.1:${await server.ready}`;
    const worker = new LoadWorker({ from: { endpoint }, hub: 'default' });
    const client = new TaskHubClient({ address: endpoint, hub: 'default' });
    const start = client.call('StartInstance', { instanceId: 'a', name: 'Chain', input: { value: '1' } });
    await start.catch(() => undefined);
    await until(() => !server.isRunning(), 'the end');
    expect(server.wasKilled()).toBe(true);
    worker.close();
    client.close();
  },
);

test('a server that dies at any statement of the migrations leaves what the next one finishes', async () => {
  let deaths = 0;
  for (;;) {
    const url = await createEmptyDatabase();
    if (await isReadyWith(url, `in-migration@${deaths + 1}`)) break;
    deaths++;
    await migrate({ url, schema, log });
    const pool = createPool({ url, schema, size: 1, onIdleError: () => undefined });
    expect(await renderSchema(pool), `after ${deaths} statements`).toBe(whole);
    await pool.end();
  }
  expect(deaths).toBeGreaterThanOrEqual(4);
});

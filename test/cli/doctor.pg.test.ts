import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createEmptyDatabase } from '../helpers/database.ts';
import { launch, launcher, perdura, type Run } from '../helpers/program.ts';
import { useServer } from '../helpers/server.ts';

const { server } = useServer();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perdura-doctor-'));
  // PostgreSQL runs as another user when we are root, and has to get in.
  chmodSync(folder, 0o755);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Report {
  readonly checks: readonly { readonly name: string; readonly status: string; readonly text: string }[];
  readonly failed: number;
  readonly warnings: number;
}

function statusesOf({ checks }: Report): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, status }) => [name, status]));
}

function serverEnv(): Record<string, string> {
  const { databaseUrl, endpoint, server: running } = server();
  return {
    ...{ PERDURA_DATABASE_URL: databaseUrl, PERDURA_ENDPOINT: endpoint },
    PERDURA_METRICS_PORT: running.metricsAddress.split(':').at(-1) ?? '',
  };
}

test('a healthy installation: one line for each check', async () => {
  const { code, output, errors } = await perdura(['doctor'], { env: serverEnv(), cwd: folder });
  expect({ code, errors }, output).toEqual({ code: 0, errors: '' });
  // The database of the tests may have fsync off.
  expect(output).toMatch(/^ok +node +Node \d+/);
  expect(output).toMatch(/^ok +database +PostgreSQL \d+.*, 127\.0\.0\.1:\d+\/test_\w+$/m);
  expect(output).toMatch(/^ok +schema +the schema perdura is up to date$/m);
  expect(output).toMatch(/^ok +replicas +1 replica alive/m);
  expect(output).toMatch(/^ok +grpc +Perdura answers at 127\.0\.0\.1:\d+$/m);
  expect(output).toMatch(/^ok +readiness +http:\/\/127\.0\.0\.1:\d+\/readyz says ok$/m);
  expect(output).toMatch(/^(ok|warning) +durability /m);
});

test('the same as one JSON document', async () => {
  const { code, output } = await perdura(['doctor', '--json'], { env: serverEnv(), cwd: folder });
  expect(code).toBe(0);
  const report = JSON.parse(output) as Report;
  expect(report.failed).toBe(0);
  expect(report.checks).toContainEqual({
    ...{ name: 'replicas', status: 'ok', advice: null },
    text: expect.stringContaining('1 replica alive') as unknown,
  });
});

test('what has failed is said with what to do, and ends with exit code 1', async () => {
  const env = { PERDURA_DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x', PERDURA_ENDPOINT: 'localhost:1' };
  const { code, output, errors } = await perdura(['doctor'], { env, cwd: folder });
  expect({ code, errors }).toEqual({ code: 1, errors: 'perdura: 1 failed, warnings: 2\n' });
  expect(output).toMatch(/^failed +database +the database can't be reached \(connect ECONNREFUSED.*\n +→ /m);
  expect(output).toMatch(/^warning +grpc +nothing listens at localhost:1\n +→ start one/m);
  expect(output).not.toContain('secret');
});

test('an empty database, and something else at the ports', async () => {
  const { endpoint, server: running } = server();
  const env = {
    PERDURA_DATABASE_URL: await createEmptyDatabase(),
    PERDURA_ENDPOINT: running.metricsAddress,
    PERDURA_METRICS_PORT: endpoint.split(':').at(-1) ?? '',
  };
  const { code, output } = await perdura(['doctor', '--json'], { env, cwd: folder });
  expect(code).toBe(1);
  const report = JSON.parse(output) as Report;
  expect(statusesOf(report)).toMatchObject({ schema: 'warning', rights: 'ok', grpc: 'failed' });
  expect(statusesOf(report)['readiness']).not.toBe('ok');
});

test('without a database of one’s own it finds the one that "perdura dev" runs', async () => {
  const env = { PERDURA_GRPC_PORT: '0', PERDURA_METRICS_PORT: '0', PERDURA_DATA_DIR: join(folder, 'data') };
  const before = await perdura(['doctor'], { env, cwd: folder });
  expect(before.code).toBe(1);
  expect(before.output).toMatch(
    /^failed +database +PERDURA_DATABASE_URL is not set, and no embedded .*data$/m,
  );
  const dev: Run = launch(process.execPath, [launcher, 'dev'], { env, cwd: folder });
  try {
    await vi.waitFor(() => {
      expect(dev.output(), dev.errors()).toContain('Connection string');
    }, 20_000);
    const { output } = await perdura(['doctor'], { env, cwd: folder });
    expect(output).toMatch(/^ok +database +PostgreSQL .*, embedded, in .*data$/m);
    expect(output).toMatch(/^ok +durability /m);
    expect(output).toMatch(/^ok +space +the database has .*, its disk .* free$/m);
  } finally {
    dev.child.kill('SIGTERM');
    await dev.ended;
  }
});

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { readSettings, type RunningServer, type ServerSettings } from '../../src/config.ts';
import { startServer } from '../../src/server.ts';
import { createLogger, type LogLevel } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { must } from '../../src/lib/assert.ts';
import { TestHub } from './client.ts';
import { createTestDatabase } from './database.ts';

export interface TestServer {
  readonly server: RunningServer;
  /** `host:port` of the gRPC endpoint. */
  readonly endpoint: string;
  readonly databaseUrl: string;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
  close(): Promise<void>;
}

export type TestServerOptions = Partial<ServerSettings> & {
  /** A migrated database; a new one when unset. */
  readonly databaseUrl?: string;
  /** Where errors are logged; standard error when unset. */
  readonly log?: NodeJS.WritableStream;
  /** What else is logged. */
  readonly logLevel?: LogLevel;
};

/** The whole program but its command line, on free ports. Task hubs come into being when they are named. */
export async function startTestServer({
  databaseUrl,
  log = process.stderr,
  logLevel: level = 'error',
  ...settings
}: TestServerOptions = {}): Promise<TestServer> {
  const url = databaseUrl ?? (await createTestDatabase());
  const defaults = readSettings({
    command: 'dev',
    // Every test of a server can be run with encrypted payloads.
    env: { PERDURA_ENCRYPTION_KEYS: process.env['PERDURA_TEST_ENCRYPTION_KEYS'] },
    flags: { grpcPort: '0', metricsPort: '0' },
  });
  const metrics = createMetrics('test');
  const server = await startServer(
    { ...defaults, dynamicTaskHubs: true, drainSeconds: 0, ...settings, databaseUrl: url },
    createLogger({ level, format: 'json', destination: log }),
    metrics,
  );
  return {
    ...{ server, endpoint: server.grpcAddress, databaseUrl: url },
    metrics: () => metrics.render(),
    close: () => server.stop(),
  };
}

/** One server for the tests of a file; `hub()` gives the running test a task hub of its own. */
export function useServer(options?: TestServerOptions): { hub: () => TestHub; server: () => TestServer } {
  let running: TestServer | undefined;
  const hubs = new Set<TestHub>();
  const server = (): TestServer => must(running, 'the server of this file');

  beforeAll(async () => {
    running = await startTestServer(options);
  });
  afterEach(() => {
    for (const hub of hubs) hub.close();
    hubs.clear();
  });
  afterAll(async () => {
    await running?.close();
  });

  return {
    server,
    hub() {
      const hub = new TestHub(server().endpoint, `rpc-${randomUUID().slice(0, 13)}`);
      hubs.add(hub);
      return hub;
    },
  };
}

import { PassThrough } from 'node:stream';
import { type Pool } from 'pg';
import { readSettings, type RunningServer, type ServerSettings } from '../../src/config.ts';
import { must } from '../../src/lib/assert.ts';
import { startServer } from '../../src/server.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { TestHub } from '../helpers/client.ts';
import { test as databaseTest } from '../helpers/database.ts';
import { type FalseClock } from '../helpers/false-clock.ts';
import { until } from '../helpers/until.ts';
import { type Launched, launchServer, type LogLine, readLines } from './launched.ts';
import { LoadWorker, type LoadWorkerOptions } from './load-worker.ts';
import { PostgresProxy } from './postgres-proxy.ts';
import { RoundRobin } from './round-robin.ts';

export const HUB = 'orders';

/** The first delivery that counts as failed is the last: nothing that a replica suffers may count as one. */
export const noAttempt = { maxDeliveryAttempts: 1 };

/** A server that shares its database with others. */
export interface Replica {
  /** `host:port` of the gRPC endpoint. */
  readonly endpoint: string;
  readonly log: readonly LogLine[];
}

export interface InProcess extends Replica {
  readonly server: RunningServer;
  /** The value of a metric, summed over its labels. */
  readonly metric: (name: string) => Promise<number>;
}

interface SpawnOptions {
  readonly through?: PostgresProxy;
  readonly port?: number;
  readonly clock?: FalseClock;
}

/** A server in a process of its own: it can be killed and frozen. */
interface Spawned extends Replica, Launched {
  readonly port: number;
}

export interface Fixtures {
  /** Starts a replica in this process. `through`: its way to the database. */
  replica: (options?: Partial<ServerSettings> & { readonly through?: PostgresProxy }) => Promise<InProcess>;
  /** Starts a replica in a process of its own. */
  spawned: (options?: SpawnOptions) => Promise<Spawned>;
  proxy: () => Promise<PostgresProxy>;
  /** The task hub as its clients see it at that replica. */
  at: (replica: Replica) => TestHub;
  /** Every call goes to the next of these replicas. */
  roundRobin: (...replicas: readonly Replica[]) => RoundRobin;
  /** A worker that plays the programs of the load, in the task hub `HUB` unless it names another. */
  worker: (options: Omit<LoadWorkerOptions, 'hub'> & { readonly hub?: string }) => LoadWorker;
}

/** How to close what a test has opened, in the order of opening. */
type Opened = (() => unknown)[];

/** Whatever a test opens is closed after it in the opposite order: workers and clients, then replicas, then proxies. */
export const test = databaseTest.extend<Fixtures & { opened: Opened }>({
  opened: async ({}, use) => {
    const opened: Opened = [];
    await use(opened);
    for (const close of opened.toReversed()) await close();
  },
  replica: async ({ databaseUrl, opened }, use) => {
    await use(async ({ through, ...settings } = {}) => {
      const replica = await startInProcess(through?.url ?? databaseUrl, settings);
      opened.push(() => replica.server.stop());
      return replica;
    });
  },
  spawned: async ({ databaseUrl, opened }, use) => {
    await use(async ({ through, port = 0, clock } = {}) => {
      const server = launchServer(through?.url ?? databaseUrl, {
        PERDURA_TASK_HUBS: HUB,
        PERDURA_GRPC_PORT: String(port),
        PERDURA_MAX_DELIVERY_ATTEMPTS: String(noAttempt.maxDeliveryAttempts),
        ...clock?.env,
      });
      opened.push(server.kill);
      const bound = await server.ready;
      return { ...server, endpoint: `127.0.0.1:${bound}`, port: bound };
    });
  },
  proxy: async ({ databaseUrl, opened }, use) => {
    await use(async () => closing(opened, await PostgresProxy.start(databaseUrl)));
  },
  at: async ({ opened }, use) => {
    await use(({ endpoint }) => closing(opened, new TestHub(endpoint, HUB)));
  },
  roundRobin: async ({ opened }, use) => {
    await use((...replicas) => closing(opened, new RoundRobin(replicas, HUB)));
  },
  worker: async ({ opened }, use) => {
    await use((options) => closing(opened, new LoadWorker({ hub: HUB, ...options })));
  },
});

function closing<Closable extends { close(): void }>(opened: Opened, closable: Closable): Closable {
  opened.push(() => {
    closable.close();
  });
  return closable;
}

async function startInProcess(databaseUrl: string, settings: Partial<ServerSettings>): Promise<InProcess> {
  const defaults = readSettings({ command: 'dev', env: {}, flags: { grpcPort: '0', metricsPort: '0' } });
  const log: LogLine[] = [];
  const destination = new PassThrough();
  readLines(destination, log);
  const metrics = createMetrics('test');
  const server = await startServer(
    { ...defaults, taskHubs: [HUB], drainSeconds: 0, ...settings, databaseUrl },
    createLogger({ level: 'info', format: 'json', destination }),
    metrics,
  );
  const metric = async (name: string): Promise<number> => sumOf(name, await metrics.render());
  return { server, endpoint: server.grpcAddress, log, metric };
}

/** Adds up the lines of a metric in Prometheus' text format. */
function sumOf(name: string, text: string): number {
  const values = text.matchAll(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'gm'));
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** The statuses but for those that are expected. */
export function otherThan(statuses: ReadonlySet<string>, ...expected: readonly string[]): string[] {
  return [...statuses].filter((status) => !expected.includes(status));
}

/** Waits until no replica has a transaction open or a statement under way, and none begins at once. */
export async function quiet(db: Pool): Promise<void> {
  let seen = 0;
  await until(async () => {
    const { rowCount } = await db.query(
      `select 1 from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
    );
    seen = rowCount === 0 ? seen + 1 : 0;
    return seen === 5;
  }, 'a moment without work');
}

/** Ids of the incarnations that live, oldest first. */
export async function incarnations(db: Pool): Promise<number[]> {
  const { rows } = await db.query<{ replica_id: number }>(
    'select replica_id from replicas order by replica_id',
  );
  return rows.map((row) => row.replica_id);
}

/** The incarnation that owns an instance. */
export async function ownerOf(db: Pool, instanceId: string): Promise<number | null> {
  const { rows } = await db.query<{ owner: number | null }>(
    'select owner from instances where instance_id = $1',
    [instanceId],
  );
  return must(rows[0], `the instance ${instanceId}`).owner;
}

export async function count(db: Pool, table: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`select count(*) as count from ${table}`);
  return must(rows[0], 'a count').count;
}

export { expect } from '../helpers/database.ts';
export { until } from '../helpers/until.ts';
export { faultsIn } from './launched.ts';

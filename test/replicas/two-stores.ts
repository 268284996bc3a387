import { afterAll, beforeAll } from 'vitest';
import { type Pool } from 'pg';
import { readMetric } from '../../src/bench/prometheus.ts';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { Postgres } from '../faults/postgres.ts';
import { type Launched, launchServer } from './launched.ts';
import { LoadWorker } from './load-worker.ts';
import { PostgresProxy } from './postgres-proxy.ts';
import { type Replica, test as replicasTest } from './replicas.ts';
import { RoundRobin } from './round-robin.ts';

// Servers with two stores on two PostgreSQL servers, of which each can be stopped.

const running: Postgres[] = [];
const postgres = (n: number): Postgres => must(running[n], 'a PostgreSQL');

beforeAll(async () => {
  for (let n = 0; n < 2; n++) running.push(await Postgres.start(false));
}, 60_000);
afterAll(async () => {
  for (const one of running) await one[Symbol.asyncDispose]();
});

/** A store of a test: a schema of its own on one of the two, reached through a proxy that finds it again when it has moved. */
export interface TestStore {
  readonly postgres: Postgres;
  readonly schema: string;
  readonly proxy: PostgresProxy;
  /** Its tables. To be taken when it has been served. */
  readonly db: () => Pool;
}

export interface StoreServer extends Launched, Replica {
  readonly metric: (name: string) => Promise<number | undefined>;
  readonly probe: (path: string) => Promise<number>;
}

export interface Stores {
  readonly main: TestStore;
  readonly archive: TestStore;
  /** What every server has. */
  readonly environment: Readonly<Record<string, string>>;
  /** Starts a server in a process of its own; resolves when it is ready. */
  readonly serve: (environment?: Readonly<Record<string, string>>) => Promise<StoreServer>;
  /** Starts one that may never get ready. */
  readonly launch: (environment?: Readonly<Record<string, string>>) => Launched;
  readonly client: (server: Replica, hub?: string) => TaskHubClient;
  readonly worker: (server: Replica, hub: string) => LoadWorker;
  readonly roundRobin: (hub: string, ...servers: readonly Replica[]) => RoundRobin;
}

export const HUB = 'orders';
export const OLD = 'old';
let schemas = 0;

export const test = replicasTest.extend<{ stores: Stores }>({
  stores: async ({ opened }, use) => {
    const main = await openStore(postgres(0), opened);
    const archive = await openStore(postgres(1), opened);
    const environment = {
      ...{ PERDURA_GRPC_PORT: '0', PERDURA_TASK_HUBS: HUB, PERDURA_STORES: 'archive' },
      PERDURA_DATABASE_SCHEMA: main.schema,
      PERDURA_STORE_ARCHIVE_DATABASE_URL: archive.proxy.url,
      PERDURA_STORE_ARCHIVE_DATABASE_SCHEMA: archive.schema,
    };
    const launch: Stores['launch'] = (more = {}) => {
      const server = launchServer(main.proxy.url, { ...environment, ...more });
      opened.push(server.kill);
      return server;
    };
    const closing = <Closable extends { close(): void }>(closable: Closable): Closable => {
      opened.push(() => {
        closable.close();
      });
      return closable;
    };
    await use({
      ...{ main, archive, environment, launch },
      serve: async (more) => withProbes(launch(more)),
      client: ({ endpoint }, hub) =>
        closing(new TaskHubClient({ address: endpoint, ...(hub === undefined ? {} : { hub }) })),
      worker: (from, hub) => closing(new LoadWorker({ from, hub })),
      roundRobin: (hub, ...servers) => closing(new RoundRobin(servers, hub)),
    });
  },
});

async function openStore(server: Postgres, opened: (() => unknown)[]): Promise<TestStore> {
  const schema = `stores_${++schemas}`;
  const proxy = await PostgresProxy.start(server.url);
  opened.push(() => {
    proxy.close();
  });
  const db = (): Pool => {
    const pool = createPool({ url: server.url, schema, size: 3, onIdleError: () => undefined });
    opened.push(() => pool.end());
    return pool;
  };
  return { postgres: server, schema, proxy, db };
}

export async function withProbes(server: Launched): Promise<StoreServer> {
  const endpoint = `127.0.0.1:${await server.ready}`;
  return {
    ...{ ...server, endpoint },
    metric: async (name) => readMetric(await (await fetch(`${server.telemetry()}/metrics`)).text(), name),
    probe: async (path) => (await fetch(`${server.telemetry()}${path}`)).status,
  };
}

/** Makes a task hub in the store `archive`. */
export async function place(client: TaskHubClient, hub = OLD): Promise<void> {
  await client.call('PlaceTaskHub', { name: hub, store: 'archive' });
}

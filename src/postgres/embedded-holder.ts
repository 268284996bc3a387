// Who holds a data folder? PostgreSQL itself never lets two postmasters open one cluster, but it can't tell why one is
// still there. Three cases look alike from outside, a live `postmaster.pid`:
//   1. another perdura runs on the folder        → we must not touch it, and say so;
//   2. its node process was killed with kill -9  → the postmaster lives on as an orphan: stop it;
//   3. the process is dying, or the pid is reused → wait a moment; a file that no process stands behind is removed.
// A perdura holds an advisory lock in its own server for as long as it lives; the kernel closes that connection when the
// process dies, however it dies. So: whoever gets the lock in a running server has found an orphan.

import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { StartupError } from '../lib/startup-error.ts';
import { type Logger } from '../telemetry/log.ts';
import { type Cluster, openCluster, superuser } from './embedded-folder.ts';
import { query, sql } from './sql.ts';

const ANSWER_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 60_000;
/** How long a killed process may stay in the process table before its pid file counts as stale. */
const ZOMBIE_MS = 3_000;
const POLL_MS = 50;

export function clusterUrl(cluster: Cluster, port: number, database: string): string {
  return `postgres://${superuser}:${cluster.password}@127.0.0.1:${port}/${database}`;
}

/** Tries to take the lock that marks a cluster as in use by this process. The lock lasts as long as the connection. */
export async function takeLifeLock(client: Client): Promise<boolean> {
  const [row] = await query(
    client,
    sql<{ taken: boolean }>`select pg_try_advisory_lock(1886744164, 1) as taken`,
  );
  return row?.taken === true;
}

/** Returns when no postmaster holds the cluster any more. Refuses when another perdura runs on it. */
export async function evictOrphan(cluster: Cluster, log: Logger): Promise<void> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  for (let holder = findHolder(cluster); holder !== undefined; holder = findHolder(cluster)) {
    const client = await connect(cluster, holder.port);
    if (client) await stopIfOrphan(cluster, client, log);
    else if (Date.now() > deadline) {
      throw new StartupError(
        `a PostgreSQL server (pid ${holder.pid}) holds the data folder ${cluster.dataDir} and doesn't answer: stop it first`,
      );
    } else await sleep(POLL_MS);
  }
  await dropStalePidFile(cluster);
}

async function stopIfOrphan(cluster: Cluster, client: Client, log: Logger): Promise<void> {
  try {
    if (!(await takeLifeLock(client))) {
      throw new StartupError(
        `another perdura is running on the data folder ${cluster.dataDir}: stop it, or set PERDURA_DATA_DIR`,
      );
    }
    const holder = findHolder(cluster);
    if (holder === undefined) return;
    log.warn(
      { pid: holder.pid, dataDir: cluster.dataDir },
      'stopping the PostgreSQL server that a killed perdura left behind',
    );
    // SIGINT is PostgreSQL's fast shutdown.
    process.kill(holder.pid, 'SIGINT');
    await waitUntilGone(cluster, holder.pid);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function waitUntilGone(cluster: Cluster, pid: number): Promise<void> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (findHolder(cluster)?.pid === pid) {
    if (Date.now() > deadline) {
      throw new StartupError(
        `the PostgreSQL server (pid ${pid}) on the data folder ${cluster.dataDir} doesn't stop`,
      );
    }
    await sleep(POLL_MS);
  }
}

async function connect(cluster: Cluster, port: number | undefined): Promise<Client | undefined> {
  if (port === undefined) return undefined;
  const client = new Client({
    connectionString: clusterUrl(cluster, port, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch {
    return undefined;
  }
}

/** The URL of the server that runs on a data folder; undefined when none does. */
export function runningUrl(dataDir: string): string | undefined {
  const cluster = openCluster(dataDir);
  const port = cluster && findHolder(cluster)?.port;
  return cluster && port !== undefined ? clusterUrl(cluster, port, 'perdura') : undefined;
}

interface Holder {
  readonly pid: number;
  /** Absent while it is starting. */
  readonly port: number | undefined;
}

/** The living postmaster named in the cluster's pid file. */
function findHolder({ data }: Cluster): Holder | undefined {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  if (!worksIn(pid, realpathSync(data))) return undefined;
  const port = Number(lines[3]);
  return { pid, port: port > 0 ? port : undefined };
}

/** A postmaster and its backends work in the data folder; an unrelated process with a reused pid doesn't, a zombie nowhere. */
function worksIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to start while any process has the pid in its file, even a zombie or a stranger. */
async function dropStalePidFile({ data }: Cluster): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const deadline = Date.now() + ZOMBIE_MS;
  while (existsSync(file)) {
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    // Gone from the process table: PostgreSQL recovers from that by itself.
    if (!existsSync(`/proc/${pid}`)) return;
    if (Date.now() > deadline && !hasProcesses(realpathSync(data))) rmSync(file);
    await sleep(POLL_MS);
  }
}

/** Backends of a dead postmaster still write for a moment; while one lives the pid file must stay. */
function hasProcesses(folder: string): boolean {
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && worksIn(Number(entry), folder));
}

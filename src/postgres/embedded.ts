// PostgreSQL inside the program: real server binaries from an npm package, run as a child process on a random loopback
// port with a password that only the server's user can read. It is for development and small installations; the code
// that talks to it is the same as for any other PostgreSQL. How a folder is told apart from one in use by another
// perdura, or left behind by a killed one: embedded-holder.ts.

import { spawn } from 'node:child_process';
import { chownSync, closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { must } from '../lib/assert.ts';
import { StartupError } from '../lib/startup-error.ts';
import { type Logger } from '../telemetry/log.ts';
import {
  canEnter,
  chooseServerUser,
  findBinaries,
  reachableNative,
  type ServerUser,
} from './embedded-binaries.ts';
import {
  checkVersion,
  type Cluster,
  clusterOwner,
  initCluster,
  lastLine,
  openCluster,
  prepareDataDir,
  serverEnvironment,
} from './embedded-folder.ts';
import { clusterUrl, evictOrphan, takeLifeLock } from './embedded-holder.ts';
import { query, sql } from './sql.ts';

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Used instead of `dataDir` when root's path there can't be entered by the user that PostgreSQL runs as. */
  readonly fallbackDir?: string;
  /** Folder of a package of binaries; by default the platform's optional dependency. */
  readonly binaries?: string;
  /** PostgreSQL settings by name, in addition to our own. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log: Logger;
}

export interface EmbeddedPostgres {
  readonly url: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Resolves when the server is gone, whoever stopped it. */
  readonly closed: Promise<void>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const PORT_ATTEMPTS = 5;

/** Starts PostgreSQL on a data folder, making it first where it is missing. One server per folder, ever. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, settings = {} } = options;
  const wanted = resolve(options.dataDir);
  const isUsable = isReachable(wanted, chooseServerUser(clusterOwner(wanted)));
  const dataDir = isUsable ? wanted : resolve(options.fallbackDir ?? wanted);
  const user = chooseServerUser(clusterOwner(dataDir));
  prepareDataDir(dataDir, user);
  const binaries = findBinaries(options.binaries);
  const native = reachableNative(binaries, user, dataDir);
  if (!openCluster(dataDir)) {
    initCluster({ dataDir, native, major: binaries.major, user, isDurable: settings['fsync'] !== 'off' });
  }
  const cluster = must(openCluster(dataDir), 'the cluster just made');
  checkVersion(cluster, binaries);
  await evictOrphan(cluster, log);
  return launchOnFreePort({ cluster, native, user, settings });
}

/** Whether the server's user, if it is another, can get to the folder, or to the nearest folder above it that exists. */
function isReachable(directory: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true;
  try {
    return canEnter(directory, user);
  } catch {
    const above = dirname(directory);
    return above === directory || isReachable(above, user);
  }
}

interface Launch {
  readonly cluster: Cluster;
  readonly native: string;
  readonly user: ServerUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

async function launchOnFreePort(launch: Launch): Promise<EmbeddedPostgres> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = new Postmaster(launch, port);
    try {
      await server.ready();
      return server;
    } catch (error) {
      await server.stop();
      // Somebody else may have taken the port between our look and PostgreSQL's.
      if (attempt === PORT_ATTEMPTS || !server.hasLostPort()) throw error;
    }
  }
}

/** A running server process, and the connection whose lock says that it is ours. */
class Postmaster implements EmbeddedPostgres {
  readonly url: string;
  readonly dataDir: string;
  readonly closed: Promise<void>;
  readonly #launch: Launch;
  readonly #child;
  readonly #life: Client;
  #failure: Error | undefined;
  #isClosed = false;
  readonly #stopAtExit = (): void => {
    this.#child.kill('SIGINT');
  };

  constructor(launch: Launch, port: number) {
    this.#launch = launch;
    this.dataDir = launch.cluster.dataDir;
    this.url = clusterUrl(launch.cluster, port, 'perdura');
    this.#life = new Client({ connectionString: clusterUrl(launch.cluster, port, 'postgres') });
    this.#life.on('error', () => undefined);
    this.#child = spawnPostgres(launch, port);
    this.closed = new Promise((done) => {
      const close = (): void => {
        this.#isClosed = true;
        process.off('exit', this.#stopAtExit);
        done();
      };
      this.#child.once('exit', close);
      this.#child.once('error', (error) => {
        this.#failure = error;
        close();
      });
    });
    process.on('exit', this.#stopAtExit);
  }

  get pid(): number {
    return must(this.#child.pid, 'pid of a started server');
  }

  /** Resolves when the server answers, is ours and has our database. */
  async ready(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#answers())) {
      if (this.#isClosed || Date.now() > deadline) throw this.#startFailed();
      await sleep(POLL_MS);
    }
    await this.#life.connect();
    if (!(await takeLifeLock(this.#life))) throw this.#startFailed();
    const known = await query(this.#life, sql`select 1 from pg_database where datname = 'perdura'`);
    if (known.length === 0) await query(this.#life, sql`create database perdura`);
  }

  async stop(): Promise<void> {
    await this.#life.end().catch(() => undefined);
    if (this.#isClosed) return;
    // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
    this.#child.kill('SIGINT');
    const force = setTimeout(() => this.#child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
    await this.closed;
    clearTimeout(force);
  }

  hasLostPort(): boolean {
    return this.#printed().includes('could not bind');
  }

  async #answers(): Promise<boolean> {
    if (this.#isClosed) return false;
    const probe = new Client({ connectionString: this.url.replace(/perdura$/, 'postgres') });
    probe.on('error', () => undefined);
    try {
      await probe.connect();
      await probe.end();
      return true;
    } catch {
      return false;
    }
  }

  #startFailed(): StartupError {
    const printed = this.#printed();
    if (printed.includes('lock file "postmaster.pid" already exists')) {
      return new StartupError(
        `another perdura is running on the data folder ${this.dataDir}: stop it, or set PERDURA_DATA_DIR`,
      );
    }
    const why = this.#failure?.message ?? lastLine(printed);
    return new StartupError(
      `the embedded PostgreSQL did not start: ${why} (see ${this.#launch.cluster.log})`,
    );
  }

  #printed(): string {
    return readFileSync(this.#launch.cluster.log, 'utf8');
  }
}

function spawnPostgres({ cluster, native, user, settings }: Launch, port: number): ReturnType<typeof spawn> {
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  };
  const log = openSync(cluster.log, 'w', 0o600);
  try {
    if (user) chownSync(cluster.log, user.uid, user.gid);
    return spawn(
      join(native, 'bin', 'postgres'),
      ['-D', cluster.data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      // Its own process group: Ctrl-C in a terminal is for us, and we stop it when we have drained.
      { ...user, cwd: '/', env: serverEnvironment, detached: true, stdio: ['ignore', log, log] },
    );
  } finally {
    closeSync(log);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, failed) => {
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', done);
  });
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

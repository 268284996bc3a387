import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { must } from '../../src/lib/assert.ts';
import { statementLibrary } from '../../src/postgres/bench-counters.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/postgres/embedded.ts';
import { createLogger, type Logger } from '../../src/telemetry/log.ts';
import { until } from '../helpers/until.ts';
import { insist } from './insist.ts';
import { SmallDisk } from './small-disk.ts';
import { backUp, silence, startStandby } from './standby.ts';

/** What was committed must survive whatever we do to it. */
const settings = {
  ...{ fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  max_connections: '80',
  shared_preload_libraries: statementLibrary,
  // For standbys that are made while it works; a small disk has room for two such servers.
  ...{ wal_keep_size: '128MB', max_wal_size: '256MB' },
};

const RECOVERY_MS = 30_000;

/** Who takes over. */
interface Successor {
  /** It has nothing of the last so many milliseconds; it has everything unless set. */
  readonly behindMs?: number;
  /** Told when it has heard the last. */
  readonly onSilence?: () => void;
}

/** A PostgreSQL that can be stopped in all ways and started again, each time at another port. */
export class Postgres implements AsyncDisposable {
  readonly #folder: string;
  readonly #disk: SmallDisk | undefined;
  readonly #log: Logger;
  #server: EmbeddedPostgres | undefined;
  #starting: Promise<void> | undefined;
  #dataDir: string;
  #copies = 0;
  #isMoving = false;
  #isReadOnly = false;

  /** `hasOwnDisk`: one that can be filled, in memory. That takes root. */
  static async start(hasOwnDisk: boolean): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'perdura-faults-'));
    const disk = hasOwnDisk ? new SmallDisk(folder) : undefined;
    // PostgreSQL runs as another user when we are root, and has to get in.
    chmodSync(folder, 0o755);
    const postgres = new Postgres(folder, disk);
    await postgres.restart();
    return postgres;
  }

  private constructor(folder: string, disk: SmallDisk | undefined) {
    this.#disk = disk;
    this.#folder = folder;
    this.#dataDir = join(folder, 'data');
    this.#log = createLogger({ level: 'error', format: 'json', destination: process.stderr });
  }

  get isRunning(): boolean {
    return this.#server !== undefined && !this.#isMoving;
  }

  get url(): string {
    return this.#running.url;
  }

  /** SIGQUIT is its immediate stop; SIGKILL kills the postmaster alone, and the rest notices. */
  async stop(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    this.#mustStay();
    await this.#stop(signal);
  }

  async #stop(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    const { pid, closed } = this.#running;
    this.#server = undefined;
    process.kill(pid, signal);
    await closed;
  }

  /** Gives what empties it again. */
  fillDisk(): () => void {
    this.#mustStay();
    const disk = must(this.#disk, 'a disk of its own');
    disk.fill();
    return () => {
      disk.empty();
    };
  }

  /** A standby takes over; the old server is gone for good. Resolves when it takes writes. */
  async failOver(to: Successor = {}): Promise<void> {
    this.#mustStay();
    const primary = this.#running;
    this.#isMoving = true;
    try {
      await this.#moveFrom(primary, to);
    } finally {
      this.#isMoving = false;
    }
  }

  /**
   * Makes a backup while it works. Resolves with what brings it back: the server is stopped and thrown away but for its log
   * of transactions, which goes on from the backup to the last commit.
   */
  async backUp(): Promise<() => Promise<void>> {
    this.#mustStay();
    const primary = this.#running;
    const dataDir = this.#nextDataDir();
    await this.#copyTo(dataDir, async (client) => {
      await backUp(primary, client, { to: dataDir, as: 'recovery' });
      this.#mustStay();
      if (this.#server !== primary) throw new Error('what was copied is gone');
    });
    this.#isMoving = true;
    return async () => {
      await this.#stop('SIGQUIT');
      const log = join(primary.dataDir, 'postgres', 'data', 'pg_wal');
      const recovery = { ...settings, restore_command: `cp "${log}/%f" "%p"` };
      this.#dataDir = dataDir;
      this.#server = await startEmbeddedPostgres({ dataDir, settings: recovery, log: this.#log });
      this.#forgetWhenGone(this.#server);
      await until(() => this.#isWritable(), 'the end of the recovery', RECOVERY_MS);
      await this.#applyReadOnly();
      this.#isMoving = false;
      rmSync(primary.dataDir, { recursive: true, force: true });
    };
  }

  /** For everybody else, until it is set again: also for a copy that takes over, whatever held when it was made. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    this.#isReadOnly = isReadOnly;
    await insist(() => this.#applyReadOnly());
  }

  #applyReadOnly(): Promise<void> {
    const change = this.#isReadOnly
      ? 'set default_transaction_read_only = on'
      : 'reset default_transaction_read_only';
    return this.run(`alter system ${change}`, 'select pg_reload_conf()');
  }

  async #isWritable(): Promise<boolean> {
    const client = await this.connect();
    const { rows } = await client
      .query<{ recovers: boolean }>('select pg_is_in_recovery() as recovers')
      .finally(() => client.end());
    return rows[0]?.recovers === false;
  }

  #nextDataDir(): string {
    return join(this.#folder, `data-${++this.#copies}`);
  }

  async #moveFrom(primary: EmbeddedPostgres, { behindMs, onSilence }: Successor): Promise<void> {
    const dataDir = this.#nextDataDir();
    const options = { dataDir, settings, log: this.#log, isSynchronous: behindMs === undefined };
    const standby = await this.#copyTo(dataDir, (client) => startStandby(primary, client, options));
    const end = behindMs === undefined ? undefined : await this.#silenceStandby();
    onSilence?.();
    await pause(behindMs);
    await this.#stop(end ? 'SIGKILL' : 'SIGQUIT');
    end?.();
    this.#dataDir = dataDir;
    this.#server = standby;
    this.#forgetWhenGone(standby);
    await this.run('select pg_promote()');
    await this.#applyReadOnly();
    rmSync(primary.dataDir, { recursive: true, force: true });
  }

  async #silenceStandby(): Promise<() => void> {
    const client = await this.connect();
    return silence(client).finally(() => client.end());
  }

  /** Of a copy that comes to nothing nothing is left: on a small disk it would soon be the end of the original. */
  async #copyTo<Result>(dataDir: string, copy: (client: Client) => Promise<Result>): Promise<Result> {
    const client = await this.connect();
    try {
      return await copy(client);
    } catch (error) {
      rmSync(dataDir, { recursive: true, force: true });
      throw error;
    } finally {
      await client.end();
    }
  }

  #mustStay(): void {
    if (this.#isMoving) throw new Error('a copy of it is being made');
  }

  /** Resolves when it runs. */
  async restart(): Promise<void> {
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    await this.#starting;
  }

  /**
   * Backends of a killed postmaster may hold its memory for a moment, and another fault may stop it before it is ready:
   * who wants it up then waits for this, so it begins again.
   */
  #start(): Promise<void> {
    return insist(async () => {
      if (!this.#server) {
        const options = { dataDir: this.#dataDir, settings, log: this.#log };
        this.#server = await startEmbeddedPostgres(options);
        this.#forgetWhenGone(this.#server);
      }
      // A failover that came to nothing would have everybody wait for a standby that is gone.
      const reset = ['alter system reset synchronous_standby_names', 'select pg_reload_conf()'];
      await this.#runBy(await this.connectNow(), reset);
    });
  }

  /** It may go down by itself, as on a full disk. */
  #forgetWhenGone(server: EmbeddedPostgres): void {
    void server.closed.then(() => {
      if (this.#server === server) this.#server = undefined;
    });
  }

  /** A connection of its own, also when another fault has taken them all for a while. */
  connect(): Promise<Client> {
    return insist(() => this.connectNow());
  }

  /** Rejects when there is none. */
  async connectNow(): Promise<Client> {
    const client = new Client({ connectionString: this.url, application_name: 'faults' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Runs statements, each in a transaction of its own, also while everybody else may only read. */
  async run(...statements: readonly string[]): Promise<void> {
    await this.#runBy(await this.connect(), statements);
  }

  async #runBy(client: Client, statements: readonly string[]): Promise<void> {
    try {
      await client.query('set default_transaction_read_only = off');
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop();
    this.#disk?.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #running(): EmbeddedPostgres {
    return must(this.#server, 'a running PostgreSQL');
  }
}

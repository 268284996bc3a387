import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { must } from '../../src/lib/assert.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/postgres/embedded.ts';
import { createLogger, type Logger } from '../../src/telemetry/log.ts';
import { insist } from './insist.ts';

/** What was committed must survive whatever we do to it. */
const settings = {
  ...{ fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  max_connections: '80',
};

/** A PostgreSQL that can be stopped in all ways and started again, each time at another port. */
export class Postgres implements AsyncDisposable {
  readonly #folder: string;
  readonly #log: Logger;
  #server: EmbeddedPostgres | undefined;
  #starting: Promise<void> | undefined;

  static async start(): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'perdura-faults-'));
    // PostgreSQL runs as another user when we are root, and has to get in.
    chmodSync(folder, 0o755);
    const postgres = new Postgres(folder);
    await postgres.restart();
    return postgres;
  }

  private constructor(folder: string) {
    this.#folder = folder;
    this.#log = createLogger({ level: 'error', format: 'json', destination: process.stderr });
  }

  get isRunning(): boolean {
    return this.#server !== undefined;
  }

  get url(): string {
    return this.#running.url;
  }

  /** SIGQUIT is its immediate stop; SIGKILL kills the postmaster alone, and the rest notices. */
  async stop(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    const { pid, closed } = this.#running;
    this.#server = undefined;
    process.kill(pid, signal);
    await closed;
  }

  /** Resolves when it runs. */
  async restart(): Promise<void> {
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    await this.#starting;
  }

  /** Backends of a killed postmaster may hold its memory for a moment. */
  async #start(): Promise<void> {
    const dataDir = join(this.#folder, 'data');
    this.#server ??= await insist(() => startEmbeddedPostgres({ dataDir, settings, log: this.#log }));
  }

  /** A connection of its own. */
  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url, application_name: 'faults' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Runs statements, each in a transaction of its own, also while everybody else may only read. */
  async run(...statements: readonly string[]): Promise<void> {
    const client = await this.connect();
    try {
      await client.query('set default_transaction_read_only = off');
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #running(): EmbeddedPostgres {
    return must(this.#server, 'a running PostgreSQL');
  }
}

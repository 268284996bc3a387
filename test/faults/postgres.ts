import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { must } from '../../src/lib/assert.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/postgres/embedded.ts';
import { createLogger, type Logger } from '../../src/telemetry/log.ts';

/** What was committed must survive whatever we do to it. */
const settings = {
  ...{ fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  max_connections: '80',
};

const RESTART_MS = 60_000;

/** A PostgreSQL that can be stopped in all ways and started again, each time at another port. */
export class Postgres implements AsyncDisposable {
  readonly #folder: string;
  readonly #log: Logger;
  #server: EmbeddedPostgres | undefined;

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

  get url(): string {
    return this.#running.url;
  }

  /** SIGQUIT is its immediate stop; SIGKILL kills the postmaster alone, and the rest notices. */
  async stop(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    const { pid, closed } = this.#running;
    process.kill(pid, signal);
    await closed;
    this.#server = undefined;
  }

  /** Backends of a killed postmaster may hold its memory for a moment. */
  async restart(): Promise<void> {
    const deadline = performance.now() + RESTART_MS;
    while (!this.#server) {
      try {
        this.#server = await startEmbeddedPostgres({
          dataDir: join(this.#folder, 'data'),
          settings,
          log: this.#log,
        });
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await pause(100);
      }
    }
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

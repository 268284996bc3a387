// The process that keeps the benchmark's PostgreSQL: durable settings, a data folder of its own that is removed at the
// end. It is a process of its own so that both go away even when the benchmark is killed.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../postgres/embedded.ts';
import { createLogger } from '../telemetry/log.ts';
import { answerQuestions } from './channel.ts';

export type PostgresCommands = typeof commands;
/** Settings of PostgreSQL by name. */
export type PostgresSettings = Readonly<Record<string, string>>;

const folder = mkdtempSync(join(tmpdir(), 'perdura-bench-'));
// PostgreSQL runs as another user when we are root, and has to get in.
chmodSync(folder, 0o755);
let starting: Promise<EmbeddedPostgres> | undefined;

const commands = {
  /** With these settings beside our own. Resolves when it answers. `pid` is the postmaster's. */
  async start({ settings }: { settings: PostgresSettings }): Promise<{ url: string; pid: number }> {
    starting = startEmbeddedPostgres({
      dataDir: join(folder, 'data'),
      settings: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', ...settings },
      log: createLogger({ level: 'warn', format: 'json', destination: process.stderr }),
    });
    const server = await starting;
    void server.closed.then(end);
    return { url: server.url, pid: server.pid };
  },
};

/** Exits when PostgreSQL and its folder are gone. */
function stop(): void {
  Promise.resolve(starting)
    .then((server) => server?.stop())
    .catch(() => undefined)
    .finally(end);
}

function end(): void {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

process.on('SIGTERM', stop);
answerQuestions(commands, stop);

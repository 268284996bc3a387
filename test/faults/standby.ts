import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/postgres/embedded.ts';
import { type Logger } from '../../src/telemetry/log.ts';
import { until } from '../helpers/until.ts';

const RELOAD_MS = 500;

interface StandbyOptions {
  /** Its data folder, which is made. */
  readonly dataDir: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Whether every commit waits for it. */
  readonly isSynchronous: boolean;
}

/**
 * A standby of that server, from a base backup made while it works. Resolves when it follows; a synchronous one has what
 * was acknowledged from then on.
 */
export async function startStandby(
  primary: EmbeddedPostgres,
  client: Client,
  { dataDir, settings, log, isSynchronous }: StandbyOptions,
): Promise<EmbeddedPostgres> {
  await backUp(primary, client, { to: dataDir, as: 'standby' });
  const { port, username, password } = new URL(primary.url);
  const primary_conninfo = `host=127.0.0.1 port=${port} user=${username} password=${password}`;
  const standby = await startEmbeddedPostgres({ dataDir, settings: { ...settings, primary_conninfo }, log });
  try {
    if (isSynchronous) {
      await client.query(`alter system set synchronous_standby_names = '*'`);
      await client.query('select pg_reload_conf()');
    }
    await until(async () => {
      const { rows } = await client.query(
        `select from pg_stat_replication where state = 'streaming' and sync_state = $1`,
        [isSynchronous ? 'sync' : 'async'],
      );
      return rows.length > 0;
    }, 'the standby');
    // Each backend hears of the setting by itself.
    if (isSynchronous) await pause(RELOAD_MS);
    return standby;
  } catch (error) {
    await standby.stop();
    throw error;
  }
}

/** It hears nothing from now on. Resolves with what ends its silence, together with the process that would speak to it. */
export async function silence(client: Client): Promise<() => void> {
  const { rows } = await client.query<{ pid: number }>('select pid from pg_stat_replication');
  for (const { pid } of rows) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const { pid } of rows) process.kill(pid, 'SIGKILL');
  };
}

interface Backup {
  /** Its data folder, which is made. */
  readonly to: string;
  /** What it is when it is started: a standby, or a server of its own once it has read all there is to read. */
  readonly as: 'standby' | 'recovery';
}

/** By copying it while it works. */
export async function backUp(
  { dataDir: from }: EmbeddedPostgres,
  client: Client,
  { to, as }: Backup,
): Promise<void> {
  await client.query(`select pg_backup_start('faults', fast => true)`);
  // Files that vanish meanwhile make it complain; what matters of them is in the log of the transactions.
  await once(spawn('cp', ['-a', from, to], { stdio: 'ignore' }), 'close');
  const { rows } = await client.query<{ labelfile: string }>(
    'select labelfile from pg_backup_stop(wait_for_archive => false)',
  );
  const data = join(to, 'postgres', 'data');
  rmSync(join(data, 'postmaster.pid'));
  const { uid, gid } = statSync(data);
  for (const [name, text] of [
    ['backup_label', rows[0]?.labelfile ?? ''],
    [`${as}.signal`, ''],
  ] as const) {
    writeFileSync(join(data, name), text);
    chownSync(join(data, name), uid, gid);
  }
}

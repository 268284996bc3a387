import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { StartupError } from '../lib/startup-error.ts';
import { type Binaries, canEnter, isAccessible, type ServerUser } from './embedded-binaries.ts';

/**
 * The data folder on disk:
 *   <dataDir>/postgres/data      the database cluster
 *   <dataDir>/postgres/password  of its superuser, readable by the server's user alone
 *   <dataDir>/postgres/log       what PostgreSQL printed since its last start
 * `postgres` is made under another name and renamed when complete: it is there whole or not at all.
 */
export interface Cluster {
  readonly dataDir: string;
  readonly data: string;
  readonly log: string;
  readonly password: string;
}

export const superuser = 'perdura';

/** The uid that owns the cluster of a data folder, so that it is always opened by the same user. */
export function clusterOwner(dataDir: string): number | undefined {
  const folder = join(dataDir, 'postgres');
  return existsSync(folder) ? statSync(folder).uid : undefined;
}

/** Makes the data folder where it is missing, and proves that the server's user can work in it. */
export function prepareDataDir(dataDir: string, user: ServerUser | undefined): void {
  try {
    if (!existsSync(dataDir)) {
      mkdirSync(dataDir, { recursive: true });
      chmodSync(dataDir, user ? 0o755 : 0o700);
    }
  } catch (error) {
    throw new StartupError(
      `the data folder ${dataDir} can't be made (${reason(error)}): set PERDURA_DATA_DIR`,
    );
  }
  if (!isAccessible(dataDir, constants.W_OK | constants.X_OK) || !statSync(dataDir).isDirectory()) {
    throw new StartupError(`the data folder ${dataDir} is not writable by this user: set PERDURA_DATA_DIR`);
  }
  if (!canEnter(resolve(dataDir), user)) {
    throw new StartupError(
      `the data folder ${dataDir} lies where PostgreSQL's user (uid ${user?.uid ?? 0}) can't enter: set PERDURA_DATA_DIR to a folder that others may enter`,
    );
  }
}

export function openCluster(dataDir: string): Cluster | undefined {
  const folder = join(dataDir, 'postgres');
  if (!existsSync(folder)) return undefined;
  try {
    const password = readFileSync(join(folder, 'password'), 'utf8').trim();
    return { dataDir, data: join(folder, 'data'), log: join(folder, 'log'), password };
  } catch (error) {
    throw new StartupError(`the data folder ${dataDir} can't be read (${reason(error)})`);
  }
}

/** Refuses a cluster of another major version: PostgreSQL can't open it. */
export function checkVersion(cluster: Cluster, { major, version }: Binaries): void {
  const made = readFileSync(join(cluster.data, 'PG_VERSION'), 'utf8').trim();
  if (made === String(major)) return;
  throw new StartupError(
    `the data folder ${cluster.dataDir} was made by PostgreSQL ${made}, this is ${version}: use another PERDURA_DATA_DIR, or move the data with pg_dump`,
  );
}

export interface InitOptions {
  readonly dataDir: string;
  readonly native: string;
  readonly major: number;
  readonly user: ServerUser | undefined;
  /** False leaves the new cluster unsynced: for tests. */
  readonly isDurable: boolean;
}

/** Makes the cluster. When another process was faster, its cluster stays and ours is dropped. */
export function initCluster(options: InitOptions): void {
  const { dataDir, user } = options;
  dropLeftovers(dataDir);
  const folder = join(dataDir, `initializing-${process.pid}`);
  mkdirSync(folder, { mode: 0o700 });
  const password = join(folder, 'password');
  writeFileSync(password, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  if (user) {
    [folder, password].forEach((path) => {
      chownSync(path, user.uid, user.gid);
    });
  }
  runInitdb(folder, options);
  try {
    renameSync(folder, join(dataDir, 'postgres'));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (!existsSync(join(dataDir, 'postgres'))) throw error;
  }
}

function runInitdb(folder: string, { native, major, user, isDurable }: InitOptions): void {
  // 17 brought a locale that sorts the same on every machine and knows all of Unicode; before it there is only C.
  const locale = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C'];
  const args = [
    `--pgdata=${join(folder, 'data')}`,
    `--username=${superuser}`,
    `--pwfile=${join(folder, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-instructions',
    ...locale,
    ...(isDurable ? [] : ['--no-sync']),
  ];
  const done = spawnSync(join(native, 'bin', 'initdb'), args, {
    ...user,
    cwd: '/',
    env: serverEnvironment,
    encoding: 'utf8',
  });
  if (done.status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  const why = done.error?.message ?? lastLine(done.stderr);
  throw new StartupError(`PostgreSQL could not make its data folder in ${folder}: ${why}`);
}

/** Nothing of our environment (PGDATA, PGPORT, a locale that isn't installed) may change how the server behaves. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function dropLeftovers(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    const pid = /^initializing-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      rmSync(join(dataDir, name), { recursive: true, force: true });
    }
  }
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

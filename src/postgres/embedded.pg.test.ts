import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { canEnter } from './embedded-binaries.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
/** Another user can run our starter only where he can get at it. */
const canRunAsNobody = isRoot && canEnter(import.meta.dirname, { uid: NOBODY, gid: NOBODY });
const starter = join(import.meta.dirname, '..', '..', 'test', 'helpers', 'start-embedded.ts');

interface Said {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  readonly refused?: string;
}
interface Started extends Said {
  readonly child: ChildProcess;
}

let root: string;
let children: ChildProcess[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'perdura-embedded-'));
  chmodSync(root, 0o777);
  children = [];
});

afterEach(async () => {
  for (const child of children) await end(child, 'SIGTERM');
  for (const pid of postmastersIn(root)) process.kill(pid, 'SIGQUIT');
  await vi.waitFor(() => {
    expect(postmastersIn(root)).toEqual([]);
  }, 10_000);
  rmSync(root, { recursive: true, force: true });
});

async function start(dataDir: string, uid?: number, ...more: string[]): Promise<Started> {
  const child = spawn(process.execPath, [starter, dataDir, ...more], {
    ...(uid === undefined ? {} : { uid, gid: uid }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: unknown[] = await once(createInterface(child.stdout), 'line');
  const said: Said = JSON.parse(String(lines[0])) as Said;
  return { ...said, child };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function run(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Pids of the PostgreSQL servers that work below a folder, without their backends. */
function postmastersIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && isPostmaster(entry, folder))
    .map(Number);
}

function isPostmaster(pid: string, folder: string): boolean {
  try {
    const isBelow = readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
    return isBelow && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('listen_addresses');
  } catch {
    // It ended while we looked.
    return false;
  }
}

test('rows survive a restart, and the password is for the server user alone', async () => {
  const dataDir = join(root, 'data');
  const first = await start(dataDir);
  await run(first.url, 'create table kept as select 42 as answer');
  await end(first.child, 'SIGTERM');
  expect(postmastersIn(root)).toEqual([]);
  const second = await start(dataDir);
  expect(await run(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(statSync(join(dataDir, 'postgres', 'password')).mode & 0o777).toBe(0o600);
  await expect(run(second.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(
    'password authentication failed',
  );
});

test('a server left behind by kill -9 is stopped by the next start, with its rows', async () => {
  const dataDir = join(root, 'data');
  const first = await start(dataDir);
  await run(first.url, 'create table kept as select 42 as answer');
  await end(first.child, 'SIGKILL');
  expect(postmastersIn(root)).toEqual([first.pid]);
  const second = await start(dataDir);
  expect(postmastersIn(root)).toEqual([second.pid]);
  expect(await run(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('a start right after kill -9 of everything recovers', async () => {
  const dataDir = join(root, 'data');
  const first = await start(dataDir);
  await run(first.url, 'create table kept as select 42 as answer');
  first.child.kill('SIGKILL');
  process.kill(first.pid, 'SIGKILL');
  const second = await start(dataDir);
  expect(await run(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('a pid file whose number a stranger has now does not stop a start', async () => {
  const dataDir = join(root, 'data');
  const first = await start(dataDir);
  await end(first.child, 'SIGTERM');
  const { uid } = statSync(join(dataDir, 'postgres'));
  const stranger = spawn('sleep', ['60'], isRoot ? { uid, gid: uid } : {});
  children.push(stranger);
  const file = join(dataDir, 'postgres', 'data', 'postmaster.pid');
  writeFileSync(
    file,
    `${stranger.pid ?? 0}\n${join(dataDir, 'postgres', 'data')}\n1\n1\n\n127.0.0.1\n 1 1\nready   \n`,
  );
  const second = await start(dataDir);
  expect(second.refused).toBeUndefined();
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
});

test('a second start on a folder in use is refused and disturbs nothing', async () => {
  const dataDir = join(root, 'data');
  const first = await start(dataDir);
  const second = await start(dataDir);
  expect(second.refused).toBe(
    `another perdura is running on the data folder ${dataDir}: stop it, or set PERDURA_DATA_DIR`,
  );
  expect(await run(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('of several first starts at once on one folder exactly one lives', async () => {
  const dataDir = join(root, 'data');
  const all = await Promise.all([start(dataDir), start(dataDir), start(dataDir)]);
  const winners = all.filter(({ refused }) => refused === undefined);
  expect(postmastersIn(root)).toHaveLength(1);
  expect(winners).toHaveLength(1);
});

test('a folder of another major version is refused with what to do', async () => {
  const dataDir = join(root, 'data');
  await end((await start(dataDir)).child, 'SIGTERM');
  writeFileSync(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '9\n');
  const { refused } = await start(dataDir);
  expect(refused).toMatch(/was made by PostgreSQL 9, this is \d+.*: use another PERDURA_DATA_DIR/);
});

test.runIf(canRunAsNobody)('an ordinary user runs the server as himself', async () => {
  const dataDir = join(root, 'data');
  const started = await start(dataDir, NOBODY, join(root, 'fallback'));
  expect(started.dataDir).toBe(dataDir);
  expect(statSync(join(dataDir, 'postgres')).uid).toBe(NOBODY);
});

test.runIf(isRoot)('root runs the server as another user', async () => {
  const { pid, dataDir } = await start(join(root, 'data'));
  expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
  expect(statSync(dataDir).mode & 0o777).toBe(0o755);
});

test.runIf(isRoot)("where root's path can not be entered the data goes to the fallback folder", async () => {
  const closed = join(root, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const fallback = join(root, 'fallback');
  const started = await start(join(closed, 'data'), undefined, fallback);
  expect(started.dataDir).toBe(fallback);
  expect(existsSync(join(closed, 'data'))).toBe(false);
});

test.runIf(isRoot)("a chosen folder where root's server can not enter is refused", async () => {
  const closed = join(root, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const { refused } = await start(join(closed, 'data'));
  expect(refused).toMatch(/lies where PostgreSQL's user \(uid \d+\) can't enter: set PERDURA_DATA_DIR/);
});

test.runIf(canRunAsNobody)('a folder that is not writable is refused', async () => {
  const locked = join(root, 'locked');
  mkdirSync(locked, { mode: 0o755 });
  expect((await start(locked, NOBODY)).refused).toBe(
    `the data folder ${locked} is not writable by this user: set PERDURA_DATA_DIR`,
  );
  expect((await start(join(locked, 'data'), NOBODY)).refused).toMatch(
    /can't be made \(EACCES\): set PERDURA_DATA_DIR/,
  );
});

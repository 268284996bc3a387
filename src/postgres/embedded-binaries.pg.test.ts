import { cpSync, chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { canEnter, chooseServerUser, findBinaries, reachableNative } from './embedded-binaries.ts';

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'perdura-binaries-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

test.runIf(isRoot)('a folder can be entered when every folder above it can', () => {
  const folder = temporaryFolder();
  const inner = join(folder, 'closed', 'open');
  mkdirSync(inner, { recursive: true });
  expect(canEnter(inner, nobody)).toBe(true);
  chmodSync(join(folder, 'closed'), 0o700);
  expect(canEnter(inner, nobody)).toBe(false);
});

test.runIf(isRoot)(
  'root runs PostgreSQL as the owner of the data, else as a user that the machine knows',
  () => {
    expect(chooseServerUser(nobody.uid)).toEqual(nobody);
    expect(chooseServerUser()?.uid).not.toBe(0);
    expect(chooseServerUser(0)?.uid).not.toBe(0);
  },
);

test.runIf(isRoot)('programs that the server user can not reach are copied once, complete and open', () => {
  const folder = temporaryFolder();
  const hidden = join(folder, 'hidden');
  const original = findBinaries();
  cpSync(original.directory, hidden, { recursive: true, verbatimSymlinks: true });
  chmodSync(hidden, 0o700);
  chmodSync(join(hidden, 'native', 'bin', 'postgres'), 0o700);
  const copies = join(folder, 'copies');
  const native = reachableNative({ ...original, directory: hidden }, nobody, copies);
  expect(native).toBe(join(copies, `binaries-${original.version}`));
  expect(reachableNative({ ...original, directory: hidden }, nobody, copies)).toBe(native);
  const shown = spawnSync(join(native, 'bin', 'postgres'), ['--version'], {
    ...nobody,
    cwd: '/',
    encoding: 'utf8',
  });
  expect(shown.stdout).toContain(`(PostgreSQL) ${original.major}.`);
});

test('programs that can be reached are used where they are', () => {
  const binaries = findBinaries();
  expect(reachableNative(binaries, undefined, '/nowhere')).toBe(join(binaries.directory, 'native'));
});

test('an incomplete package is named', () => {
  const folder = temporaryFolder();
  expect(() => reachableNative({ directory: folder, version: '1', major: 1 }, undefined, folder)).toThrow(
    'the embedded PostgreSQL is incomplete',
  );
});

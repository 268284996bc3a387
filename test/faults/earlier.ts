import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..', '..');
let made: string | undefined;

/**
 * The program as it was at the commit that the file `earlier-version` names, checked out and installed in a folder of its
 * own, which goes with this process.
 */
export function earlierMain(): string {
  made ??= checkOut(commit());
  return join(made, 'src', 'main.ts');
}

/** Whether the history here goes back so far. */
export function hasEarlier(): boolean {
  const look = ['-C', repository, 'cat-file', '-e', `${commit()}^{commit}`];
  return spawnSync('git', look, { stdio: 'ignore' }).status === 0;
}

function commit(): string {
  return readFileSync(join(import.meta.dirname, 'earlier-version'), 'utf8').trim();
}

function checkOut(commit: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'perdura-earlier-'));
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const archive = join(folder, 'archive.tar');
  execFileSync('git', ['-C', repository, 'archive', `--output=${archive}`, commit]);
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  install(folder);
  return folder;
}

/** What is installed here already is used where it is the same. */
function install(folder: string): void {
  const [theirs, ours] = [folder, repository].map((path) => readFileSync(join(path, 'package-lock.json')));
  if (ours && theirs?.equals(ours)) {
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  } else execFileSync('npm', ['ci', '--omit=dev'], { cwd: folder, stdio: 'ignore' });
}

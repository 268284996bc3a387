import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A PostgreSQL, a copy of it, and the log of both, also after an hour. */
const SIZE = '2000m';
const CHUNK = Buffer.alloc(4 * 1024 * 1024);

/** A file system in memory, mounted on a folder. Making one takes root. */
export class SmallDisk {
  readonly #folder: string;

  constructor(folder: string) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'perdura-faults', folder]);
    this.#folder = folder;
  }

  /** Until not a byte fits any more. */
  fill(): void {
    const file = openSync(this.#ballast, 'a');
    for (let bytes = CHUNK.length; bytes >= 1;) if (!hasTaken(file, bytes)) bytes >>= 1;
    closeSync(file);
  }

  empty(): void {
    rmSync(this.#ballast, { force: true });
  }

  remove(): void {
    execFileSync('umount', [this.#folder]);
  }

  get #ballast(): string {
    return join(this.#folder, 'ballast');
  }
}

/** False when there is no room for so many. */
function hasTaken(file: number, bytes: number): boolean {
  try {
    writeSync(file, CHUNK, 0, bytes);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}

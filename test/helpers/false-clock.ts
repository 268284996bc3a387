import { globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's package `libfaketime` brings it. */
const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
const preload = new URL('false-clock-preload.ts', import.meta.url).href;

/** What moves the clock: a library below Node, or where that is not installed, a module inside it. */
export const clockMover = library === undefined ? 'a preloaded module' : 'libfaketime';

/** The calendar of a process that is started in its environment. Its monotonic clock stays right. */
export class FalseClock {
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'perdura-clock-'));
    this.set(0);
    this.env =
      library === undefined
        ? { FALSE_CLOCK_FILE: this.#file, NODE_OPTIONS: `--import=${preload}` }
        : {
            LD_PRELOAD: library,
            FAKETIME_TIMESTAMP_FILE: this.#file,
            FAKETIME_NO_CACHE: '1',
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
          };
  }

  /** It jumps there. */
  set(offsetSeconds: number): void {
    const next = join(this.#folder, 'next');
    writeFileSync(next, `${offsetSeconds < 0 ? '-' : '+'}${Math.abs(offsetSeconds)}\n`);
    renameSync(next, this.#file);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder, 'offset');
  }
}

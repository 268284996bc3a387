import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { countCalls } from '../../src/postgres/bench-counters.ts';
import { type Launched } from '../replicas/launched.ts';
import { type Place } from './place.ts';

// How much the servers of a run use: memory while they work, the database while they have nothing to do.

const SAMPLE_MS = 5_000;
/** Its heap is collected for it: not all too often. */
const LIVE_SAMPLE_MS = 30_000;
const IDLE_MS = 10_000;

/** Of every server process, resident bytes each few seconds of its life; and sees to it that they say what of it is alive. */
export class MemorySamples implements Disposable {
  readonly #samples = new Map<Launched, number[]>();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(places: readonly Place[]) {
    const each = (look: (server: Launched) => void) => (): void => {
      for (const server of places.flatMap(({ lives }) => lives)) if (server.isRunning()) look(server);
    };
    this.#timers = [
      setInterval(
        each((server) => {
          this.#take(server);
        }),
        SAMPLE_MS,
      ),
      setInterval(
        each((server) => {
          server.askLiveBytes();
        }),
        LIVE_SAMPLE_MS,
      ),
    ];
  }

  of(server: Launched): readonly number[] {
    return this.#samples.get(server) ?? [];
  }

  #take(server: Launched): void {
    const bytes = parseResident(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
    // One that is just ending has none.
    if (bytes > 0) this.#samples.set(server, [...this.of(server), bytes]);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}

/** Reads the text of /proc/PID/status. */
function parseResident(text: string): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** Statements a second that this database is sent while nobody asks for anything. */
export async function idleCallsPerSecond(url: string): Promise<number> {
  const statements = await countCalls(url, () => pause(IDLE_MS));
  return statements.reduce((sum, { calls }) => sum + calls, 0) / (IDLE_MS / 1000);
}

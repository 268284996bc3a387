import { type WorkerStream } from './streams.ts';

/** Keys remembered; the oldest are forgotten, which only shortens a delay. */
const REMEMBERED = 10_000;

interface Abandoned {
  readonly count: number;
  /** Undefined: a stream of another replica. */
  readonly by: WorkerStream | undefined;
}

/** How often the same work item was abandoned in a row and by whom, as far as this replica saw it. */
export class Abandons {
  readonly #byKey = new Map<number, Abandoned>();

  /** Counts one more and returns the count. */
  add(key: number, by: WorkerStream | undefined): number {
    const count = (this.#byKey.get(key)?.count ?? 0) + 1;
    this.#byKey.delete(key);
    this.#byKey.set(key, { count, by });
    if (this.#byKey.size > REMEMBERED) {
      const [oldest] = this.#byKey.keys();
      if (oldest !== undefined) this.#byKey.delete(oldest);
    }
    return count;
  }

  /** Who gave it back last: another stream should have it next (contract §12.2). */
  lastOf(key: number): WorkerStream | undefined {
    return this.#byKey.get(key)?.by;
  }

  /** It was answered. */
  clear(key: number): void {
    if (this.#byKey.size > 0) this.#byKey.delete(key);
  }
}

import { randomUUID } from 'node:crypto';
import { unavailable } from '../domain/errors.ts';
import { type Ids } from '../domain/ids.ts';

/** Keys of one value of the sequence `keys`: unique over all replicas without a round trip, roughly ordered by time. */
export const BLOCK = 2 ** 20;

/** Keys from blocks of one sequence; the next block is fetched while the current one is used. */
export class Keys implements Ids {
  readonly #fetchBlock: () => Promise<number>;
  #next: number;
  #end: number;
  #spare: number | undefined;
  #isFetching = false;

  /** Fetches the first block. */
  static async open(fetchBlock: () => Promise<number>): Promise<Keys> {
    return new Keys(await fetchBlock(), fetchBlock);
  }

  private constructor(block: number, fetchBlock: () => Promise<number>) {
    this.#fetchBlock = fetchBlock;
    this.#next = block * BLOCK;
    this.#end = this.#next + BLOCK;
  }

  key(): number {
    if (this.#next === this.#end) {
      if (this.#spare === undefined) {
        this.#prefetch();
        throw unavailable('no fresh keys: the database is not available');
      }
      this.#next = this.#spare * BLOCK;
      this.#end = this.#next + BLOCK;
      this.#spare = undefined;
    }
    if (this.#spare === undefined) this.#prefetch();
    return this.#next++;
  }

  executionId(): string {
    return randomUUID().replaceAll('-', '');
  }

  /** A failure is forgotten: the next key tries again. */
  #prefetch(): void {
    if (this.#isFetching) return;
    this.#isFetching = true;
    this.#fetchBlock()
      .then((block) => {
        this.#spare = block;
      })
      .catch(() => undefined)
      .finally(() => {
        this.#isFetching = false;
      });
  }
}

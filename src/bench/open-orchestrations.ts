import { randomBytes } from 'node:crypto';
import { Times } from './times.ts';

/** Orchestrations that a load worker has started: which of them are open, and how long the others took. */
export class OpenOrchestrations {
  /** From the start to the acknowledgement of the turn in which they did what was wanted. */
  readonly times = new Times();
  started = 0;
  /** Those that have done what was wanted of them. */
  ended = 0;
  readonly #prefix = `bench-${randomBytes(4).toString('hex')}`;
  /** By id, when it was started. */
  readonly #open = new Map<string, number>();

  get size(): number {
    return this.#open.size;
  }

  /** The ids of the oldest. */
  oldest(count: number): string[] {
    return [...this.#open.keys()].slice(0, count);
  }

  /** Gives the id of the next one. */
  begin(): string {
    const id = this.idOf(++this.started);
    this.#open.set(id, performance.now());
    return id;
  }

  end(id: string): void {
    const since = this.#open.get(id);
    if (since !== undefined) this.times.add(performance.now() - since);
    this.#open.delete(id);
    this.ended++;
  }

  /** Of the so many-th. */
  idOf(number: number): string {
    return `${this.#prefix}-${number}`;
  }
}

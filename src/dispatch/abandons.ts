/** Keys remembered; the oldest are forgotten, which only shortens a delay. */
const REMEMBERED = 10_000;

/** How often the same work item was abandoned in a row, as far as this replica saw it. */
export class Abandons {
  readonly #counts = new Map<number, number>();

  /** Counts one more and returns the count. */
  add(key: number): number {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    if (this.#counts.size > REMEMBERED) {
      const [oldest] = this.#counts.keys();
      if (oldest !== undefined) this.#counts.delete(oldest);
    }
    return count;
  }

  /** It was answered. */
  clear(key: number): void {
    if (this.#counts.size > 0) this.#counts.delete(key);
  }
}

/**
 * Goes all ways through something that may go on in several: each run asks for choices and takes the first way that no
 * run before it took.
 */
export class Choices {
  readonly #made: { chosen: number; readonly of: number }[] = [];
  #asked = 0;

  /** A number below that. */
  choose(of: number): number {
    if (of < 2) return 0;
    const known = this.#made[this.#asked++];
    if (known) return known.chosen;
    this.#made.push({ chosen: 0, of });
    return 0;
  }

  /** Another run begins. False when all ways were gone. */
  next(): boolean {
    this.#asked = 0;
    for (let last = this.#made.at(-1); last; last = this.#made.at(-1)) {
      last.chosen++;
      if (last.chosen < last.of) return true;
      this.#made.pop();
    }
    return false;
  }
}

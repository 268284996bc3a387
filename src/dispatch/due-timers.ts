import { PARTITIONS } from '../domain/ids.ts';
import { type Micros } from '../domain/time.ts';
import { type DueTimer } from '../domain/write.ts';

/** Timers are known in memory so long before they are due. */
export const LOOK_AHEAD_MS = 10_000;
/** Beyond it the rest is left to the next poll. */
const MAX_HELD = 50_000;
/** With fewer left, the next poll brings what the last one had no room for. */
const FEW = 1_000;

/**
 * The timers of this replica's partitions that are due soon, soonest first: a binary heap. What is here is only a
 * hint; deleting the row decides who fires it.
 */
export class DueTimers {
  readonly #heap: DueTimer[] = [];
  readonly #keys = new Set<number>();
  #partitions: ReadonlySet<number> = new Set();
  #living: readonly number[] = [];
  #hasMore = false;
  /** Called when the soonest timer changes. */
  onSooner: () => void = () => undefined;

  get partitions(): ReadonlySet<number> {
    return this.#partitions;
  }

  /** The replicas that poll timers, as of the last renewal. */
  get living(): readonly number[] {
    return this.#living;
  }

  /**
   * Each partition is polled by the replica with the highest rendezvous hash over the living ones: no table, no lease;
   * overlap is harmless and gaps end with the next renewal (ownership.md §10).
   */
  assign(me: number, living: readonly number[]): void {
    this.#living = living;
    const mine = new Set<number>();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      if (pollerOf(partition, living) === me) mine.add(partition);
    }
    this.#partitions = mine;
  }

  /** What a poll found; `hasMore`: others are due as soon as the last of these. */
  polled(timers: readonly DueTimer[], hasMore: boolean): void {
    for (const timer of timers) this.add(timer);
    this.#hasMore = hasMore;
  }

  /** There is more to know in the database than the next regular poll should be waited for. */
  get needsPoll(): boolean {
    return this.#hasMore && this.#heap.length < FEW;
  }

  add(timer: DueTimer): void {
    if (this.#keys.has(timer.timerKey)) return;
    if (this.#heap.length >= MAX_HELD) {
      this.#hasMore = true;
      return;
    }
    this.#keys.add(timer.timerKey);
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    if (this.#heap[0] === timer) this.onSooner();
  }

  nextAt(): Micros | undefined {
    return this.#heap[0]?.firesAt;
  }

  takeDue(now: Micros, limit: number): DueTimer[] {
    const due: DueTimer[] = [];
    for (
      let first = this.#heap[0];
      first && first.firesAt <= now && due.length < limit;
      first = this.#heap[0]
    ) {
      due.push(first);
      this.#keys.delete(first.timerKey);
      const last = this.#heap.pop();
      if (last && this.#heap.length > 0) {
        this.#heap[0] = last;
        this.#sink();
      }
    }
    return due;
  }

  #rise(from: number): void {
    const item = this.#heap[from];
    let at = from;
    while (at > 0 && item) {
      const up = (at - 1) >> 1;
      const parent = this.#heap[up];
      if (!parent || parent.firesAt <= item.firesAt) break;
      this.#heap[at] = parent;
      this.#heap[up] = item;
      at = up;
    }
  }

  #sink(): void {
    const item = this.#heap[0];
    let at = 0;
    for (;;) {
      const child = this.#smallerChild(at);
      const next = this.#heap[child];
      if (!item || !next || next.firesAt >= item.firesAt) return;
      this.#heap[at] = next;
      this.#heap[child] = item;
      at = child;
    }
  }

  #smallerChild(at: number): number {
    const left = at * 2 + 1;
    const [a, b] = [this.#heap[left], this.#heap[left + 1]];
    return a && b && b.firesAt < a.firesAt ? left + 1 : left;
  }
}

/** The living replica that polls a partition's timers. */
export function pollerOf(partition: number, living: readonly number[]): number | undefined {
  let poller: number | undefined;
  let highest = -1;
  for (const replica of living) {
    const weight = mix(partition, replica);
    if (weight > highest || (weight === highest && replica < (poller ?? Infinity))) {
      highest = weight;
      poller = replica;
    }
  }
  return poller;
}

function mix(partition: number, replica: number): number {
  let hash = Math.imul(partition + 1, 0x9e3779b1) ^ Math.imul(Math.floor(replica / 2 ** 20) + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

import { SchedulerError } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';

/** Somebody waits until something is true of (hub, id). `look` is asked again whenever it may have become true. */
export interface Waiter {
  readonly hubId: number;
  readonly id: string;
}

/**
 * Calls that wait for an instance: a map entry each, no timer, no query of its own. Woken by what the lane commits and
 * by hints; whoever is woken looks again in one batched read. A slow round over all of them is the safety net.
 */
export class Waiters<Entry extends Waiter> {
  readonly #byInstance = new Map<string, Set<Entry>>();
  readonly #woken = new Set<Entry>();
  #count = 0;
  /** Called whenever somebody was woken. */
  onWoken: () => void = () => undefined;

  get count(): number {
    return this.#count;
  }

  add(entry: Entry): void {
    if (this.#count >= limits.waiters) {
      throw new SchedulerError(
        'resource_exhausted',
        `this server holds ${limits.waiters} waiting calls already`,
      );
    }
    const key = keyOf(entry);
    const known = this.#byInstance.get(key);
    if (known) known.add(entry);
    else this.#byInstance.set(key, new Set([entry]));
    this.#count++;
  }

  remove(entry: Entry): void {
    const key = keyOf(entry);
    const known = this.#byInstance.get(key);
    if (!known?.delete(entry)) return;
    if (known.size === 0) this.#byInstance.delete(key);
    this.#woken.delete(entry);
    this.#count--;
  }

  wake(instance: Waiter): void {
    const known = this.#byInstance.get(keyOf(instance));
    if (known) this.#wakeEntries(known);
  }

  wakeAll(): void {
    for (const entries of this.#byInstance.values()) this.#wakeEntries(entries);
  }

  ofHub(hubId: number): Entry[] {
    return [...this.#byInstance.values()].flatMap((entries) =>
      [...entries].filter((entry) => entry.hubId === hubId),
    );
  }

  /** The woken, at most `limit`; the rest stays woken. */
  takeWoken(limit: number): Entry[] {
    const taken: Entry[] = [];
    for (const entry of this.#woken) {
      if (taken.length >= limit) break;
      taken.push(entry);
      this.#woken.delete(entry);
    }
    return taken;
  }

  #wakeEntries(entries: Iterable<Entry>): void {
    for (const entry of entries) this.#woken.add(entry);
    if (this.#woken.size > 0) this.onWoken();
  }
}

function keyOf({ hubId, id }: Waiter): string {
  return `${hubId} ${id}`;
}

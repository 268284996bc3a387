import { fromMicros, type Micros } from '../domain/time.ts';
import { type Timestamp } from '../protocol/messages.ts';

/**
 * The one clock of a replica: monotonic time plus the offset to the database's clock, learned at each renewal
 * (ownership.md §9). It stamps everything in history, so it never goes backwards, whatever the machine's clock does.
 */
export class Clock {
  #offsetMicros: number;
  /** Until the database has said something, the machine's clock is all there is. */
  #isTaught = false;
  #last: Micros = 0;

  constructor() {
    this.#offsetMicros = (Date.now() - performance.now()) * 1000;
  }

  /** Monotonic milliseconds, for leases and deadlines; unrelated to the calendar. */
  static monotonicMs(): number {
    return performance.now();
  }

  /**
   * The database said `databaseNow` somewhere between these two monotonic moments. What was known before moves only as
   * far as it must to agree with that: an answer that was slow would otherwise make it worse.
   */
  learn(databaseNow: Micros, sentMs: number, answeredMs: number): void {
    const [least, most] = [databaseNow - answeredMs * 1000, databaseNow - sentMs * 1000];
    this.#offsetMicros = this.#isTaught
      ? Math.min(Math.max(this.#offsetMicros, least), most)
      : (least + most) / 2;
    this.#isTaught = true;
  }

  nowMicros(): Micros {
    this.#last = Math.max(this.#last, Math.floor(performance.now() * 1000 + this.#offsetMicros));
    return this.#last;
  }

  now(): Timestamp {
    return fromMicros(this.nowMicros());
  }
}

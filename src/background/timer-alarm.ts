import { type DueTimers } from '../dispatch/due-timers.ts';
import { type Micros } from '../domain/time.ts';

/** Longest that setTimeout is trusted with; polls come more often than that. */
const LONGEST_MS = 60_000;
/** The database's clock may be a little behind ours; a timer that it calls early waits for the next poll. */
const MARGIN_MS = 1;

/** Fires this replica's timers on time: one timeout for the soonest of them. */
export class TimerAlarm {
  readonly #timers: DueTimers;
  readonly #now: () => Micros;
  readonly #fire: () => Promise<unknown>;
  #timeout: NodeJS.Timeout | undefined;
  #isFiring = false;
  #isStopped = false;

  /** `fire` fires what is due and handles its own errors. */
  constructor(timers: DueTimers, now: () => Micros, fire: () => Promise<unknown>) {
    this.#timers = timers;
    this.#now = now;
    this.#fire = fire;
    timers.onSooner = () => {
      this.#arm();
    };
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timeout);
  }

  #arm(): void {
    clearTimeout(this.#timeout);
    const nextAt = this.#timers.nextAt();
    if (this.#isStopped || this.#isFiring || nextAt === undefined) return;
    const inMs = Math.ceil((nextAt - this.#now()) / 1000) + MARGIN_MS;
    this.#timeout = setTimeout(() => void this.#ring(), Math.min(Math.max(inMs, 0), LONGEST_MS)).unref();
  }

  async #ring(): Promise<void> {
    this.#isFiring = true;
    await this.#fire();
    this.#isFiring = false;
    this.#arm();
  }
}

/** It holds what comes in so much time. */
const BURST_SECONDS = 1;
/** It owes at most what comes in so much time: a large fan-out must not lock a task hub for an hour. */
const DEBT_SECONDS = 10;

/**
 * A rate with a burst. Clients take from it while it holds something; what is spent without asking may overdraw it. Times
 * are milliseconds of the monotonic clock; one that goes back adds nothing.
 */
export class TokenBucket {
  #perSecond: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = this.#most;
    this.#atMs = nowMs;
  }

  /** It holds one at least, else a share below one a second would never give any. */
  get #most(): number {
    return Math.max(1, this.#perSecond * BURST_SECONDS);
  }

  get #least(): number {
    return -this.#perSecond * DEBT_SECONDS;
  }

  /** What it holds or owes stays, as far as it may at the new rate. */
  setRate(perSecond: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#perSecond = perSecond;
    this.#tokens = Math.max(this.#least, Math.min(this.#most, this.#tokens));
  }

  /** Takes one, if there is one. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Spends so many, whether they are there or not. */
  spend(count: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#tokens = Math.max(this.#tokens - count, this.#least);
  }

  isOverdrawn(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens < 0;
  }

  #refill(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.#atMs) / 1000;
    this.#tokens = Math.min(this.#most, this.#tokens + seconds * this.#perSecond);
    this.#atMs = nowMs;
  }
}

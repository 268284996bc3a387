import { percentile } from './statistics.ts';

/** How long something took. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Of what lasts for hours only the newest are kept. */
const KEPT = 100_000;

/** How long the same thing took each time. */
export class Times {
  #samplesMs: number[] = [];
  #count = 0;

  add(ms: number): void {
    this.#samplesMs[this.#count++ % KEPT] = ms;
  }

  clear(): void {
    this.#samplesMs = [];
    this.#count = 0;
  }

  /** Undefined when it never happened. */
  percentiles(): Percentiles | undefined {
    if (this.#count === 0) return undefined;
    return { p50Ms: percentile(this.#samplesMs, 0.5), p99Ms: percentile(this.#samplesMs, 0.99) };
  }
}

import { PARTITIONS } from '../domain/ids.ts';
import { type MeasuredQuota } from '../domain/quota.ts';

/** While calls come and there is room, it is measured so often. */
const EVERY_MS = 5_000;
/** Measuring takes at most this part of the time, however much there is to measure. */
const SHARE = 10;
/** A statement should take so long: longer ones would hold back PostgreSQL's clean-up, and calls that read. */
const SHORT_MS = 50;
const LONG_MS = 200;

/** Partitions from one, inclusive, to another, exclusive. */
export interface Slice {
  readonly from: number;
  readonly to: number;
}

/**
 * How much of a quota a task hub uses: what was measured last, and what calls here have added since. A call that is under
 * way while it is measured counts until it has been answered, and from then on as added: so it may count twice until the next
 * measurement, and never not at all.
 */
export class Tally {
  readonly quota: MeasuredQuota;
  readonly hubId: number;
  #limit: number;
  /** Undefined: not measured yet, and nothing is refused. */
  #measured: number | undefined;
  #underWay = 0;
  /** Since the last measurement began; while the next one is under way, until that began. */
  #addedBefore = 0;
  /** Since the one that is under way began. */
  #added = 0;
  // A quota that is new is measured before anybody asks.
  #isAsked = true;
  #isUrgent = false;
  #startedMs = -Infinity;
  #steppedMs = -Infinity;
  #tookMs = 0;
  #next = 0;
  #sum = 0;
  #width = 16;

  constructor(quota: MeasuredQuota, hubId: number, limit: number) {
    this.quota = quota;
    this.hubId = hubId;
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Work that waits was counted to the old limit only. */
  setLimit(limit: number): void {
    if (limit !== this.#limit) [this.#isAsked, this.#isUrgent] = [true, true];
    this.#limit = limit;
  }

  /** Undefined until it is known. */
  get used(): number | undefined {
    return this.#measured === undefined ? undefined : this.#measured + this.#believed;
  }

  get #believed(): number {
    return this.#underWay + this.#addedBefore + this.#added;
  }

  /** Does so much more fit? Who asks makes it worth measuring. */
  fits(more: number): boolean {
    this.#isAsked = true;
    const used = this.used;
    if (used === undefined) return true;
    // What is only believed here is looked at again before it refuses anybody for long.
    const room = this.#limit - used;
    this.#isUrgent ||= room < more || this.#believed > room / 4;
    return more <= room;
  }

  begin(more: number): void {
    this.#underWay += more;
  }

  /** A call that had begun with so much was answered. */
  end(more: number, isAdded: boolean): void {
    this.#underWay -= more;
    if (isAdded) this.#added += more;
  }

  /** Since when it has waited for its next step; undefined when none is due. */
  dueSince(nowMs: number): number | undefined {
    if (this.#next > 0) return this.#steppedMs;
    const pauseMs = Math.max(this.#isUrgent ? 0 : EVERY_MS, SHARE * this.#tookMs);
    return this.#isAsked && nowMs >= this.#startedMs + pauseMs ? this.#steppedMs : undefined;
  }

  /** What to measure next; the first slice begins a measurement. */
  slice(nowMs: number): Slice {
    if (this.#next === 0) {
      this.#startedMs = nowMs;
      [this.#isAsked, this.#isUrgent] = [false, false];
      [this.#sum, this.#tookMs] = [0, 0];
      [this.#addedBefore, this.#added] = [this.#addedBefore + this.#added, 0];
    }
    // Work that waits is found by an index that knows no partitions.
    const to = this.quota === 'pending' ? PARTITIONS : this.#next + this.#width;
    return { from: this.#next, to: Math.min(PARTITIONS, to) };
  }

  /** That slice had so much, and took so long. */
  measured({ to }: Slice, sum: number, tookMs: number, nowMs: number): void {
    this.#steppedMs = nowMs;
    this.#tookMs += tookMs;
    this.#sum += sum;
    this.#next = to === PARTITIONS ? 0 : to;
    if (tookMs < SHORT_MS) this.#width = Math.min(PARTITIONS, this.#width * 2);
    else if (tookMs > LONG_MS) this.#width = Math.max(1, Math.floor(this.#width / 2));
    if (this.#next > 0) return;
    this.#measured = this.#sum;
    [this.#addedBefore, this.#added] = [this.#added, 0];
  }

  /** That slice could not be measured: a smaller one may be, after others have had their turn. */
  failed(nowMs: number): void {
    this.#steppedMs = nowMs;
    this.#width = Math.max(1, Math.floor(this.#width / 2));
  }
}

import { type Wrapper } from '../domain/payload.ts';
import {
  type MeasuredQuota,
  measuredQuotas,
  type OwnQuotas,
  type QuotaName,
  quotaNames,
  type Quotas,
  quotasInForce,
} from '../domain/quota.ts';
import { Tally } from './tally.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a call of a client would add at most. */
export type Demand = Readonly<Record<MeasuredQuota, number>> & { readonly payload: Wrapper };

/** One quota as operators see it; what is undefined is not set, not limited, not known. */
export interface ShownQuota {
  readonly name: QuotaName;
  readonly own: number | undefined;
  readonly limit: number | undefined;
  readonly used: number | undefined;
}

/** The quotas of one task hub in this replica, and what is used of them. */
export class HubUse {
  readonly hubId: number;
  readonly hub: string;
  #own: OwnQuotas = {};
  #limits: Quotas = {};
  readonly #tallies = new Map<MeasuredQuota, Tally>();
  #bucket: TokenBucket | undefined;
  #lastMs = -Infinity;

  constructor(hubId: number, hub: string) {
    this.hubId = hubId;
    this.hub = hub;
  }

  /** What is set now. Of actions per second this replica gives out a share, one of so many. */
  set(own: OwnQuotas, defaults: Quotas, shares: number, nowMs: number): void {
    this.#own = own;
    this.#limits = quotasInForce(own, defaults);
    for (const name of measuredQuotas) {
      const limit = this.#limits[name];
      const tally = this.#tallies.get(name);
      if (limit === undefined) this.#tallies.delete(name);
      else if (tally) tally.setLimit(limit);
      else this.#tallies.set(name, new Tally(name, this.hubId, limit));
    }
    const rate = this.#limits['actions-per-second'];
    if (rate === undefined) this.#bucket = undefined;
    else if (this.#bucket) this.#bucket.setRate(rate / shares, nowMs);
    else this.#bucket = new TokenBucket(rate / shares, nowMs);
  }

  limitOf(name: QuotaName): number | undefined {
    return this.#limits[name];
  }

  fits(name: MeasuredQuota, more: number): boolean {
    return more === 0 || (this.#tallies.get(name)?.fits(more) ?? true);
  }

  /** The first quota that refuses the call; undefined: it is admitted, and has taken one action. */
  refuses(demand: Demand, nowMs: number): QuotaName | undefined {
    this.#lastMs = nowMs;
    if (this.#isTooLarge(demand.payload)) return 'payload-bytes';
    const full = measuredQuotas.find((name) => !this.fits(name, demand[name]));
    return full ?? (this.#bucket?.take(nowMs) === false ? 'actions-per-second' : undefined);
  }

  /** A character has three bytes of UTF-8 at most: short payloads needn't be counted. */
  #isTooLarge(payload: Wrapper): boolean {
    const limit = this.#limits['payload-bytes'] ?? Infinity;
    return !!payload && payload.value.length * 3 > limit && Buffer.byteLength(payload.value) > limit;
  }

  /** An admitted call begins; call what is returned when it was answered, with whether it may have added that. */
  begin(demand: Demand): (isAdded: boolean) => void {
    const tallies = [...this.#tallies.values()];
    for (const tally of tallies) tally.begin(demand[tally.quota]);
    return (isAdded) => {
      for (const tally of tallies) tally.end(demand[tally.quota], isAdded);
    };
  }

  /** So many actions happened without being asked for. True: more than the quota allows by now. */
  spend(actions: number, nowMs: number): boolean {
    this.#lastMs = nowMs;
    this.#bucket?.spend(actions, nowMs);
    return this.isOverdrawn(nowMs);
  }

  isOverdrawn(nowMs: number): boolean {
    return this.#bucket?.isOverdrawn(nowMs) ?? false;
  }

  /** Without quotas of its own, and not needed for so long. */
  isIdle(forMs: number, nowMs: number): boolean {
    return Object.keys(this.#own).length === 0 && nowMs - this.#lastMs > forMs;
  }

  tallies(): Iterable<Tally> {
    return this.#tallies.values();
  }

  shown(): ShownQuota[] {
    return quotaNames.map((name) => ({
      name,
      own: this.#own[name],
      limit: this.#limits[name],
      used: [...this.#tallies.values()].find(({ quota }) => quota === name)?.used,
    }));
  }
}

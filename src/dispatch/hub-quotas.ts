// Quotas of task hubs, as this replica keeps to them. Only calls of clients are refused: what was accepted goes on, and
// answers of workers are always taken. Three kinds:
//
//   payload-bytes        looked at, call by call
//   actions-per-second   a bucket of tokens, which holds those of a second. A call of a client takes one or is refused; what
//                        orchestrations and entities do is spent without asking, and while the bucket is overdrawn no work
//                        items of the hub go out. Living replicas have equal shares of the rate: no replica asks another.
//   instances, bytes,    measured in the database (tally.ts), only while calls come, and in slices: measuring takes at most a
//   pending              tenth of the time of one connection. Between two measurements a replica counts what it admits
//                        itself. What the others admit meanwhile is not known: that is how far a burst overshoots.

import { type HubQuotaRow, type Quotas } from '../domain/quota.ts';
import { HubUse, type ShownQuota } from './hub-use.ts';
import { type WorkerStreams } from './streams.ts';
import { type Tally } from './tally.ts';

/** A hub with the server's defaults alone is forgotten when it was not needed for so long: its bucket is full again. */
const IDLE_MS = 60_000;

export interface QuotaSample {
  readonly hub: string;
  readonly quotas: readonly ShownQuota[];
}

/** Of all task hubs of a store. Hubs without quotas are not in it, and cost one look into a map. */
export class HubQuotas {
  readonly #defaults: Quotas;
  readonly #hasDefaults: boolean;
  readonly #streams: Pick<WorkerStreams, 'hold' | 'letGo' | 'held'>;
  readonly #hubs = new Map<number, HubUse>();
  #own: readonly HubQuotaRow[] = [];
  #shares = 1;

  constructor(defaults: Quotas, streams: Pick<WorkerStreams, 'hold' | 'letGo' | 'held'>) {
    this.#defaults = defaults;
    this.#hasDefaults = Object.keys(defaults).length > 0;
    this.#streams = streams;
  }

  /** False: no hub has any quota. */
  get areAny(): boolean {
    return this.#hasDefaults || this.#hubs.size > 0;
  }

  /** Undefined: the hub has no quotas. */
  of(hubId: number, hub: string, nowMs: number): HubUse | undefined {
    const known = this.#hubs.get(hubId);
    return known ?? (this.#hasDefaults ? this.#add({ hubId, hub, own: {} }, nowMs) : undefined);
  }

  #add({ hubId, hub, own }: HubQuotaRow, nowMs: number): HubUse {
    const use = new HubUse(hubId, hub);
    use.set(own, this.#defaults, this.#shares, nowMs);
    this.#hubs.set(hubId, use);
    return use;
  }

  /** All task hubs that have quotas of their own. */
  learn(rows: readonly HubQuotaRow[], nowMs: number): void {
    this.#own = rows;
    const own = new Map(rows.map((row) => [row.hubId, row]));
    for (const row of rows) if (!this.#hubs.has(row.hubId)) this.#add(row, nowMs);
    for (const [hubId, use] of this.#hubs) {
      use.set(own.get(hubId)?.own ?? {}, this.#defaults, this.#shares, nowMs);
      if (!own.has(hubId) && (!this.#hasDefaults || use.isIdle(IDLE_MS, nowMs))) this.#hubs.delete(hubId);
    }
    this.letGo(nowMs);
  }

  /** So many replicas serve this store. */
  shareAmong(replicas: number, nowMs: number): void {
    if (replicas === this.#shares || replicas < 1) return;
    this.#shares = replicas;
    this.learn(this.#own, nowMs);
  }

  /** Orchestrations or entities of the hub did so much. */
  spend(hubId: number, hub: string, actions: number, nowMs: number): void {
    if (this.of(hubId, hub, nowMs)?.spend(actions, nowMs)) this.#streams.hold(hubId);
  }

  /** Hubs whose bucket is no longer overdrawn get work items again. Returns how many did. */
  letGo(nowMs: number): number {
    const over = [...this.#streams.held].filter((hubId) => !this.#hubs.get(hubId)?.isOverdrawn(nowMs));
    for (const hubId of over) this.#streams.letGo(hubId);
    return over.length;
  }

  /** What has waited longest for being measured. */
  nextDue(nowMs: number): Tally | undefined {
    let next: { readonly tally: Tally; readonly since: number } | undefined;
    for (const use of this.#hubs.values()) {
      for (const tally of use.tallies()) {
        const since = tally.dueSince(nowMs);
        if (since !== undefined && (!next || since < next.since)) next = { tally, since };
      }
    }
    return next?.tally;
  }

  sample(): QuotaSample[] {
    return [...this.#hubs.values()].map((use) => ({ hub: use.hub, quotas: use.shown() }));
  }
}

import { type ClaimFilter } from '../domain/store.ts';
import { type Write } from '../domain/write.ts';
import { unite, type WorkKind } from './filters.ts';
import { type WorkerStreams } from './streams.ts';
import { type WorkClass } from './work-class.ts';

/** One slot in so many is left to claims while unowned work waits, so that it can't starve beside a busy replica. */
const CLAIM_SHARE = 8;

/**
 * Who may take how much: free slots of streams, those promised to rows that a commit is about to create (eager
 * dispatch), and which hubs may have unowned work. A promise too many does no harm: the item waits in its local queue.
 */
export class Slots {
  readonly #streams: WorkerStreams;
  readonly #waiting: (hubId: number, kind: WorkKind) => number;
  readonly #promised = new Map<string, number>();
  readonly #unowned = new Map<string, { hubId: number; kind: WorkKind; version: number }>();
  #version = 0;

  /** `waiting`: items of that hub and kind that stand in local queues. */
  constructor(streams: WorkerStreams, waiting: (hubId: number, kind: WorkKind) => number) {
    this.#streams = streams;
    this.#waiting = waiting;
  }

  /** How many items a hub's streams could take beyond what is promised or waits here. */
  free(hubId: number, kind: WorkKind): number {
    let free = 0;
    for (const stream of this.#streams.ofHub(hubId)) free += Math.max(0, stream.freeSlots(kind));
    return free - this.#promisedTo(hubId, kind) - this.#waiting(hubId, kind);
  }

  /** True: the row may be created as this replica's own. */
  promise(workClass: WorkClass<unknown>): boolean {
    const { hubId, kind } = workClass;
    const key = `${hubId} ${kind}`;
    const promised = this.#promisedTo(hubId, kind);
    const free = workClass.freeSlots();
    const share = this.#unowned.has(key) ? Math.max(1, Math.ceil(free / CLAIM_SHARE)) : 0;
    if (free - promised - this.#waiting(hubId, kind) <= share) return false;
    this.#promised.set(key, promised + 1);
    return true;
  }

  kept(hubId: number, kind: WorkKind, count = 1): void {
    const key = `${hubId} ${kind}`;
    const left = (this.#promised.get(key) ?? 0) - count;
    if (left > 0) this.#promised.set(key, left);
    else this.#promised.delete(key);
  }

  /** The write that the slots were promised to came to nothing. */
  cancel(write: Write): void {
    for (const { owned, hubId } of write.activities ?? []) if (owned) this.kept(hubId, 'activity');
    for (const { owned, hubId, kind } of write.instances ?? []) if (owned) this.kept(hubId, kind);
  }

  #promisedTo(hubId: number, kind: WorkKind): number {
    return this.#promised.get(`${hubId} ${kind}`) ?? 0;
  }

  /** What a claim for this hub and kind may take; null when no stream with a free slot accepts anything. */
  claimFilter(hubId: number, kind: WorkKind): ClaimFilter | null {
    const filters = [];
    for (const stream of this.#streams.ofHub(hubId)) {
      if (stream.freeSlots(kind) > 0 && !stream.filters[kind].acceptsNothing) {
        filters.push(stream.filters[kind]);
      }
    }
    return unite(filters);
  }

  /** Has some stream of the hub no slot left? */
  hasBusyStream(hubId: number, kind: WorkKind): boolean {
    for (const stream of this.#streams.ofHub(hubId)) if (stream.freeSlots(kind) <= 0) return true;
    return false;
  }

  /** There may be unowned work of this hub and kind. */
  flag(hubId: number, kind: WorkKind): void {
    this.#unowned.set(`${hubId} ${kind}`, { hubId, kind, version: ++this.#version });
  }

  flagged(): readonly { hubId: number; kind: WorkKind; version: number }[] {
    return [...this.#unowned.values()];
  }

  isFlagged(hubId: number, kind: WorkKind): boolean {
    return this.#unowned.has(`${hubId} ${kind}`);
  }

  /** A claim that began when the flag had this version found no more: unless flagged again meanwhile, there is none. */
  unflag(hubId: number, kind: WorkKind, version: number): void {
    const key = `${hubId} ${kind}`;
    if (this.#unowned.get(key)?.version === version) this.#unowned.delete(key);
  }
}

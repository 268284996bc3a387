import { type ClaimFilter } from '../domain/store.ts';
import { type Write } from '../domain/write.ts';
import { everythingKey, hubKindKey, type WorkKind } from './filters.ts';
import { type WorkerStream, type WorkerStreams } from './streams.ts';
import { type WorkClass } from './work-class.ts';

/** One slot in so many is left to claims while unowned work waits, so that it can't starve beside a busy replica. */
const CLAIM_SHARE = 8;

/** There may be unowned work of this hub and kind. */
export interface Flag {
  readonly hubId: number;
  readonly kind: WorkKind;
  /** Keys of the filters for which a claim has found less than it asked for since the flag went up. */
  readonly dry: Set<string>;
}

/** Streams of a hub that accept the same. */
export interface ClaimGroup {
  readonly key: string;
  readonly filter: ClaimFilter;
  readonly streams: WorkerStream[];
}

/**
 * Who may take how much: free slots of streams, those promised to rows that a commit is about to create (eager
 * dispatch), and which hubs may have unowned work. Each promise and each claim counts against streams that accept what
 * it is for, so that work which only a busy stream accepts never stands in front of other work.
 */
export class Slots {
  readonly #streams: WorkerStreams;
  readonly #mayDispatch: () => boolean;
  /** By the key of the row. */
  readonly #promises = new Map<number, { readonly stream: WorkerStream; readonly kind: WorkKind }>();
  readonly #promised = new WeakMap<WorkerStream, Record<WorkKind, number>>();
  readonly #flags = new Map<number, Flag>();

  /** `mayDispatch`: while it says no, no slot is free. */
  constructor(streams: WorkerStreams, mayDispatch: () => boolean) {
    this.#streams = streams;
    this.#mayDispatch = mayDispatch;
  }

  /** How many items a hub's streams could take beyond what is promised. */
  free(hubId: number, kind: WorkKind): number {
    return this.freeOf([...this.#streams.ofHub(hubId)], kind);
  }

  freeOf(streams: readonly WorkerStream[], kind: WorkKind): number {
    if (!this.#mayDispatch()) return 0;
    return streams.reduce((sum, stream) => sum + this.#left(stream, kind), 0);
  }

  #left(stream: WorkerStream, kind: WorkKind): number {
    return Math.max(0, stream.freeSlots(kind) - (this.#promised.get(stream)?.[kind] ?? 0));
  }

  /** True: the row with that key may be created as this replica's own. */
  promise(workClass: WorkClass<unknown>, key: number): boolean {
    if (!this.#mayDispatch()) return false;
    const { hubId, kind } = workClass;
    if (this.isFlagged(hubId, kind) && !this.#leavesShare(workClass)) return false;
    const stream = workClass.pick((candidate) => this.#left(candidate, kind));
    if (!stream) return false;
    this.#promises.set(key, { stream, kind });
    this.#count(stream, kind, 1);
    return true;
  }

  /** Is there a slot beyond those that are left to claims? */
  #leavesShare({ accepting, kind }: WorkClass<unknown>): boolean {
    let free = 0;
    let left = 0;
    for (const stream of accepting) {
      free += Math.max(0, stream.freeSlots(kind));
      left += this.#left(stream, kind);
    }
    return left > Math.max(1, Math.ceil(free / CLAIM_SHARE));
  }

  /** The row with that key was created, or never will be: its slot is no longer promised. */
  kept(key: number): void {
    const promise = this.#promises.get(key);
    if (!promise) return;
    this.#promises.delete(key);
    this.#count(promise.stream, promise.kind, -1);
  }

  /** The write that slots were promised to came to nothing. */
  cancel(write: Pick<Write, 'activities' | 'instances'>): void {
    for (const { activityKey } of write.activities ?? []) this.kept(activityKey);
    for (const { key } of write.instances ?? []) this.kept(key);
  }

  #count(stream: WorkerStream, kind: WorkKind, by: number): void {
    const counts = this.#promised.get(stream) ?? { orchestration: 0, activity: 0, entity: 0 };
    counts[kind] += by;
    this.#promised.set(stream, counts);
  }

  /** There may be unowned work of this hub and kind. */
  flag(hubId: number, kind: WorkKind): void {
    this.#flags.set(hubKindKey(hubId, kind), { hubId, kind, dry: new Set() });
  }

  flagged(): readonly Flag[] {
    return [...this.#flags.values()];
  }

  isFlagged(hubId: number, kind: WorkKind): boolean {
    return this.#flags.has(hubKindKey(hubId, kind));
  }

  /** May there be unowned work that this stream accepts? */
  isFlaggedFor(stream: WorkerStream, kind: WorkKind): boolean {
    const flag = this.#flags.get(hubKindKey(stream.hubId, kind));
    return flag !== undefined && !flag.dry.has(stream.filters[kind].key);
  }

  /** Whom to claim for: streams with a free slot, those that accept the same together. */
  claimGroups({ hubId, kind, dry }: Flag): Iterable<ClaimGroup> {
    const groups = new Map<string, ClaimGroup>();
    if (!this.#mayDispatch()) return groups.values();
    for (const stream of this.#streams.ofHub(hubId)) {
      const { key, claim: filter, acceptsNothing } = stream.filters[kind];
      if (acceptsNothing || dry.has(key) || this.#left(stream, kind) === 0) continue;
      const group = groups.get(key);
      if (group) group.streams.push(stream);
      else groups.set(key, { key, filter, streams: [stream] });
    }
    return groups.values();
  }

  /** Takes the flag down when there is nothing more for any stream, unless it was raised again meanwhile. */
  lower(flag: Flag): void {
    const { hubId, kind, dry } = flag;
    const key = hubKindKey(hubId, kind);
    if (this.#flags.get(key) !== flag) return;
    const isDry = ({ filters }: WorkerStream): boolean =>
      filters[kind].acceptsNothing || dry.has(filters[kind].key);
    if (dry.has(everythingKey) || [...this.#streams.ofHub(hubId)].every(isDry)) this.#flags.delete(key);
  }
}

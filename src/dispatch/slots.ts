import { type Write } from '../domain/write.ts';
import { type WorkKind } from './filters.ts';
import { type WorkClass } from './work-class.ts';

/** One slot in so many is left to claims while unowned work waits, so that it can't starve beside a busy replica. */
const CLAIM_SHARE = 8;

/**
 * Slots promised to rows that a commit is about to create (eager dispatch), and which hubs may have unowned work.
 * A promise too many does no harm: the item waits in its local queue.
 */
export class Slots {
  readonly #promised = new Map<string, number>();
  readonly #unowned = new Map<string, { hubId: number; kind: WorkKind; version: number }>();
  #version = 0;

  /** True: the row may be created as this replica's own. `waiting` items stand in front of it. */
  promise(workClass: WorkClass<unknown>, waiting: number): boolean {
    const key = `${workClass.hubId} ${workClass.kind}`;
    const promised = this.#promised.get(key) ?? 0;
    const free = workClass.freeSlots();
    const share = this.#unowned.has(key) ? Math.max(1, Math.ceil(free / CLAIM_SHARE)) : 0;
    if (free - promised - waiting <= share) return false;
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

  promised(hubId: number, kind: WorkKind): number {
    return this.#promised.get(`${hubId} ${kind}`) ?? 0;
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

import { SchedulerError } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import { type StoredChunk, type Write, type WriteResult } from '../domain/write.ts';
import { type HeldIds } from './held-ids.ts';

/** Of no hub: of several, or for rows that nobody holds here. */
const NO_HUB = 0;

/** A hub of which no more waits has little. */
const LITTLE = 4;
/** A hub floods the lane when it has more than this part of all that waits, and more than so many writes. */
const [FLOOD_PART, FLOOD_WRITES] = [3 / 4, 128];
/** For so long a hub that has written counts as one that will write again. */
const SHARED_MS = 5_000;

/** A write that waits for its commit batch. */
export interface Pending {
  readonly write: Write;
  readonly bytes: number;
  readonly queuedAtMs: number;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * What waits for the lane, bounded. Task hubs take turns: each has a queue of its own, in order, and an equal share of a
 * batch that has no room for all. A hub that is alone fills whole batches: the more one commit brings, the less each
 * write costs. While one hub floods the lane beside one that has little, batches are short, because the batch under way is
 * what the other one waits for, and what hubs with little have goes before what those with much have. Groups that must be
 * sent again (a whole batch after a deadlock, halves of one that failed) come before everything else and are not mixed
 * with it.
 */
export class WriteQueue {
  readonly #hubs = new Map<number, HubQueue>();
  readonly #again: Pending[][] = [];
  #bytes = 0;
  /** Until then batches are short beside a flood. */
  #sharedUntilMs = -Infinity;
  /** Whether those with little were alone in the last batch: the next one is for all. */
  #wasForFew = false;

  get isEmpty(): boolean {
    return this.#hubs.size === 0 && this.#again.length === 0;
  }

  /**
   * Throws `resource_exhausted` when too much of that hub waits already and a client asks for more. The engine's own
   * writes and workers' answers are bounded by what is resident and leased, and nobody would repeat them.
   */
  add(hubId: number, pending: Pending): void {
    const queue = this.#hubs.get(hubId) ?? new HubQueue();
    const isFull = this.#bytes > 0 && this.#bytes + pending.bytes > limits.queuedBytes;
    if ((isFull || !queue.hasRoomFor(pending)) && isBounded(pending.write)) {
      throw new SchedulerError(
        'resource_exhausted',
        'too many writes wait for the database; try again in a few seconds',
      );
    }
    queue.push(pending);
    this.#bytes += pending.bytes;
    this.#hubs.set(hubId, queue);
  }

  /** These come next, first of all `group`. */
  putBack(...groups: readonly (readonly Pending[])[]): void {
    for (const group of groups.toReversed()) if (group.length > 0) this.#again.push([...group]);
  }

  /** Takes the writes of the next batch. What can't stand beside another write of it stays queued. */
  take(nowMs: number): readonly Pending[] {
    const again = this.#again.pop();
    if (again) return again;
    const most = this.#isShared(nowMs) ? limits.sharedBatchWrites : limits.batchWrites;
    const share = Math.ceil(most / this.#hubs.size);
    const batch = new Taken(most);
    let open = this.#inTurn(most, share);
    while (open.length > 0) open = open.filter((queue) => queue.giveTo(batch, share));
    this.#bytes -= batch.bytes;
    this.#endTurn();
    return batch.pending;
  }

  /** Whether one hub floods the lane, and one with little is there, or was a moment ago. */
  #isShared(nowMs: number): boolean {
    let [all, longest, shortest] = [0, 0, Infinity];
    for (const [hubId, { length }] of this.#hubs) {
      if (hubId === NO_HUB) continue;
      all += length;
      longest = Math.max(longest, length);
      shortest = Math.min(shortest, length);
    }
    const isFlooded = longest > FLOOD_WRITES && longest > all * FLOOD_PART;
    if (isFlooded && shortest <= LITTLE) this.#sharedUntilMs = nowMs + SHARED_MS;
    return isFlooded && nowMs < this.#sharedUntilMs;
  }

  /** Where a batch has no room for all, hubs with little and all of them take turns. */
  #inTurn(most: number, share: number): HubQueue[] {
    const all = [...this.#hubs.values()];
    const few = all.filter((queue) => queue.length <= share && queue !== this.#hubs.get(NO_HUB));
    const isFull = all.reduce((sum, { length }) => sum + length, 0) > most;
    this.#wasForFew = isFull && few.length > 0 && !this.#wasForFew;
    return this.#wasForFew ? few : all;
  }

  /** The hub that was first is last the next time. */
  #endTurn(): void {
    const [first] = this.#hubs.keys();
    for (const [hubId, queue] of [...this.#hubs]) {
      queue.endTurn();
      if (queue.length === 0 || hubId === first) this.#hubs.delete(hubId);
      if (queue.length > 0 && hubId === first) this.#hubs.set(hubId, queue);
    }
  }

  /** Everything that waits; the queue is empty then. */
  drain(): Pending[] {
    const all = [...this.#again.flat(), ...[...this.#hubs.values()].flatMap((queue) => queue.waiting)];
    this.#again.length = 0;
    this.#hubs.clear();
    this.#bytes = 0;
    return all;
  }
}

/** What waits of one task hub. */
class HubQueue {
  #waiting: Pending[] = [];
  #bytes = 0;
  /** What this turn has gone past, and what of it stays. */
  #at = 0;
  #kept: Pending[] = [];

  get waiting(): readonly Pending[] {
    return this.#waiting;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** No hub takes all the room that there is, but for one write however large. */
  hasRoomFor({ bytes }: Pending): boolean {
    if (this.length === 0) return true;
    return this.length < limits.queuedWrites && this.#bytes + bytes <= limits.queuedBytes / 2;
  }

  push(pending: Pending): void {
    this.#waiting.push(pending);
    this.#bytes += pending.bytes;
  }

  /** Moves so many writes into the batch; false when it has no more for it. */
  giveTo(batch: Taken, share: number): boolean {
    for (let given = 0; given < share;) {
      const pending = this.#waiting[this.#at];
      if (!pending || !batch.hasRoomFor(pending)) return false;
      this.#at++;
      if (batch.admits(pending)) {
        given++;
        this.#bytes -= pending.bytes;
      } else this.#kept.push(pending);
    }
    return true;
  }

  endTurn(): void {
    if (this.#at < this.#waiting.length) this.#waiting.splice(0, this.#at, ...this.#kept);
    else this.#waiting = this.#kept;
    this.#kept = [];
    this.#at = 0;
  }
}

/** The writes of one batch. */
class Taken {
  readonly pending: Pending[] = [];
  bytes = 0;
  readonly #most: number;
  readonly #conflicts = new Conflicts();

  constructor(most: number) {
    this.#most = most;
  }

  hasRoomFor({ bytes }: Pending): boolean {
    if (this.pending.length >= this.#most) return false;
    return this.bytes === 0 || this.bytes + bytes <= limits.batchBytes;
  }

  admits(pending: Pending): boolean {
    if (!this.#conflicts.admits(pending.write)) return false;
    this.pending.push(pending);
    this.bytes += pending.bytes;
    return true;
  }
}

/** One patch for an instance, one completion of an activity and one copy of a chunk in a batch. */
class Conflicts {
  // Keys of instances and activities come from one sequence: they can't be mistaken for each other.
  readonly #keys = new Set<number>();
  readonly #chunks = new Set<string>();

  /** Whether this write can stand beside those that were admitted so far; if so it is one of them from now on. */
  admits(write: Write): boolean {
    if (this.#isTaken(write)) return false;
    const { patch, rewinds, completion, storedChunk } = write;
    if (patch) this.#keys.add(patch.key);
    if (completion) this.#keys.add(completion.activityKey);
    if (rewinds) for (const { key } of rewinds) this.#keys.add(key);
    if (storedChunk) this.#chunks.add(nameOf(storedChunk));
    return true;
  }

  #isTaken({ patch, rewinds, completion, storedChunk }: Write): boolean {
    if (patch && this.#keys.has(patch.key)) return true;
    if (completion && this.#keys.has(completion.activityKey)) return true;
    if (storedChunk && this.#chunks.has(nameOf(storedChunk))) return true;
    return rewinds?.some(({ key }) => this.#keys.has(key)) ?? false;
  }
}

function nameOf({ replicaId, chunk, token }: StoredChunk): string {
  return `${replicaId}/${chunk}/${token}`;
}

/** A client's start, rewind, event or control: repeating it may do it twice (ownership.md §8). A worker's answer may be repeated. */
export function isFromClient({ patch, rewinds, instances, messages }: Write): boolean {
  return (
    rewinds !== undefined ||
    (!patch && (instances?.length ?? 0) > 0) ||
    (messages?.some((message) => message.isFromClient) ?? false)
  );
}

/** What a client asks for by a call: those are what overload is made of. */
function isBounded(write: Write): boolean {
  return isFromClient(write) || (!write.patch && (write.entityMessages?.length ?? 0) > 0);
}

/** The task hub that a write is for, where that can be said. */
export function hubOf(write: Write, held: HeldIds): number {
  const { patch, messages } = write;
  if (patch) return hubOfHeld(patch.key, held);
  const row = rowOf(write);
  if (row) return row.hubId;
  const to = messages?.[0]?.to;
  if (to?.by === 'id') return to.hubId;
  return to?.by === 'key' ? hubOfHeld(to.key, held) : NO_HUB;
}

function hubOfHeld(key: number, held: HeldIds): number {
  return held.byKey(key)?.hubId ?? NO_HUB;
}

function rowOf(write: Write): { readonly hubId: number } | undefined {
  const { completion, storedChunk, instances, entityMessages, releasedActivities } = write;
  return completion ?? storedChunk ?? instances?.[0] ?? entityMessages?.[0] ?? releasedActivities?.[0];
}

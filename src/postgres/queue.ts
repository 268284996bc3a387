import { unavailable } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import { type Write, type WriteResult } from '../domain/write.ts';

/** A write that waits for its commit batch. */
export interface Pending {
  readonly write: Write;
  readonly bytes: number;
  readonly queuedAtMs: number;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * What waits for the lane, bounded. Groups that must be sent again (a whole batch after a deadlock, halves of one that
 * failed) come before everything else and are not mixed with it.
 */
export class WriteQueue {
  #waiting: Pending[] = [];
  readonly #again: Pending[][] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#again.length === 0;
  }

  /**
   * Throws `unavailable` when too much waits already and a client asks for more. The engine's own writes and workers'
   * answers are bounded by what is resident and leased, and nobody would repeat them.
   */
  add(pending: Pending): void {
    const isFull =
      this.#waiting.length >= limits.queuedWrites || this.#bytes + pending.bytes > limits.queuedBytes;
    if (isFull && this.#waiting.length > 0 && isFromClient(pending.write)) {
      throw unavailable('too many writes wait for the database; try again later');
    }
    this.#waiting.push(pending);
    this.#bytes += pending.bytes;
  }

  /** These come next, first of all `group`. */
  putBack(...groups: readonly (readonly Pending[])[]): void {
    for (const group of groups.toReversed()) if (group.length > 0) this.#again.push([...group]);
  }

  /** Takes the writes of the next batch. What can't stand beside another write of it stays queued. */
  take(): Pending[] {
    const again = this.#again.pop();
    if (again) return again;
    const taken: Pending[] = [];
    const kept: Pending[] = [];
    const conflicts = new Conflicts();
    let bytes = 0;
    let at = 0;
    for (; at < this.#waiting.length && taken.length < limits.batchWrites; at++) {
      const pending = this.#waiting[at];
      if (!pending || (bytes > 0 && bytes + pending.bytes > limits.batchBytes)) break;
      if (conflicts.admits(pending.write)) {
        taken.push(pending);
        bytes += pending.bytes;
      } else kept.push(pending);
    }
    this.#waiting.splice(0, at, ...kept);
    this.#bytes -= bytes;
    return taken;
  }

  /** Everything that waits; the queue is empty then. */
  drain(): Pending[] {
    const all = [...this.#again.flat(), ...this.#waiting];
    this.#again.length = 0;
    this.#waiting = [];
    this.#bytes = 0;
    return all;
  }
}

/** One patch for an instance, one completion of an activity and one copy of a chunk in a batch. */
class Conflicts {
  readonly #taken = new Set<string | number>();

  admits({ patch, rewinds, completion, storedChunk }: Write): boolean {
    // Keys of instances and activities come from one sequence: they can't be mistaken for each other.
    const claims: (string | number)[] = [];
    if (patch) claims.push(patch.key);
    for (const { key } of rewinds ?? []) claims.push(key);
    if (completion) claims.push(completion.activityKey);
    if (storedChunk) claims.push(`${storedChunk.replicaId}/${storedChunk.chunk}/${storedChunk.token}`);
    if (claims.some((claim) => this.#taken.has(claim))) return false;
    for (const claim of claims) this.#taken.add(claim);
    return true;
  }
}

/** A client's start, rewind, event or control: repeating it may do it twice (ownership.md §8). A worker's answer may be repeated. */
export function isFromClient({ patch, rewinds, instances, messages }: Write): boolean {
  return (
    rewinds !== undefined ||
    (!patch && (instances?.length ?? 0) > 0) ||
    (messages?.some((message) => message.isFromClient) ?? false)
  );
}

const PER_ROW_BYTES = 100;

/** Bounds batch and queue; rows count something beside their payload. */
export function approximateBytes(write: Write): number {
  const { patch, rewinds, instances, activities, timers, messages, completion, storedChunk } = write;
  const { entityMessages, dueTimers, releasedActivities } = write;
  const rows = (dueTimers?.length ?? 0) + (releasedActivities?.length ?? 0) + 1;
  return (
    rows * PER_ROW_BYTES +
    patchBytes(patch) +
    sum(rewinds, ({ history }) => history.length) +
    sum(instances, ({ started, input }) => started.length + (input?.length ?? 0)) +
    sum(activities, ({ request }) => request.length) +
    sum(timers, ({ message }) => message.event.length) +
    sum(messages, ({ message }) => message.event.length) +
    sum(entityMessages, ({ message }) => message.event.length) +
    sum(completion && [completion], ({ event }) => event.length) +
    sum(storedChunk && [storedChunk], ({ bytes }) => bytes?.length ?? 0)
  );
}

function sum<T>(rows: readonly T[] | undefined, bytes: (row: T) => number): number {
  let total = 0;
  if (rows) for (const row of rows) total += PER_ROW_BYTES + bytes(row);
  return total;
}

function patchBytes(patch: Write['patch']): number {
  if (!patch) return 0;
  let bytes = 'inbox' in patch ? sum(patch.inbox, ({ event }) => event.length) : 0;
  // Payloads of whatever name, and what a consumed message costs.
  for (const value of Object.values<unknown>({ ...patch })) {
    if (typeof value === 'string' || Buffer.isBuffer(value)) bytes += value.length;
    else if (Array.isArray(value)) bytes += value.length * 20;
  }
  return bytes;
}

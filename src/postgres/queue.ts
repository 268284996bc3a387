import { unavailable } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import { type Write, type WriteResult } from '../domain/write.ts';

/** A write that waits for its commit batch. */
export interface Pending {
  readonly write: Write;
  readonly bytes: number;
  readonly queuedAtMs: number;
  resolve(result: WriteResult): void;
  reject(error: Error): void;
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

  /** Throws `unavailable` when too much waits already. */
  add(pending: Pending): void {
    const isFull =
      this.#waiting.length >= limits.queuedWrites || this.#bytes + pending.bytes > limits.queuedBytes;
    if (isFull && this.#waiting.length > 0)
      throw unavailable('too many writes wait for the database; try again later');
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
  readonly #patched = new Set<number>();
  readonly #completed = new Set<number>();
  readonly #chunks = new Set<string>();

  admits({ patch, completion, storedChunk }: Write): boolean {
    const chunk = storedChunk && `${storedChunk.replicaId}/${storedChunk.chunk}/${storedChunk.token}`;
    if (patch && this.#patched.has(patch.key)) return false;
    if (completion && this.#completed.has(completion.activityKey)) return false;
    if (chunk !== undefined && this.#chunks.has(chunk)) return false;
    if (patch) this.#patched.add(patch.key);
    if (completion) this.#completed.add(completion.activityKey);
    if (chunk !== undefined) this.#chunks.add(chunk);
    return true;
  }
}

const PER_ROW_BYTES = 100;

/** Bounds batch and queue; rows count something beside their payload. */
export function approximateBytes(write: Write): number {
  let bytes = PER_ROW_BYTES + patchBytes(write.patch);
  for (const { started, input } of write.instances ?? [])
    bytes += PER_ROW_BYTES + started.length + (input?.length ?? 0);
  for (const { request } of write.activities ?? []) bytes += PER_ROW_BYTES + request.length;
  for (const { message } of write.timers ?? []) bytes += PER_ROW_BYTES + message.event.length;
  for (const { message } of write.messages ?? []) bytes += PER_ROW_BYTES + message.event.length;
  const rows = (write.dueTimers?.length ?? 0) + (write.releasedActivities?.length ?? 0);
  return (
    bytes +
    rows * PER_ROW_BYTES +
    (write.completion?.event.length ?? 0) +
    (write.storedChunk?.bytes.length ?? 0)
  );
}

function patchBytes(patch: Write['patch']): number {
  if (!patch || patch.kind === 'fetch' || patch.kind === 'release') return 0;
  const consumed = patch.consumed.length * 20;
  if (patch.kind === 'turn') return consumed + patch.history.length + (patch.customStatus?.length ?? 0);
  if (patch.kind === 'end') return consumed + patch.history.length + (patch.output?.length ?? 0);
  const drafts = patch.inbox.reduce((sum, draft) => sum + PER_ROW_BYTES + draft.event.length, 0);
  return consumed + drafts + (patch.kind === 'renew' ? (patch.input?.length ?? 0) : 0);
}

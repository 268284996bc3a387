import { SchedulerError } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import { type MessageDraft } from '../domain/message.ts';
import {
  type EndPatch,
  type NewActivity,
  type NewInstance,
  type Patch,
  type Rewind,
  type StoredChunk,
  type TurnPatch,
  type Write,
  type WriteResult,
} from '../domain/write.ts';
import { unreachable } from '../lib/assert.ts';

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
   * Throws `resource_exhausted` when too much waits already and a client asks for more. The engine's own writes and workers'
   * answers are bounded by what is resident and leased, and nobody would repeat them.
   */
  add(pending: Pending): void {
    const isFull =
      this.#waiting.length >= limits.queuedWrites || this.#bytes + pending.bytes > limits.queuedBytes;
    if (isFull && this.#waiting.length > 0 && isFromClient(pending.write)) {
      throw new SchedulerError(
        'resource_exhausted',
        'too many writes wait for the database; try again in a few seconds',
      );
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
    if (at < this.#waiting.length) this.#waiting.splice(0, at, ...kept);
    else this.#waiting = kept;
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

const PER_ROW_BYTES = 100;
const PER_ITEM_BYTES = 20;

/** Bounds batch and queue; rows count something beside their payload. Asked of every write: it makes no object. */
export function approximateBytes(write: Write): number {
  const { patch, rewinds, instances, activities, timers, messages, completion, storedChunk } = write;
  return (
    PER_ROW_BYTES +
    rowBytes(write.dueTimers, nothing) +
    rowBytes(write.releasedActivities, nothing) +
    (patch ? patchBytes(patch) : 0) +
    rowBytes(rewinds, ofHistory) +
    rowBytes(instances, ofInstance) +
    rowBytes(activities, ofRequest) +
    rowBytes(timers, ofMessage) +
    rowBytes(messages, ofMessage) +
    rowBytes(write.entityMessages, ofMessage) +
    (completion ? PER_ROW_BYTES + completion.event.length : 0) +
    (storedChunk ? PER_ROW_BYTES + lengthOf(storedChunk.bytes) : 0)
  );
}

function rowBytes<T>(rows: readonly T[] | undefined, bytesOf: (row: T) => number): number {
  let total = 0;
  if (rows) for (const row of rows) total += PER_ROW_BYTES + bytesOf(row);
  return total;
}

const nothing = (): number => 0;
const ofHistory = ({ history }: Rewind): number => history.length;
const ofInstance = ({ started, input }: NewInstance): number => started.length + lengthOf(input);
const ofRequest = ({ request }: NewActivity): number => request.length;
const ofEvent = ({ event }: MessageDraft): number => event.length;
const ofMessage = ({ message }: { readonly message: MessageDraft }): number => message.event.length;

function lengthOf(payload: string | Buffer | null): number {
  return payload === null ? 0 : payload.length;
}

/** Payloads, and what a consumed message costs. */
function patchBytes(patch: Patch): number {
  switch (patch.kind) {
    case 'turn':
      return recordedBytes(patch) + lengthOf(patch.traceContext) + patch.sections.length * PER_ITEM_BYTES;
    case 'end':
      return recordedBytes(patch) + lengthOf(patch.output) + lengthOf(patch.failure);
    case 'renew':
      return (
        consumedBytes(patch) +
        lengthOf(patch.input) +
        lengthOf(patch.customStatus) +
        rowBytes(patch.inbox, ofEvent)
      );
    case 'control':
      return consumedBytes(patch) + lengthOf(patch.suspension) + rowBytes(patch.inbox, ofEvent);
    case 'entity':
      return consumedBytes(patch) + lengthOf(patch.state);
    case 'release':
    case 'fetch':
      return 0;
    default:
      return unreachable(patch);
  }
}

function recordedBytes(patch: TurnPatch | EndPatch): number {
  return consumedBytes(patch) + patch.history.length + lengthOf(patch.customStatus);
}

function consumedBytes({ consumed }: Extract<Patch, { readonly consumed: unknown }>): number {
  return consumed.length * PER_ITEM_BYTES;
}

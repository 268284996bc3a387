import { type MessageDraft } from '../domain/message.ts';
import {
  type EndPatch,
  type NewActivity,
  type NewInstance,
  type Patch,
  type Rewind,
  type TurnPatch,
  type Write,
} from '../domain/write.ts';
import { unreachable } from '../lib/assert.ts';

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

import { invalidArgument } from './errors.ts';
import { type CompletedPosition, type CreatedPosition } from './store.ts';

// Continuation tokens are positions in an index, so they keep working with another page size and while instances come
// and go. They name their hub and kind of page; there is nothing to win by making one up.

const CREATED = 'c';
const COMPLETED = 'e';
const ENTITY = 'n';
/** An id of 512 bytes may take six times as many in JSON, and a third more in base64. */
const LONGEST = 5_000;

/** Opaque to clients; never '0' or empty (contract §6.1). */
export function encodeCreated(hubId: number, { createdAt, partition, key }: CreatedPosition): string {
  return encode([CREATED, hubId, createdAt, partition, key]);
}

export function encodeCompleted(hubId: number, { completedAt, id }: CompletedPosition): string {
  return encode([COMPLETED, hubId, completedAt, id]);
}

/** Undefined for the first page. Throws `invalid_argument` for what this server did not give for this hub. */
export function decodeCreated(token: string, hubId: number): CreatedPosition | undefined {
  if (token === '') return undefined;
  const [kind, hub, createdAt, partition, key] = decode(token);
  const isOurs = kind === CREATED && hub === hubId;
  if (!isOurs || !isWhole(createdAt) || !isWhole(partition) || !isWhole(key)) throw foreign();
  return { createdAt, partition, key };
}

export function decodeCompleted(token: string, hubId: number): CompletedPosition | undefined {
  if (token === '') return undefined;
  const [kind, hub, completedAt, id] = decode(token);
  if (kind !== COMPLETED || hub !== hubId || !isWhole(completedAt) || typeof id !== 'string') throw foreign();
  if (id.includes('\0')) throw foreign();
  return { completedAt, id };
}

export function encodeEntity(hubId: number, id: string): string {
  return encode([ENTITY, hubId, id]);
}

/** The id after which the page begins; '' for the first one. */
export function decodeEntity(token: string, hubId: number): string {
  if (token === '') return '';
  const [kind, hub, id] = decode(token);
  if (kind !== ENTITY || hub !== hubId || typeof id !== 'string' || id.includes('\0')) throw foreign();
  return id;
}

function encode(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function decode(token: string): unknown[] {
  if (token.length > LONGEST || !/^[\w-]+$/.test(token)) throw foreign();
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(parts)) return parts;
  } catch {
    // Not one of ours, whatever it is.
  }
  throw foreign();
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function foreign(): Error {
  return invalidArgument('the continuation token is not one that this server gave for this task hub');
}

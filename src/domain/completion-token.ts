// A completion token says everything that is needed to find the lease it belongs to, so that any replica can judge it
// at any time. It is bytes of a fixed layout in base64url:
//
//   version and kind, 1 byte | incarnation, 8 | partition, 1 | instance key, 8
//   orchestration, entity: turn, 4 | dispatch, 8          activity: activity key, 8 | task id, 4 | attempt, 4
//   checksum, 4
//
// The checksum only tells mangled tokens from good ones; whoever has a token may still not use it in another hub.

/** Proof that a worker holds a work item. `key` is the instance's, `incarnation` the replica's that sent the item. */
export type CompletionToken =
  | {
      readonly kind: 'orchestration' | 'entity';
      readonly incarnation: number;
      readonly partition: number;
      readonly key: number;
      readonly turn: number;
      readonly dispatch: number;
    }
  | {
      readonly kind: 'activity';
      readonly incarnation: number;
      readonly partition: number;
      readonly key: number;
      readonly activityKey: number;
      readonly taskId: number;
      readonly attempt: number;
    };

/** Of a turn, or of a batch of an entity. */
export type InstanceToken = Extract<CompletionToken, { readonly turn: number }>;

const kindCodes = { orchestration: 0x11, activity: 0x12, entity: 0x13 } as const;
const kinds: Readonly<Record<number, CompletionToken['kind']>> = {
  [kindCodes.orchestration]: 'orchestration',
  [kindCodes.activity]: 'activity',
  [kindCodes.entity]: 'entity',
};
const INSTANCE_BYTES = 34;
const ACTIVITY_BYTES = 38;
const LONGEST_TEXT = 64;
const WORD = 2 ** 32;

/** The bytes of the token that is being encoded or decoded. */
const bytes = Buffer.alloc(ACTIVITY_BYTES);

/** At most 64 characters. */
export function encodeToken(token: CompletionToken): string {
  bytes[0] = kindCodes[token.kind];
  writeNumber(token.incarnation, 1);
  bytes[9] = token.partition;
  writeNumber(token.key, 10);
  if (token.kind === 'activity') {
    writeNumber(token.activityKey, 18);
    bytes.writeInt32BE(token.taskId, 26);
    bytes.writeUInt32BE(token.attempt, 30);
    return sealed(ACTIVITY_BYTES);
  }
  bytes.writeUInt32BE(token.turn, 18);
  writeNumber(token.dispatch, 22);
  return sealed(INSTANCE_BYTES);
}

function sealed(length: number): string {
  bytes.writeUInt32BE(checksum(length - 4), length - 4);
  return bytes.toString('base64url', 0, length);
}

/** Undefined for whatever `encodeToken` did not make. */
export function decodeToken(text: string): CompletionToken | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const length = bytes.write(text, 'base64url');
  // Decoding base64 passes over characters that don't belong there.
  if (bytes.toString('base64url', 0, length) !== text) return undefined;
  const kind = kinds[bytes[0] ?? 0];
  if (!kind || length !== (kind === 'activity' ? ACTIVITY_BYTES : INSTANCE_BYTES)) return undefined;
  if (bytes.readUInt32BE(length - 4) !== checksum(length - 4)) return undefined;
  return readToken(kind);
}

function readToken(kind: CompletionToken['kind']): CompletionToken | undefined {
  const incarnation = readNumber(1);
  const partition = bytes.readUInt8(9);
  const key = readNumber(10);
  const last = readNumber(kind === 'activity' ? 18 : 22);
  if (!areCounted(incarnation, key, last)) return undefined;
  if (kind !== 'activity') {
    return { kind, incarnation, partition, key, turn: bytes.readUInt32BE(18), dispatch: last };
  }
  const taskId = bytes.readInt32BE(26);
  return { kind, incarnation, partition, key, activityKey: last, taskId, attempt: bytes.readUInt32BE(30) };
}

/** Whether the server could have counted so far. */
function areCounted(a: number, b: number, c: number): boolean {
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) && Number.isSafeInteger(c);
}

/** Safe integers have 53 bits: the high word never reaches its limit. */
function writeNumber(value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / WORD), at);
  bytes.writeUInt32BE(value % WORD, at + 4);
}

function readNumber(at: number): number {
  return bytes.readUInt32BE(at) * WORD + bytes.readUInt32BE(at + 4);
}

/** FNV-1a. */
function checksum(end: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash >>> 0;
}

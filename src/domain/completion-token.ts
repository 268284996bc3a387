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
const ACTIVITY = kindCodes.activity;
const ORCHESTRATION_BYTES = 34;
const ACTIVITY_BYTES = 38;
const LONGEST_TEXT = 64;
const WORD = 2 ** 32;

/** At most 64 characters. */
export function encodeToken(token: CompletionToken): string {
  const isActivity = token.kind === 'activity';
  const bytes = Buffer.allocUnsafe(isActivity ? ACTIVITY_BYTES : ORCHESTRATION_BYTES);
  bytes[0] = kindCodes[token.kind];
  writeNumber(bytes, token.incarnation, 1);
  bytes[9] = token.partition;
  writeNumber(bytes, token.key, 10);
  if (token.kind === 'activity') {
    writeNumber(bytes, token.activityKey, 18);
    bytes.writeInt32BE(token.taskId, 26);
    bytes.writeUInt32BE(token.attempt, 30);
  } else {
    bytes.writeUInt32BE(token.turn, 18);
    writeNumber(bytes, token.dispatch, 22);
  }
  const end = bytes.length - 4;
  bytes.writeUInt32BE(checksum(bytes, end), end);
  return bytes.toString('base64url');
}

/** Undefined for whatever `encodeToken` did not make. */
export function decodeToken(text: string): CompletionToken | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  const token = readToken(bytes);
  // Decoding base64 passes over characters that don't belong there.
  return token && encodeToken(token) === text ? token : undefined;
}

function readToken(bytes: Buffer): CompletionToken | undefined {
  const isActivity = bytes[0] === ACTIVITY;
  const kind = bytes[0] === kindCodes.entity ? 'entity' : 'orchestration';
  if (!isActivity && bytes[0] !== kindCodes[kind]) return undefined;
  if (bytes.length !== (isActivity ? ACTIVITY_BYTES : ORCHESTRATION_BYTES)) return undefined;
  const common = {
    incarnation: readNumber(bytes, 1),
    partition: bytes.readUInt8(9),
    key: readNumber(bytes, 10),
  };
  if (isActivity) {
    const activityKey = readNumber(bytes, 18);
    return {
      kind: 'activity',
      ...common,
      activityKey,
      taskId: bytes.readInt32BE(26),
      attempt: bytes.readUInt32BE(30),
    };
  }
  return { kind, ...common, turn: bytes.readUInt32BE(18), dispatch: readNumber(bytes, 22) };
}

/** Safe integers have 53 bits: the high word never reaches its limit. */
function writeNumber(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / WORD), at);
  bytes.writeUInt32BE(value % WORD, at + 4);
}

/** Numbers that are no safe integers come back as another one, which the comparison with the text finds. */
function readNumber(bytes: Buffer, at: number): number {
  return (bytes.readUInt32BE(at) % 2 ** 21) * WORD + bytes.readUInt32BE(at + 4);
}

/** FNV-1a. */
function checksum(bytes: Buffer, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash >>> 0;
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyBytes, damaged, fuzz } from '../../test/helpers/fuzz.ts';
import { RandomMessages } from '../../test/helpers/messages.ts';
import { codec, type MessageName } from './codec.ts';
import { ProtocolError } from './protocol-error.ts';
import { schema } from './schema.ts';

const known: Readonly<Partial<Record<string, unknown>>> = schema.nested ?? {};
const names = schema.nestedArray
  .filter((each) => 'fieldsArray' in each && each.name in known)
  .map((each) => each.name as MessageName);
const messages = new RandomMessages();
const name = fc.constantFrom<MessageName>(...names);
const whole = name.chain((each) => messages.bytes(each).map((bytes) => [each, bytes] as const));
const broken = name.chain((each) => damaged(messages.bytes(each)).map((bytes) => [each, bytes] as const));

/** The codec for a type that is known only when the test runs. */
const anyCodec: {
  decode(type: MessageName, bytes: Buffer): unknown;
  encode(type: MessageName, message: unknown): Buffer;
} = codec;

/** The message, or undefined for what is refused as it should be. */
function read(type: MessageName, bytes: Buffer): unknown {
  try {
    return anyCodec.decode(type, bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    expect(error.message).toMatch(/^invalid \w+: .{1,200}$/);
    return undefined;
  }
}

/** The same message after it was written and read once more. */
function again(type: MessageName, message: unknown): unknown {
  return anyCodec.decode(type, anyCodec.encode(type, message));
}

describe('decoding any type', () => {
  test('covers the messages of both services', () => {
    expect(names).toEqual(expect.arrayContaining(['CreateInstanceRequest', 'HistoryEvent', 'WorkItem']));
  });

  test('random bytes are a message or refused', () => {
    let found = 0;
    fuzz(
      fc.property(name, anyBytes, (type, bytes) => {
        if (read(type, bytes)) found++;
      }),
      5_000,
    );
    expect(found).toBeGreaterThan(0);
  });

  test('a message is read, and the same after it was written once more', () => {
    fuzz(
      fc.property(whole, ([type, bytes]) => {
        const message = anyCodec.decode(type, bytes);
        expect(again(type, message)).toEqual(message);
      }),
      3_000,
    );
  });

  test('a damaged message is refused, or the same after it was written once more', () => {
    const counts = { read: 0, refused: 0 };
    fuzz(
      fc.property(broken, ([type, bytes]) => {
        const message = read(type, bytes);
        counts[message ? 'read' : 'refused']++;
        if (message) expect(again(type, message)).toEqual(message);
      }),
      10_000,
    );
    expect(Math.min(counts.read, counts.refused), 'of each kind').toBeGreaterThan(100);
  });

  test('every beginning of a message is refused or a message', () => {
    fuzz(
      fc.property(whole, ([type, bytes]) => {
        for (let end = 0; end < Math.min(bytes.length, 100); end++) read(type, bytes.subarray(0, end));
      }),
      500,
    );
  });
});

test('messages in messages are refused from some depth on, however deep they are', () => {
  // TaskFailureDetails.innerFailure = 4; a list in a list … in its properties = 6.
  const failures = (depth: number): Buffer => nested([0x22], depth);
  const lists = (depth: number): Buffer => field(0x32, field(0x12, nested([0x32, 0x0a], depth)));
  for (const make of [failures, lists]) {
    expect(read('TaskFailureDetails', make(50))).toBeDefined();
    for (const depth of [100, 1_000, 4_000]) expect(read('TaskFailureDetails', make(depth))).toBeUndefined();
  }
});

/** Messages in each other, the innermost empty; the last tag is the outermost. */
function nested(tags: readonly number[], depth: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let n = depth; n > 0; n--) bytes = field(tags[(n - 1) % tags.length] ?? 0, bytes);
  return bytes;
}

function field(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyBytes, damaged, fuzz } from '../../test/helpers/fuzz.ts';
import { RandomMessages } from '../../test/helpers/messages.ts';
import {
  activityInstanceId,
  CHUNK,
  eventTimestamp,
  frameAll,
  type FrameTag,
  NEW,
  PAST,
  retag,
  splitFrames,
  unframe,
  withoutRewinds,
  withStartId0,
} from './framing.ts';
import { ProtocolError } from './protocol-error.ts';
import { WireReader } from './wire-reader.ts';

const messages = new RandomMessages();
const events = fc.array(messages.bytes('HistoryEvent'), { maxLength: 6 });
const tags = fc.constantFrom<FrameTag>(PAST, NEW, CHUNK);

/** What everything that reads stored bytes makes of these. */
const readers: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  retag: (bytes) => retag(bytes, CHUNK),
  unframe,
  withoutRewinds,
  withStartId0,
  splitFrames: (bytes) => splitFrames([bytes], NEW, 50),
  eventTimestamp,
  activityInstanceId,
  varint: (bytes) => new WireReader(bytes).varint(),
  tag: (bytes) => new WireReader(bytes).tag(),
  lengthEnd: (bytes) => new WireReader(bytes).lengthEnd(),
};

/** False for what is refused as it should be. */
function isRead(read: (bytes: Buffer) => unknown, bytes: Buffer): boolean {
  try {
    read(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return false;
  }
}

describe('stored bytes that were damaged', () => {
  const row = fc.tuple(events, tags).map(([all, tag]) => frameAll(all, tag));
  const broken = fc.oneof(damaged(row), damaged(messages.bytes('HistoryEvent')), anyBytes);

  test.each(Object.entries(readers))('are read or refused by %s', (_, read) => {
    const counts = { read: 0, refused: 0 };
    fuzz(
      fc.property(broken, (bytes) => {
        counts[isRead(read, bytes) ? 'read' : 'refused']++;
      }),
      800,
    );
    expect(Math.min(counts.read, counts.refused), 'of each kind').toBeGreaterThan(10);
  });

  test('are not changed by being read', () => {
    fuzz(
      fc.property(broken, (bytes) => {
        const before = Buffer.from(bytes);
        for (const read of Object.values(readers)) isRead(read, bytes);
        expect(bytes).toEqual(before);
      }),
      500,
    );
  });
});

describe('frames of any events', () => {
  test('give the events back, whatever tag they are given', () => {
    fuzz(
      fc.property(events, tags, tags, (all, tag, other) => {
        const frames = frameAll(all, tag);
        expect(unframe(frames)).toEqual(all);
        expect(retag(frames, other)).toEqual(frameAll(all, other));
        expect(retag(retag(frames, other), tag)).toEqual(frames);
      }),
      500,
    );
  });

  test('that are split are whole and in order, in no larger pieces than they must be', () => {
    fuzz(
      fc.property(fc.array(events, { maxLength: 4 }), fc.nat(400), tags, (rows, most, tag) => {
        const pieces = splitFrames(
          rows.map((row) => frameAll(row, PAST)),
          tag,
          most,
        );
        expect(pieces.flatMap(unframe)).toEqual(rows.flat());
        for (const piece of pieces) {
          expect(piece.length <= most || unframe(piece).length === 1).toBe(true);
          expect(piece).toEqual(frameAll(unframe(piece), tag));
        }
      }),
      500,
    );
  });
});

test('an integer is read as its 64 bits say, or refused', () => {
  fuzz(
    fc.property(
      fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.maxSafeInteger().map(BigInt)),
      (value) => {
        const bytes = varint(BigInt.asUintN(64, value));
        const signed = BigInt.asIntN(64, value);
        const fits = signed === BigInt(Number(signed)) && Number.isSafeInteger(Number(signed));
        const reader = new WireReader(bytes);
        expect(isRead(() => reader.varint(), bytes)).toBe(fits);
        if (!fits) return;
        expect(BigInt(new WireReader(bytes).varint())).toBe(signed);
        expect(reader.at).toBe(bytes.length);
      },
    ),
    2_000,
  );
});

function varint(value: bigint): Buffer {
  const bytes = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

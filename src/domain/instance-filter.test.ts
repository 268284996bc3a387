import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Timestamp } from '../protocol/messages.ts';
import { checkPrefix, finishedStatusesOf, pageSizeOf, statusesOf, windowOf } from './instance-filter.ts';
import { isTerminal } from './instance.ts';
import { limits } from './limits.ts';
import { fromMicros } from './time.ts';
import { wireStatuses } from './wire-status.ts';

const micros = fc.maxSafeNat();
const anyTime: fc.Arbitrary<Timestamp> = fc.record({
  seconds: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
  nanos: fc.nat(999_999_999),
});
const timeOf = (nanos: bigint): Timestamp => ({
  seconds: Number(nanos / 1_000_000_000n),
  nanos: Number(nanos % 1_000_000_000n),
});

describe('a window', () => {
  test('without ends holds every moment that is stored', () => {
    fc.assert(
      fc.property(micros, (at) => {
        const { from, to } = windowOf(null, null);
        expect(from <= at && at <= to).toBe(true);
      }),
    );
  });

  test('holds both its ends', () => {
    fc.assert(
      fc.property(micros, (at) => {
        expect(windowOf(fromMicros(at), fromMicros(at))).toEqual({ from: at, to: at });
      }),
    );
  });

  test('holds a stored moment if and only if that is between its ends, to the nanosecond', () => {
    const aside = fc.integer({ min: -2_500, max: 2_500 });
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 2 ** 52 }), aside, aside, (at, before, after) => {
        const moment = BigInt(at) * 1000n;
        const [start, end] = [timeOf(moment + BigInt(before)), timeOf(moment + BigInt(after))];
        const { from, to } = windowOf(start, end);
        expect(from <= at && at <= to).toBe(before <= 0 && after >= 0);
      }),
    );
  });

  test('has ends that can be stored, whatever was asked', () => {
    fc.assert(
      fc.property(anyTime, anyTime, (start, end) => {
        for (const edge of Object.values(windowOf(start, end))) {
          expect(Number.isSafeInteger(edge) && edge >= 0).toBe(true);
        }
      }),
    );
  });
});

describe('statuses', () => {
  const asked = fc.array(fc.oneof(fc.constantFrom(...Object.values(wireStatuses)), fc.integer()));

  test('that are asked for are those that instances can have among them', () => {
    fc.assert(
      fc.property(asked, (wire) => {
        fc.pre(wire.length > 0);
        for (const [status, name] of Object.entries(wireStatuses)) {
          expect((statusesOf(wire) as readonly string[]).includes(status)).toBe(wire.includes(name));
        }
      }),
    );
  });

  test('of finished instances are the finished among them', () => {
    fc.assert(
      fc.property(asked, (wire) => {
        expect(finishedStatusesOf(wire)).toEqual(statusesOf(wire).filter(isTerminal));
      }),
    );
  });

  test('that were not asked for are all; those that nobody has are none', () => {
    expect(statusesOf([]).toSorted()).toEqual(Object.keys(wireStatuses).toSorted());
    expect(finishedStatusesOf([]).toSorted()).toEqual(['completed', 'failed', 'terminated']);
    expect(
      statusesOf(['ORCHESTRATION_STATUS_CANCELED', 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW', 77]),
    ).toEqual([]);
  });
});

describe('the size of a page', () => {
  test('is what was asked for within the limits', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (size) => {
        const given = pageSizeOf(size);
        expect(given).toBeGreaterThan(0);
        expect(given).toBeLessThanOrEqual(limits.pageRows);
        if (size > 0 && size <= limits.pageRows) expect(given).toBe(size);
      }),
    );
  });

  test.each([
    [0, 100],
    [-1, 100],
    [-(2 ** 31), 100],
    [1, 1],
    [1001, 1000],
    [2 ** 31 - 1, 1000],
  ])('%i gives %i', (asked, given) => {
    expect(pageSizeOf(asked)).toBe(given);
  });
});

test('a prefix is taken as it is, but for a NUL', () => {
  for (const prefix of ['', '%_\\', 'é', '@']) expect(checkPrefix(prefix)).toBe(prefix);
  expect(() => checkPrefix('a\0')).toThrow('NUL');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareTimes, fromMicros, nextTick, toDueMicros, toMicrosUp } from './time.ts';

const moments = fc.record({ seconds: fc.nat(8_000_000_000), nanos: fc.nat(999_999_999) });

test('a moment in microseconds is never earlier than it was', () => {
  fc.assert(
    fc.property(moments, (time) => {
      const rounded = fromMicros(toMicrosUp(time));
      expect(compareTimes(rounded, time)).toBeGreaterThanOrEqual(0);
      expect(toMicrosUp(rounded)).toBe(toMicrosUp(time));
    }),
  );
});

test('the next tick is later, by at most 100 ns, and a whole number of ticks', () => {
  fc.assert(
    fc.property(moments, (time) => {
      const next = nextTick(time);
      const nanos = (next.seconds - time.seconds) * 1e9 + next.nanos - time.nanos;
      expect(nanos).toBeGreaterThan(0);
      expect(nanos).toBeLessThanOrEqual(100);
      expect(next.nanos % 100).toBe(0);
      expect(next.nanos).toBeLessThan(1e9);
    }),
  );
});

test('whatever moment is asked for, it is due at one that can be stored', () => {
  expect(toDueMicros({ seconds: -62_135_596_800, nanos: 0 })).toBe(0);
  expect(toDueMicros({ seconds: 253_402_300_799, nanos: 0 })).toBe(Number.MAX_SAFE_INTEGER);
  expect(toDueMicros({ seconds: 1, nanos: 1 })).toBe(1_000_001);
});

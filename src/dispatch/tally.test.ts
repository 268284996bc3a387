import { expect, test } from 'vitest';
import { Tally } from './tally.ts';

/** Measures to the end; the slices have these sums, the last one over and over. */
function measure(tally: Tally, sums: readonly number[], nowMs: number, tookMs = 1): number {
  for (let steps = 1; ; steps++) {
    const slice = tally.slice(nowMs);
    tally.measured(slice, sums[Math.min(steps, sums.length) - 1] ?? 0, tookMs, nowMs);
    if (slice.to === 256) return steps;
  }
}

function admit(tally: Tally, count: number, isAdded = true): void {
  for (let i = 0; i < count; i++) {
    expect(tally.fits(1)).toBe(true);
    tally.begin(1);
    tally.end(1, isAdded);
  }
}

const quota = (limit: number): Tally => new Tally('instances', 1, limit);

test('nothing is refused before it is measured, but what was admitted counts', () => {
  const tally = quota(5);
  admit(tally, 9);
  expect(tally.used).toBeUndefined();
  measure(tally, [0], 0);
  // Those before it began are in what was measured.
  expect(tally.used).toBe(0);
});

test('what is admitted counts on top of what was measured, until the limit', () => {
  const tally = quota(5);
  measure(tally, [3, 0], 0);
  admit(tally, 2);
  expect(tally.fits(1)).toBe(false);
  expect(tally.fits(0)).toBe(true);
  tally.setLimit(6);
  expect(tally.fits(1)).toBe(true);
});

test('a call counts while it is under way, and no more when it came to nothing', () => {
  const tally = quota(1);
  measure(tally, [0], 0);
  tally.begin(1);
  expect(tally.fits(1)).toBe(false);
  tally.end(1, false);
  expect(tally.fits(1)).toBe(true);
});

test('a call that is under way while it is measured is never forgotten', () => {
  const tally = quota(10);
  measure(tally, [0], 0);
  tally.begin(1);
  tally.slice(1);
  tally.end(1, true);
  tally.begin(1);
  tally.measured({ from: 0, to: 256 }, 0, 1, 2);
  expect(tally.used).toBe(2);
  tally.end(1, true);
  measure(tally, [2, 0], 3);
  expect(tally.used).toBe(2);
});

test('while it is measured again, what was admitted since the last time still counts', () => {
  const tally = quota(10);
  measure(tally, [4, 0], 0);
  admit(tally, 3);
  tally.slice(1);
  expect(tally.used).toBe(7);
  admit(tally, 1);
  tally.measured({ from: 0, to: 256 }, 7, 1, 2);
  expect(tally.used).toBe(8);
});

test('it is measured when it is new, then every five seconds while somebody asks', () => {
  const tally = quota(1_000);
  expect(tally.dueSince(0)).toBeDefined();
  measure(tally, [0], 0);
  expect(tally.dueSince(3_600_000)).toBeUndefined();
  tally.fits(1);
  expect(tally.dueSince(4_999)).toBeUndefined();
  expect(tally.dueSince(5_000)).toBe(0);
});

test('it is measured at once where it refuses, or where much is only believed', () => {
  const tally = quota(10);
  measure(tally, [10, 0], 1_000);
  tally.fits(1);
  expect(tally.dueSince(1_100)).toBeDefined();
  measure(tally, [2, 0], 1_100);
  admit(tally, 2);
  expect(tally.dueSince(1_200)).toBeUndefined();
  admit(tally, 3);
  expect(tally.dueSince(1_200)).toBeDefined();
});

test('it is measured at once when its limit is another one', () => {
  const tally = quota(10);
  measure(tally, [10, 0], 1_000);
  tally.setLimit(10);
  expect(tally.dueSince(1_100)).toBeUndefined();
  tally.setLimit(100);
  expect(tally.dueSince(1_100)).toBeDefined();
});

test('a slice that could not be measured is tried again, and is half as large', () => {
  const tally = quota(10);
  const { to } = tally.slice(0);
  tally.failed(1);
  expect(tally.slice(1)).toEqual({ from: 0, to: to / 2 });
  for (let i = 0; i < 20; i++) tally.failed(2);
  expect(tally.slice(2)).toEqual({ from: 0, to: 1 });
});

test('what can not be measured waits behind the others', () => {
  const tally = quota(10);
  const { to } = tally.slice(0);
  tally.measured({ from: 0, to }, 1, 1, 1_000);
  tally.slice(1_000);
  tally.failed(2_000);
  expect(tally.dueSince(2_000)).toBe(2_000);
});

test('measuring takes a tenth of the time at most, also where it refuses', () => {
  const tally = quota(10);
  const steps = measure(tally, [10], 0, 60);
  tally.fits(1);
  expect(tally.dueSince(10 * 60 * steps - 1)).toBeUndefined();
  expect(tally.dueSince(10 * 60 * steps)).toBeDefined();
});

test('slices grow while they are short and shrink where they are long; a measurement that has begun goes on', () => {
  const tally = quota(10);
  const first = tally.slice(0);
  tally.measured(first, 1, 500, 0);
  expect(tally.dueSince(0)).toBeDefined();
  const second = tally.slice(0);
  expect(second.from).toBe(first.to);
  expect(second.to - second.from).toBe((first.to - first.from) / 2);
  tally.measured(second, 1, 1, 0);
  expect(tally.slice(0)).toEqual({ from: second.to, to: second.to + first.to });
  measure(tally, [1], 0);
  expect(measure(tally, [1], 0)).toBe(1);
});

test('work that waits is measured in one piece', () => {
  expect(new Tally('pending', 1, 5).slice(0)).toEqual({ from: 0, to: 256 });
});

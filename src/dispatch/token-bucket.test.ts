import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

/** How many can be taken at that moment. */
function takeAll(bucket: TokenBucket, nowMs: number): number {
  for (let taken = 0; ; taken++) if (!bucket.take(nowMs)) return taken;
}

test('a second’s worth can be taken at once, then as many as the time brings, and never more than that', () => {
  const bucket = new TokenBucket(10, 0);
  expect(takeAll(bucket, 0)).toBe(10);
  expect(takeAll(bucket, 99)).toBe(0);
  expect(takeAll(bucket, 100)).toBe(1);
  expect(takeAll(bucket, 600)).toBe(5);
  expect(takeAll(bucket, 3_600_000)).toBe(10);
});

test('a rate below one a second gives one now and then', () => {
  const bucket = new TokenBucket(0.25, 0);
  expect(takeAll(bucket, 0)).toBe(1);
  expect(takeAll(bucket, 3_999)).toBe(0);
  expect(takeAll(bucket, 4_000)).toBe(1);
});

test('what is spent without asking is paid back by time, ten seconds’ worth at most', () => {
  const bucket = new TokenBucket(10, 0);
  bucket.spend(10, 0);
  expect(bucket.isOverdrawn(0)).toBe(false);
  bucket.spend(20, 0);
  expect(bucket.isOverdrawn(1_999)).toBe(true);
  expect(bucket.isOverdrawn(2_000)).toBe(false);
  bucket.spend(1e9, 2_000);
  expect(bucket.isOverdrawn(11_999)).toBe(true);
  expect(bucket.isOverdrawn(12_000)).toBe(false);
});

test('a debt is never more than ten seconds of a new rate, and holds nothing back for longer', () => {
  const bucket = new TokenBucket(10_000, 0);
  bucket.spend(1e9, 0);
  bucket.setRate(1, 0);
  expect(bucket.isOverdrawn(9_999)).toBe(true);
  expect(bucket.isOverdrawn(10_000)).toBe(false);
});

test('a clock that jumps back brings nothing, and takes nothing', () => {
  const bucket = new TokenBucket(10, 5_000);
  expect(takeAll(bucket, 5_000)).toBe(10);
  expect(takeAll(bucket, 0)).toBe(0);
  expect(takeAll(bucket, 100)).toBe(1);
});

test('another rate counts from then on, and what is held stays', () => {
  const bucket = new TokenBucket(10, 0);
  bucket.setRate(100, 0);
  expect(takeAll(bucket, 0)).toBe(10);
  expect(takeAll(bucket, 100)).toBe(10);
  bucket.setRate(1, 1_000);
  expect(takeAll(bucket, 1_000)).toBe(1);
});

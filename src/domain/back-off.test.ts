import { expect, test } from 'vitest';
import { backOffMs, lostDelayMs } from './back-off.ts';

const keys = Array.from({ length: 1_000 }, (_, i) => 3 * 2 ** 20 + i);

test('an abandoned item waits a second, then twice as long each time, half a minute at most', () => {
  expect([1, 2, 3, 50].map(backOffMs)).toEqual([1_000, 2_000, 4_000, 30_000]);
});

test('what is lost once or twice goes out again at once', () => {
  expect([1, 2].map((times) => lostDelayMs(5, times))).toEqual([0, 0]);
});

test.for([
  [3, 4_000],
  [4, 8_000],
  [5, 16_000],
  [6, 30_000],
  [40, 30_000],
])('what is lost together %i times is spread over %i ms', ([times = 0, windowMs = 0]) => {
  const delays = keys.map((key) => lostDelayMs(key, times));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...delays)).toBeLessThan(windowMs);
  const quarters = Map.groupBy(delays, (delay) => Math.floor((4 * delay) / windowMs));
  for (const quarter of [0, 1, 2, 3]) expect(quarters.get(quarter)?.length).toBeGreaterThan(200);
});

test('who was near in one round is not in the next', () => {
  const isNear = (a: number, b: number, times: number): boolean =>
    Math.abs(lostDelayMs(a, times) - lostDelayMs(b, times)) < 2_000;
  const [first = 0, ...others] = keys;
  const always = others.filter((key) => [3, 4, 5, 6, 7, 8, 9].every((times) => isNear(first, key, times)));
  expect(always).toEqual([]);
});

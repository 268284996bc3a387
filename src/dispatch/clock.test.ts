import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Clock } from './clock.ts';

const START = Date.UTC(2030, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

test('shows this machine’s time until it has learned the database’s', () => {
  const clock = new Clock();
  vi.advanceTimersByTime(1_500);
  expect(clock.nowMicros()).toBe((START + 1_500) * 1000);
  expect(clock.now()).toEqual({ seconds: START / 1000 + 1, nanos: 500_000_000 });
});

test('goes on from what the database said, half way between question and answer', () => {
  const clock = new Clock();
  const sentMs = Clock.monotonicMs();
  vi.advanceTimersByTime(40);
  const answeredMs = Clock.monotonicMs();
  const databaseNow = (START + 3_600_000) * 1000;
  clock.learn(databaseNow, sentMs, answeredMs);
  expect(clock.nowMicros()).toBe(databaseNow + 20_000);
  vi.advanceTimersByTime(1_000);
  expect(clock.nowMicros()).toBe(databaseNow + 1_020_000);
});

test('is not put off by an answer that was slow', () => {
  const clock = new Clock();
  const databaseNow = (START + 3_600_000) * 1000;
  const sentMs = Clock.monotonicMs();
  clock.learn(databaseNow, sentMs, sentMs);
  vi.advanceTimersByTime(80);
  // It came at once, and was read late.
  clock.learn(databaseNow, sentMs, Clock.monotonicMs());
  expect(clock.nowMicros()).toBe(databaseNow + 80_000);
});

test('moves only as far as it must for an answer that was slow and still disagrees', () => {
  const clock = new Clock();
  const databaseNow = (START + 3_600_000) * 1000;
  const sentMs = Clock.monotonicMs();
  clock.learn(databaseNow, sentMs, sentMs);
  vi.advanceTimersByTime(2_000);
  // The question took two seconds on its way; the database's clock is half a millisecond ahead.
  clock.learn(databaseNow + 2_000_500, sentMs, Clock.monotonicMs());
  expect(clock.nowMicros()).toBe(databaseNow + 2_000_500);
});

test('never goes backwards: it stands still until the database has caught up', () => {
  const clock = new Clock();
  const before = clock.nowMicros();
  const now = Clock.monotonicMs();
  clock.learn(before - 2_000_000, now, now);
  expect(clock.nowMicros()).toBe(before);
  vi.advanceTimersByTime(1_999);
  expect(clock.nowMicros()).toBe(before);
  vi.advanceTimersByTime(2);
  expect(clock.nowMicros()).toBe(before + 1_000);
});

test('does not care for the calendar of the machine once it runs', () => {
  const clock = new Clock();
  vi.setSystemTime(START - 86_400_000);
  vi.advanceTimersByTime(1_000);
  expect(clock.nowMicros()).toBe((START + 1_000) * 1000);
});

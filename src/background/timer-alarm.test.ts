import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DueTimers } from '../dispatch/due-timers.ts';
import { TimerAlarm } from './timer-alarm.ts';

let timers: DueTimers;
let fired: number[][];
/** What firing waits for. */
let gate: Promise<void>;
let alarm: TimerAlarm;
let keys: number;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  timers = new DueTimers();
  fired = [];
  gate = Promise.resolve();
  keys = 0;
  alarm = new TimerAlarm(
    timers,
    () => nowMs() * 1000,
    async () => {
      fired.push([nowMs(), ...timers.takeDue(nowMs() * 1000, 10).map(({ firesAt }) => firesAt / 1000)]);
      await gate;
    },
  );
});
afterEach(() => {
  alarm.stop();
  vi.useRealTimers();
});

const nowMs = (): number => Date.now();

function add(atMs: number): void {
  timers.add({
    ...{ partition: 1, key: 1, timerKey: ++keys, firesAt: atMs * 1000, generation: 0, kind: 'timerFired' },
  });
}

test('rings a moment after the soonest timer is due, never before', async () => {
  add(5_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(fired).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(fired).toEqual([[5_001, 5_000]]);
});

test('rings for a sooner timer that comes later, then for the other', async () => {
  add(9_000);
  await vi.advanceTimersByTimeAsync(1_000);
  add(3_000);
  add(9_500);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(fired).toEqual([
    [3_001, 3_000],
    [9_001, 9_000],
    [9_501, 9_500],
  ]);
});

test('has one timeout, however many timers there are', () => {
  for (let i = 100; i > 0; i--) add(i * 1_000);
  expect(vi.getTimerCount()).toBe(1);
});

test('rings at once for what is overdue', async () => {
  vi.setSystemTime(50_000);
  add(1_000);
  await vi.advanceTimersByTimeAsync(0);
  expect(fired).toEqual([[50_000, 1_000]]);
});

test('does not ring while it fires; what became due meanwhile is next', async () => {
  const firing = Promise.withResolvers<undefined>();
  gate = firing.promise;
  add(1_000);
  await vi.advanceTimersByTimeAsync(1_001);
  add(1_500);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(fired).toHaveLength(1);
  firing.resolve(undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(fired[1]).toEqual([11_001, 1_500]);
});

test('goes on at once with what one firing left', async () => {
  for (let i = 0; i < 15; i++) add(1_000);
  await vi.advanceTimersByTimeAsync(1_002);
  expect(fired.map(([, ...due]) => due.length)).toEqual([10, 5]);
});

test('looks at the clock again at least every minute: it may have gone another way', async () => {
  add(180_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fired, 'nothing was due yet').toEqual([[60_000]]);
  vi.setSystemTime(200_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fired.at(-1)?.[1]).toBe(180_000);
});

test('is quiet after it was stopped, also when that was while it fired', async () => {
  const firing = Promise.withResolvers<undefined>();
  gate = firing.promise;
  add(1_000);
  add(2_000);
  await vi.advanceTimersByTimeAsync(1_001);
  alarm.stop();
  firing.resolve(undefined);
  add(1_500);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(fired).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runLoop, type RunningLoop } from './loop.ts';

/** A loop whose runs end when the test says so. */
class Script {
  readonly runs: PromiseWithResolvers<number>[] = [];
  readonly errors: [string, unknown][] = [];
  readonly loop: RunningLoop;

  constructor(everyMs: number) {
    const once = (): Promise<number> => {
      const run = Promise.withResolvers<number>();
      this.runs.push(run);
      return run.promise;
    };
    this.loop = runLoop({ name: 'scripted', everyMs, once }, (name, error) =>
      this.errors.push([name, error]),
    );
  }

  /** Ends the run under way. */
  async end(handled: number): Promise<void> {
    this.runs.at(-1)?.resolve(handled);
    await vi.advanceTimersByTimeAsync(0);
  }

  async fail(error: unknown): Promise<void> {
    this.runs.at(-1)?.reject(error);
    await vi.advanceTimersByTimeAsync(0);
  }
}

let script: Script;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  script = new Script(1_000);
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('runs at once, then again after its pause, one run at a time', async () => {
  expect(script.runs).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(script.runs, 'the first is not over').toHaveLength(1);
  await script.end(0);
  await vi.advanceTimersByTimeAsync(999);
  expect(script.runs).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(script.runs).toHaveLength(2);
});

test('runs again at once as long as it finds something', async () => {
  await script.end(3);
  expect(script.runs).toHaveLength(2);
  await script.end(1);
  expect(script.runs).toHaveLength(3);
  await script.end(0);
  expect(script.runs).toHaveLength(3);
});

test('is woken from its pause, and pauses anew after that run', async () => {
  await script.end(0);
  await vi.advanceTimersByTimeAsync(600);
  script.loop.wake();
  expect(script.runs).toHaveLength(2);
  await script.end(0);
  await vi.advanceTimersByTimeAsync(999);
  expect(script.runs).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(script.runs).toHaveLength(3);
});

test('runs once more when it was woken during a run, however often', async () => {
  script.loop.wake();
  script.loop.wake();
  expect(script.runs).toHaveLength(1);
  await script.end(0);
  expect(script.runs).toHaveLength(2);
  await script.end(0);
  expect(script.runs).toHaveLength(2);
});

test('may be woken before its first run', async () => {
  const early = new Script(1_000);
  early.loop.wake();
  expect(early.runs).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(0);
  await early.end(0);
  expect(early.runs).toHaveLength(1);
});

test('reports errors and pauses longer after each, up to two seconds, until it succeeds', async () => {
  const pauses: number[] = [];
  for (let failures = 1; failures <= 6; failures++) {
    await script.fail(new Error(`failure ${failures}`));
    const before = script.runs.length;
    const from = performance.now();
    while (script.runs.length === before) await vi.advanceTimersByTimeAsync(50);
    pauses.push(performance.now() - from);
  }
  expect(pauses).toEqual([200, 400, 800, 1_600, 2_000, 2_000]);
  expect(script.errors).toHaveLength(6);
  expect(script.errors[0]).toEqual(['scripted', new Error('failure 1')]);
  await script.end(0);
  await vi.advanceTimersByTimeAsync(1_000);
  await script.fail(new Error('after a success'));
  const before = script.runs.length;
  await vi.advanceTimersByTimeAsync(200);
  expect(script.runs).toHaveLength(before + 1);
});

test.each([
  [0, 100],
  [0.75, 250],
])('spreads the pauses after errors: %d', async (random, atMost) => {
  vi.spyOn(Math, 'random').mockReturnValue(random);
  await script.fail(new Error('down'));
  await vi.advanceTimersByTimeAsync(atMost - 1);
  expect(script.runs).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(script.runs).toHaveLength(2);
});

test('does not run at once after an error because it was woken meanwhile, but is not woken in vain', async () => {
  script.loop.wake();
  await script.fail(new Error('down'));
  expect(script.runs).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(script.runs).toHaveLength(2);
});

test('takes an error that is thrown at once like any other', async () => {
  const errors: unknown[] = [];
  const once = (): never => {
    throw new Error('at once');
  };
  const loop = runLoop({ name: 'hasty', everyMs: 1_000, once }, (_, error) => errors.push(error));
  await vi.advanceTimersByTimeAsync(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(errors).toHaveLength(2);
  await loop.stop();
});

test('is stopped when its run is over, and never runs again', async () => {
  let isStopped = false;
  const stopping = script.loop.stop().then(() => (isStopped = true));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(isStopped).toBe(false);
  await script.end(5);
  await stopping;
  script.loop.wake();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(script.runs).toHaveLength(1);
});

test('is stopped at once while it pauses', async () => {
  await script.end(0);
  await script.loop.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(script.runs).toHaveLength(1);
});

test('reports no error of a run that it was stopped in', async () => {
  const stopping = script.loop.stop();
  await script.fail(new Error('the database went with it'));
  await stopping;
  expect(script.errors).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

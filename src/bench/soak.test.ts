import { expect, test } from 'vitest';
import { type SoakSample } from './result.ts';
import { judgeMemory } from './soak.ts';

/** Ten samples; nothing but the second and the last one counts. */
function samples(early: number, end: number): SoakSample[] {
  return [300, early, 210, 220, 230, 220, 210, 200, 999, end].map((megabytes, i) => {
    const rest = {
      heapBytes: 0,
      queueBytes: megabytes * 1e5,
      orchestrationsPerSecond: 0,
      eventLoopDelayMs: 0,
    };
    return { minute: i + 1, residentBytes: megabytes * 1e6, ...rest };
  });
}

test('the memory at the end is compared with that after a fifth of the time', () => {
  expect(judgeMemory(samples(200, 220), 350e6)).toEqual({
    ...{ residentMb: { early: 200, end: 220, peak: 350 }, residentRatio: 1.1, queuesPeakMb: 99.9 },
    isWithinLimits: true,
  });
});

test('memory that grows, or was once too large, is beyond the limits', () => {
  expect(judgeMemory(samples(200, 231), 350e6).isWithinLimits).toBe(false);
  expect(judgeMemory(samples(200, 220), 400e6).isWithinLimits).toBe(false);
});

test('queues in PostgreSQL that grow are beyond the limits', () => {
  const some = samples(200, 220).map((sample, i) => ({ ...sample, queueBytes: i === 5 ? 200e6 : 0 }));
  expect(judgeMemory(some, 350e6).isWithinLimits).toBe(false);
});

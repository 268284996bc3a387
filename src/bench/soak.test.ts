import { expect, test } from 'vitest';
import { type SoakSample } from './result.ts';
import { residentRatio } from './soak.ts';

test('the memory at the end is compared with that after a fifth of the time', () => {
  const samples = [300, 200, 210, 220, 230, 220, 210, 200, 210, 230].map((megabytes, i): SoakSample => {
    const rest = { heapBytes: 0, orchestrationsPerSecond: 0, eventLoopDelayMs: 0 };
    return { minute: i + 1, residentBytes: megabytes * 1e6, ...rest };
  });
  expect(residentRatio(samples)).toBeCloseTo(1.15);
});

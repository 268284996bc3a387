import { expect, test } from 'vitest';
import { growthTable } from './growth-report.ts';
import { type ChainResult } from './result.ts';

const fresh: ChainResult = {
  ...{ orchestrationsPerSecond: 800, itemsPerSecond: 8_800, p50Ms: 600, p99Ms: 900 },
  ...{ serverCpuMsPerOrchestration: 1.04, postgresCpuMsPerOrchestration: 0.41, writesPerOrchestration: 0.06 },
  ...{ walBytesPerOrchestration: 9_199, historyBytesResentPerOrchestration: null },
  ...{ serverCpuPercent: 80, postgresCpuPercent: 30, workerCpuPercent: 40, othersCpuPercent: 2 },
};

test('what has grown stands beside what has not', () => {
  const there = { ...fresh, itemsPerSecond: 6_600, postgresCpuMsPerOrchestration: 0.52 };
  const shown = growthTable({
    ...{ version: '1.2.3', node: '24.0.0', processors: 2, processorModel: 'Abacus' },
    ...{ concurrency: 512, windows: 3, windowSeconds: 10 },
    levels: [{ title: 'a million of them', there, fresh, ratio: 0.75, storedBytesEach: 2_345.6 }],
  }).split('\n');
  const rows = shown
    .slice(shown.indexOf('A million of them'))
    .map((line) => line.trim().replaceAll(/ {2,}/g, ' '));
  expect(rows).toEqual([
    'A million of them',
    'work items 6,600 /s (fresh: 8,800)',
    'ratio to the fresh one 75 %',
    'an orchestration took, p50 600 ms (fresh: 600)',
    'CPU of the server 1.04 ms per orchestration (fresh: 1.04)',
    'CPU of PostgreSQL 0.52 ms per orchestration (fresh: 0.41)',
    'commits 0.06 per orchestration (fresh: 0.06)',
    'write-ahead log 9,199 bytes per orchestration (fresh: 9,199)',
    'stored 2,346 bytes per instance',
    'other programs 2 % of a core (fresh: 2 %)',
  ]);
});

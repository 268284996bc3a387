import { expect, test } from 'vitest';
import { comparison, readResult } from './compare.ts';
import { type BenchResult } from './result.ts';

const head: BenchResult = {
  ...{ version: '1.2.3', node: '24.0.0', processors: 2, processorModel: 'Abacus' },
  ...{ streams: 4, serverProcesses: 1, concurrency: 256, windows: 1, windowSeconds: 15 },
};
const busy = { serverCpuPercent: 99, workerCpuPercent: 70, othersCpuPercent: 3 };
const ceiling = { itemsPerSecond: 20_000, serverCpuMicrosPerItem: 50, ...busy, windows: [] };
const chain = {
  ...{ orchestrationsPerSecond: 1000, itemsPerSecond: 11_000, serverCpuMsPerOrchestration: 1.5 },
  ...{ postgresCpuMsPerOrchestration: 0.4, writesPerOrchestration: 0.1, postgresCpuPercent: 40 },
  ...{ walBytesPerOrchestration: 7000, p50Ms: 300, p99Ms: 500 },
  ...{ historyBytesResentPerOrchestration: null, ratioToCeiling: 0.4, windows: [], ...busy },
};
const latency = { p50Ms: 8, p99Ms: 16, orchestrations: 100, commitsP50Ms: 4, ratioToCommits: 2 };

/** The lines without the spaces that make them a table. */
function lines(before: BenchResult, now: BenchResult): string[] {
  return comparison(before, now)
    .split('\n')
    .map((line) => line.trim().replaceAll(/ {2,}/g, ' '));
}

test('what both runs measured stands side by side, with the change', () => {
  const before = { ...head, ceiling, chain, latency };
  const now = {
    ...head,
    ceiling: { ...ceiling, serverCpuMicrosPerItem: 60 },
    chain: { ...chain, ratioToCeiling: 0.5 },
  };
  expect(lines(before, now)).toEqual([
    '',
    'Beside the run of 1.2.3 on Node 24.0.0',
    'chain to the ceiling 40.00 → 50.00 % (+25 %)',
    "chain: the server's CPU 30.00 → 25.00 items of the ceiling per orchestration (-17 %)",
    "chain: PostgreSQL's CPU 0.40 → 0.40 ms per orchestration (+0 %)",
    'chain: commits 0.10 → 0.10 per orchestration (+0 %)',
    'chain: write-ahead log 7000.00 → 7000.00 bytes per orchestration (+0 %)',
  ]);
});

test('what an earlier version did not measure is left out', () => {
  const loads = { windows: 1, windowSeconds: 2, rates: {} };
  expect(lines({ ...head, loads }, { ...head, loads })).toHaveLength(2);
  const earlier = readResult(JSON.stringify({ ...head, chain: { ratioToCeiling: 0.4 } }));
  expect(earlier && lines(earlier, { ...head, chain })).toHaveLength(3);
});

test('only what --json printed is a result', () => {
  expect(readResult(JSON.stringify(head))).toEqual(head);
  for (const text of ['', 'null', '[]', '{"version":"1"}', 'Perdura 0.1.0 on 2 × Abacus']) {
    expect(readResult(text)).toBeUndefined();
  }
});

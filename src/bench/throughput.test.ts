import { expect, test } from 'vitest';
import { type CeilingResult, type ChainResult } from './result.ts';
import { throughputOf } from './throughput.ts';

const busy = { serverCpuPercent: 0, workerCpuPercent: 0, othersCpuPercent: 0 };
const ceiling = (itemsPerSecond: number): CeilingResult => ({
  ...{ itemsPerSecond, serverCpuMicrosPerItem: 0 },
  ...busy,
});
const chain = (itemsPerSecond: number): ChainResult => ({
  ...{ itemsPerSecond, orchestrationsPerSecond: 0, serverCpuMsPerOrchestration: 0 },
  ...{
    postgresCpuMsPerOrchestration: 0,
    writesPerOrchestration: 0,
    walBytesPerOrchestration: 0,
    historyBytesResentPerOrchestration: null,
  },
  ...{ ...busy, postgresCpuPercent: 0, p50Ms: 0, p99Ms: 0 },
});
const filling = { finished: 1, waiting: 1 };

test('the chain is judged by the ceiling, the full database by the chain, each by its median', () => {
  const result = throughputOf(
    {
      ceiling: [10, 1000, 20].map(ceiling),
      chain: [12, 1, 10].map(chain),
      full: [9, 100, 1].map(chain),
    },
    filling,
  );
  expect(result.chain?.ratioToCeiling).toBeCloseTo(0.5);
  expect(result.full?.ratioToChain).toBeCloseTo(0.9);
});

test('without windows of a chain there is no ratio', () => {
  expect(throughputOf({ ceiling: [ceiling(10)], chain: [], full: [] }, filling)).not.toHaveProperty('chain');
});

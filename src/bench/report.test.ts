import { expect, test } from 'vitest';
import { reportTable } from './report.ts';
import { type BenchResult, type FanOutResult, type LoadRate } from './result.ts';

const head: BenchResult = {
  ...{ version: '1.2.3', node: '24.0.0', processors: 2, processorModel: 'Abacus' },
  ...{ streams: 4, serverProcesses: 1, concurrency: 256, windows: 1, windowSeconds: 15 },
};
const busy = { serverCpuPercent: 99.4, workerCpuPercent: 70, othersCpuPercent: 3 };
const ceiling = { itemsPerSecond: 20_000.4, serverCpuMicrosPerItem: 35.04, ...busy };
const chain = {
  ...{ orchestrationsPerSecond: 1000, itemsPerSecond: 11_000, serverCpuMsPerOrchestration: 0.614 },
  ...{ postgresCpuMsPerOrchestration: 0.2, writesPerOrchestration: 0.11 },
  ...{ walBytesPerOrchestration: 7654, p50Ms: 300, p99Ms: 512.3 },
  ...{ historyBytesResentPerOrchestration: null, postgresCpuPercent: 40, ...busy },
};

const costs = {
  serverCpuMicrosEach: 70.04,
  postgresCpuMicrosEach: 20,
  commitsEach: 0.0123,
  walBytesEach: 1234,
};
const fanOut: FanOutResult = {
  ...{ activities: 10_000, activitiesPerSecond: 5500, ratioToCeiling: 0.275, ratioToChain: 0.5 },
  ...{ ...costs, p50Ms: 1800, p99Ms: 2000 },
};

/** The lines without the spaces that make them a table. */
function lines(result: BenchResult): string[] {
  return reportTable(result)
    .split('\n')
    .map((line) => line.trim().replaceAll(/ {2,}/g, ' '));
}

test('a table shows every figure with its unit', () => {
  const shown = lines({
    ...head,
    ceiling: { ...ceiling, windows: [ceiling] },
    chain: { ...chain, ratioToCeiling: 0.55, windows: [chain] },
    latency: { p50Ms: 9.04, p99Ms: 20, orchestrations: 1234, commitsP50Ms: 4, ratioToCommits: 2.26 },
    fanOut,
  });
  expect(shown).toContain('work items 20,000 /s (20,000 to 20,000)');
  expect(shown).toContain('CPU of the server 35.0 µs per work item');
  expect(shown).toContain('a core was busy with server 99 %, load worker 70 %, other programs 3 %');
  expect(shown).toContain('ratio to the ceiling 55 % (reach: 50 %)');
  expect(shown).toContain('CPU of the server 0.61 ms per orchestration');
  expect(shown).toContain('history sent again - bytes per orchestration');
  expect(shown).toContain('p50 9.0 ms (1,234 orchestrations)');
  expect(shown).toContain('its 12 commits alone, p50 4.0 ms');
  expect(shown).toContain('p50 to its commits 2.3 times (reach: at most 3)');
  expect(shown).toContain('activities 5,500 /s');
  expect(shown).toContain("ratio to the chain's work items 50 % (reach: 40 %)");
  expect(shown).toContain("ratio to the ceiling's work items 28 %");
  expect(shown).toContain('write-ahead log 7,654 bytes per orchestration');
  expect(shown).toContain('an orchestration took, p50 / p99 300.0 / 512.3 ms');
  expect(shown).toContain('an orchestration took, p50 / p99 1800.0 / 2000.0 ms');
  expect(shown).toContain('write-ahead log 1,234 bytes per activity');
});

test('a load is shown with its ratio, what each has cost, and how busy everyone was', () => {
  const rate = (perSecond: number, ratio: number | null): LoadRate => {
    const window = { perSecond, ...costs, ...busy, postgresCpuPercent: 33, p50Ms: 1, p99Ms: 20 };
    return { ...window, ratio, windows: [window] };
  };
  const rates = { unary: rate(10_000, null), signalsToOne: { ...rate(6100, 0.61), besidePerSecond: 6090 } };
  const shown = lines({ ...head, loads: { windows: 3, windowSeconds: 4, rates } });
  expect(shown.slice(3)).toEqual([
    "the ceiling's unary calls 10,000 calls/s (10,000 to 10,000)",
    'a call took, p50 / p99 1.0 / 20.0 ms',
    'CPU of the server 70.0 µs per call',
    'a core was busy with server 99 %, load worker 70 %, other programs 3 %',
    'signals to one entity 6,100 calls/s (6,100 to 6,100)',
    "ratio to the ceiling's unary calls 61 % (reach: 60 %)",
    'operations carried out 6,090 /s',
    'a call took, p50 / p99 1.0 / 20.0 ms',
    'CPU of the server 70.0 µs per call',
    'CPU of PostgreSQL 20.0 µs per call',
    'commits 0.012 per call',
    'write-ahead log 1,234 bytes per call',
    'a core was busy with server 99 %, PostgreSQL 33 %, load worker 70 %, other programs 3 %',
  ]);
});

test('timers are shown by how fast and how late they fired', () => {
  const run = { timers: 100_000, perSecond: 8000, ...costs, p50Ms: 6000, p99Ms: 12_000 };
  const spread = { ...run, timers: 5000, perSecond: 500, p50Ms: 7, p99Ms: 15.2 };
  const shown = lines({ ...head, timers: { burst: { ...run, ratioToCeiling: 0.4 }, spread } });
  expect(shown).toContain('timers fired 8,000 /s');
  expect(shown).toContain("ratio to the ceiling's work items 40 %");
  expect(shown).toContain('late: p99 12000.0 ms');
  expect(shown.slice(shown.indexOf('5,000 due one after the other 500 /s')).slice(1, 4)).toEqual([
    'late: p50 7.0 ms',
    'late: p99 15.2 ms',
    'CPU of the server 70.0 µs per timer',
  ]);
});

test('that the server is several processes is said', () => {
  expect(lines({ ...head, serverProcesses: 2 })).toContain('the server is 2 processes, the ceiling one');
  expect(lines(head).join()).not.toContain('processes');
});

test('a part that was not measured has no rows', () => {
  const shown = lines({ ...head, fanOut: { ...fanOut, ratioToChain: null } });
  expect(shown.join()).not.toContain('Ceiling');
  expect(shown).toContain("ratio to the chain's work items - (reach: 40 %)");
});

import { expect, test } from 'vitest';
import { reportTable } from './report.ts';
import { type BenchResult, type EntityRate } from './result.ts';

const head: BenchResult = {
  ...{ version: '1.2.3', node: '24.0.0', processors: 2, processorModel: 'Abacus' },
  ...{ streams: 4, serverProcesses: 1, concurrency: 256, windows: 1, windowSeconds: 15 },
};
const busy = { serverCpuPercent: 99.4, workerCpuPercent: 70, othersCpuPercent: 3 };
const ceiling = { itemsPerSecond: 20_000.4, serverCpuMicrosPerItem: 35.04, ...busy };
const chain = {
  ...{ orchestrationsPerSecond: 1000, itemsPerSecond: 11_000, serverCpuMsPerOrchestration: 0.614 },
  ...{ postgresCpuMsPerOrchestration: 0.2, commitsPerOrchestration: 0.11 },
  ...{ historyBytesResentPerOrchestration: null, postgresCpuPercent: 40, ...busy },
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
    latency: { p50Ms: 9.04, p99Ms: 20, orchestrations: 1234 },
    fanOut: { activities: 10_000, activitiesPerSecond: 5500, ratioToChain: 0.5 },
  });
  expect(shown).toContain('work items 20,000 /s (20,000 to 20,000)');
  expect(shown).toContain('CPU of the server 35.0 µs per work item');
  expect(shown).toContain('a core was busy with server 99 %, load worker 70 %, other programs 3 %');
  expect(shown).toContain('ratio to the ceiling 55 % (reach: 50 %)');
  expect(shown).toContain('CPU of the server 0.61 ms per orchestration');
  expect(shown).toContain('history sent again - bytes per orchestration');
  expect(shown).toContain('p50 9.0 ms (1,234 orchestrations)');
  expect(shown).toContain('activities 5,500 /s');
  expect(shown).toContain("ratio to the chain's work items 50 % (reach: 40 %)");
});

test('a load of entities is shown with its ratio to unary calls and how busy everyone was', () => {
  const rate = (perSecond: number): EntityRate => {
    const window = {
      perSecond,
      operationsPerSecond: 0,
      postgresCpuPercent: 33,
      serverCpuMicrosEach: 70.04,
      ...busy,
    };
    return { ...window, ratioToUnary: perSecond / 10_000, windows: [window] };
  };
  const rates = {
    ...{ unary: rate(10_000), signalsToOne: { ...rate(6100), operationsPerSecond: 6090 } },
    ...{
      signalsToMany: rate(5000),
      entityCalls: rate(4000),
      criticalSections: rate(800),
      starts: rate(7000),
    },
  };
  const shown = lines({ ...head, entities: { windows: 3, windowSeconds: 4, rates } });
  expect(shown).toContain("the ceiling's unary calls 10,000 /s (10,000 to 10,000)");
  expect(shown.slice(shown.indexOf('signals to one entity 6,100 /s (6,100 to 6,100)')).slice(1, 5)).toEqual([
    'ratio to unary calls 61 % (reach: 60 %)',
    'operations carried out 6,090 /s',
    'CPU of the server 70.0 µs each',
    'a core was busy with server 99 %, PostgreSQL 33 %, load worker 70 %, other programs 3 %',
  ]);
  expect(shown.slice(shown.indexOf('starts of what nobody runs yet 7,000 /s (7,000 to 7,000)'))[1]).toBe(
    'ratio to unary calls 70 %',
  );
});

test('that the server is several processes is said', () => {
  expect(lines({ ...head, serverProcesses: 2 })).toContain('the server is 2 processes, the ceiling one');
  expect(lines(head).join()).not.toContain('processes');
});

test('a part that was not measured has no rows', () => {
  const shown = lines({ ...head, fanOut: { activities: 10, activitiesPerSecond: 5, ratioToChain: null } });
  expect(shown.join()).not.toContain('Ceiling');
  expect(shown).toContain("ratio to the chain's work items - (reach: 40 %)");
});

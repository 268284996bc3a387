import { costRows, loadsSection } from './loads-report.ts';
import { type BenchResult, type CeilingResult, type ChainResult } from './result.ts';
import { CHAIN_COMMITS, CHAIN_ITEMS, CHAIN_STEPS } from './script.ts';
import {
  decimals,
  machineLine,
  percent,
  type Row,
  type Section,
  sectionLines,
  timesRow,
  whole,
} from './table.ts';
import { timersSection } from './timers-report.ts';

/** The result as a table for people. */
export function reportTable(result: BenchResult): string {
  const { streams, serverProcesses, concurrency, windows, windowSeconds } = result;
  const head = [
    machineLine(result),
    ...(serverProcesses > 1 ? [`the server is ${serverProcesses} processes, the ceiling one`] : []),
    ...(result.ceiling
      ? [`${concurrency} at once on ${streams} streams; medians of ${windows} windows of ${windowSeconds} s`]
      : []),
  ];
  const sections = [
    ...(result.ceiling ? [ceilingSection(result.ceiling)] : []),
    ...(result.chain ? [chainSection(result.chain)] : []),
    ...(result.full ? [fullSection(result.full)] : []),
    ...otherSections(result),
    ...(result.timers ? [timersSection(result.timers)] : []),
    ...(result.loads ? [loadsSection(result.loads)] : []),
  ];
  return [...head, ...sections.flatMap(sectionLines)].join('\n');
}

function ceilingSection({ windows, ...ceiling }: NonNullable<BenchResult['ceiling']>): Section {
  return {
    title: 'Ceiling: grpc-js alone, the same bytes passed through, nothing stored',
    rows: [
      ['work items', whole(ceiling.itemsPerSecond), '/s', range(windows)],
      ['CPU of the server', decimals(ceiling.serverCpuMicrosPerItem, 1), 'µs per work item'],
      busyRow(ceiling),
    ],
  };
}

function chainSection({ ratioToCeiling, ...chain }: NonNullable<BenchResult['chain']>): Section {
  return {
    title: `Chain: orchestrations of ${CHAIN_STEPS} sequential activities, ${CHAIN_ITEMS} work items each`,
    rows: chainRows(chain, ['ratio to the ceiling', percent(ratioToCeiling * 100), '', '(reach: 50 %)']),
  };
}

function fullSection({ ratioToChain, filling, ...chain }: NonNullable<BenchResult['full']>): Section {
  return {
    title: `Full: the chain where ${whole(filling.finished)} instances have finished and ${whole(filling.waiting)} wait for a timer`,
    rows: chainRows(chain, ['ratio to the chain', percent(ratioToChain * 100), '', '(reach: 85 %)']),
  };
}

function chainRows(chain: ChainResult & { readonly windows: readonly ChainResult[] }, ratio: Row): Row[] {
  const resent = chain.historyBytesResentPerOrchestration;
  const each = 'per orchestration';
  return [
    ['orchestrations', whole(chain.orchestrationsPerSecond), '/s'],
    ['work items', whole(chain.itemsPerSecond), '/s', range(chain.windows)],
    ratio,
    timesRow('an orchestration', chain),
    ['CPU of the server', decimals(chain.serverCpuMsPerOrchestration, 2), `ms ${each}`],
    ['CPU of PostgreSQL', decimals(chain.postgresCpuMsPerOrchestration, 2), `ms ${each}`],
    ['commits', decimals(chain.writesPerOrchestration, 2), each],
    ['write-ahead log', whole(chain.walBytesPerOrchestration), `bytes ${each}`],
    ['history sent again', resent === null ? '-' : whole(resent), `bytes ${each}`],
    busyRow(chain),
  ];
}

function otherSections({ latency, fanOut }: BenchResult): Section[] {
  const sections: Section[] = [];
  if (latency) {
    sections.push({
      title: `Latency: one orchestration of ${CHAIN_STEPS} sequential activities at a time`,
      rows: [
        ['p50', decimals(latency.p50Ms, 1), 'ms', `(${whole(latency.orchestrations)} orchestrations)`],
        ['p99', decimals(latency.p99Ms, 1), 'ms'],
        [`its ${CHAIN_COMMITS} commits alone, p50`, decimals(latency.commitsP50Ms, 1), 'ms'],
        ['p50 to its commits', decimals(latency.ratioToCommits, 1), 'times', '(reach: at most 3)'],
      ],
    });
  }
  if (fanOut) {
    const { activities, activitiesPerSecond, ratioToCeiling, ratioToChain } = fanOut;
    const ratio = ratioToChain === null ? '-' : percent(ratioToChain * 100);
    sections.push({
      title: `Fan-out: one orchestration of ${whole(activities)} activities at once`,
      rows: [
        ['activities', whole(activitiesPerSecond), '/s'],
        ["ratio to the ceiling's work items", percent(ratioToCeiling * 100), ''],
        ["ratio to the chain's work items", ratio, '', '(reach: 40 %)'],
        timesRow('an orchestration', fanOut),
        ...costRows(fanOut, 'activity'),
      ],
    });
  }
  return sections;
}

function range(windows: readonly { readonly itemsPerSecond: number }[]): string {
  const rates = windows.map((window) => window.itemsPerSecond);
  return `(${whole(Math.min(...rates))} to ${whole(Math.max(...rates))})`;
}

/** Of one core each: what the rate was limited by, and how quiet the machine was. */
function busyRow(busy: CeilingResult | ChainResult): Row {
  const shares = [
    `server ${percent(busy.serverCpuPercent)}`,
    ...('postgresCpuPercent' in busy ? [`PostgreSQL ${percent(busy.postgresCpuPercent)}`] : []),
    `load worker ${percent(busy.workerCpuPercent)}`,
    `other programs ${percent(busy.othersCpuPercent)}`,
  ];
  return ['a core was busy with', shares.join(', '), ''];
}

import { type BenchResult, type CeilingResult, type ChainResult } from './result.ts';
import { CHAIN_ITEMS, CHAIN_STEPS } from './script.ts';

/** One line of the table: what, how much, of what, and a remark. */
type Row = readonly [name: string, value: string, unit: string, remark?: string];

interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** The result as a table for people. */
export function reportTable(result: BenchResult): string {
  const { version, node, processors, processorModel, streams, concurrency, windows, windowSeconds } = result;
  const head = [
    `Perdura ${version} on ${processors} × ${processorModel}, Node ${node}; PostgreSQL beside it, fsync on`,
    ...(result.ceiling
      ? [`${concurrency} at once on ${streams} streams; medians of ${windows} windows of ${windowSeconds} s`]
      : []),
  ];
  const sections = [
    ...(result.ceiling ? [ceilingSection(result.ceiling)] : []),
    ...(result.chain ? [chainSection(result.chain)] : []),
    ...otherSections(result),
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

function chainSection({ windows, ...chain }: NonNullable<BenchResult['chain']>): Section {
  const resent = chain.historyBytesResentPerOrchestration;
  const each = 'per orchestration';
  return {
    title: `Chain: orchestrations of ${CHAIN_STEPS} sequential activities, ${CHAIN_ITEMS} work items each`,
    rows: [
      ['orchestrations', whole(chain.orchestrationsPerSecond), '/s'],
      ['work items', whole(chain.itemsPerSecond), '/s', range(windows)],
      ['ratio to the ceiling', percent(chain.ratioToCeiling * 100), '', '(reach: 50 %)'],
      ['CPU of the server', decimals(chain.serverCpuMsPerOrchestration, 2), `ms ${each}`],
      ['CPU of PostgreSQL', decimals(chain.postgresCpuMsPerOrchestration, 2), `ms ${each}`],
      ['commits', decimals(chain.commitsPerOrchestration, 2), each],
      ['history sent again', resent === null ? '-' : whole(resent), `bytes ${each}`],
      busyRow(chain),
    ],
  };
}

function otherSections({ latency, fanOut }: BenchResult): Section[] {
  const sections: Section[] = [];
  if (latency) {
    sections.push({
      title: `Latency: one orchestration of ${CHAIN_STEPS} sequential activities at a time`,
      rows: [
        ['p50', decimals(latency.p50Ms, 1), 'ms', `(${whole(latency.orchestrations)} orchestrations)`],
        ['p99', decimals(latency.p99Ms, 1), 'ms'],
      ],
    });
  }
  if (fanOut) {
    const { activities, activitiesPerSecond, ratioToChain } = fanOut;
    const ratio = ratioToChain === null ? '-' : percent(ratioToChain * 100);
    sections.push({
      title: `Fan-out: one orchestration of ${whole(activities)} activities at once`,
      rows: [
        ['activities', whole(activitiesPerSecond), '/s'],
        ["ratio to the chain's work items", ratio, '', '(reach: 40 %)'],
      ],
    });
  }
  return sections;
}

function sectionLines({ title, rows }: Section): string[] {
  const lines = rows.map(([name, value, unit, remark = '']) =>
    `  ${name.padEnd(31)}  ${value.padStart(11)} ${unit} ${remark}`.trimEnd(),
  );
  return ['', title, ...lines];
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

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function decimals(value: number, digits: number): string {
  return value.toFixed(digits);
}

function percent(value: number): string {
  return `${Math.round(value)} %`;
}

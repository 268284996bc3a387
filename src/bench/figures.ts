import { floors } from './floors.ts';
import { type Load, loadNames, loads } from './loads.ts';
import { type BenchResult, type LoadsResult } from './result.ts';

/** A figure that says something about another run as well: a ratio, or a cost. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly of: (result: BenchResult) => number | null | undefined;
  /** Of `--check`: below it something has collapsed. */
  readonly floor?: number | undefined;
}

const each = 'per orchestration';

/** What both `--compare` and `--check` look at. */
export const figures: readonly Figure[] = [
  {
    ...{ name: 'chain to the ceiling', unit: '%', floor: floors.chain },
    of: ({ chain }) => chain && chain.ratioToCeiling * 100,
  },
  {
    name: "chain: the server's CPU",
    unit: `items of the ceiling ${each}`,
    of: ({ chain, ceiling }) =>
      chain && ceiling && (chain.serverCpuMsPerOrchestration * 1000) / ceiling.serverCpuMicrosPerItem,
  },
  {
    name: "chain: PostgreSQL's CPU",
    unit: `ms ${each}`,
    of: ({ chain }) => chain?.postgresCpuMsPerOrchestration,
  },
  { name: 'chain: commits', unit: each, of: ({ chain }) => chain?.writesPerOrchestration },
  {
    name: 'chain: write-ahead log',
    unit: `bytes ${each}`,
    of: ({ chain }) => chain?.walBytesPerOrchestration,
  },
  {
    name: 'full to the chain',
    unit: '%',
    floor: floors.full,
    of: ({ full }) => full && full.ratioToChain * 100,
  },
  { name: 'latency p50', unit: 'ms', of: ({ latency }) => latency?.p50Ms },
  { name: 'latency p99', unit: 'ms', of: ({ latency }) => latency?.p99Ms },
  { name: 'latency p50 to its commits', unit: 'times', of: ({ latency }) => latency?.ratioToCommits },
  {
    name: 'fan-out to the chain',
    unit: '%',
    of: ({ fanOut }) => fanOut?.ratioToChain && fanOut.ratioToChain * 100,
  },
  {
    ...{ name: 'fan-out to the ceiling', unit: '%', floor: floors.fanOut },
    of: ({ fanOut }) => fanOut && fanOut.ratioToCeiling * 100,
  },
  {
    ...{ name: 'timers to the ceiling', unit: '%', floor: floors.timers },
    of: ({ timers }) => timers && timers.burst.ratioToCeiling * 100,
  },
  { name: 'timers: late p99', unit: 'ms', of: ({ timers }) => timers?.spread.p99Ms },
  ...loadNames.flatMap((name) => loadFigure(name)),
];

function loadFigure(name: Load): Figure[] {
  const { title, judge } = loads[name];
  if (!judge) return [];
  return [
    {
      ...{ name: title, unit: `% of ${loads[judge].title}`, floor: floors[name] },
      of: ({ loads: measured }) => ratioOf(measured, name),
    },
  ];
}

function ratioOf(measured: LoadsResult | undefined, name: Load): number | undefined {
  const ratio = measured?.rates[name]?.ratio;
  return typeof ratio === 'number' ? ratio * 100 : undefined;
}

import {
  type BenchResult,
  type EntitiesResult,
  type EntityLoad,
  entityLoadNames,
  entityLoads,
} from './result.ts';
import { decimals, percent, type Row, type Section, sectionLines } from './table.ts';

/** A figure that says something about another run as well: a ratio, or a cost. */
interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly of: (result: BenchResult) => number | null | undefined;
}

const each = 'per orchestration';

const figures: readonly Figure[] = [
  { name: 'chain to the ceiling', unit: '%', of: ({ chain }) => chain && chain.ratioToCeiling * 100 },
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
  { name: 'chain: commits', unit: each, of: ({ chain }) => chain?.commitsPerOrchestration },
  { name: 'full to the chain', unit: '%', of: ({ full }) => full && full.ratioToChain * 100 },
  { name: 'latency p50', unit: 'ms', of: ({ latency }) => latency?.p50Ms },
  { name: 'latency p99', unit: 'ms', of: ({ latency }) => latency?.p99Ms },
  {
    name: 'fan-out to the chain',
    unit: '%',
    of: ({ fanOut }) => fanOut?.ratioToChain && fanOut.ratioToChain * 100,
  },
  ...entityLoadNames.slice(1).map((name) => ({
    name: entityLoads[name].title,
    unit: '% of unary calls',
    of: ({ entities }: BenchResult) => ratioOf(entities, name),
  })),
];

/** A run of an earlier version may not have had it. */
function ratioOf(entities: BenchResult['entities'], name: EntityLoad): number | undefined {
  const rates: Partial<EntitiesResult['rates']> | undefined = entities?.rates;
  const rate = rates?.[name];
  return rate && rate.ratioToUnary * 100;
}

/** What both runs measured, side by side. Rates are left out: they are the machine's as much as the program's. */
export function comparison(before: BenchResult, now: BenchResult): string {
  const rows = figures.flatMap(({ name, unit, of }): Row[] => {
    const [old, fresh] = [of(before), of(now)];
    if (typeof old !== 'number' || typeof fresh !== 'number') return [];
    const change = old > 0 ? `(${fresh < old ? '' : '+'}${percent((fresh / old - 1) * 100)})` : '';
    return [[name, `${decimals(old, 2)} → ${decimals(fresh, 2)}`, unit, change]];
  });
  const section: Section = { title: `Beside the run of ${before.version} on Node ${before.node}`, rows };
  return sectionLines(section).join('\n');
}

/** Reads what `--json` printed. Undefined when it is something else. */
export function readResult(text: string): BenchResult | undefined {
  try {
    const value = JSON.parse(text) as Partial<BenchResult> | null;
    return typeof value?.version === 'string' && typeof value.concurrency === 'number'
      ? (value as BenchResult)
      : undefined;
  } catch {
    return undefined;
  }
}

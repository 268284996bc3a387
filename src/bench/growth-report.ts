import { type ChainResult, type GrowthResult, type LevelResult } from './result.ts';
import { decimals, machineLine, percent, type Section, sectionLines, whole } from './table.ts';

/** The result as a table for people. */
export function growthTable(result: GrowthResult): string {
  const { concurrency, windows, windowSeconds, levels } = result;
  return [
    machineLine(result),
    `the chain, ${concurrency} at once, each beside a fresh database; medians of ${windows} windows of ${windowSeconds} s`,
    ...levels.flatMap((level) => sectionLines(levelSection(level))),
  ].join('\n');
}

function levelSection({ title, there, fresh, ratio, storedBytesEach: bytes }: LevelResult): Section {
  const each = 'per orchestration';
  const row = (name: string, of: (chain: ChainResult) => string, unit: string) =>
    [name, of(there), unit, `(fresh: ${of(fresh)})`] as const;
  return {
    title: `${title.charAt(0).toUpperCase()}${title.slice(1)}`,
    rows: [
      row('work items', (chain) => whole(chain.itemsPerSecond), '/s'),
      ['ratio to the fresh one', percent(ratio * 100), ''],
      row('an orchestration took, p50', (chain) => decimals(chain.p50Ms, 0), 'ms'),
      row('CPU of the server', (chain) => decimals(chain.serverCpuMsPerOrchestration, 2), `ms ${each}`),
      row('CPU of PostgreSQL', (chain) => decimals(chain.postgresCpuMsPerOrchestration, 2), `ms ${each}`),
      row('commits', (chain) => decimals(chain.writesPerOrchestration, 2), each),
      row('write-ahead log', (chain) => whole(chain.walBytesPerOrchestration), `bytes ${each}`),
      ...(bytes === undefined ? [] : [['stored', whole(bytes), 'bytes per instance'] as const]),
      row('other programs', (chain) => percent(chain.othersCpuPercent), 'of a core'),
    ],
  };
}

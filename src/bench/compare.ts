import { figures } from './figures.ts';
import { type BenchResult } from './result.ts';
import { decimals, percent, type Row, type Section, sectionLines } from './table.ts';

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

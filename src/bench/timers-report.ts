import { costRows } from './loads-report.ts';
import { type TimersResult } from './result.ts';
import { decimals, percent, type Section, whole } from './table.ts';

/** Timers that are due at once, and those that are due one after the other. */
export function timersSection({ burst, spread }: TimersResult): Section {
  const steady = `${whole(spread.timers)} due one after the other`;
  return {
    title: `Timers: ${whole(burst.timers)} orchestrations whose timers are due at once`,
    rows: [
      ['timers fired', whole(burst.perSecond), '/s'],
      ["ratio to the ceiling's work items", percent(burst.ratioToCeiling * 100), ''],
      ['late: p50', decimals(burst.p50Ms, 1), 'ms', '(all due at once: a backlog)'],
      ['late: p99', decimals(burst.p99Ms, 1), 'ms'],
      ...costRows(burst, 'timer'),
      [steady, whole(spread.perSecond), '/s'],
      ['  late: p50', decimals(spread.p50Ms, 1), 'ms'],
      ['  late: p99', decimals(spread.p99Ms, 1), 'ms'],
      ...costRows(spread, 'timer').map(([name, ...rest]) => [`  ${name}`, ...rest] as const),
    ],
  };
}

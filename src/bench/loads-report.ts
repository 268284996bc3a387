import { type Costs } from './costs.ts';
import { type Load, loadNames, loads } from './loads.ts';
import { type LoadRate, type LoadsResult } from './result.ts';
import { decimals, percent, type Row, type Section, timesRow, whole } from './table.ts';

/** The loads, each by the one beside which it is judged. */
export function loadsSection({ windows, windowSeconds, rates }: LoadsResult): Section {
  return {
    title: `Loads, each by another one beside it; medians of ${windows} windows of ${windowSeconds} s`,
    rows: loadNames.flatMap((load) => rowsOf(load, rates[load])),
  };
}

function rowsOf(load: Load, rate: LoadRate | undefined): Row[] {
  if (!rate) return [];
  const { title, judge, unit, timed, beside, reachPercent } = loads[load];
  const found = rate.windows.map(({ perSecond }) => perSecond);
  const range = `(${whole(Math.min(...found))} to ${whole(Math.max(...found))})`;
  const isCeiling = judge === undefined;
  const shares = [
    `server ${percent(rate.serverCpuPercent)}`,
    ...(isCeiling ? [] : [`PostgreSQL ${percent(rate.postgresCpuPercent)}`]),
    `load worker ${percent(rate.workerCpuPercent)}`,
    `other programs ${percent(rate.othersCpuPercent)}`,
  ];
  const rows: Row[] = [[title, whole(rate.perSecond), `${unit}s/s`, range]];
  if (judge && rate.ratio !== null) {
    const reach = reachPercent === undefined ? '' : `(reach: ${reachPercent} %)`;
    rows.push([`ratio to ${loads[judge].title}`, percent(rate.ratio * 100), '', reach]);
  }
  if (beside) rows.push([beside.title, whole(rate.besidePerSecond ?? NaN), '/s']);
  if (timed) rows.push(timesRow(timed === 'calls' ? 'a call' : 'an orchestration', rate));
  rows.push(...costRows(rate, unit, isCeiling), ['a core was busy with', shares.join(', '), '']);
  return rows.map(([name, ...rest], index) => [index === 0 ? name : `  ${name}`, ...rest]);
}

/** What one of the units has cost. */
export function costRows(costs: Costs, unit: string, isCeiling = false): Row[] {
  const server: Row = ['CPU of the server', decimals(costs.serverCpuMicrosEach, 1), `µs per ${unit}`];
  if (isCeiling) return [server];
  return [
    server,
    ['CPU of PostgreSQL', decimals(costs.postgresCpuMicrosEach, 1), `µs per ${unit}`],
    ['commits', decimals(costs.commitsEach, 3), `per ${unit}`],
    ['write-ahead log', whole(costs.walBytesEach), `bytes per ${unit}`],
  ];
}

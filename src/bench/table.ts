import { type Machine } from './result.ts';
import { type Percentiles } from './times.ts';

/** One line of a table: what, how much, of what, and a remark. */
export type Row = readonly [name: string, value: string, unit: string, remark?: string];

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What was measured on, as the first line of a report. */
export function machineLine({ version, node, processors, processorModel }: Machine): string {
  return `Perdura ${version} on ${processors} × ${processorModel}, Node ${node}; PostgreSQL beside it, fsync on`;
}

export function sectionLines({ title, rows }: Section): string[] {
  const lines = rows.map(([name, value, unit, remark = '']) =>
    `  ${name.padEnd(31)}  ${value.padStart(11)} ${unit} ${remark}`.trimEnd(),
  );
  return ['', title, ...lines];
}

/** Whether a server is what it is held to be. */
export function verdict({ isWithinLimits }: { readonly isWithinLimits: boolean }): Row {
  return ['within the limits', isWithinLimits ? 'yes' : 'no', ''];
}

/** How long one of something took. */
export function timesRow(what: string, { p50Ms = NaN, p99Ms = NaN }: Partial<Percentiles>): Row {
  return [`${what} took, p50 / p99`, `${decimals(p50Ms, 1)} / ${decimals(p99Ms, 1)}`, 'ms'];
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function decimals(value: number, digits: number): string {
  return value.toFixed(digits);
}

export function percent(value: number): string {
  return `${Math.round(value)} %`;
}

/** Millions of bytes. */
export function megabytes(bytes: number): string {
  return whole(bytes / 1e6);
}

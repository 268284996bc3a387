import { type OrchestrationStatus, type Timestamp } from '../protocol/messages.ts';
import { invalidArgument } from './errors.ts';
import { type InstanceStatus, isTerminal } from './instance.ts';
import { limits } from './limits.ts';
import { type Micros } from './time.ts';
import { wireStatuses } from './wire-status.ts';

const allStatuses = Object.keys(wireStatuses) as InstanceStatus[];
const finishedStatuses = allStatuses.filter(isTerminal);

interface Window {
  readonly from: Micros;
  readonly to: Micros;
}

/** Both ends inclusive; an absent one is no bound (contract §6.1). */
export function windowOf(from: Timestamp | null, to: Timestamp | null): Window {
  return {
    from: from ? clamp(from.seconds * 1e6 + Math.ceil(from.nanos / 1000)) : 0,
    to: to ? clamp(to.seconds * 1e6 + Math.floor(to.nanos / 1000)) : Number.MAX_SAFE_INTEGER,
  };
}

/** Stored moments lie in this range. */
function clamp(micros: number): Micros {
  return Math.min(Math.max(micros, 0), Number.MAX_SAFE_INTEGER);
}

/** Statuses that a query asks for; none means every status. Those that no instance has match nothing. */
export function statusesOf(asked: readonly (OrchestrationStatus | number)[]): readonly InstanceStatus[] {
  if (asked.length === 0) return allStatuses;
  return allStatuses.filter((status) => asked.includes(wireStatuses[status]));
}

/** The same of finished instances: others can be neither purged nor listed. */
export function finishedStatusesOf(
  asked: readonly (OrchestrationStatus | number)[],
): readonly InstanceStatus[] {
  if (asked.length === 0) return finishedStatuses;
  return finishedStatuses.filter((status) => asked.includes(wireStatuses[status]));
}

/** Python asks for 2³¹−1: whoever asks for more than a page has room for gets a page and a token. */
export function pageSizeOf(asked: number): number {
  return asked > 0 ? Math.min(asked, limits.pageRows) : limits.defaultPageRows;
}

export function checkPrefix(prefix: string): string {
  if (prefix.includes('\0')) throw invalidArgument('the prefix of the instance id contains a NUL character');
  return prefix;
}

/** Rows for the next step of a search: at first what fills a page when all match, then more and more, as few do. */
export function moreRows(rows: number): number {
  return Math.min(rows * 8, limits.searchRows);
}

import { DatabaseError } from 'pg';
import { invalidArgument, SchedulerError, unavailable } from '../domain/errors.ts';
import { type StepRole } from './step.ts';

/**
 * What a refused statement means for its batch (ownership.md §4). First by which statement it was, then by class.
 * fence: this incarnation may be dead · stale: a guard, so one write is wrong about the world · again: nobody's fault ·
 * wait: the server can't now · data: one write is poison.
 */
export type Verdict = 'fence' | 'stale' | 'again' | 'wait' | 'data';

const DIVISION_BY_ZERO = '22012';
const UNIQUE_VIOLATION = '23505';
/** Serialization failure, deadlock, cancelled (a timeout), lock not available. */
const again = new Set(['40001', '40P01', '57014', '55P03']);
/** Out of resources, shut down by an operator, disk trouble, read only (a standby), idle in transaction, connection trouble. */
const wait = /^(53|57P|58|25006|25P03|08)/;

export function judge(role: StepRole, code: string | undefined): Verdict {
  if (role === 'fence' && code === DIVISION_BY_ZERO) return 'fence';
  if (role === 'guard' && (code === DIVISION_BY_ZERO || code === UNIQUE_VIOLATION)) return 'stale';
  if (code === undefined || again.has(code)) return 'again';
  if (wait.test(code)) return 'wait';
  return 'data';
}

/** What the caller of a poison write is told. Text that can't be stored (a NUL in a name) is the caller's; the rest is a bug. */
export function poisonError(error: {
  readonly code: string | undefined;
  readonly message: string;
}): SchedulerError {
  if (error.code?.startsWith('22')) {
    const refused = invalidArgument(`the database can't take a value of this call: ${error.message}`);
    refused.cause = error;
    return refused;
  }
  return new SchedulerError('internal', `the database refused a write: ${error.message}`, { cause: error });
}

/** A table is missing or a right, or what is stored is damaged: somebody has to look, and nothing mends itself. */
const beyondRepair = /^(42|XX)/;

/** What the caller of a read that failed is told: to repeat what the database can't compare would never help. */
export function readError(error: unknown): SchedulerError {
  if (error instanceof SchedulerError) return error;
  if (error instanceof DatabaseError && error.code !== undefined) {
    const { code, message } = error;
    if (code.startsWith('22')) return poisonError({ code, message });
    if (beyondRepair.test(code)) {
      return new SchedulerError('internal', 'the database refused a read', { cause: error });
    }
  }
  return unavailable('the database is not available', error);
}

/** Whether the database was away, or took no writes: what failed may succeed later as it is. */
export function isAway(error: unknown): boolean {
  if (error instanceof SchedulerError) return error.code === 'unavailable';
  if (error instanceof DatabaseError) return judge('other', error.code) !== 'data';
  // One for each address of a host.
  if (error instanceof AggregateError) return error.errors.some(isAway);
  return (
    error instanceof Error && ('syscall' in error || /^(Connection terminated|timeout)/.test(error.message))
  );
}

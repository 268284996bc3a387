import { sql, type Statement } from './sql.ts';

/**
 * What it means when a statement of a transaction fails: fence and guards raise the same SQLSTATE, so only their place
 * tells them apart (ownership.md §4).
 */
export type StepRole = 'fence' | 'guard' | 'other' | 'commit';

/** One statement of a pipelined transaction, and who reads its rows. */
export interface Step {
  readonly role: StepRole;
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** Called for each row once every statement sent with it has succeeded. */
  take(row: unknown): void;
}

const ignore = (): void => undefined;

/** A statement whose rows are read by `take`. */
export function step<Row>(statement: Statement<Row>, take?: (row: Row) => void): Step {
  const { name, text, values } = statement;
  return {
    role: 'other',
    name,
    text,
    values,
    take: take
      ? (row) => {
          take(row as Row);
        }
      : ignore,
  };
}

/** A statement that fails when what memory believes is not so. */
export function guard<Row>(statement: Statement<Row>, take?: (row: Row) => void): Step {
  return { ...step(statement, take), role: 'guard' };
}

export function fenceStep(statement: Statement<unknown>): Step {
  return { ...step(statement), role: 'fence' };
}

/** A step for a list that has something in it, nothing otherwise. */
export function when(list: readonly unknown[], make: () => Step): Step[] {
  return list.length > 0 ? [make()] : [];
}

export const beginStep: Step = step(sql`begin`);
export const commitStep: Step = { ...step(sql`commit`), role: 'commit' };
export const rollbackStep: Step = step(sql`rollback`);

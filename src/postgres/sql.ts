import { createHash } from 'node:crypto';
import { type ClientBase, type Pool, type QueryResultRow } from 'pg';
import { assert } from '../lib/assert.ts';

/** A prepared statement with its values. `Row` is what one row of its result looks like. */
export interface Statement<Row = never> {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** Carries the type only; never set. */
  readonly row?: Row;
}

export type Queryable = Pick<ClientBase | Pool, 'query'>;

interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** One entry per template in the source: its strings array is made once per call site. */
const preparedStatements = new WeakMap<TemplateStringsArray, Prepared>();

/**
 * Makes a statement of a template: every interpolated value becomes a parameter `$n`, so text can't be concatenated.
 * The name is derived from the text, so each connection parses and plans a statement once.
 */
export function sql<Row = never>(
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
): Statement<Row> {
  assert(!values.some(isStatement), 'a statement is not a value: templates do not nest');
  return { ...prepare(strings), values };
}

/** Runs a statement and returns its rows. Database errors pass through unchanged. */
export async function query<Row>(db: Queryable, statement: Statement<Row>): Promise<Row[]> {
  const { name, text, values } = statement;
  const result = await db.query<QueryResultRow & Row>({ name, text, values: [...values] });
  return result.rows;
}

function prepare(strings: TemplateStringsArray): Prepared {
  const known = preparedStatements.get(strings);
  if (known) return known;
  const text = strings.reduce((head, part, index) => `${head}$${index}${part}`);
  // PostgreSQL cuts names at 63 bytes; 64 bits of hash keep some hundred statements apart.
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const fresh = { name, text };
  preparedStatements.set(strings, fresh);
  return fresh;
}

function isStatement(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'text' in value && 'values' in value && 'name' in value
  );
}

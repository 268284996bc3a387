import { expect, test } from 'vitest';
import { sql } from './sql.ts';

const findByName = (name: string, limit: number) =>
  sql`select * from things where name = ${name} limit ${limit}`;

test('a value becomes a parameter and never part of the text', () => {
  const statement = findByName(`x' or 1=1`, 5);
  expect(statement.text).toBe('select * from things where name = $1 limit $2');
  expect(statement.values).toEqual([`x' or 1=1`, 5]);
});

test('a statement without values is its own text', () => {
  expect(sql`select 1`).toMatchObject({ text: 'select 1', values: [] });
});

test('the same text has the same name, another text another name', () => {
  expect(findByName('a', 1).name).toBe(findByName('b', 2).name);
  expect(sql`select 1`.name).toBe(sql`select 1`.name);
  expect(sql`select 1`.name).not.toBe(sql`select 2`.name);
});

test('a statement inside a statement is refused', () => {
  expect(() => sql`select ${sql`1`}`).toThrow('templates do not nest');
});

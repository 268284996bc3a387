import { expect, test } from '../../test/helpers/database.ts';
import { type Answer, PipelinedConnection } from './connection.ts';
import { type Statement, sql } from './sql.ts';
import { beginStep, commitStep, guard, step } from './step.ts';

test('rows are taken when every statement has succeeded, and a refused transaction leaves nothing behind', async ({
  databaseUrl,
}) => {
  const connection = await PipelinedConnection.open({ connectionString: databaseUrl });
  await connection.exchange([step(sql`create temp table counted (n int8)`)]);
  const taken: unknown[] = [];
  const run = (divisor: number): Promise<Answer> =>
    connection.exchange([
      beginStep,
      step(insert(divisor), (row) => taken.push(row)),
      guard(sql`select 1 / ${divisor}::int4`),
      // Prepared for the first time behind what fails.
      step(count(), (row) => taken.push(row)),
      commitStep,
    ]);
  expect(await run(0)).toMatchObject({ kind: 'refused', role: 'guard', error: { code: '22012' } });
  expect(taken).toEqual([]);
  expect(await run(1)).toEqual({ kind: 'done' });
  expect(await run(2)).toEqual({ kind: 'done' });
  expect(taken).toEqual([{ n: 1, isOdd: true }, { count: 1 }, { n: 2, isOdd: false }, { count: 2 }]);
  await connection.end();
});

test('a statement that is no SQL is refused, and the connection goes on', async ({ databaseUrl }) => {
  const connection = await PipelinedConnection.open({ connectionString: databaseUrl });
  for (let time = 0; time < 2; time++) {
    const answer = await connection.exchange([beginStep, step(sql`selekt 1`), commitStep]);
    expect(answer).toMatchObject({ kind: 'refused', role: 'other', error: { code: '42601' } });
    expect(await connection.exchange([beginStep, commitStep])).toEqual({ kind: 'done' });
  }
  await connection.end();
});

test('a connection that is cut before COMMIT was answered may have committed; before COMMIT was sent it has not', async ({
  databaseUrl,
}) => {
  for (const [steps, mayHaveCommitted] of [
    [[beginStep, step(sql`select pg_sleep(60)`), commitStep], true],
    [[beginStep, step(sql`select pg_sleep(60)`)], false],
  ] as const) {
    const connection = await PipelinedConnection.open({ connectionString: databaseUrl });
    const answering = connection.exchange(steps);
    connection.destroy();
    expect(await answering).toMatchObject({ kind: 'lost', mayHaveCommitted });
  }
});

function insert(n: number): Statement<{ n: number; isOdd: boolean }> {
  return sql`insert into counted values (${n}::int8) returning n, n % 2 = 1 as "isOdd"`;
}

function count(): Statement<{ count: number }> {
  return sql`select count(*) from counted`;
}

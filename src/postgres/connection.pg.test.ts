import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type ClientConfig } from 'pg';
import { expect } from 'vitest';
import { test } from '../../test/helpers/database.ts';
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
  expect(await run(0)).toMatchObject({
    ...{ kind: 'refused', role: 'guard', error: { code: '22012' }, isOutdated: false },
  });
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

test('a shutdown between COMMIT and the end of its exchange leaves it committed, and the connection is given up', async () => {
  const server = await shutDownBehind(['BEGIN', 'COMMIT']);
  const connection = await PipelinedConnection.open(server.config);
  expect(await connection.exchange([beginStep, commitStep])).toEqual({ kind: 'done' });
  expect(connection.isUsable).toBe(false);
  server.close();
});

test('a shutdown before COMMIT was answered does not say whether it happened; before COMMIT was sent nothing has', async () => {
  for (const [steps, answer] of [
    [[beginStep, commitStep], { kind: 'lost', mayHaveCommitted: true }],
    [[beginStep], { kind: 'refused', error: { code: '57P01' } }],
  ] as const) {
    const server = await shutDownBehind(['BEGIN']);
    const connection = await PipelinedConnection.open(server.config);
    expect(await connection.exchange(steps)).toMatchObject(answer);
    expect(connection.isUsable).toBe(false);
    server.close();
  }
});

test('a pooler that lost its connection may have passed COMMIT on', async () => {
  for (const [steps, kind] of [
    [[beginStep, commitStep], 'lost'],
    [[beginStep], 'refused'],
  ] as const) {
    const server = await shutDownBehind([], '08P01');
    const connection = await PipelinedConnection.open(server.config);
    expect(await connection.exchange(steps)).toMatchObject({ kind });
    expect(connection.isUsable).toBe(false);
    server.close();
  }
});

test('a statement whose rows have other types than when it was prepared is prepared anew', async ({
  databaseUrl,
}) => {
  const connection = await PipelinedConnection.open({ connectionString: databaseUrl });
  const taken: unknown[] = [];
  const read = (): Promise<Answer> =>
    connection.exchange([beginStep, step(sql`select n from shaped`, (row) => taken.push(row)), commitStep]);
  await connection.exchange([step(sql`create temp table shaped as select 1::int4 as n`)]);
  expect(await read()).toEqual({ kind: 'done' });
  await connection.exchange([step(sql`alter table shaped alter column n type text`)]);
  expect(await read()).toMatchObject({ kind: 'refused', error: { code: '0A000' }, isOutdated: true });
  expect(await read()).toEqual({ kind: 'done' });
  expect(taken).toEqual([{ n: 1 }, { n: '1' }]);
  await connection.end();
});

/** A server that completes these commands and is then shut down by its operator, before it answers Sync. */
async function shutDownBehind(
  commands: readonly string[],
  code = '57P01',
): Promise<{ readonly config: ClientConfig; close(): void }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))]));
      socket.once('data', () => {
        const shutdown = `SFATAL\0VFATAL\0C${code}\0Mshut down\0\0`;
        socket.end(
          Buffer.concat([
            ...commands.map((command) => message('C', Buffer.from(`${command}\0`))),
            message('E', Buffer.from(shutdown)),
          ]),
        );
      });
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    config: { host: '127.0.0.1', port, user: 'x', database: 'x' },
    close: () => server.close(),
  };
}

/** A message of PostgreSQL's protocol: type, length, content. */
function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

function insert(n: number): Statement<{ n: number; isOdd: boolean }> {
  return sql`insert into counted values (${n}::int8) returning n, n % 2 = 1 as "isOdd"`;
}

function count(): Statement<{ count: number }> {
  return sql`select count(*) from counted`;
}

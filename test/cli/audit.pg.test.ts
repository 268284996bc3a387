import { randomUUID } from 'node:crypto';
import { insertAuditEntries } from '../../src/postgres/audit-log.ts';
import { query } from '../../src/postgres/sql.ts';
import { auditRows } from '../helpers/audit-rows.ts';
import { expect, schema, test } from '../helpers/database.ts';
import { perdura, type Result } from '../helpers/program.ts';

interface Listed {
  readonly entries: readonly Readonly<Record<string, string | null>>[];
  readonly nextPageToken: string | null;
}

function run(
  databaseUrl: string,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<Result> {
  return perdura(args, {
    env: { PERDURA_DATABASE_URL: databaseUrl, PERDURA_DATABASE_SCHEMA: schema, ...more },
  });
}

async function list(databaseUrl: string, ...args: readonly string[]): Promise<Listed> {
  const { code, output, errors } = await run(databaseUrl, ['audit', 'list', '--json', ...args]);
  expect(code, errors).toBe(0);
  return JSON.parse(output) as Listed;
}

const entry = {
  ...{ action: 'TerminateInstance', hub: 'orders', outcome: 'OK', knownBy: 'api_key' as const },
  ...{ who: '0123456789abcdef', whoName: 'an operator', peer: '10.0.0.7:4711' },
};

test('the audit log is listed by pages, as text and as JSON', async ({ db, databaseUrl }) => {
  const now = Date.now() * 1_000;
  const entries = Array.from({ length: 5 }, (_, n) => ({
    ...entry,
    ...{ id: randomUUID(), at: now - n * 60_000_000, target: `order-${n}` },
  }));
  await query(db, insertAuditEntries(entries));
  await query(
    db,
    insertAuditEntries([
      {
        ...entry,
        id: randomUUID(),
        at: now,
        hub: '',
        target: 'evil\u001b[2J',
        who: '',
        whoName: '',
        knownBy: 'anonymous',
      },
    ]),
  );
  const first = await list(databaseUrl, '--hub', 'orders', '--limit', '2');
  expect(first.entries.map(({ target }) => target)).toEqual(['order-0', 'order-1']);
  const second = await list(
    databaseUrl,
    ...['--hub', 'orders', '--since', '150s', '--page-token', first.nextPageToken ?? ''],
  );
  expect(second.entries.map(({ target }) => target)).toEqual(['order-2']);
  expect(second.nextPageToken).toBeNull();
  expect(second.entries[0]).toEqual({
    at: new Date((now - 120_000_000) / 1_000).toISOString(),
    ...{ action: 'TerminateInstance', hub: 'orders', target: 'order-2', outcome: 'OK' },
    ...{ who: '0123456789abcdef', whoName: 'an operator', knownBy: 'api_key', peer: '10.0.0.7:4711' },
  });
  const { output, errors } = await run(databaseUrl, ['audit', 'list', '--limit', '2']);
  expect(output).toMatch(/ TerminateInstance {10}evil\\u001b\[2J {2}OK +anonymous +10\.0\.0\.7:4711\n/);
  expect(output).toMatch(
    / TerminateInstance {2}orders {2}order-0 +OK +an operator \(0123456789abcdef\) +10\./,
  );
  expect(errors).toContain('--page-token ');
  expect((await run(databaseUrl, ['audit', 'list', '--who', 'nobody'])).errors).toBe('no entries\n');
});

test('changes of keys are in it, with who made them, unless it is off', async ({ databaseUrl }) => {
  const create = ['key', 'create', '--name', 'x', '--role', 'worker', '--hub', 'orders*'];
  const { output: key } = await run(databaseUrl, create);
  await run(databaseUrl, create, { PERDURA_AUDIT: 'off' });
  const { entries } = await list(databaseUrl, '--action', 'CreateApiKey');
  const [, id] = /^perdura_([0-9a-f]{16})_/.exec(key) ?? [];
  expect(entries).toMatchObject([
    {
      ...{ action: 'CreateApiKey', target: `${id ?? ''} (x): worker in orders*`, knownBy: 'database' },
      who: expect.stringMatching(/^.+@.+$/) as unknown,
    },
  ]);
  expect(JSON.stringify(await auditRows(databaseUrl))).not.toContain(key.trim().slice(-43));
});

test.each([
  [['--action', 'Nothing'], /an rpc such as TerminateInstance, or one of CreateApiKey/],
  [['--page-token', 'x'], /the token that a list ended with/],
  [['--limit', '0'], /whole number/],
  [['--since', 'soon'], /a time/],
])('%j is refused', async (args, words) => {
  const { code, errors } = await run('postgres://127.0.0.1:1/x', ['audit', 'list', ...args]);
  expect(code).toBe(2);
  expect(errors).toMatch(words);
});

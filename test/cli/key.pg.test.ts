import { describe, vi } from 'vitest';
import { ApiKeyTable } from '../../src/postgres/api-key-table.ts';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { auditRows } from '../helpers/audit-rows.ts';
import { createEmptyDatabase, expect, schema, test } from '../helpers/database.ts';
import { launch, launcher, perdura } from '../helpers/program.ts';
import { startTestServer } from '../helpers/server.ts';
import { pieceIn } from '../helpers/traces.ts';

function key(databaseUrl: string, ...args: readonly string[]) {
  return perdura(['key', ...args], {
    env: { PERDURA_DATABASE_URL: databaseUrl, PERDURA_DATABASE_SCHEMA: schema },
  });
}

const worker = ['create', '--name', 'orders worker', '--role', 'worker', '--hub', 'orders*'];

interface Made {
  readonly id: string;
  readonly key: string;
  readonly expiresAt: string | null;
}

describe('a key', () => {
  test('is made, used, listed, replaced and revoked', async ({ databaseUrl }) => {
    const made = await key(databaseUrl, ...worker, '--expires', '90d', '--json');
    expect(made.code, made.errors).toBe(0);
    const { id, key: secret, ...about } = JSON.parse(made.output) as Made;
    expect(about).toEqual({
      ...{ name: 'orders worker', role: 'worker', hub: 'orders*' },
      expiresAt: expect.any(String) as unknown,
    });
    expect(Date.parse(String(about.expiresAt))).toBeGreaterThan(Date.now() + 89 * 86_400_000);

    const server = await startTestServer({ databaseUrl, apiKeys: true });
    const metadata = { authorization: `Bearer ${secret}` };
    const client = new TaskHubClient({ address: server.endpoint, hub: 'orders-eu', metadata });
    await expect(client.call('Hello', {})).resolves.toEqual({});
    await expect(client.call('StartInstance', { name: 'Order' })).rejects.toMatchObject({ code: 7 });

    const listed = await key(databaseUrl, 'list');
    expect(listed.output).toMatch(new RegExp(`^${id}  orders worker  worker  orders\\* `, 'm'));
    const replaced = await key(databaseUrl, 'rotate', id, '--keep-old', '1h', '--json');
    const next = JSON.parse(replaced.output) as Made;
    expect(next).toMatchObject({ name: 'orders worker', role: 'worker', hub: 'orders*' });
    const other = new TaskHubClient({
      ...{ address: server.endpoint, hub: 'orders-eu' },
      metadata: { authorization: `Bearer ${next.key}` },
    });
    await expect(other.call('Hello', {})).resolves.toEqual({});
    await expect(client.call('Hello', {})).resolves.toEqual({});

    expect(await key(databaseUrl, 'revoke', id)).toMatchObject({
      code: 0,
      output: `revoked ${id} (orders worker)\n`,
    });
    expect(await key(databaseUrl, 'revoke', id)).toMatchObject({ code: 3 });
    expect(await key(databaseUrl, 'rotate', id)).toMatchObject({ code: 3 });
    client.close();
    other.close();
    await server.close();
  });

  test('stands alone on standard output, and nowhere in the database', async () => {
    const databaseUrl = await createEmptyDatabase();
    const made = await key(databaseUrl, ...worker);
    expect(made.output).toMatch(/^perdura_[0-9a-f]{16}_[\w-]{43}\n$/);
    expect(made.errors).toContain('not shown again');
    expect(made.errors).not.toContain(made.output.trim());
    await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'a test');
    expect(JSON.stringify(await keys.list())).not.toContain(made.output.trim().slice(-43));
  });

  test.each([
    [['create', '--name', 'x', '--role', 'king', '--hub', '*'], /It is one of contributor \(Durable Task/],
    [['create', '--name', 'x', '--role', 'worker', '--hub', 'a b'], /name of a task hub/],
    [['create', '--name', 'x', '--role', 'worker'], /--hub/],
    [[...worker, '--expires', 'soon'], /span such as/],
    [['revoke', 'nonsense'], /16 hex digits/],
  ])('%j is refused', async (args, words) => {
    const { code, errors } = await key('postgres://127.0.0.1:1/x', ...args);
    expect(code).toBe(2);
    expect(errors).toMatch(words);
  });
});

test('no key stands in the log, a metric, the audit log or an answer, however much is logged', async ({
  databaseUrl,
}) => {
  const { output } = await key(databaseUrl, ...worker);
  const made = output.trim();
  const wrong = made.slice(0, -20) + 'x'.repeat(20);
  const ports = { PERDURA_GRPC_PORT: '0', PERDURA_METRICS_PORT: '0', PERDURA_IDENTITY_PORT: '0' };
  const run = launch(
    process.execPath,
    [launcher, 'serve', '--api-keys', '--log-level', 'trace', '--log-format', 'json', '--audit', 'all'],
    { env: { ...ports, PERDURA_DATABASE_URL: databaseUrl, PERDURA_DATABASE_SCHEMA: schema } },
  );
  await vi.waitFor(() => {
    expect(run.output(), run.errors()).toContain('"msg":"ready"');
  }, 20_000);
  const address = /"gRPC endpoint":"http:\/\/([^"]+)"/.exec(run.output())?.[1] ?? '';
  const identity = /"Managed identity":"([^"]+)"/.exec(run.output())?.[1] ?? '';
  const metrics = /"Metrics and health":"([^"]+)"/.exec(run.output())?.[1] ?? '';
  const answers: string[] = [];
  for (const credential of [made, wrong]) {
    const metadata = { authorization: `Bearer ${credential}` };
    const client = new TaskHubClient({ address, hub: 'orders', metadata });
    await client
      .call('StartInstance', { name: 'Order' })
      .catch((error: unknown) => answers.push(String(error)));
    const headers = { 'X-IDENTITY-HEADER': credential };
    // The answer to a good one is the key itself.
    const answer = await fetch(`${identity}?resource=https://durabletask.io`, { headers });
    if (!answer.ok) answers.push(await answer.text());
    client.close();
  }
  answers.push(await (await fetch(metrics)).text());
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  const rows = JSON.stringify(await auditRows(databaseUrl));
  expect(rows).toContain('UNAUTHENTICATED');
  expect(answers).toHaveLength(4);
  for (const text of [run.output(), run.errors(), rows, ...answers]) {
    expect(pieceIn(text, [made, wrong])).toBeUndefined();
  }
});

describe('commands that talk to a server', () => {
  test('send the key of PERDURA_API_KEY, and say so when one is missing', async ({ databaseUrl }) => {
    const server = await startTestServer({ databaseUrl, apiKeys: true });
    const reader = ['create', '--name', 'x', '--role', 'Durable Task Data Reader', '--hub', '*'];
    const { output } = await key(databaseUrl, ...reader);
    const env = { PERDURA_ENDPOINT: server.endpoint, PERDURA_API_KEY: output.trim() };
    const listed = await perdura(['instance', 'list'], { env });
    expect(listed.code, listed.errors).toBe(0);
    const without = await perdura(['instance', 'list'], { env: { PERDURA_ENDPOINT: server.endpoint } });
    expect(without.code).toBe(1);
    expect(without.errors).toContain('PERDURA_API_KEY says which key the command sends');
    const torn = await perdura(['instance', 'list'], { env: { ...env, PERDURA_API_KEY: `${output}\n` } });
    expect(torn.errors).toContain('characters that no key has');
    expect(torn.errors).not.toContain(output.trim());
    const forbidden = await perdura(['hub', 'create', 'orders'], { env });
    expect(forbidden.errors).toContain("may not call CreateTaskHub: that takes one of 'Admin'");
    await server.close();
  });
});

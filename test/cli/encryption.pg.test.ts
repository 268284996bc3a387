import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { expect, schema, test } from '../helpers/database.ts';
import { TestHub } from '../helpers/client.ts';
import { complete } from '../helpers/scripted-worker.ts';
import { launch, launcher, perdura, type Result } from '../helpers/program.ts';
import { startTestServer } from '../helpers/server.ts';
import { until } from '../helpers/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'perdura-keys-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const secrets = { k1: randomBytes(32).toString('base64'), k2: randomBytes(32).toString('base64') };
const [k1, k2] = [`k1:${secrets.k1}`, `k2:${secrets.k2}`];

/** Runs a command with a file of these keys. */
function encryption(
  databaseUrl: string,
  entries: readonly string[],
  ...args: readonly string[]
): Promise<Result> {
  const file = join(folder, 'keys');
  writeFileSync(file, `${entries.join('\n')}\n`);
  return perdura(['encryption', ...args], {
    env: {
      ...{ PERDURA_DATABASE_URL: databaseUrl, PERDURA_DATABASE_SCHEMA: schema },
      ...(entries.length > 0 ? { PERDURA_ENCRYPTION_KEYS_FILE: file } : {}),
    },
  });
}

async function runOne(databaseUrl: string, encryptionKeys: string): Promise<void> {
  const server = await startTestServer({ databaseUrl, encryptionKeys });
  const orders = new TestHub(server.endpoint, 'default');
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '1' } });
  await worker.play([complete('2')]);
  await orders.completed(id);
  orders.close();
  await server.close();
}

test('payloads are counted by key, encrypted with a new one, and decrypted', async ({ databaseUrl }) => {
  await runOne(databaseUrl, k1);
  const before = await encryption(databaseUrl, [], 'status');
  expect(before).toMatchObject({ code: 0, errors: '' });
  expect(before.output).toMatch(/^default +history +k1 +1$/m);
  expect(before.output).toMatch(/^default +instances +k1 +2$/m);

  const rotated = await encryption(databaseUrl, [k2, k1], 'rotate', '--json');
  expect(rotated.code, rotated.errors).toBe(0);
  expect(JSON.parse(rotated.output)).toEqual({
    stores: [{ store: 'default', values: 3, unreadable: 0, left: [], writers: [], unusedKeys: ['k1'] }],
  });
  const decrypted = await encryption(databaseUrl, [k2], 'rotate', '--decrypt');
  expect(decrypted).toMatchObject({
    code: 0,
    output: "store default: 3 payloads decrypted; nothing needs these keys any more: 'k2'\n",
  });
  const after = await encryption(databaseUrl, [], 'status', '--json');
  expect(JSON.parse(after.output)).toEqual({
    payloads: [
      { store: 'default', table: 'history', keyId: null, values: 1 },
      { store: 'default', table: 'instances', keyId: null, values: 2 },
    ],
  });
});

test('a rotation that lacks a key, or has none to encrypt with, changes nothing and says why', async ({
  databaseUrl,
}) => {
  await runOne(databaseUrl, k1);
  const lacking = await encryption(databaseUrl, [k2], 'rotate');
  expect(lacking.code).toBe(1);
  expect(lacking.errors).toContain("sealed with the encryption key 'k1', which is not in the key ring");
  for (const entries of [[], ['clear', k1]]) {
    const none = await encryption(databaseUrl, entries, 'rotate');
    expect(none.code).toBe(1);
    expect(none.errors).toContain('there is no key to encrypt with');
  }
  const { output } = await encryption(databaseUrl, [], 'status');
  expect(output).toMatch(/^default +history +k1 +1$/m);
});

test('a rotation beside a server that seals with the old key says who, and fails', async ({
  databaseUrl,
}) => {
  const server = await startTestServer({ databaseUrl, encryptionKeys: `${k1},${k2}` });
  const orders = new TestHub(server.endpoint, 'default');
  await orders.start();
  const rotated = await encryption(databaseUrl, [k2, k1], 'rotate', '--json');
  expect(rotated.code).toBe(1);
  expect(rotated.errors).toMatch(
    /store default: \d+ payloads .*restart them with this key ring first: \S+:0/,
  );
  expect(JSON.parse(rotated.output)).toMatchObject({ stores: [{ unusedKeys: [] }] });
  orders.close();
  await server.close();
});

test(
  'a rotation that is killed is gone on with by the next one',
  { timeout: 60_000 },
  async ({ databaseUrl, db }) => {
    await runOne(databaseUrl, k1);
    // More of the same: every row takes a lock and a new place.
    await db.query(
      `insert into history (partition, instance_key, turn, events)
     select partition, instance_key, 1_000 + n, events from history, generate_series(1, 20000) n`,
    );
    const file = join(folder, 'killed');
    writeFileSync(file, `${k2}\n${k1}\n`);
    const run = launch(process.execPath, [launcher, 'encryption', 'rotate', '--encryption-keys-file', file], {
      env: { PERDURA_DATABASE_URL: databaseUrl, PERDURA_DATABASE_SCHEMA: schema },
    });
    const sealed = "select 1 from history where substr(events, 5, 2) = convert_to('k2', 'UTF8') limit 1";
    await until(async () => (await db.query(sealed)).rowCount === 1, 'the first rows', 30_000);
    run.child.kill('SIGKILL');
    await run.ended;
    const half = await encryption(databaseUrl, [], 'status', '--json');
    const { payloads } = JSON.parse(half.output) as { payloads: { table: string; keyId: string }[] };
    const keys = payloads.filter(({ table }) => table === 'history').map(({ keyId }) => keyId);
    expect(keys).toEqual(['k1', 'k2']);
    const again = await encryption(databaseUrl, [k2, k1], 'rotate', '--json');
    expect(again.code, again.errors).toBe(0);
    expect(JSON.parse(again.output)).toMatchObject({
      stores: [{ left: [], unreadable: 0, unusedKeys: ['k1'] }],
    });
  },
);

test('keys that can not be meant stop serve, dev and rotate in one line that shows none', async ({
  databaseUrl,
}) => {
  const bad = `k1:${secrets.k1.slice(0, 30)}`;
  const env = { PERDURA_DATABASE_URL: databaseUrl, PERDURA_DATABASE_SCHEMA: schema };
  for (const args of [['serve', '--allow-anonymous'], ['dev'], ['encryption', 'rotate']]) {
    const refused = await perdura(args, { env: { ...env, PERDURA_ENCRYPTION_KEYS: bad } });
    expect(refused.code).toBe(1);
    expect(refused.errors + refused.output).toContain("PERDURA_ENCRYPTION_KEYS: entry 1 ('k1') is not a key");
    expect(refused.errors + refused.output).not.toContain(secrets.k1.slice(0, 12));
  }
  const both = await perdura(['encryption', 'rotate', '--encryption-keys-file', join(folder, 'absent')], {
    env: { ...env, PERDURA_ENCRYPTION_KEYS: k1 },
  });
  expect(both.errors).toContain('are both set');
  const absent = await perdura(['encryption', 'rotate', '--encryption-keys-file', join(folder, 'absent')], {
    env,
  });
  expect(absent).toMatchObject({ code: 1, errors: expect.stringContaining("can't be read") as unknown });
});

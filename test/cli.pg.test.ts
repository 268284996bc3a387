import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEmptyDatabase } from './helpers/database.ts';
import { launch, launcher, type Run } from './helpers/program.ts';

let folder: string;
let runs: Run[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perdura-cli-'));
  chmodSync(folder, 0o755);
  runs = [];
});

afterEach(async () => {
  for (const { child, ended } of runs) {
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

function perdura(args: readonly string[], env: Record<string, string> = {}): Run {
  return start(process.execPath, [launcher, ...args], env);
}

function start(program: string, args: readonly string[], env: Record<string, string>): Run {
  const ports = { PERDURA_GRPC_PORT: '0', PERDURA_METRICS_PORT: '0' };
  const run = launch(program, args, { env: { ...ports, ...env }, cwd: folder });
  runs.push(run);
  return run;
}

async function untilReady(run: Run): Promise<void> {
  await vi.waitFor(() => {
    expect(run.output(), run.errors()).toContain('Connection string');
  }, 20_000);
}

/** Runs a command that must fail with one line on stderr and no stack trace. */
async function refusal(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const run = perdura(args, env);
  expect(await run.ended).toBe(1);
  expect(run.errors().trimEnd().split('\n')).toHaveLength(1);
  return run.errors().trimEnd();
}

test('dev starts on a fresh folder, says where it is, and answers', async () => {
  const run = perdura(['dev']);
  await untilReady(run);
  expect(run.output()).toMatch(/gRPC endpoint +http:\/\/localhost:\d+\n/);
  expect(run.output()).toMatch(/Task hub +default\n/);
  expect(run.output()).toContain(join(folder, '.perdura'));
  expect(run.output()).toMatch(/Endpoint=http:\/\/localhost:\d+;Authentication=None;TaskHub=default\n/);
  const metrics = /http:\/\/localhost:\d+\/metrics/.exec(run.output())?.[0] ?? '';
  expect(await (await fetch(metrics)).text()).toContain('perdura_build_info');
  const ready = await fetch(metrics.replace('/metrics', '/readyz'));
  expect(ready.status).toBe(200);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s stops dev and its PostgreSQL with exit code 0',
  async (signal) => {
    const run = perdura(['dev']);
    await untilReady(run);
    run.child.kill(signal);
    expect(await run.ended, run.errors()).toBe(0);
    const again = perdura(['dev']);
    await untilReady(again);
    expect(again.output()).not.toContain('left behind');
  },
);

test('a server started through a shell that dies stops as well', async () => {
  const command = `"${process.execPath}" "${launcher}" dev; true`;
  const run = start('sh', ['-c', command], { npm_lifecycle_event: 'start' });
  await untilReady(run);
  run.child.kill('SIGTERM');
  // The output closes when the last process that holds it has ended.
  await run.ended;
  expect(run.output()).toContain('"msg":"stopped"');
});

test.each([
  ['of what started it', {}],
  // Node starts with a heap of the caller's choice: there is no process between us and the server.
  ['of itself', { NODE_OPTIONS: '--max-semi-space-size=16' }],
])('after kill -9 %s dev starts again on the same folder', async (_, env) => {
  const run = perdura(['dev'], env);
  await untilReady(run);
  run.child.kill('SIGKILL');
  await run.ended;
  await untilReady(perdura(['dev']));
});

test('a second dev on the folder of a running one is refused', async () => {
  await untilReady(perdura(['dev']));
  expect(await refusal(['dev'])).toContain(
    `another perdura is running on the data folder ${join(folder, '.perdura')}`,
  );
});

test.each(['grpc', 'metrics'] as const)('a %s port in use is one clear line', async (which) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const line = await refusal(['dev', `--${which}-port`, String(port)]);
  holder.close();
  expect(line).toContain(`port ${port}`);
  expect(line).toContain('in use');
  expect(line).toContain(`PERDURA_${which.toUpperCase()}_PORT`);
});

test.each(['grpc', 'metrics'] as const)(
  'a %s port in use is one clear line, however many processes are to share it',
  async (which) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const args = ['serve', '--allow-anonymous', '--processes', '3', '--bind-address', '127.0.0.1'];
    const line = await refusal([...args, `--${which}-port`, String(port)], {
      ...{ PERDURA_DATABASE_URL: await createEmptyDatabase(), PERDURA_LOG_LEVEL: 'warn' },
    });
    holder.close();
    expect(line).toMatch(
      new RegExp(`^perdura: port ${port} .* in use .* PERDURA_${which.toUpperCase()}_PORT$`),
    );
  },
);

test.each([
  ['the launcher chose', '--max-semi-space-size=32', 'cmdline', {}],
  ['the launcher chose, outside of V8', 'MALLOC_MMAP_THRESHOLD_=131072', 'environ', {}],
  ['its caller chose', '--max-semi-space-size=16', 'environ', { NODE_OPTIONS: '--max-semi-space-size=16' }],
])('all processes of a server have the heap that %s', async (_, setting, where, env) => {
  const url = await createEmptyDatabase();
  const args = ['serve', '--allow-anonymous', '--processes', '2'];
  const run = perdura(args, { PERDURA_DATABASE_URL: url, ...env });
  await untilReady(run);
  const pids = [...run.output().matchAll(/"pid":(\d+)/g)].map(([, pid]) => pid ?? '');
  expect(pids).toHaveLength(2);
  for (const pid of pids) {
    expect(readFileSync(`/proc/${pid}/${where}`, 'utf8')).toContain(setting);
  }
});

test('a database that is not there is one clear line without the password', async () => {
  const line = await refusal(['serve', '--allow-anonymous'], {
    PERDURA_DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x',
  });
  expect(line).toBe(
    "perdura: the database can't be reached (connect ECONNREFUSED 127.0.0.1:1): check PERDURA_DATABASE_URL",
  );
});

test('an unknown setting is one clear line that names the nearest', async () => {
  expect(await refusal(['dev'], { PERDURA_DATADIR: 'x' })).toBe(
    'perdura: the environment variable PERDURA_DATADIR is not a setting of perdura: did you mean PERDURA_DATA_DIR?',
  );
});

test('a data folder that can not be made is one clear line', async () => {
  const line = await refusal(['dev', '--data-dir', '/dev/null/data']);
  expect(line).toContain("the data folder /dev/null/data can't be made");
});

test('a schema newer than the program is one clear line', async () => {
  const url = await createEmptyDatabase();
  expect(await perdura(['migrate'], { PERDURA_DATABASE_URL: url }).ended).toBe(0);
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    `insert into perdura.migrations (version, name, checksum, is_breaking, finished_at) values (9999, '9999_drop_all', 'x', true, now())`,
  );
  await client.end();
  expect(await refusal(['serve', '--allow-anonymous'], { PERDURA_DATABASE_URL: url })).toContain(
    'schema perdura is newer than this program: migration 9999_drop_all needs a newer perdura',
  );
});

test('dev warns when others can reach it, unless they need a key', async () => {
  const warning = 'whoever reaches this address may do everything';
  const everywhere = ['dev', '--bind-address', '0.0.0.0', '--log-format', 'json'];
  const open = perdura(everywhere);
  await untilReady(open);
  expect(open.output()).toContain(warning);
  open.child.kill('SIGTERM');
  await open.ended;
  const guarded = perdura([...everywhere, '--api-keys']);
  await vi.waitFor(() => {
    expect(guarded.output(), guarded.errors()).toContain('"Callers":"show a credential"');
  }, 20_000);
  expect(guarded.output()).not.toContain(warning);
  expect(guarded.output()).not.toContain('Authentication=None');
});

test.each([
  ['--allow-anonymous and --api-keys', ['--allow-anonymous', '--api-keys'], 'say one of both'],
  ['a port for tokens without keys', ['--allow-anonymous', '--identity-port', '0'], 'PERDURA_API_KEYS=true'],
  ['tokens without roles', ['--jwt-issuer', 'https://login.example'], 'PERDURA_GRANTS_FILE'],
  ['roles that are not there', ['--api-keys', '--grants-file', 'absent.json'], 'absent.json'],
  ['a certificate without its key', ['--api-keys', '--tls-cert-file', 'tls.pem'], 'only a part of it'],
  ['an issuer that anybody could be', ['--jwt-issuer', 'http://login.example'], 'https URL'],
])('serve refuses %s in one line', async (_, flags, words) => {
  const run = perdura(['serve', ...flags], { PERDURA_DATABASE_URL: await createEmptyDatabase() });
  expect(await run.ended).not.toBe(0);
  expect(run.errors()).toContain(words);
  expect(run.errors()).not.toContain('    at ');
});

test('serve refuses to start without authentication unless told so', async () => {
  const url = await createEmptyDatabase();
  expect(await refusal(['serve'], { PERDURA_DATABASE_URL: url })).toContain('--allow-anonymous');
  expect(await refusal(['serve', '--allow-anonymous'])).toContain(
    'serve needs a database: set PERDURA_DATABASE_URL',
  );
  const allowed = perdura(['serve', '--allow-anonymous', '--log-format', 'json'], {
    PERDURA_DATABASE_URL: url,
  });
  await vi.waitFor(() => {
    expect(allowed.output(), allowed.errors()).toContain('"msg":"ready"');
  }, 20_000);
});

test('migrate says what it applied, also as JSON', async () => {
  const env = { PERDURA_DATABASE_URL: await createEmptyDatabase() };
  const first = perdura(['migrate'], env);
  expect(await first.ended, first.errors()).toBe(0);
  expect(first.output()).toContain('applied 0001_initial to schema perdura\n');
  const second = perdura(['migrate', '--json'], env);
  expect(await second.ended).toBe(0);
  expect(JSON.parse(second.output())).toEqual({ schema: 'perdura', applied: [] });
});

test('help and version work, and an unknown command or flag is refused', async () => {
  const help = perdura(['--help']);
  expect(await help.ended).toBe(0);
  expect(help.output()).toMatch(/dev[\s\S]*serve[\s\S]*migrate/);
  const devHelp = perdura(['dev', '--help']);
  expect(await devHelp.ended).toBe(0);
  expect(devHelp.output()).toContain('PERDURA_GRPC_PORT');
  const version = perdura(['--version']);
  expect(await version.ended).toBe(0);
  expect(version.output()).toMatch(/^\d+\.\d+\.\d+\n$/);
  const unknown = perdura(['sevre']);
  expect(await unknown.ended).toBe(2);
  expect(unknown.errors()).toContain("unknown command 'sevre'");
  const flag = perdura(['dev', '--prot', '1']);
  expect(await flag.ended).toBe(2);
  expect(flag.errors()).toContain("unknown option '--prot'");
});

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { launch, launcher, perdura, perduraIn } from '../helpers/program.ts';
import { complete } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub, server } = useServer({ dynamicTaskHubs: false, taskHubs: ['default'] });

describe('where no server answers', () => {
  test.each([
    ['instance', 'list'],
    ['instance', 'wait', 'a'],
    ['hub', 'list'],
  ])('%s %s', async (...command) => {
    const result = await perdura([...command, '--endpoint', 'localhost:1']);
    expect(result).toMatchObject({ code: 1, output: '' });
    expect(result.errors).toMatch(
      /^perdura: no server answers at localhost:1 \(connect ECONNREFUSED .*\): is it running\?.*\n$/,
    );
  });

  test('the port of something else is told from it', async () => {
    const { metricsAddress } = server().server;
    const result = await perdura(['instance', 'list', '--endpoint', metricsAddress]);
    expect(result).toMatchObject({ code: 1, output: '' });
    expect(result.errors).toContain('what is there speaks no gRPC');
  });

  test('TLS where there is none is told from it', async () => {
    const result = await perdura(['instance', 'list', '--endpoint', `https://${server().endpoint}`]);
    expect(result).toMatchObject({ code: 1, output: '' });
    expect(result.errors).toContain('what is there speaks no TLS');
  });
});

test('an unknown hub is not found', async () => {
  const result = await perduraIn(hub(), ['instance', 'list']);
  expect(result).toMatchObject({ code: 3, output: '' });
  expect(result.errors).toMatch(/^perdura: task hub not found: .*"perdura hub list" shows what there is\n$/);
});

test('without --hub the first hub is meant, at the port of the environment', async () => {
  const port = server().endpoint.split(':').at(-1) ?? '';
  const result = await perdura(['instance', 'show', 'absent'], { env: { PERDURA_GRPC_PORT: port } });
  expect(result.code).toBe(3);
  expect(result.errors).toContain("no instance 'absent' in the server's first task hub");
});

test.each([
  [['instance', 'list', '--staus', 'x'], 'Did you mean --status?'],
  [['instance', 'lst'], 'Did you mean list?'],
  [['instance', 'list', '--status', 'faild'], 'running, completed, failed, terminated, pending, suspended'],
  [['instance', 'list', '--since', 'yesterday'], 'a span back from now (90s, 15m, 2h, 7d)'],
  [['instance', 'list', '--limit', '0'], 'a whole number from 1'],
  [['instance', 'list', '--all', '--limit', '3'], "'--all' cannot be used with option '--limit <number>'"],
  [['instance', 'show'], "missing required argument 'id'"],
  [['instance', 'show', 'a', '--endpoint', 'localhost'], 'It is host:port, http://host:port or https://'],
  [['instance', 'show', 'a', '--hub', 'a b'], 'It is 1 to 64 printable ASCII characters'],
  [['instance', 'start', 'Order', '--tag', 'x'], 'It is key=value.'],
  [['instance', 'wait', 'a', '--for', 'ever'], 'one of started, completed'],
  [['instance', 'terminate', 'a', '--reason', 'x', '--output', '1'], 'cannot be used with'],
  [['instance'], 'Usage: perdura instance'],
] as const)('a wrong command line says what is right: %j', async (args, words) => {
  const result = await perdura(args);
  expect(result).toMatchObject({ code: 2, output: '' });
  expect(result.errors).toContain(words);
});

test('a misspelt variable of the environment names the right one', async () => {
  const result = await perdura(['instance', 'list'], { env: { PERDURA_ENDPOIT: 'x' } });
  expect(result).toMatchObject({ code: 1, output: '' });
  expect(result.errors).toContain('did you mean PERDURA_ENDPOINT?');
});

describe('output', () => {
  test('is complete through a pipe that is read late, and may be closed early', async () => {
    const orders = hub();
    await orders.client.call('CreateTaskHub', {});
    const id = await orders.start({ input: { value: JSON.stringify('x'.repeat(2_000_000)) } });
    const worker = await orders.worker();
    await worker.play([complete()]);
    await orders.completed(id);
    const command = `"${process.execPath}" "${launcher}" instance show ${id} --inputs --json`;
    const env = { PERDURA_ENDPOINT: orders.endpoint, PERDURA_HUB: orders.name };
    const shell = (text: string) => launch('bash', ['--norc', '-c', text], { env });
    const late = shell(`${command} | (sleep 2; wc -c)`);
    expect(await late.ended).toBe(0);
    expect(Number(late.output())).toBeGreaterThan(2_000_000);
    const early = shell(`set -o pipefail; ${command} | head -c 10`);
    expect([await early.ended, early.errors()]).toEqual([0, '']);
  });

  test('Ctrl-C ends a call under way at once', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const run = launch(process.execPath, [launcher, 'instance', 'wait', 'a'], {
      env: { PERDURA_ENDPOINT: `127.0.0.1:${port}` },
    });
    await once(silent, 'connection');
    const start = performance.now();
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(performance.now() - start).toBeLessThan(2_000);
    silent.close();
  });
});

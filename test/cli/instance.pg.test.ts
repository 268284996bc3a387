import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { perduraIn, type Result } from '../helpers/program.ts';
import { complete, eventOf, fail, fromNow, scheduleTask } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

function instance(of: TestHub, ...args: string[]): Promise<Result> {
  return perduraIn(of, ['instance', ...args]);
}

async function json(of: TestHub, ...args: string[]): Promise<unknown> {
  const { output, errors } = await instance(of, ...args, '--json');
  expect(output, errors).not.toBe('');
  return JSON.parse(output);
}

/** An instance that has ended so. */
async function ended(
  of: TestHub,
  id: string,
  status: 'COMPLETED' | 'FAILED' | 'TERMINATED',
): Promise<string> {
  await of.start({ instanceId: id, name: 'Order', input: { value: '{"amount":3}' } });
  if (status === 'TERMINATED') await of.terminate(id, '"stopped"');
  else {
    const worker = await of.worker();
    const failure = { errorType: 'Declined', errorMessage: 'no money', stackTrace: { value: 'at charge' } };
    await worker.play([
      status === 'COMPLETED'
        ? complete('"shipped"')
        : fail({ ...failure, innerFailure: { errorType: 'Bank', errorMessage: 'closed' } }),
    ]);
    worker.close();
  }
  await of.completed(id);
  return id;
}

describe('start', () => {
  test('says the id; everything that was given arrives', async () => {
    const of = hub();
    const args = ['--id', 'a', '--input', '{"n": 12345678901234567890}', '--version', '1.2', '--at', '1h'];
    const tags = ['--tag', 'team=red', '--tag', 'note=a=b'];
    expect(await instance(of, 'start', 'Order', ...args, ...tags)).toEqual({
      ...{ code: 0, output: 'started a\n', errors: '' },
    });
    const state = await of.get('a');
    expect(state).toMatchObject({
      ...{ name: 'Order', version: { value: '1.2' }, tags: { team: 'red', note: 'a=b' } },
      input: { value: '{"n": 12345678901234567890}' },
    });
    const inSeconds = (state.scheduledStartTimestamp?.seconds ?? 0) - Date.now() / 1000;
    expect(inSeconds).toBeGreaterThan(3_500);
  });

  test('takes its input from a file or from standard input', async () => {
    const of = hub();
    const folder = mkdtempSync(join(tmpdir(), 'perdura-input-'));
    const file = join(folder, 'input.json');
    writeFileSync(file, '{"from": "file"}\n');
    await instance(of, 'start', 'Order', '--id', 'file', '--input', `@${file}`);
    rmSync(folder, { recursive: true });
    expect((await of.get('file')).input).toEqual({ value: '{"from": "file"}' });
    const args = ['instance', 'start', 'Order', '--id', 'stdin', '--input', '-'];
    await perduraIn(of, args, { input: '{"from": "stdin"}' });
    expect((await of.get('stdin')).input).toEqual({ value: '{"from": "stdin"}' });
  });

  test.each(['{bad', '@/nowhere/input.json', 'word'])('refuses the input %s', async (input) => {
    const result = await instance(hub(), 'start', 'Order', '--input', input);
    expect(result).toMatchObject({ code: 2, output: '' });
    expect(result.errors).toMatch(/--input <json>' argument .* is invalid\. (It is not JSON|ENOENT)/);
  });

  test('refuses an id that is taken', async () => {
    const of = hub();
    await of.start({ instanceId: 'a' });
    const result = await instance(of, 'start', 'Order', '--id', 'a');
    expect(result).toMatchObject({ code: 1, output: '' });
    expect(result.errors).toMatch(/^perdura: .*'a' already exists.*\n$/);
  });

  test('waits when told to, and its exit code says how it ended', async () => {
    const of = hub();
    const worker = await of.worker();
    const running = instance(of, 'start', 'Order', '--id', 'a', '--wait', '10');
    await worker.play([complete('"shipped"')]);
    const done = await running;
    expect(done).toMatchObject({ code: 0, errors: '' });
    expect(done.output).toMatch(/^Instance +a\n[\s\S]*Status +COMPLETED\n[\s\S]*Output +"shipped"\n$/);
    const failing = instance(of, 'start', 'Order', '--id', 'b', '--wait', '--json');
    await worker.play([fail({ errorType: 'Declined', errorMessage: 'no money' })]);
    const failed = await failing;
    expect(failed).toMatchObject({ code: 4, errors: 'perdura: b has ended FAILED\n' });
    expect(JSON.parse(failed.output)).toMatchObject({ instanceId: 'b', orchestrationStatus: 'FAILED' });
  });
});

describe('show', () => {
  test('shows a failure with its causes, and the rest when asked', async () => {
    const of = hub();
    await ended(of, 'a', 'FAILED');
    const short = await instance(of, 'show', 'a');
    expect(short).toMatchObject({ code: 0, errors: '' });
    expect(short.output).toContain(
      'Failure        Declined: no money\n               caused by Bank: closed\n',
    );
    expect(short.output).not.toMatch(/Input|at charge/);
    const full = await instance(of, 'show', 'a', '--inputs');
    expect(full.output).toContain('                 at charge\n');
    expect(full.output).toContain('Input          {"amount":3}\n');
  });

  test('prints one JSON document when asked', async () => {
    const of = hub();
    await ended(of, 'a', 'FAILED');
    expect(await json(of, 'show', 'a', '--inputs')).toMatchObject({
      ...{ instanceId: 'a', name: 'Order', version: null, orchestrationStatus: 'FAILED' },
      ...{ input: '{"amount":3}', output: null, tags: {} },
      failureDetails: { errorType: 'Declined', innerFailure: { errorType: 'Bank' } },
      createdTimestamp: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
    });
  });
});

describe('list', () => {
  test('lists what matches, oldest first', async () => {
    const of = hub();
    await ended(of, 'order-1', 'COMPLETED');
    await ended(of, 'order-2', 'TERMINATED');
    await of.start({ instanceId: 'parcel-1', name: 'Ship\u001b[31m\nnow' });
    const all = await instance(of, 'list');
    expect(all).toMatchObject({ code: 0, errors: '' });
    expect(all.output.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['ID', 'NAME', 'STATUS'],
      ['order-1', 'Order', 'COMPLETED'],
      ['order-2', 'Order', 'TERMINATED'],
      ['parcel-1', String.raw`Ship\u001b[31m\nnow`, 'PENDING'],
      [''],
    ]);
    const ids = async (...args: string[]): Promise<string[]> => {
      const { instances } = (await json(of, 'list', ...args)) as { instances: { instanceId: string }[] };
      return instances.map(({ instanceId }) => instanceId);
    };
    expect(await ids('--status', 'terminated,pending')).toEqual(['order-2', 'parcel-1']);
    expect(await ids('--status', 'completed', '--status', 'PENDING')).toEqual(['order-1', 'parcel-1']);
    expect(await ids('--prefix', 'order')).toEqual(['order-1', 'order-2']);
    expect(await ids('--since', '1h')).toHaveLength(3);
    expect(await ids('--until', '1h')).toEqual([]);
    expect(await ids('--until', '2100-01-01', '--since', '2026-01-01T00:00Z')).toHaveLength(3);
  });

  test('goes on page by page', async () => {
    const of = hub();
    for (const instanceId of ['a', 'b', 'c']) await of.start({ instanceId });
    const first = await instance(of, 'list', '--limit', '2');
    expect(first.output).toMatch(/^ID.*\na .*\nb .*\n$/);
    const [, token = ''] = /--page-token (\S+),/.exec(first.errors) ?? [];
    const page = (await json(of, 'list', '--limit', '2')) as { nextPageToken: string };
    expect(page.nextPageToken).toBe(token);
    const rest = await instance(of, 'list', '--page-token', token);
    expect(rest).toMatchObject({ code: 0, errors: '' });
    expect(rest.output).toMatch(/^ID.*\nc .*\n$/);
    const all = (await json(of, 'list', '--all')) as { instances: unknown[]; nextPageToken: unknown };
    expect([all.instances.length, all.nextPageToken]).toEqual([3, null]);
  });

  test('says that there is nothing', async () => {
    expect(await instance(hub(), 'list')).toEqual({ code: 0, output: '', errors: 'no instances\n' });
    expect(await json(hub(), 'list')).toEqual({ instances: [], nextPageToken: null });
  });
});

describe('what is done to one instance', () => {
  test('an event is raised with its data', async () => {
    const of = hub();
    await of.start({ instanceId: 'a' });
    const raised = await instance(of, 'raise', 'a', 'Approved', '--data', '{"by": "ann"}');
    expect(raised).toEqual({ code: 0, output: 'raised Approved; a is PENDING\n', errors: '' });
    const worker = await of.worker();
    const event = eventOf(await worker.turn(), 'eventRaised');
    expect(event.eventRaised).toEqual({ name: 'Approved', input: { value: '{"by": "ann"}' } });
  });

  test('it is suspended, resumed and terminated', async () => {
    const of = hub();
    await of.start({ instanceId: 'a' });
    expect((await instance(of, 'suspend', 'a', '--reason', 'slow')).output).toBe('a is SUSPENDED\n');
    expect((await instance(of, 'resume', 'a')).output).toBe('a is PENDING\n');
    expect(await json(of, 'suspend', 'a')).toMatchObject({ orchestrationStatus: 'SUSPENDED' });
    const terminated = await instance(of, 'terminate', 'a', '--reason', 'sent "twice"', '--recursive');
    expect(terminated).toEqual({ code: 0, output: 'a is TERMINATED\n', errors: '' });
    expect((await of.get('a')).output).toEqual({ value: String.raw`"sent \"twice\""` });
    await of.start({ instanceId: 'b' });
    await instance(of, 'terminate', 'b', '--output', '[1]');
    expect((await of.get('b')).output).toEqual({ value: '[1]' });
  });

  test('it is restarted, in its place and beside it', async () => {
    const of = hub();
    await ended(of, 'a', 'COMPLETED');
    expect((await instance(of, 'restart', 'a')).output).toBe('restarted; a is PENDING\n');
    const beside = (await json(of, 'restart', 'a', '--new-id')) as { instanceId: string };
    expect(beside).toMatchObject({ instanceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown });
    expect((await of.get(beside.instanceId)).input).toEqual({ value: '{"amount":3}' });
    const refused = await instance(of, 'restart', 'a');
    expect(refused).toMatchObject({ code: 1, output: '' });
    expect(refused.errors).toContain('is PENDING: only a finished instance can be restarted');
  });

  test('it is rewound when it has failed', async () => {
    const of = hub();
    await ended(of, 'a', 'FAILED');
    expect(await instance(of, 'rewind', 'a', '--reason', 'try')).toMatchObject({
      ...{ code: 0, output: 'a is RUNNING\n' },
    });
    const refused = await instance(of, 'rewind', 'a');
    expect(refused).toMatchObject({ code: 1, output: '' });
    expect(refused.errors).toContain('Cannot rewind');
  });

  test.each([['raise', 'X'], ['suspend'], ['resume'], ['terminate']])(
    'nothing is done to one that has ended: %s',
    async (command, ...rest) => {
      const of = hub();
      await ended(of, 'a', 'TERMINATED');
      expect(await instance(of, command, 'a', ...rest)).toEqual({
        ...{ code: 1, output: '', errors: 'perdura: a has ended TERMINATED: nothing was done\n' },
      });
    },
  );
});

test.each([
  ['show'],
  ['history'],
  ['wait'],
  ['raise', 'X'],
  ['terminate'],
  ['suspend'],
  ['resume'],
  ['restart'],
  ['rewind'],
  ['purge'],
])('an instance that is not there is not found: %s', async (command, ...rest) => {
  const result = await instance(hub(), command, 'absent', ...rest);
  expect(result.code).toBe(3);
  expect(result.errors.split('\n')[0]).toMatch(/^perdura: .*'absent'/);
});

describe('purge', () => {
  test('by id says what became of each', async () => {
    const of = hub();
    await ended(of, 'a', 'COMPLETED');
    await of.start({ instanceId: 'b' });
    const result = await instance(of, 'purge', 'a', 'b', 'c');
    expect(result).toMatchObject({ code: 3, output: 'purged 1 instance\n' });
    expect(result.errors).toContain('perdura: b is PENDING: terminate it first\n');
    expect(result.errors).toContain("perdura: no instance 'c'");
    expect(result.errors).toContain('perdura: 2 of 3 ids: nothing was purged\n');
    expect(await of.find('a')).toBeNull();
    expect(await json(of, 'purge', 'b')).toEqual({
      purged: 0,
      kept: [{ instanceId: 'b', reason: 'b is PENDING: terminate it first' }],
    });
  });

  test('by filter needs --yes, and says how many match', async () => {
    const of = hub();
    for (const id of ['a', 'b']) await ended(of, id, 'COMPLETED');
    await ended(of, 'c', 'TERMINATED');
    await of.start({ instanceId: 'd' });
    const asked = await instance(of, 'purge', '--since', '1h');
    expect(asked).toEqual({
      ...{ code: 2, output: '', errors: 'perdura: 3 instances would be purged: say --yes to do it\n' },
    });
    expect((await instance(of, 'purge', '--status', 'completed', '--yes')).output).toBe(
      'purged 2 instances\n',
    );
    expect(await json(of, 'purge', '--until', '2100-01-01', '--yes')).toEqual({ purged: 1, kept: [] });
    expect(await of.status('d')).toBe(statusNamed('PENDING'));
  });

  test.each([[[]], [['a', '--status', 'failed']]])('needs ids or a filter: %j', async (args) => {
    const result = await instance(hub(), 'purge', ...args);
    expect(result).toMatchObject({ code: 2, output: '' });
    expect(result.errors).toContain('name the instances, or say which by --status, --since and --until');
  });

  test('takes only statuses of what has ended', async () => {
    const result = await instance(hub(), 'purge', '--status', 'running');
    expect(result.code).toBe(2);
    expect(result.errors).toContain('It is some of completed, failed, terminated.');
  });
});

describe('history', () => {
  test('shows one line per event', async () => {
    const of = hub();
    const id = randomUUID();
    await of.start({ instanceId: id, name: 'Order', input: { value: '"a\u001b[2J\nb"' } });
    const worker = await of.worker();
    await worker.play([scheduleTask(1, 'charge', { input: { value: '3' } })]);
    await worker.completeActivity(await worker.activity(), { result: { value: '"ok"' } });
    await worker.play([complete('1')]);
    await of.completed(id);
    const { code, output, errors } = await instance(of, 'history', id);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const lines = output.trimEnd().split('\n');
    expect(lines[0]).toBe('    #  TIME (UTC)          EVENT');
    expect(lines.slice(1).map((line) => line.replace(/^( +\d+) {2}\d\d-\d\d [\d:.]{12} {2}/, '$1 '))).toEqual(
      [
        '    1 OrchestratorStarted',
        String.raw`    2 ExecutionStarted     Order  "a\u001b[2J\nb"`,
        '    3 TaskScheduled        #1  charge  3',
        '    4 OrchestratorStarted',
        '    5 TaskCompleted        #1  "ok"',
        '    6 ExecutionCompleted   COMPLETED  1',
      ],
    );
    expect((await instance(of, 'history', id, '--limit', '2')).output.trimEnd().split('\n')).toHaveLength(3);
    const { events } = (await json(of, 'history', id)) as { events: unknown[] };
    expect(events).toHaveLength(6);
    expect(events[2]).toMatchObject({
      eventId: 1,
      eventType: 'taskScheduled',
      taskScheduled: { input: '3' },
    });
    expect(await json(of, 'history', id, '--limit', '2')).toEqual({ events: events.slice(0, 2) });
  });

  test('says that there is none yet', async () => {
    const of = hub();
    await of.start({ instanceId: 'a', scheduledStartTimestamp: fromNow(3_600_000) });
    const result = await instance(of, 'history', 'a');
    expect(result).toMatchObject({
      code: 0,
      output: '',
      errors: expect.stringContaining('no events') as unknown,
    });
    expect(await json(of, 'history', 'a')).toEqual({ events: [] });
  });
});

describe('wait', () => {
  test('ends with 0 only for COMPLETED', async () => {
    const of = hub();
    await ended(of, 'good', 'COMPLETED');
    await ended(of, 'bad', 'FAILED');
    const good = await instance(of, 'wait', 'good');
    expect(good).toMatchObject({ code: 0, errors: '' });
    expect(good.output).toContain('Output         "shipped"\n');
    const bad = await instance(of, 'wait', 'bad', '--json');
    expect(bad).toMatchObject({ code: 4, errors: 'perdura: bad has ended FAILED\n' });
    expect(JSON.parse(bad.output)).toMatchObject({ orchestrationStatus: 'FAILED' });
  });

  test('ends when its time is over', async () => {
    const of = hub();
    await of.start({ instanceId: 'a' });
    for (const moment of ['started', 'completed']) {
      expect(await instance(of, 'wait', 'a', '--timeout', '3', '--for', moment)).toEqual({
        ...{ code: 5, output: '', errors: 'perdura: a is still PENDING after 3 s\n' },
      });
    }
  });

  test('may wait for the start alone', async () => {
    const of = hub();
    await of.start({ instanceId: 'a' });
    const waiting = instance(of, 'wait', 'a', '--for', 'started', '--json');
    const worker = await of.worker();
    await worker.play([scheduleTask(1, 'charge')]);
    const started = await waiting;
    expect(started).toMatchObject({ code: 0, errors: '' });
    expect(JSON.parse(started.output)).toMatchObject({ orchestrationStatus: 'RUNNING' });
  });
});

import { connect } from 'node:http2';
import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/domain/limits.ts';
import { codec } from '../../src/protocol/codec.ts';
import { callRaw, statusNamed, wrapped } from '../helpers/client.ts';
import { complete, eventOf, scheduleTask } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub, server } = useServer({ maxPayloadMb: 16 });
const text = (words: string): unknown => expect.stringContaining(words) as unknown;

const messages = {
  StartInstance: 'CreateInstanceRequest',
  GetInstance: 'GetInstanceRequest',
  WaitForInstanceStart: 'GetInstanceRequest',
  WaitForInstanceCompletion: 'GetInstanceRequest',
  RaiseEvent: 'RaiseEventRequest',
  TerminateInstance: 'TerminateRequest',
  SuspendInstance: 'SuspendRequest',
  ResumeInstance: 'ResumeRequest',
  CompleteOrchestratorTask: 'OrchestratorResponse',
  CompleteActivityTask: 'ActivityResponse',
  AbandonTaskOrchestratorWorkItem: 'AbandonOrchestrationTaskRequest',
  AbandonTaskActivityWorkItem: 'AbandonActivityTaskRequest',
  AbandonTaskEntityWorkItem: 'AbandonEntityTaskRequest',
  CreateTaskHub: 'CreateTaskHubRequest',
  DeleteTaskHub: 'DeleteTaskHubRequest',
  GetWorkItems: 'GetWorkItemsRequest',
} as const;

describe('bytes', () => {
  test.each(Object.entries(messages))('that are no message are refused by %s', async (rpc, message) => {
    const outcome = await callRaw(server().endpoint, rpc, Buffer.from([0x0a, 0xff]));
    expect(outcome).toMatchObject({ code: status.INVALID_ARGUMENT, details: text(message) });
  });

  test('that are cut short start nothing', async () => {
    const whole = codec.encode('CreateInstanceRequest', {
      instanceId: 'cut',
      name: 'Order',
      input: { value: '"a long enough input"' },
    });
    for (let length = 1; length < whole.length; length += 3) {
      const { code } = await callRaw(server().endpoint, 'StartInstance', whole.subarray(0, length));
      // Between two fields a cut is a message again: one with the fields so far.
      if (code === status.OK) continue;
      expect(code).toBe(status.INVALID_ARGUMENT);
    }
    const outcome = await callRaw(server().endpoint, 'StartInstance', whole.subarray(0, whole.length - 1));
    expect(outcome).toMatchObject({ code: status.INVALID_ARGUMENT, details: text('cut short') });
  });

  test('that are not UTF-8 where text belongs are refused', async () => {
    const bytes = Buffer.from([0x0a, 2, 0xc3, 0x28]);
    expect(await callRaw(server().endpoint, 'GetInstance', bytes)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: text('not valid UTF-8'),
    });
  });

  test('beyond the limit of a message are refused, and the server goes on', async () => {
    const most = Buffer.alloc(limits.receivedMessageBytes + 1);
    const outcome = await callRaw(server().endpoint, 'StartInstance', most);
    expect(outcome.code).toBe(status.RESOURCE_EXHAUSTED);
    // One byte less is read, and is no message.
    const read = await callRaw(server().endpoint, 'StartInstance', most.subarray(1));
    expect(read).toMatchObject({ code: status.INVALID_ARGUMENT, details: text('CreateInstanceRequest') });
    await hub().client.call('Hello', {});
  });

  test('of an answer that are damaged leave the turn as it is', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.turn();
    const whole = codec.encode('OrchestratorResponse', {
      instanceId: id,
      completionToken: item.token,
      actions: [complete('"damaged"')],
    });
    const metadata = new Metadata();
    metadata.set('taskhub', orders.name);
    const bytes = Buffer.concat([whole, Buffer.from([0x0a, 5, 0x41])]);
    expect(await callRaw(server().endpoint, 'CompleteOrchestratorTask', bytes, metadata)).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    expect(await orders.status(id)).toBe(statusNamed('PENDING'));
    await worker.answer(item, [complete('"whole"')]);
    expect((await orders.completed(id)).output).toEqual({ value: '"whole"' });
  });
});

describe('the task hub', () => {
  const hello = (...names: string[]) => {
    const metadata = new Metadata();
    for (const name of names) metadata.add('taskhub', name);
    return callRaw(server().endpoint, 'Hello', Buffer.alloc(0), metadata);
  };

  test.each([
    ['named twice', ['one', 'two'], 'more than one'],
    ['too long', ['h'.repeat(65)], 'length'],
    ['empty', [''], 'empty'],
  ])('%s is INVALID_ARGUMENT', async (_, names, words) => {
    expect(await hello(...names)).toMatchObject({ code: status.INVALID_ARGUMENT, details: text(words) });
  });

  test('of 64 characters is fine', async () => {
    expect(await hello('h'.repeat(64))).toMatchObject({ code: status.OK });
  });
});

describe('ids and names', () => {
  test.each([
    ['an id of 101 characters', { instanceId: 'i'.repeat(101) }, 'length'],
    ['an id with a NUL', { instanceId: 'a\0b' }, 'printable'],
    ['an id that is not ASCII', { instanceId: 'größe' }, 'printable'],
    ['an entity’s id', { instanceId: '@counter@1' }, '@'],
    ['no name', { name: '' }, 'name is empty'],
    ['a name of 2,000 characters', { name: 'n'.repeat(2_000) }, 'length'],
    ['a name with a NUL', { name: 'a\0b' }, 'NUL'],
    ['a version with a NUL', { version: { value: 'a\0b' } }, 'NUL'],
    ['a tag with a NUL', { tags: { key: 'a\0b' } }, 'NUL'],
    ['a key of a tag with a NUL', { tags: { 'a\0b': 'value' } }, 'NUL'],
    ['an execution id with a NUL', { executionId: { value: 'a\0b' } }, 'NUL'],
  ])('a start with %s is refused and starts nothing', async (_, wrong, words) => {
    const orders = hub();
    const request = { instanceId: 'right', name: 'Order', ...wrong };
    await orders.refuses('StartInstance', request, 'INVALID_ARGUMENT', words);
    expect(await orders.find('right')).toBeNull();
  });

  test.each([
    'GetInstance',
    'WaitForInstanceStart',
    'WaitForInstanceCompletion',
    'RaiseEvent',
    'TerminateInstance',
    'SuspendInstance',
    'ResumeInstance',
  ] as const)('%s without an id is INVALID_ARGUMENT', async (rpc) => {
    await hub().refuses(rpc, {}, 'INVALID_ARGUMENT', 'id is empty');
  });

  // Contract §15: such an id is that of an unknown orchestration.
  test.each(['a\0b', '@counter@1'])('the id %j is unknown to every call', async (instanceId) => {
    const orders = hub();
    expect(await orders.find(instanceId)).toBeNull();
    await orders.raise(instanceId, 'go');
    await orders.terminate(instanceId);
    await orders.suspend(instanceId);
    await orders.resume(instanceId);
  });

  test.each([
    ['', 'empty'],
    ['a\0b', 'NUL'],
    ['n'.repeat(2_000), 'length'],
  ])('an event named %j is refused', async (name, words) => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([]);
    await orders.refuses('RaiseEvent', { instanceId: id, name }, 'INVALID_ARGUMENT', words);
    await orders.raise(id, 'good');
    expect(eventOf(await worker.turn(), 'eventRaised').eventRaised.name).toBe('good');
  });
});

describe('a NUL in a payload', () => {
  // Nothing in the contract forbids it, and nobody may lose the turn over it.
  test('of a client is refused or kept, never half of it', async () => {
    const orders = hub();
    const outcome = await orders.start({ instanceId: 'nul', input: { value: 'a\0b' } }).catch(codeOf);
    if (outcome === status.INVALID_ARGUMENT) expect(await orders.find('nul')).toBeNull();
    else expect((await orders.get('nul')).input).toEqual({ value: 'a\0b' });
  });

  test('of an answer does not keep others from being recorded', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const [bad, good] = [await orders.start(), await orders.start()];
    const items = [await worker.turn(), await worker.turn()];
    await Promise.all(
      items.map((item) => worker.answer(item, [complete(item.instanceId === bad ? 'a\0b' : 'ab')])),
    );
    expect((await orders.completed(good)).output).toEqual({ value: 'ab' });
  });
});

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}

describe('an answer without a token', () => {
  // .NET repeats what is UNAVAILABLE.
  test.each(['', 'a\0b', '@counter@1', 'x'.repeat(2_000)])(
    'for the id %j is OK and ignored',
    async (instanceId) => {
      const orders = hub();
      await orders.client.call('CompleteActivityTask', { instanceId, taskId: 1 });
      await orders.client.call('CompleteOrchestratorTask', { instanceId });
    },
  );
});

describe('a worker that lists a name that nothing can have', () => {
  const bad = 'a\0b';
  test.each([
    ['an orchestration', { orchestrations: [{ name: bad }] }],
    ['a version of one', { orchestrations: [{ name: 'Order', versions: ['1', bad] }] }],
    ['an activity', { activities: [{ name: bad }] }],
    ['an entity', { entities: [{ name: bad }] }],
    ['one that is too long', { activities: [{ name: 'n'.repeat(1_025) }] }],
  ])('%s: is refused, and others get their work', async (_, workItemFilters) => {
    const orders = hub();
    await orders.start();
    await expect(orders.worker({ request: { workItemFilters } })).rejects.toMatchObject({
      cause: {
        code: status.INVALID_ARGUMENT,
        details: expect.stringContaining('that a worker lists') as unknown,
      },
    });
    await (await orders.worker()).play([complete('1')]);
  });
});

describe('numbers', () => {
  test('limits below zero are no limits given', async () => {
    const orders = hub();
    const worker = await orders.worker({
      request: { maxConcurrentOrchestrationWorkItems: -1, maxConcurrentActivityWorkItems: -2147483648 },
    });
    await orders.start();
    await worker.play([scheduleTask(-1, 'Charge')]);
    const item = await worker.activity();
    expect(item.request.taskId).toBe(-1);
    await worker.completeActivity(item, { result: { value: '1' } });
    expect(eventOf(await worker.turn(), 'taskCompleted').taskCompleted.taskScheduledId).toBe(-1);
  });

  test('a chunk below zero and a huge one complete nothing and break nothing', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.turn();
    for (const value of [-1, 2147483647]) {
      await worker.answer(item, [scheduleTask(1, 'A')], { isPartial: true, chunkIndex: { value } });
    }
    expect(await orders.status(id)).toBe(statusNamed('PENDING'));
    await worker.answer(item, [complete('1')], { chunkIndex: { value: 0 } });
    expect((await orders.get(id)).orchestrationStatus).not.toBe(statusNamed('RUNNING'));
  });

  test.each([
    ['nanoseconds below zero', { seconds: 1, nanos: -5 }],
    ['more nanoseconds than a second has', { seconds: 4_000_000_000, nanos: 2_000_000_000 }],
    ['a second beyond all calendars', { seconds: 9_007_199_254_740_991, nanos: 0 }],
    ['a second before all calendars', { seconds: -9_007_199_254_740_991, nanos: 0 }],
  ])('a scheduled start with %s is refused or taken, and nobody else notices', async (_, at) => {
    const orders = hub();
    const worker = await orders.worker();
    const outcome = await orders.start({ instanceId: 'odd', scheduledStartTimestamp: at }).catch(codeOf);
    expect([status.INVALID_ARGUMENT, 'odd']).toContain(outcome);
    if (outcome === 'odd') expect((await orders.get('odd')).name).toBe('Order');
    const other = await orders.start();
    const seen = [(await worker.turn()).instanceId];
    if (seen[0] !== other) seen.push((await worker.turn()).instanceId);
    expect(seen).toContain(other);
  });

  test.each([
    ['nanoseconds below zero', { seconds: 1, nanos: -5 }],
    ['a second beyond all calendars', { seconds: 9_007_199_254_740_991, nanos: 0 }],
    ['a second before all calendars', { seconds: -9_007_199_254_740_991, nanos: 0 }],
  ])('a timer with %s does not keep others from being recorded', async (_, fireAt) => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start({ instanceId: 'odd' });
    const good = await orders.start({ instanceId: 'good' });
    const items = [await worker.turn(), await worker.turn()];
    await Promise.all(
      items.map((item) =>
        worker.answer(
          item,
          item.instanceId === good ? [complete('1')] : [{ id: 1, createTimer: { fireAt } }],
        ),
      ),
    );
    expect((await orders.completed(good)).output).toEqual({ value: '1' });
    await expect(orders.get('odd')).resolves.toMatchObject({ instanceId: 'odd' });
  });
});

describe('sizes', () => {
  // Contract §13.6: such an item would kill the stream of most workers, again and again.
  test('an input that makes a work item too large for workers fails its instance with a reason', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ input: { value: 'x'.repeat(5_000_000) } });
    const { failureDetails } = await orders.completed(id);
    expect(failureDetails?.errorMessage).toContain('PERDURA_MAX_WORK_ITEM_MB');
    const other = await orders.start();
    expect((await worker.turn()).instanceId).toBe(other);
  });

  test('payloads of a megabyte pass unchanged', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const payload = `"${'ä'.repeat(500_000)}"`;
    const id = await orders.start({ input: wrapped(payload) });
    const item = await worker.turn();
    expect(eventOf(item, 'executionStarted').executionStarted.input?.value).toBe(payload);
    await worker.answer(item, [complete(payload)]);
    expect((await orders.completed(id)).output?.value).toBe(payload);
  });
});

describe('connections', () => {
  test('that speak HTTP/2 but no gRPC get an HTTP status, and the server goes on', async () => {
    const session = connect(`http://${server().endpoint}`);
    const request = session.request({ ':method': 'GET', ':path': '/' });
    const code = await new Promise((answered) => {
      request.on('response', (headers) => {
        answered(headers[':status']);
      });
    });
    expect(code).toBe(415);
    session.close();
    await hub().client.call('Hello', {});
  });

  test('a method that does not exist is UNIMPLEMENTED', async () => {
    expect(await callRaw(server().endpoint, 'Nonsense', Buffer.alloc(0))).toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });
});

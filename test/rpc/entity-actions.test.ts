import { describe, expect, test } from 'vitest';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { signal, stateOf } from '../helpers/entities.ts';
import { complete, fromNow, type ScriptedWorker } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

type Action = MessageInput<'OperationAction'>;

const sendSignal = (instanceId: string, name: string, more: Action['sendSignal'] = {}): Action => ({
  sendSignal: { instanceId, name, ...more },
});
const startNew = (instanceId: string, more: Action['startNewOrchestration'] = {}): Action => ({
  startNewOrchestration: { instanceId, name: 'Order', ...more },
});

/** An entity whose operation asked for these. */
async function acting(orders: TestHub, actions: Action[]): Promise<ScriptedWorker> {
  const worker = await orders.worker();
  await signal(orders, '@counter@1', 'act');
  await worker.playBatch('acted', { actions });
  return worker;
}

// §1.7, rule 6.
describe('signals of an entity', () => {
  test('get to others in order, with an id of the server', async () => {
    const worker = await acting(hub(), [
      sendSignal('@counter@2', 'a', { input: { value: '1' } }),
      sendSignal('@counter@2', 'b'),
    ]);
    const batch = await worker.batch();
    expect(batch).toMatchObject({ instanceId: '@counter@2', operations: ['a', 'b'] });
    expect(batch.request.operationRequests[0]).toMatchObject({
      entityOperationSignaled: { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown },
    });
  });

  test('to itself come after the batch, with its state', async () => {
    const worker = await acting(hub(), [sendSignal('@counter@1', 'again')]);
    expect(await worker.batch()).toMatchObject({
      ...{ instanceId: '@counter@1', operations: ['again'], state: 'acted' },
    });
  });

  test('are sent also when fewer operations than those of the batch are done', async () => {
    const orders = hub();
    await signal(orders, '@counter@1', 'a');
    await signal(orders, '@counter@1', 'b');
    const worker = await orders.worker();
    const actions = [sendSignal('@counter@1', 'c')];
    await worker.playBatch('1', { results: [{}], actions });
    expect((await worker.batch()).operations).toEqual(['b', 'c']);
  });

  test('that are scheduled come not before their time', async () => {
    const due = Date.now() + 600;
    const worker = await acting(hub(), [
      sendSignal('@counter@1', 'later', { scheduledTime: fromNow(600) }),
      sendSignal('@counter@2', 'now'),
    ]);
    expect((await worker.batch()).operations).toEqual(['now']);
    expect((await worker.batch()).operations).toEqual(['later']);
    expect(Date.now()).toBeGreaterThanOrEqual(due - 1);
  });
});

describe('orchestrations that an entity starts', () => {
  test('run without a parent, and tell nobody how they ended', async () => {
    const orders = hub();
    const input = { value: '5' };
    const worker = await acting(orders, [startNew('child', { input, version: { value: '' } })]);
    const turn = await worker.play([complete('"done"')]);
    expect(turn.request.newEvents[1]).toMatchObject({
      executionStarted: { name: 'Order', input, parentInstance: null, version: null },
    });
    await orders.completed('child');
    expect(worker.count('entity')).toBe(0);
  });

  test('get an id when they have none', async () => {
    const worker = await acting(hub(), [startNew('')]);
    expect((await worker.turn()).instanceId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('under the id of one that runs are dropped silently', async () => {
    const orders = hub();
    const id = await orders.start();
    const worker = await acting(orders, [startNew(id), sendSignal('@counter@1', 'next')]);
    const turn = await worker.turn();
    expect((await worker.batch()).operations).toEqual(['next']);
    await worker.answer(turn, [complete('"first"')]);
    expect((await orders.completed(id)).output).toEqual({ value: '"first"' });
    expect(worker.count('orchestration')).toBe(0);
  });

  test('under the id of one that has finished replace it', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([complete('"first"')]);
    await orders.completed(id);
    await signal(orders, '@counter@1', 'act');
    await worker.playBatch('1', { actions: [startNew(id)] });
    await worker.play([complete('"second"')]);
    expect((await orders.completed(id)).output).toEqual({ value: '"second"' });
  });

  test('twice under one id start once', async () => {
    const orders = hub();
    const worker = await acting(orders, [startNew('twice'), startNew('twice')]);
    await worker.play([]);
    expect(await orders.status('twice')).toBe(statusNamed('RUNNING'));
    expect(worker.count('orchestration')).toBe(0);
  });

  test('later start later', async () => {
    const orders = hub();
    const due = Date.now() + 600;
    const worker = await acting(orders, [startNew('later', { scheduledTime: fromNow(600) })]);
    await expect.poll(() => orders.find('later')).not.toBeNull();
    expect(await orders.status('later')).toBe(statusNamed('PENDING'));
    await worker.turn();
    expect(Date.now()).toBeGreaterThanOrEqual(due - 1);
  });
});

test('what can’t be carried out is left out, and the rest happens', async () => {
  const orders = hub();
  const worker = await acting(orders, [
    {},
    sendSignal('counter', 'no entity'),
    sendSignal(`@counter@${'k'.repeat(100)}`, 'too long'),
    sendSignal('@counter@\0', 'NUL'),
    startNew('@counter@3'),
    startNew('x'.repeat(101)),
    startNew('nameless', { name: '' }),
    sendSignal('@counter@2', 'fine'),
  ]);
  expect(await worker.batch()).toMatchObject({ instanceId: '@counter@2', operations: ['fine'] });
  expect(worker.count('orchestration')).toBe(0);
  expect(worker.count('entity')).toBe(0);
  expect(await stateOf(orders, '@counter@1')).toBe('acted');
});

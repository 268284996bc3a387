import { describe, expect, test } from 'vitest';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { callAction, signal, stateOf } from '../helpers/entities.ts';
import { eventOf } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer({ streamGraceSeconds: 0 });

describe('an entity work item', () => {
  test('is an entityRequestV2 with GUIDs and timestamps (entities §0.1)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const requestId = '01234567-89ab-cdef-0123-456789abcdef';
    const turn = await worker.play([
      callAction(1, '@counter@1', 'get', { requestId, input: { value: '7' } }),
    ]);
    const batch = await worker.batch();
    expect(batch.token.length).toBeGreaterThan(0);
    expect(batch.request).toMatchObject({ instanceId: '@counter@1', entityState: null });
    expect(batch.request.executionId).not.toBe('');
    expect(batch.request.operationRequests).toMatchObject([
      {
        eventId: -1,
        timestamp: { seconds: expect.any(Number) as unknown },
        entityOperationCalled: {
          ...{ requestId, operation: 'get', input: { value: '7' } },
          parentInstanceId: { value: id },
          parentExecutionId: { value: turn.executionId },
        },
      },
    ]);
  });

  test('brings the state that was recorded last', async () => {
    const orders = hub();
    const worker = await orders.worker();
    for (const state of ['', '1', 'ü\0\u{1f600}', 'x'.repeat(100_000)]) {
      await signal(orders, '@counter@1', 'set');
      await worker.playBatch(state);
      await signal(orders, '@counter@1', 'get');
      expect((await worker.playBatch(state)).state).toBe(state);
    }
  });

  test('takes what waits in one batch, and what comes meanwhile in the next', async () => {
    const orders = hub();
    for (const name of ['a', 'b', 'c']) await signal(orders, '@counter@1', name);
    const worker = await orders.worker();
    const batch = await worker.batch();
    expect(batch.operations).toEqual(['a', 'b', 'c']);
    await signal(orders, '@counter@1', 'd');
    expect(worker.count('entity')).toBe(0);
    await worker.completeBatch(batch, { results: [{}, {}, {}], entityState: { value: '3' } });
    expect(await worker.batch()).toMatchObject({ operations: ['d'], state: '3' });
  });

  test('is large enough for five hundred operations and not for more (entities §1.3)', async () => {
    const orders = hub();
    await Promise.all(Array.from({ length: 620 }, (_, i) => signal(orders, '@counter@1', `op-${i}`)));
    const worker = await orders.worker();
    expect((await worker.playBatch('1')).operations).toHaveLength(500);
    expect((await worker.playBatch('2')).operations).toHaveLength(120);
  });

  test('is limited in bytes, too: large inputs come in several', async () => {
    const orders = hub();
    const input = { value: 'x'.repeat(900_000) };
    for (const name of ['a', 'b', 'c']) await signal(orders, '@counter@1', name, { input });
    const worker = await orders.worker();
    expect((await worker.playBatch('1')).operations).toEqual(['a', 'b']);
    expect((await worker.playBatch('2')).operations).toEqual(['c']);
  });
});

describe('limits', () => {
  test('no more batches are out than the stream asked for', async () => {
    const orders = hub();
    const worker = await orders.worker({ request: { maxConcurrentEntityWorkItems: 2 } });
    for (const key of [1, 2, 3]) await signal(orders, `@counter@${key}`, 'add');
    const first = await worker.batch();
    await worker.batch();
    await orders.start();
    await worker.turn();
    expect(worker.count('entity')).toBe(0);
    await worker.completeBatch(first, { results: [{}], entityState: { value: '1' } });
    expect((await worker.batch()).instanceId).not.toBe(first.instanceId);
  });

  test('zero is no preference (entities §0.9)', async () => {
    const orders = hub();
    const worker = await orders.worker({ request: { maxConcurrentEntityWorkItems: 0 } });
    for (const key of [1, 2, 3]) await signal(orders, `@counter@${key}`, 'add');
    for (let n = 0; n < 3; n++) await worker.batch();
  });
});

// §6.
describe('filters', () => {
  const only = (...names: string[]): { request: MessageInput<'GetWorkItemsRequest'> } => ({
    request: { workItemFilters: { entities: names.map((name) => ({ name })) } },
  });

  test('match whatever the case, on both sides', async () => {
    const orders = hub();
    const worker = await orders.worker(only('CounTer'));
    await signal(orders, '@cOUNTER@1', 'mixed');
    expect(await worker.playBatch('1')).toMatchObject({ instanceId: '@cOUNTER@1' });
    await signal(orders, '@counter@1', 'lower');
    expect(await worker.batch()).toMatchObject({ instanceId: '@counter@1', operations: ['lower'] });
  });

  test('leave others to those who want them', async () => {
    const orders = hub();
    const counters = await orders.worker(only('counter'));
    await signal(orders, '@account@1', 'pay');
    await signal(orders, '@counter@1', 'add');
    expect((await counters.playBatch('1')).instanceId).toBe('@counter@1');
    const accounts = await orders.worker(only('account'));
    expect((await accounts.playBatch('1')).instanceId).toBe('@account@1');
    await expect.poll(() => stateOf(orders, '@account@1')).toBe('1');
    expect(counters.count('entity')).toBe(0);
  });

  test('without entities get none, and only filters can say so (entities §0.9)', async () => {
    const orders = hub();
    const turns = await orders.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    await signal(orders, '@counter@1', 'add');
    await orders.start();
    await turns.turn();
    expect(turns.count('entity')).toBe(0);
    const batches = await orders.worker(only('counter'));
    expect((await batches.batch()).operations).toEqual(['add']);
    expect(batches.count('orchestration')).toBe(0);
  });
});

describe('an orchestrator work item', () => {
  test('always has entityParameters with a window of zero (entities §0.2)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    for (let n = 0; n < 2; n++) {
      const item = await worker.play([]);
      expect(item.request.entityParameters).toEqual({ entityMessageReorderWindow: { seconds: 0, nanos: 0 } });
      await orders.raise(id, 'go');
    }
  });
});

describe('a worker', () => {
  test('without operation infos is served like any other', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    await worker.play([callAction(1, '@counter@1', 'get')]);
    await worker.playBatch('1', {}, '"one"');
    const completed = eventOf(await worker.turn(), 'entityOperationCompleted');
    expect(completed.entityOperationCompleted.output).toEqual({ value: '"one"' });
  });

  test('that went away loses its batch to the next', async () => {
    const orders = hub();
    const lost = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    const before = await lost.batch();
    lost.cancel();
    const next = await orders.worker();
    const again = await next.batch();
    expect(again.request.operationRequests).toEqual(before.request.operationRequests);
    expect(again.token).not.toBe(before.token);
  });
});

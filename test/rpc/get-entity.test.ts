import { describe, expect, test } from 'vitest';
import { callAction, findEntity, lockAction, signal, unlockAction } from '../helpers/entities.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

// §1.2.
describe('an entity', () => {
  test('exists when it has a state, and shows it only to who asks', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const before = Date.now() / 1000 - 1;
    await signal(orders, '@counter@1', 'add');
    await worker.playBatch('{"n":1}');
    await expect.poll(() => findEntity(orders, '@counter@1')).not.toBeNull();
    const entity = await findEntity(orders, '@counter@1');
    expect(entity).toMatchObject({
      ...{ instanceId: '@counter@1', backlogQueueSize: 0, lockedBy: null },
      serializedState: { value: '{"n":1}' },
    });
    expect(entity?.lastModifiedTime?.seconds).toBeGreaterThan(before);
    const request = { instanceId: '@counter@1', includeState: false };
    const without = await orders.client.call('GetEntity', request);
    expect(without).toMatchObject({ exists: true, entity: { serializedState: null } });
  });

  test('does not exist with signals alone, or a lock alone', async () => {
    const orders = hub();
    await signal(orders, '@counter@1', 'add');
    const turns = await orders.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    await orders.start();
    await turns.play([lockAction(1, 's', '@counter@2')]);
    await turns.turn();
    for (const instanceId of ['@counter@1', '@counter@2', '@counter@3']) {
      const answer = await orders.client.call('GetEntity', { instanceId, includeState: true });
      expect(answer).toEqual({ exists: false, entity: null });
    }
  });

  test('with an empty state exists', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'clear');
    await worker.playBatch('');
    await expect.poll(async () => (await findEntity(orders, '@counter@1'))?.serializedState?.value).toBe('');
  });

  test('counts the operations that wait, and is modified by batches and locks', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    await worker.playBatch('1');
    await expect.poll(() => findEntity(orders, '@counter@1')).not.toBeNull();
    const first = await findEntity(orders, '@counter@1');
    await orders.start();
    await worker.play([lockAction(1, 's', '@counter@1')]);
    const turn = await worker.turn();
    const locked = await findEntity(orders, '@counter@1');
    expect(locked?.lastModifiedTime).not.toEqual(first?.lastModifiedTime);
    await signal(orders, '@counter@1', 'a');
    await orders.start();
    await worker.play([callAction(1, '@counter@1', 'b'), lockAction(2, 't', '@counter@1')]);
    expect((await findEntity(orders, '@counter@1'))?.backlogQueueSize).toBe(2);
    await worker.answer(turn, [unlockAction(2, 's', '@counter@1')]);
    await worker.playBatch('3');
    await expect.poll(async () => (await findEntity(orders, '@counter@1'))?.backlogQueueSize).toBe(0);
  });

  test('is found by its very id only', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@Key', 'add');
    await worker.playBatch('1');
    await expect.poll(() => findEntity(orders, '@counter@Key')).not.toBeNull();
    for (const id of ['@counter@key', '@Counter@Key', '@counter@', 'counter', '', '@counter@\0']) {
      expect(await findEntity(orders, id)).toBeNull();
    }
    expect(await findEntity(hub(), '@counter@Key')).toBeNull();
  });
});

describe('an entity is no orchestration:', () => {
  test('calls for orchestrations don’t find it', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    await worker.playBatch('1');
    await expect.poll(() => findEntity(orders, '@counter@1')).not.toBeNull();
    expect(await orders.find('@counter@1')).toBeNull();
    const { orchestrationState } = await orders.client.call('QueryInstances', { query: {} });
    expect(orchestrationState).toEqual([]);
    const { instanceIds } = await orders.client.call('ListInstanceIds', {});
    expect(instanceIds).toEqual([]);
    await orders.refuses('RewindInstance', { instanceId: '@counter@1' }, 'NOT_FOUND');
    await orders.refuses('RestartInstance', { instanceId: '@counter@1' }, 'NOT_FOUND');
    await orders.refuses(
      'StartInstance',
      { instanceId: '@counter@1', name: 'Order' },
      'INVALID_ARGUMENT',
      '@',
    );
  });

  test('controls and events for orchestrations leave it alone', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    await worker.playBatch('1');
    const instanceId = '@counter@1';
    const calls = [
      orders.client.call('TerminateInstance', { instanceId }),
      orders.client.call('SuspendInstance', { instanceId }),
      orders.client.call('RaiseEvent', { instanceId, name: 'go' }),
    ];
    await Promise.allSettled(calls);
    await signal(orders, '@counter@1', 'get');
    expect(await worker.batch()).toMatchObject({ operations: ['get'], state: '1' });
  });
});

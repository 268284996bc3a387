import { describe, expect, test } from 'vitest';
import { useServer } from '../helpers/server.ts';

describe('with hubs made by call', () => {
  const { hub } = useServer({ dynamicTaskHubs: false, taskHubs: ['main'] });

  test('all calls find the hub gone, its streams and its waiting calls too', async () => {
    const orders = hub();
    await orders.client.call('CreateTaskHub', {});
    const worker = await orders.worker();
    const id = await orders.start();
    await orders.client.call('DeleteTaskHub', {});
    expect(await worker.ended).toMatchObject({
      code: 5,
      details: expect.stringContaining(orders.name) as unknown,
    });
    await orders.refuses('Hello', {}, 'NOT_FOUND', orders.name);
    await orders.refuses('GetInstance', { instanceId: id }, 'NOT_FOUND', orders.name);
    await orders.refuses('StartInstance', { name: 'Order' }, 'NOT_FOUND', orders.name);
  });

  test('a hub that is made again is empty', async () => {
    const orders = hub();
    await orders.client.call('CreateTaskHub', {});
    const id = await orders.start();
    await orders.client.call('DeleteTaskHub', {});
    await orders.client.call('CreateTaskHub', {});
    expect(await orders.find(id)).toBeNull();
  });

  test('other hubs are untouched', async () => {
    const [orders, others] = [hub(), hub()];
    await orders.client.call('CreateTaskHub', {});
    await others.client.call('CreateTaskHub', {});
    const id = await others.start();
    await orders.client.call('DeleteTaskHub', {});
    expect((await others.get(id)).name).toBe('Order');
  });

  test('an unknown hub is NOT_FOUND', async () => {
    const orders = hub();
    await orders.refuses('DeleteTaskHub', {}, 'NOT_FOUND', orders.name);
  });
});

describe('with dynamic hubs', () => {
  const { hub } = useServer();

  test('a deleted hub comes back empty when it is named again', async () => {
    const orders = hub();
    const id = await orders.start();
    await orders.client.call('DeleteTaskHub', {});
    expect(await orders.find(id)).toBeNull();
  });
});

import { expect, test } from 'vitest';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { complete } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub, server } = useServer({ dynamicTaskHubs: false, taskHubs: ['main'] });

test('a hub exists from then on', async () => {
  const orders = hub();
  await orders.refuses('Hello', {}, 'NOT_FOUND', orders.name);
  await orders.client.call('CreateTaskHub', {});
  await orders.client.call('Hello', {});
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([complete('1')]);
  expect((await orders.completed(id)).output).toEqual({ value: '1' });
});

test('a hub that exists is left as it is', async () => {
  const orders = hub();
  await orders.client.call('CreateTaskHub', {});
  const id = await orders.start();
  await orders.client.call('CreateTaskHub', {});
  expect((await orders.get(id)).name).toBe('Order');
});

test('a hub that is to be recreated is empty, and its streams end', async () => {
  const orders = hub();
  await orders.client.call('CreateTaskHub', { recreateIfExists: true });
  const worker = await orders.worker();
  const id = await orders.start();
  const old = await worker.turn();
  await orders.client.call('CreateTaskHub', { recreateIfExists: true });
  expect(await worker.ended).toMatchObject({ code: 5 });
  expect(await orders.find(id)).toBeNull();
  const next = await orders.worker();
  await orders.start({ instanceId: id, name: 'New' });
  await next.answer(old, [complete('"old"')]);
  const item = await next.turn();
  expect(item.request.pastEvents).toEqual([]);
  await next.answer(item, [complete('"new"')]);
  expect(await orders.completed(id)).toMatchObject({ name: 'New', output: { value: '"new"' } });
});

test('without a name the first hub is meant', async () => {
  const client = new TaskHubClient({ address: server().endpoint });
  await client.call('CreateTaskHub', {});
  await client.call('Hello', {});
  client.close();
});

import { expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import { complete, continueAsNew, scheduleTask } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();
const SUSPENDED = statusNamed('SUSPENDED');

// §5.3: at once for whoever asks.
test('a running instance is SUSPENDED when the call returns, and gets no turns', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([]);
  await orders.suspend(id, 'lunch');
  expect(await orders.status(id)).toBe(SUSPENDED);
  await orders.raise(id, 'held');
  const other = await orders.start();
  expect((await worker.turn()).instanceId).toBe(other);
  expect(worker.count('orchestration')).toBe(0);
});

test('a PENDING instance is suspended before it ever runs', async () => {
  const orders = hub();
  const id = await orders.start();
  await orders.suspend(id);
  expect(await orders.status(id)).toBe(SUSPENDED);
  const worker = await orders.worker();
  const other = await orders.start();
  expect((await worker.turn()).instanceId).toBe(other);
});

test('the turn that is out is recorded with its actions, and the instance stays suspended', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const item = await worker.turn();
  await orders.suspend(id);
  expect(await orders.status(id)).toBe(SUSPENDED);
  await worker.answer(item, [scheduleTask(1, 'Charge')], { customStatus: { value: '"charging"' } });
  expect((await worker.activity()).request.name).toBe('Charge');
  expect(await orders.get(id)).toMatchObject({
    orchestrationStatus: SUSPENDED,
    customStatus: { value: '"charging"' },
  });
});

test('a completion that was on its way wins', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const item = await worker.turn();
  await orders.suspend(id);
  await worker.answer(item, [complete('1')]);
  expect((await orders.completed(id)).orchestrationStatus).toBe(statusNamed('COMPLETED'));
});

test('an instance that continues as new stays suspended', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '1' } });
  const item = await worker.turn();
  await orders.suspend(id);
  await worker.answer(item, [continueAsNew('2')]);
  expect(await orders.get(id)).toMatchObject({ orchestrationStatus: SUSPENDED, input: { value: '2' } });
  const other = await orders.start();
  expect((await worker.turn()).instanceId).toBe(other);
});

test('an instance that has ended and an unknown one are left alone', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([complete()]);
  await orders.completed(id);
  await orders.suspend(id);
  expect(await orders.status(id)).toBe(statusNamed('COMPLETED'));
  await orders.suspend('nobody');
  await orders.suspend('@counter@1');
  expect(await orders.find('nobody')).toBeNull();
});

test('a suspended instance counts as living: its id can’t be taken', async () => {
  const orders = hub();
  const id = await orders.start();
  await orders.suspend(id);
  await orders.refuses('StartInstance', { instanceId: id, name: 'Order' }, 'ALREADY_EXISTS', id);
});

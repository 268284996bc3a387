import { expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import { complete } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

// Started means that the first turn is recorded, with what it brought.
test('the wait ends when the first turn is recorded, not when it goes out (orchestrations §1.14)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const item = await worker.turn();
  await expect(
    orders.client.call('WaitForInstanceStart', { instanceId: id }, { timeoutMs: 300 }),
  ).rejects.toMatchObject({ code: 4 });
  const waiting = orders.started(id);
  await worker.answer(item, [], { customStatus: { value: '"here"' } });
  expect(await waiting).toMatchObject({
    orchestrationStatus: statusNamed('RUNNING'),
    customStatus: { value: '"here"' },
  });
});

// §3.1: PENDING → COMPLETED.
test('an instance that completes in its first turn has started', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const waiting = orders.started(id);
  await worker.play([complete('1')]);
  expect((await waiting).orchestrationStatus).toBe(statusNamed('COMPLETED'));
});

test('an instance that is suspended before it ran is no longer PENDING', async () => {
  const orders = hub();
  const id = await orders.start();
  const waiting = orders.started(id);
  await orders.suspend(id);
  expect((await waiting).orchestrationStatus).toBe(statusNamed('SUSPENDED'));
});

// §3.3.
test('an unknown id keeps waiting, and is found when it is started', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const waiting = orders.started('later');
  await orders.start({ instanceId: 'later' });
  await worker.play([]);
  expect((await waiting).instanceId).toBe('later');
});

test('payloads are shown only when asked for', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '1' } });
  await worker.play([]);
  const { orchestrationState } = await orders.client.call('WaitForInstanceStart', { instanceId: id });
  expect(orchestrationState).toMatchObject({ instanceId: id, input: null });
});

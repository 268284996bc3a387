import { expect, test } from 'vitest';
import { TestHub } from '../helpers/client.ts';
import { signal, stateOf } from '../helpers/entities.ts';
import { startTestServer, useServer } from '../helpers/server.ts';

const { hub, server } = useServer({ maxDeliveryAttempts: 2 });

test('an abandoned batch comes again after a while, and its old token is worth nothing', async () => {
  const orders = hub();
  const worker = await orders.worker();
  await signal(orders, '@counter@1', 'a');
  const batch = await worker.batch();
  const abandonedAt = performance.now();
  await worker.abandon(batch);
  const again = await worker.batch();
  expect(performance.now() - abandonedAt).toBeGreaterThan(900);
  expect(again.operations).toEqual(['a']);
  expect(again.token).not.toBe(batch.token);
  await worker.completeBatch(batch, { results: [{}], entityState: { value: 'stale' } });
  await worker.completeBatch(again, { results: [{}], entityState: { value: '2' } });
  await expect.poll(() => stateOf(orders, '@counter@1')).toBe('2');
});

test('an abandon is no attempt: a batch may be given back more often than it may fail', async () => {
  const orders = hub();
  const worker = await orders.worker();
  await signal(orders, '@counter@1', 'a');
  for (let n = 0; n < 2; n++) await worker.abandon(await worker.batch());
  expect((await worker.batch()).operations).toEqual(['a']);
});

test('a batch may be given back at another replica', async () => {
  const orders = hub();
  const second = await startTestServer({ databaseUrl: server().databaseUrl });
  const there = new TestHub(second.endpoint, orders.name);
  const worker = await orders.worker();
  await signal(orders, '@counter@1', 'a');
  const { token } = await worker.batch();
  await there.client.call('AbandonTaskEntityWorkItem', { completionToken: token });
  expect((await worker.batch()).operations).toEqual(['a']);
  there.close();
  await second.close();
});

test.each(['', 'whatever'])('a token that is none is OK: %j', async (completionToken) => {
  expect(await hub().client.call('AbandonTaskEntityWorkItem', { completionToken })).toEqual({});
});

test('a token that was used changes nothing', async () => {
  const orders = hub();
  const worker = await orders.worker();
  await signal(orders, '@counter@1', 'a');
  const used = await worker.playBatch('1');
  await worker.abandon(used);
  await signal(orders, '@counter@1', 'b');
  const batch = await worker.batch();
  await worker.abandon(used);
  await worker.completeBatch(batch, { results: [{}], entityState: { value: '2' } });
  await expect.poll(() => stateOf(orders, '@counter@1')).toBe('2');
});

import { expect, test } from 'vitest';
import { createTestDatabase } from '../helpers/database.ts';
import { TestHub } from '../helpers/client.ts';
import { setQuotas } from '../helpers/quotas.ts';
import { complete } from '../helpers/scripted-worker.ts';
import { startTestServer, useServer } from '../helpers/server.ts';

const { hub } = useServer({ quotaInstances: 1000, quotaPending: 7, quotaPayloadBytes: 5 });

const wrapped = (value: number) => ({ value });

test('shows what is set for the task hub, what is in force and what is used', async () => {
  const orders = hub();
  const worker = await orders.worker({ request: { maxConcurrentOrchestrationWorkItems: 1 } });
  for (let i = 0; i < 3; i++) await orders.start();
  await worker.play([complete()]);
  await worker.turn();
  await setQuotas(orders, { 'actions-per-second': 50, 'payload-bytes': 100, pending: 0 });
  expect((await orders.client.call('GetTaskHubQuotas', {})).quotas).toEqual([
    { name: 'instances', own: null, limit: wrapped(1000), used: wrapped(3) },
    { name: 'bytes', own: null, limit: null, used: null },
    { name: 'actions-per-second', own: wrapped(50), limit: wrapped(50), used: null },
    { name: 'payload-bytes', own: wrapped(100), limit: wrapped(100), used: null },
    { name: 'pending', own: wrapped(0), limit: null, used: null },
  ]);
  await setQuotas(orders, { pending: null, 'payload-bytes': 200 });
  const { quotas } = await orders.client.call('GetTaskHubQuotas', {});
  expect(quotas.map(({ own }) => own?.value)).toEqual([undefined, undefined, 50, 200, undefined]);
  expect(quotas.at(-1)).toEqual({ name: 'pending', own: null, limit: wrapped(7), used: wrapped(1) });
});

test('the server’s quotas hold for a task hub that has none of its own, until it has', async () => {
  const orders = hub();
  const start = { name: 'Order', input: { value: '"1234"' } };
  await orders.refuses('StartInstance', start, 'RESOURCE_EXHAUSTED', "the quota 'payload-bytes'");
  await setQuotas(orders, { 'payload-bytes': 0 });
  await orders.client.call('StartInstance', start);
  await setQuotas(orders, { 'payload-bytes': null });
  await orders.refuses('StartInstance', start, 'RESOURCE_EXHAUSTED', '5 bytes for a payload');
});

test('quotas of a hub last over a restart, and go with the hub', async () => {
  const databaseUrl = await createTestDatabase();
  const owned = async (hubName: string): Promise<unknown> => {
    const running = await startTestServer({ databaseUrl });
    const orders = new TestHub(running.endpoint, hubName);
    try {
      return (await orders.client.call('GetTaskHubQuotas', {})).quotas.map(({ own }) => own?.value);
    } finally {
      orders.close();
      await running.close();
    }
  };
  const first = await startTestServer({ databaseUrl });
  const [kept, deleted] = ['kept', 'deleted'].map((name) => new TestHub(first.endpoint, name));
  for (const each of [kept, deleted]) if (each) await setQuotas(each, { instances: 5 });
  await deleted?.client.call('DeleteTaskHub', {});
  for (const each of [kept, deleted]) each?.close();
  await first.close();
  expect(await owned('kept')).toEqual([5, undefined, undefined, undefined, undefined]);
  expect(await owned('deleted')).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { type QuotaName } from '../../src/domain/quota.ts';
import { type TestHub } from '../helpers/client.ts';
import { seenUsed, setQuotas } from '../helpers/quotas.ts';
import { complete, createChild, scheduleTask } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub, server } = useServer();

const entity = (instanceId: string) => ({ instanceId, name: 'add', requestId: randomUUID() });

/** So many instances that nobody works on, and that quota at the same number, measured. */
async function filled(count: number, quotas: Partial<Record<QuotaName, number>>): Promise<TestHub> {
  const orders = hub();
  for (let i = 0; i < count; i++) await orders.start({ instanceId: `old-${i}` });
  await setQuotas(orders, quotas);
  return orders;
}

async function endOne(orders: TestHub, instanceId: string): Promise<void> {
  await orders.terminate(instanceId);
  await orders.completed(instanceId);
}

test('at the quota of instances what would make one is refused, in words that help, and changes nothing', async () => {
  const orders = await filled(3, { instances: 4 });
  await seenUsed(server(), orders, 'instances', 3);
  await orders.start({ instanceId: 'fourth' });
  const words = `the quota 'instances' of the task hub '${orders.name}' is reached: 4 stored instances; nothing was done: purge some that have ended, or raise it ('perdura hub quota ${orders.name} --instances …')`;
  await orders.refuses('StartInstance', { instanceId: 'fifth', name: 'Order' }, 'RESOURCE_EXHAUSTED', words);
  await orders.refuses('StartInstance', { name: 'Order' }, 'RESOURCE_EXHAUSTED', words);
  await orders.refuses('SignalEntity', entity('@counter@new'), 'RESOURCE_EXHAUSTED', words);
  await endOne(orders, 'old-0');
  const beside = { instanceId: 'old-0', restartWithNewInstanceId: true };
  await orders.refuses('RestartInstance', beside, 'RESOURCE_EXHAUSTED', words);
  const { instanceIds } = await orders.client.call('ListInstanceIds', { pageSize: 100 });
  expect(instanceIds).toEqual(['old-0']);
  expect(await orders.find('fifth')).toBeNull();
});

test('at the quota of instances calls about those that are there go on: events, signals, restarts, replacements', async () => {
  const orders = hub();
  await orders.client.call('SignalEntity', entity('@counter@1'));
  await orders.start({ instanceId: 'old' });
  await setQuotas(orders, { instances: 2 });
  await seenUsed(server(), orders, 'instances', 2);
  await orders.refuses('StartInstance', { instanceId: 'old', name: 'Order' }, 'ALREADY_EXISTS');
  await orders.raise('old', 'Paid');
  await orders.client.call('SignalEntity', entity('@counter@1'));
  await endOne(orders, 'old');
  await orders.start({ instanceId: 'old' });
  await endOne(orders, 'old');
  await orders.client.call('RestartInstance', { instanceId: 'old' });
  expect(await orders.status('old')).toBe('ORCHESTRATION_STATUS_PENDING');
});

test('a purge makes room, and a signal that was refused counts once when it is repeated', async () => {
  const orders = await filled(2, { instances: 2 });
  await seenUsed(server(), orders, 'instances', 2);
  const signal = entity('@counter@late');
  await orders.refuses('SignalEntity', signal, 'RESOURCE_EXHAUSTED');
  await endOne(orders, 'old-0');
  await orders.client.call('PurgeInstances', { instanceId: 'old-0' });
  // Long before it would be measured if nobody had been refused.
  await vi.waitFor(() => orders.client.call('SignalEntity', signal), 3_000);
  await orders.client.call('SignalEntity', signal);
  const worker = await orders.worker();
  expect((await worker.playBatch('1')).operations).toHaveLength(1);
});

test('at the quota of bytes what adds some is refused; a purge makes room', async () => {
  const orders = hub();
  // What no compression makes small.
  const data = (bytes: number) => ({ value: randomBytes(bytes / 2).toString('hex') });
  await orders.start({ instanceId: 'old', input: data(20_000) });
  await setQuotas(orders, { bytes: 100_000 });
  const used = await bytesOf(orders);
  // Once with the instance, once with the message that starts it; hexadecimal digits can be packed.
  expect(used).toBeGreaterThan(20_000);
  expect(used).toBeLessThan(45_000);
  await seenUsed(server(), orders, 'bytes', used);
  const start = { instanceId: 'new', name: 'Order', input: data(45_000) };
  await orders.refuses('StartInstance', start, 'RESOURCE_EXHAUSTED', '100000 stored bytes');
  await orders.refuses(
    'RaiseEvent',
    { instanceId: 'old', name: 'Paid', input: data(90_000) },
    'RESOURCE_EXHAUSTED',
    "'bytes'",
  );
  expect(await orders.find('new')).toBeNull();
  await orders.client.call('StartInstance', { ...start, input: data(10_000) });
  for (const id of ['old', 'new']) {
    await endOne(orders, id);
    await orders.client.call('PurgeInstances', { instanceId: id });
  }
  await vi.waitFor(() => orders.client.call('StartInstance', start), 10_000);
});

async function bytesOf({ client }: TestHub): Promise<number> {
  const { quotas } = await client.call('GetTaskHubQuotas', {});
  return quotas.find(({ name }) => name === 'bytes')?.used?.value ?? 0;
}

test('at the quota of pending work items clients wait until workers have caught up', async () => {
  const orders = await filled(3, { pending: 3 });
  await seenUsed(server(), orders, 'pending', 3);
  await orders.refuses(
    'StartInstance',
    { instanceId: 'late', name: 'Order' },
    'RESOURCE_EXHAUSTED',
    '3 pending work items',
  );
  await orders.refuses(
    'RaiseEvent',
    { instanceId: 'old-0', name: 'Paid' },
    'RESOURCE_EXHAUSTED',
    "'pending'",
  );
  await orders.refuses('RewindInstance', { instanceId: 'old-0' }, 'RESOURCE_EXHAUSTED', "'pending'");
  const worker = await orders.worker();
  for (let i = 0; i < 3; i++) await worker.play([complete()]);
  await vi.waitFor(() => orders.start({ instanceId: 'late' }), 10_000);
});

test('payloads have a quota, to the byte, where clients send them; what workers answer has none', async () => {
  const orders = hub();
  await setQuotas(orders, { 'payload-bytes': 10 });
  const [fits, tooLong] = [{ value: '"ääää"' }, { value: '"ääää!"' }];
  const worker = await orders.worker();
  await orders.start({ instanceId: 'a', input: fits });
  await worker.play([]);
  await orders.raise('a', 'Paid', fits.value);
  await orders.client.call('SignalEntity', { ...entity('@counter@1'), input: fits });
  const words = '10 bytes for a payload; nothing was done: send less, or where it can be found';
  for (const [rpc, request] of [
    ['StartInstance', { instanceId: 'b', name: 'Order', input: tooLong }],
    ['RaiseEvent', { instanceId: 'a', name: 'Paid', input: tooLong }],
    ['SignalEntity', { ...entity('@counter@2'), input: tooLong }],
  ] as const) {
    await orders.refuses(rpc, request, 'RESOURCE_EXHAUSTED', words);
  }
  await worker.play([complete('"much longer than ten bytes"')]);
  expect((await orders.completed('a')).output?.value).toHaveLength(28);
});

test('actions have a rate: a burst of a second, then refusals until there is some again; controls are never refused', async () => {
  const orders = hub();
  await orders.start({ instanceId: 'first' });
  await setQuotas(orders, { 'actions-per-second': 5 });
  const calls = Array.from({ length: 20 }, (_, i) => orders.start({ instanceId: `n-${i}` }));
  const started = (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled').length;
  expect(started).toBeGreaterThanOrEqual(5);
  expect(started).toBeLessThan(10);
  await vi.waitFor(
    () =>
      orders.refuses(
        'RaiseEvent',
        { instanceId: 'first', name: 'E' },
        'RESOURCE_EXHAUSTED',
        '5 actions per second',
      ),
    { interval: 0 },
  );
  await orders.suspend('first');
  await orders.resume('first');
  await endOne(orders, 'first');
  await vi.waitFor(() => orders.start({ instanceId: 'later' }), 10_000);
});

test('a hub that overdraws its rate by its own work waits, and goes on by itself when the time has paid for it', async () => {
  const orders = hub();
  await setQuotas(orders, { 'actions-per-second': 10 });
  const worker = await orders.worker();
  await orders.start({ instanceId: 'a' });
  const first = await worker.turn();
  const startMs = performance.now();
  await worker.answer(
    first,
    Array.from({ length: 30 }, (_, i) => scheduleTask(i, 'A')),
  );
  // What is out is answered meanwhile, and its orchestration goes on later.
  await worker.completeActivity(await worker.activity());
  await orders.refuses(
    'RaiseEvent',
    { instanceId: 'a', name: 'E' },
    'RESOURCE_EXHAUSTED',
    '10 actions per second',
  );
  await worker.turn();
  const waitedMs = performance.now() - startMs;
  expect(waitedMs).toBeGreaterThan(1_500);
  expect(waitedMs).toBeLessThan(3_200);
});

test('work goes on at every quota: answers are taken, activities and children run, and instances end', async () => {
  const orders = await filled(1, { instances: 1, bytes: 1, pending: 1, 'actions-per-second': 1 });
  await seenUsed(server(), orders, 'instances', 1);
  await orders.refuses('StartInstance', { instanceId: 'new', name: 'Order' }, 'RESOURCE_EXHAUSTED');
  const worker = await orders.worker();
  await worker.play([scheduleTask(1, 'A'), createChild(2, { instanceId: 'child' })]);
  await worker.completeActivity(await worker.activity(), { result: { value: '1' } });
  for (let ended = 0; ended < 2;) {
    const item = await worker.turn();
    const isChild = item.instanceId === 'child';
    const isLast = isChild || item.request.pastEvents.length + item.request.newEvents.length > 7;
    await worker.answer(item, isLast ? [complete('2')] : []);
    if (isLast) ended++;
  }
  expect((await orders.completed('old-0')).output?.value).toBe('2');
});

test('another task hub notices nothing of one that is at its quotas', async () => {
  const orders = await filled(1, { instances: 1, 'actions-per-second': 1, pending: 1 });
  await seenUsed(server(), orders, 'instances', 1);
  const others = hub();
  const worker = await others.worker();
  for (let i = 0; i < 20; i++) {
    await orders.refuses('StartInstance', { name: 'Order' }, 'RESOURCE_EXHAUSTED');
    await others.start({ instanceId: `fine-${i}` });
    await worker.play([complete()]);
    await others.completed(`fine-${i}`);
  }
});

test('a quota that is taken back refuses nobody any more', async () => {
  const orders = await filled(2, { instances: 1, pending: 1 });
  await seenUsed(server(), orders, 'instances', 2);
  await orders.refuses('StartInstance', { name: 'Order' }, 'RESOURCE_EXHAUSTED');
  await setQuotas(orders, { instances: 0, pending: null });
  await orders.start();
});

test('refusals are counted by task hub and quota', async () => {
  const orders = hub();
  await setQuotas(orders, { 'payload-bytes': 1 });
  for (let i = 0; i < 3; i++) {
    await orders.refuses('StartInstance', { name: 'Order', input: { value: '12' } }, 'RESOURCE_EXHAUSTED');
  }
  const text = await (await fetch(`http://${server().server.metricsAddress}/metrics`)).text();
  expect(text).toContain(`perdura_quota_refusals_total{hub="${orders.name}",quota="payload-bytes"} 3\n`);
  expect(text).toContain(`perdura_quota_limit{hub="${orders.name}",quota="payload-bytes"} 1\n`);
});

test.each([
  [
    'speed',
    1,
    "there is no quota 'speed': they are instances, bytes, actions-per-second, payload-bytes, pending",
  ],
  ['instances', -1, "the quota 'instances' is a whole number from 1"],
  ['payload-bytes', 3 * 1024 * 1024 + 1, "the quota 'payload-bytes' is at most 3145728"],
])('the quota %s of %i is refused', async (name, value, words) => {
  const orders = hub();
  const quotas = [
    { name: 'pending', value: { value: 7 } },
    { name, value: { value } },
  ];
  await orders.refuses('SetTaskHubQuotas', { quotas }, 'INVALID_ARGUMENT', words);
  const { quotas: shown } = await orders.client.call('GetTaskHubQuotas', {});
  expect(shown.map(({ own }) => own)).toEqual([null, null, null, null, null]);
});

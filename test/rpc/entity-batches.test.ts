import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { callAction, lockAction, signal } from '../helpers/entities.ts';
import { statusNamed } from '../helpers/client.ts';
import { eventOf } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

describe('a purge while a batch is out', () => {
  test('lets the entity go on at once', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'gone');
    const batch = await worker.batch();
    await orders.client.call('PurgeInstances', { instanceId: '@counter@1' });
    await signal(orders, '@counter@1', 'next');
    await worker.completeBatch(batch, { results: [{}], entityState: { value: 'stale' } });
    expect((await worker.batch()).operations).toEqual(['next']);
  });

  test('answers the calls of that batch', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    await worker.play([callAction(1, '@counter@1', 'get')]);
    const batch = await worker.batch();
    await orders.client.call('PurgeInstances', { instanceId: '@counter@1' });
    await worker.completeBatch(batch, { results: [{}], entityState: { value: 'stale' } });
    await worker.playBatch('1', {}, '"ok"');
    eventOf(await worker.turn(), 'entityOperationCompleted');
  });
});

describe('a large state', () => {
  test('makes batches smaller instead of losing signals', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@large@1', 'set');
    await worker.playBatch('x'.repeat(2_500_000));
    worker.cancel();
    await worker.ended;
    const input = { value: 'y'.repeat(190_000) };
    for (let n = 0; n < 10; n++) await signal(orders, '@large@1', `op-${n}`, { input });
    const next = await orders.worker();
    const seen: string[] = [];
    while (seen.length < 10) seen.push(...(await next.playBatch('x'.repeat(2_500_000))).operations);
    expect(seen).toHaveLength(10);
  });
});

describe('attempts', () => {
  const strict = useServer({ maxDeliveryAttempts: 3, streamGraceSeconds: 0 });

  test('answers without results are none', async () => {
    const orders = strict.hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'a');
    for (let n = 0; n < 2; n++) await worker.completeBatch(await worker.batch(), {});
    await worker.batch();
    worker.cancel();
    const next = await orders.worker();
    expect((await next.batch()).operations).toEqual(['a']);
  });
});

test('a critical section with NUL in its id fails the orchestration at once, like other actions that can’t be', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([lockAction(1, 'a\0b', '@a@1')]);
  await pause(500);
  expect(await orders.status(id)).toBe(statusNamed('FAILED'));
  expect((await orders.get(id)).failureDetails?.errorType).toBe('InvalidAction');
});

import { expect, test } from 'vitest';
import { eventOf, scheduleTask } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

// §12.2.
test('the activity goes out again after a delay that grows', async () => {
  const orders = hub();
  const worker = await orders.worker();
  await orders.start();
  await worker.play([scheduleTask(1, 'Charge', { input: { value: '1' } })]);
  const first = await worker.activity();
  const delays: number[] = [];
  let last = first;
  for (let round = 0; round < 2; round++) {
    const from = Date.now();
    await worker.abandon(last);
    last = await worker.activity();
    delays.push(Date.now() - from);
    expect(last.request).toEqual(first.request);
  }
  const [one = 0, two = 0] = delays;
  expect(one).toBeGreaterThanOrEqual(950);
  expect(two).toBeGreaterThanOrEqual(1_950);
  await worker.completeActivity(last, { result: { value: '1' } });
  expect(eventOf(await worker.turn(), 'taskCompleted').taskCompleted.result).toEqual({ value: '1' });
});

test('the slot of an abandoned activity is free for others', async () => {
  const orders = hub();
  const worker = await orders.worker({ request: { maxConcurrentActivityWorkItems: 1 } });
  await orders.start();
  await worker.play([scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
  const first = await worker.activity();
  await worker.abandon(first);
  const second = await worker.activity();
  expect(second.request.name).not.toBe(first.request.name);
});

test('unknown, forged, missing and other hubs’ tokens are accepted and change nothing (orchestrations §1.8)', async () => {
  const [mine, yours] = [hub(), hub()];
  const [worker, thief] = [await mine.worker(), await yours.worker()];
  await mine.start();
  await worker.play([scheduleTask(1, 'Charge')]);
  const item = await worker.activity();
  for (const token of ['', 'nonsense', `${item.token}x`, 'x'.repeat(10_000)]) {
    await worker.abandon({ ...item, token });
  }
  await thief.abandon(item);
  await worker.completeActivity(item, { result: { value: '1' } });
  expect((await worker.turn()).news).toContain('taskCompleted');
  await worker.abandon(item);
  expect(worker.count('activity')).toBe(0);
});

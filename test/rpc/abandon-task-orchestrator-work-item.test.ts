import { expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import { complete, eventOf } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { until } from '../helpers/store.ts';

const { hub } = useServer();

// §13.4 and §7.2.
test('the turn goes out again after a delay that grows, with the same events and a new token', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const first = await worker.turn();
  const delays: number[] = [];
  let last = first;
  for (let round = 0; round < 2; round++) {
    const from = Date.now();
    await worker.abandon(last);
    const again = await worker.turn();
    delays.push(Date.now() - from);
    expect(again.news).toEqual(first.news);
    expect(eventOf(again, 'executionStarted')).toEqual(eventOf(first, 'executionStarted'));
    expect(again.token).not.toBe(last.token);
    last = again;
  }
  const [one = 0, two = 0] = delays;
  expect(one).toBeGreaterThanOrEqual(950);
  expect(two).toBeGreaterThanOrEqual(1_950);
  expect(await orders.status(id)).toBe(statusNamed('PENDING'));
  await worker.answer(last, [complete('1')]);
  expect((await orders.completed(id)).output).toEqual({ value: '1' });
});

test('others are served meanwhile', async () => {
  const orders = hub();
  const worker = await orders.worker({ request: { maxConcurrentOrchestrationWorkItems: 1 } });
  await orders.start();
  await worker.abandon(await worker.turn());
  const other = await orders.start();
  expect((await worker.turn()).instanceId).toBe(other);
});

test('the token of an abandoned turn is stale, and abandoning it again changes nothing', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const item = await worker.turn();
  await worker.abandon(item);
  await worker.abandon(item);
  await worker.answer(item, [complete('"late"')]);
  expect(await orders.status(id)).toBe(statusNamed('PENDING'));
  const again = await worker.turn();
  await worker.abandon(item);
  await worker.answer(again, [complete('"real"')]);
  expect((await orders.completed(id)).output).toEqual({ value: '"real"' });
});

test('unknown, forged, missing and other hubs’ tokens are accepted and change nothing (orchestrations §1.8)', async () => {
  const [mine, yours] = [hub(), hub()];
  const [worker, thief] = [await mine.worker(), await yours.worker()];
  const id = await mine.start();
  const item = await worker.turn();
  for (const token of ['', 'nonsense', `${item.token}x`, 'x'.repeat(10_000)]) {
    await worker.abandon({ ...item, token });
  }
  await thief.abandon(item);
  await worker.answer(item, [complete('1')]);
  expect((await mine.completed(id)).output).toEqual({ value: '1' });
});

// §12.2, §13.4: prefer another stream.
test('a turn goes to another worker than the one that gave it back', async () => {
  const orders = hub();
  const workers = [await orders.worker(), await orders.worker()];
  const [first, second] = workers;
  const id = await orders.start();
  await until(() => workers.some((worker) => worker.count('orchestration') > 0), 'the turn');
  const [rejects, takes] = first?.count('orchestration') ? [first, second] : [second, first];
  if (!rejects || !takes) throw new Error('two workers');
  await rejects.abandon(await rejects.turn());
  await takes.play([complete('1')]);
  expect((await orders.completed(id)).output).toEqual({ value: '1' });
});

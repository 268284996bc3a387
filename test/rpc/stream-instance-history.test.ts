import { describe, expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import {
  complete,
  continueAsNew,
  createChild,
  createTimer,
  eventOf,
  fail,
  fromNow,
  scheduleTask,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { until } from '../helpers/store.ts';
import { type Chunk, historyChunks, historyOf, typesOf } from './history.ts';

const { hub } = useServer({ maxPayloadMb: 16 });

// §6.6.
test('an activity, a timer and a child make exactly these twelve events (orchestrations §1.13)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([scheduleTask(1, 'A', { input: { value: '"in"' } })]);
  await worker.completeActivity(await worker.activity(), { result: { value: '1' } });
  await worker.play([createTimer(2, fromNow(0))]);
  await worker.play([createChild(3, { instanceId: `${id}:c` })]);
  await worker.play([complete('2')]);
  await worker.play([complete('3')]);
  await orders.completed(id);
  const history = await historyOf(orders, id);
  expect(history.map(({ eventType }) => eventType)).toEqual([
    ...['orchestratorStarted', 'executionStarted', 'taskScheduled'],
    ...['orchestratorStarted', 'taskCompleted', 'timerCreated'],
    ...['orchestratorStarted', 'timerFired', 'subOrchestrationInstanceCreated'],
    ...['orchestratorStarted', 'subOrchestrationInstanceCompleted', 'executionCompleted'],
  ]);
  // Readers see the id 0 at ExecutionStarted, and that of the action at ExecutionCompleted, as with DTS.
  expect(history.map(({ eventId }) => eventId)).toEqual([-1, 0, 1, -1, -1, 2, -1, -1, 3, -1, -1, 99]);
  expect(history.every(({ timestamp }) => timestamp !== null)).toBe(true);
  expect(history[2]?.taskScheduled).toMatchObject({ name: 'A', input: { value: '"in"' } });
});

test.each(['nobody', '@counter@1', ''])(
  'an unknown instance has an empty history: %j (orchestrations §1.12)',
  async (instanceId) => {
    expect(await historyChunks(hub(), { instanceId })).toEqual([]);
  },
);

test('another hub’s instance is unknown', async () => {
  const [mine, yours] = [hub(), hub()];
  const worker = await mine.worker();
  const id = await mine.start();
  await worker.play([complete()]);
  await mine.completed(id);
  expect(await historyChunks(yours, { instanceId: id })).toEqual([]);
});

test('only the current execution has a history', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const first = await worker.play([continueAsNew('2')]);
  expect(typesOf(await historyOf(orders, id))).toEqual([]);
  const second = await worker.play([]);
  expect(typesOf(await historyOf(orders, id))).toEqual(['orchestratorStarted', 'executionStarted']);
  const of = (executionId = ''): Promise<Chunk[]> =>
    historyChunks(orders, { instanceId: id, executionId: { value: executionId } });
  expect(await of(first.executionId)).toEqual([]);
  expect(await of(second.executionId)).toHaveLength(1);
});

test('a rewind is shown to readers', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([fail({ errorType: 'E', errorMessage: 'm' })]);
  await orders.completed(id);
  await orders.client.call('RewindInstance', { instanceId: id, reason: { value: 'why' } });
  await worker.play([complete()]);
  await orders.completed(id);
  const history = await historyOf(orders, id);
  expect(history.map(({ eventType }) => eventType)).toEqual([
    ...[
      'orchestratorStarted',
      'executionStarted',
      'executionRewound',
      'orchestratorStarted',
      'executionCompleted',
    ],
  ]);
  expect(history[2]?.executionRewound?.reason).toEqual({ value: 'why' });
});

test('a long history comes in chunks that every SDK can receive, in order', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const value = 'x'.repeat(300_000);
  await worker.turn().then((item) => worker.answer(item, []));
  for (let i = 0; i < 8; i++) {
    await orders.raise(id, `e${i}`, value);
    await worker.play([]);
  }
  const received = await historyChunks(orders, { instanceId: id });
  expect(received.length).toBeGreaterThan(2);
  const names = received
    .flatMap((chunk) => chunk.events)
    .flatMap(({ eventRaised }) => eventRaised?.name ?? []);
  expect(names).toEqual(Array.from({ length: 8 }, (_, i) => `e${i}`));
  for (const chunk of received) expect(JSON.stringify(chunk).length).toBeLessThan(2_000_000);
});

// §6.5, §13.6.
describe('a worker that streams history', () => {
  const request = { capabilities: ['WORKER_CAPABILITY_HISTORY_STREAMING' as const] };
  const value = 'x'.repeat(900_000);

  test('gets a turn whose history is too large without it, and reads exactly its past (orchestrations §1.24)', async () => {
    const orders = hub();
    const worker = await orders.worker({ request });
    const id = await orders.start({ input: { value } });
    await worker.play([]);
    let item;
    for (let i = 0; ; i++) {
      await orders.raise(id, `e${i}`, value);
      item = await worker.turn();
      if (item.request.requiresHistoryStreaming) break;
      await worker.answer(item, []);
    }
    expect(item.request.pastEvents).toEqual([]);
    expect(item.news).toEqual(['orchestratorStarted', 'eventRaised']);
    await orders.raise(id, 'late', value);
    const past = await historyOf(orders, id, {
      ...{ executionId: { value: item.executionId ?? '' }, forWorkItemProcessing: true },
    });
    expect(past.slice(0, 2).map(({ eventType, eventId }) => [eventType, eventId])).toEqual([
      ['orchestratorStarted', -1],
      ['executionStarted', -1],
    ]);
    const raised = past.flatMap(({ eventRaised }) => eventRaised?.name ?? []);
    expect(raised).toEqual(Array.from({ length: raised.length }, (_, i) => `e${i}`));
    expect(raised.length).toBeGreaterThanOrEqual(2);
    await worker.answer(item, [complete('1')]);
    expect((await orders.completed(id)).orchestrationStatus).toBe(statusNamed('COMPLETED'));
  });

  test('gets the large turn that another one can not take', async () => {
    const orders = hub();
    const small = await orders.worker({ request: { maxConcurrentOrchestrationWorkItems: 1000 } });
    const large = await orders.worker({ request });
    const id = await orders.start({ input: { value } });
    let isStreamed = false;
    for (let i = 0; !isStreamed; i++) {
      await orders.raise(id, `e${i}`, value);
      await until(() => small.count('orchestration') + large.count('orchestration') > 0, 'a turn');
      const worker = small.count('orchestration') > 0 ? small : large;
      const item = await worker.turn();
      isStreamed = item.request.requiresHistoryStreaming;
      if (isStreamed) expect(worker).toBe(large);
      await worker.answer(item, isStreamed ? [complete('1')] : []);
    }
    expect((await orders.completed(id)).orchestrationStatus).toBe(statusNamed('COMPLETED'));
  });

  test('sees that an activity whose input is too large for a work item has failed', async () => {
    const orders = hub();
    const worker = await orders.worker({ request });
    await orders.start();
    await worker.play([scheduleTask(1, 'Big', { input: { value: 'x'.repeat(5_000_000) } })]);
    const item = await worker.turn();
    expect(item.news).toEqual(['orchestratorStarted', 'taskFailed']);
    expect(eventOf(item, 'taskFailed').taskFailed).toMatchObject({
      taskScheduledId: 1,
      failureDetails: { errorMessage: expect.stringContaining('PERDURA_MAX_WORK_ITEM_MB') as unknown },
    });
  });
});

describe('without a worker that streams history', () => {
  const value = 'x'.repeat(900_000);

  test('an instance whose history is too large fails visibly, and the stream lives (orchestrations §1.24)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ input: { value } });
    await worker.play([]);
    const isOver = async (): Promise<boolean> => (await orders.status(id)) === statusNamed('FAILED');
    for (let i = 0; !(await isOver()); i++) {
      await orders.raise(id, `e${i}`, value);
      await until(async () => worker.count('orchestration') > 0 || (await isOver()), 'a turn or the end');
      if (worker.count('orchestration') > 0) await worker.play([]);
    }
    expect((await orders.get(id)).failureDetails?.errorMessage).toContain('PERDURA_MAX_WORK_ITEM_MB');
    const other = await orders.start();
    await worker.play([complete('1')]);
    expect((await orders.completed(other)).output).toEqual({ value: '1' });
  });
});

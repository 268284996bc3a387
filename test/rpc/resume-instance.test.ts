import { expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import { complete, createTimer, eventOf, fromNow, scheduleTask } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

// §5.3 rules 2, 3 and 4.
test('everything held is delivered in order, behind the adjacent pair of suspension and resumption', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([scheduleTask(1, 'Charge'), createTimer(2, fromNow(100))]);
  await orders.suspend(id, 'lunch');
  await orders.raise(id, 'one');
  await worker.completeActivity(await worker.activity(), { result: { value: '1' } });
  await orders.raise(id, 'two');
  await orders.resume(id, 'back');
  expect(await orders.status(id)).toBe(statusNamed('RUNNING'));
  const item = await worker.turn();
  expect(item.news.filter((type) => type !== 'timerFired')).toEqual([
    'orchestratorStarted',
    'executionSuspended',
    'executionResumed',
    'eventRaised',
    'taskCompleted',
    'eventRaised',
  ]);
  expect(eventOf(item, 'executionSuspended')).toMatchObject({
    eventId: -1,
    executionSuspended: { input: { value: 'lunch' } },
  });
  expect(eventOf(item, 'executionResumed')).toMatchObject({
    eventId: -1,
    executionResumed: { input: { value: 'back' } },
  });
});

test('timers keep counting: one that became due meanwhile is there at once', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const other = await orders.start();
  await worker.play([createTimer(1, fromNow(200))]);
  await worker.play([createTimer(1, fromNow(500))]);
  await orders.suspend(id);
  // The other's timer fires after the first one's.
  expect((await worker.turn()).instanceId).toBe(other);
  await orders.resume(id);
  expect((await worker.turn()).news).toEqual([
    'orchestratorStarted',
    'executionSuspended',
    'executionResumed',
    'timerFired',
  ]);
});

test('an instance that never ran is PENDING again, and begins with ExecutionStarted before the pair', async () => {
  const orders = hub();
  const id = await orders.start();
  await orders.suspend(id);
  await orders.resume(id);
  expect(await orders.status(id)).toBe(statusNamed('PENDING'));
  const worker = await orders.worker();
  expect((await worker.turn()).news).toEqual([
    'orchestratorStarted',
    'executionStarted',
    'executionSuspended',
    'executionResumed',
  ]);
});

// §5.3: SDKs repeat the actions of a turn whose confirmation they held back.
test('a fan-out that was recorded while the instance was suspended is confirmed in the past, not repeated', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const item = await worker.turn();
  await orders.suspend(id);
  await worker.answer(item, [scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
  await orders.resume(id);
  const { request, news } = await worker.turn();
  expect(request.pastEvents.map((event) => event.eventType)).toEqual([
    'orchestratorStarted',
    'executionStarted',
    'taskScheduled',
    'taskScheduled',
  ]);
  expect(news).toEqual(['orchestratorStarted', 'executionSuspended', 'executionResumed']);
});

test('suspending twice and resuming twice makes one pair', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([]);
  await orders.suspend(id, 'first');
  await orders.suspend(id, 'second');
  await orders.resume(id);
  await orders.resume(id);
  const item = await worker.turn();
  expect(item.news).toEqual(['orchestratorStarted', 'executionSuspended', 'executionResumed']);
  expect(eventOf(item, 'executionSuspended').executionSuspended.input).toEqual({ value: 'first' });
  await worker.answer(item, [complete()]);
  await orders.completed(id);
});

test('an instance that is not suspended, has ended or is unknown is left alone', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([]);
  await orders.resume(id);
  await orders.raise(id, 'go');
  const item = await worker.turn();
  expect(item.news).toEqual(['orchestratorStarted', 'eventRaised']);
  await worker.answer(item, [complete()]);
  await orders.completed(id);
  await orders.resume(id);
  expect(await orders.status(id)).toBe(statusNamed('COMPLETED'));
  await orders.resume('nobody');
  await orders.resume('@counter@1');
});

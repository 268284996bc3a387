import { describe, expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import { complete, continueAsNew, createChild, eventOf, fail } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

// §5.4.
test.each([
  ['completed', complete('1'), 'COMPLETED'],
  ['failed', fail({ errorType: 'E', errorMessage: 'm' }), 'FAILED'],
] as const)('a %s instance starts again in its place, as it was started', async (_, ending, status) => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ version: { value: '2' }, input: { value: '7' }, tags: { a: 'b' } });
  const first = await worker.play([ending], { customStatus: { value: '"old"' } });
  const before = await orders.completed(id);
  expect(before.orchestrationStatus).toBe(statusNamed(status));
  await expect(orders.client.call('RestartInstance', { instanceId: id })).resolves.toEqual({
    instanceId: id,
  });
  expect(await orders.get(id)).toMatchObject({
    ...{ orchestrationStatus: statusNamed('PENDING'), name: 'Order', version: { value: '2' } },
    ...{ input: { value: '7' }, tags: { a: 'b' }, output: null, failureDetails: null, customStatus: null },
    completedTimestamp: null,
  });
  const again = await worker.turn();
  expect(again.news).toEqual(['orchestratorStarted', 'executionStarted']);
  expect(again.request.pastEvents).toEqual([]);
  expect(again.executionId).toMatch(/^[0-9a-f]{32}$/);
  expect(again.executionId).not.toBe(first.executionId);
  expect(eventOf(again, 'executionStarted').executionStarted).toMatchObject({
    ...{ name: 'Order', version: { value: '2' }, input: { value: '7' }, tags: { a: 'b' } },
    ...{ parentInstance: null, scheduledStartTimestamp: null },
  });
  await worker.answer(again, [complete('2')]);
  expect((await orders.completed(id)).output).toEqual({ value: '2' });
});

describe('under an id of its own', () => {
  const request = { restartWithNewInstanceId: true };

  test('it runs beside the old one, which may be running as well', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ input: { value: '7' } });
    await worker.play([]);
    const { instanceId } = await orders.client.call('RestartInstance', { instanceId: id, ...request });
    expect(instanceId).toMatch(/^[0-9a-f]{32}$/);
    expect(await orders.status(id)).toBe(statusNamed('RUNNING'));
    const item = await worker.turn();
    expect(item.instanceId).toBe(instanceId);
    await worker.answer(item, [complete('1')]);
    expect(await orders.completed(instanceId)).toMatchObject({
      input: { value: '7' },
      output: { value: '1' },
    });
  });

  test('a child starts again without a parent', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const parent = await orders.start();
    await worker.play([createChild(1, { instanceId: `${parent}:c` })]);
    await worker.play([complete('1')]);
    await worker.play([]);
    const { instanceId } = await orders.client.call('RestartInstance', {
      instanceId: `${parent}:c`,
      ...request,
    });
    expect((await orders.get(instanceId)).parentInstanceId).toBeNull();
    await worker.play([complete('2')]);
    await orders.completed(instanceId);
    expect(worker.count('orchestration'), 'nobody is told').toBe(0);
  });
});

// §17: the current input of one that continued as new.
test('one that continued as new starts again from its current input', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '1' } });
  await worker.play([continueAsNew('2')]);
  await worker.play([complete()]);
  await orders.completed(id);
  await orders.client.call('RestartInstance', { instanceId: id });
  expect(eventOf(await worker.turn(), 'executionStarted').executionStarted.input).toEqual({ value: '2' });
});

test.each(['nobody', '@counter@1', ''])('an unknown instance is NOT_FOUND: %j', async (instanceId) => {
  await hub().refuses('RestartInstance', { instanceId }, 'NOT_FOUND', instanceId);
});

test('one that has not finished stays where it is', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await orders.refuses('RestartInstance', { instanceId: id }, 'FAILED_PRECONDITION', 'PENDING');
  await worker.play([]);
  await orders.refuses('RestartInstance', { instanceId: id }, 'FAILED_PRECONDITION', 'RUNNING');
  await orders.suspend(id);
  await orders.refuses('RestartInstance', { instanceId: id }, 'FAILED_PRECONDITION', 'SUSPENDED');
  await orders.resume(id);
  await worker.play([complete('1')]);
  expect((await orders.completed(id)).output).toEqual({ value: '1' });
});

test('of several restarts at once one wins, and nothing runs twice', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([complete('1')]);
  await orders.completed(id);
  const restarts = await Promise.allSettled(
    Array.from({ length: 5 }, () => orders.client.call('RestartInstance', { instanceId: id })),
  );
  expect(restarts.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
  await worker.play([complete('2')]);
  await orders.completed(id);
  expect(worker.count('orchestration')).toBe(0);
});

test('another hub’s instance is unknown', async () => {
  const [mine, yours] = [hub(), hub()];
  const worker = await mine.worker();
  const id = await mine.start();
  await worker.play([complete()]);
  await mine.completed(id);
  await yours.refuses('RestartInstance', { instanceId: id }, 'NOT_FOUND');
});

import { describe, expect, test } from 'vitest';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import {
  complete,
  createChild,
  createTimer,
  eventOf,
  fail,
  fromNow,
  scheduleTask,
  type ScriptedWorker,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

const broken = { errorType: 'E', errorMessage: 'broken' };

async function rewind(orders: TestHub, instanceId: string, reason?: string): Promise<void> {
  await orders.client.call('RewindInstance', {
    instanceId,
    reason: reason === undefined ? null : { value: reason },
  });
}

const typesOf = (events: readonly { readonly eventType?: string }[]): (string | undefined)[] =>
  events.map((event) => event.eventType);

/** Starts an instance of two activities: the first one succeeds, the second one fails, and the instance with it. */
async function failSecond(orders: TestHub, worker: ScriptedWorker): Promise<string> {
  const id = await orders.start();
  await worker.play([scheduleTask(1, 'Reserve')]);
  await worker.completeActivity(await worker.activity(), { result: { value: '1' } });
  await worker.play([scheduleTask(2, 'Charge')]);
  await worker.completeActivity(await worker.activity(), { failureDetails: broken });
  await worker.play([fail(broken)], { customStatus: { value: '"bad"' } });
  expect((await orders.completed(id)).orchestrationStatus).toBe(statusNamed('FAILED'));
  return id;
}

// §11.3.
test('what failed is tried again, what succeeded is kept', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await failSecond(orders, worker);
  await rewind(orders, id, 'try again');
  expect(await orders.get(id)).toMatchObject({
    ...{ orchestrationStatus: statusNamed('RUNNING'), failureDetails: null, output: null },
    completedTimestamp: null,
  });
  const item = await worker.turn();
  expect(item.news).toEqual(['orchestratorStarted']);
  expect(typesOf(item.request.pastEvents)).toEqual([
    ...['orchestratorStarted', 'executionStarted', 'taskScheduled'],
    ...['orchestratorStarted', 'taskCompleted', 'orchestratorStarted'],
  ]);
  await worker.answer(item, [scheduleTask(2, 'Charge')]);
  const charge = await worker.activity();
  expect(charge.request).toMatchObject({ name: 'Charge', taskId: 2 });
  await worker.completeActivity(charge, { result: { value: '2' } });
  await worker.play([complete('"both"')]);
  expect(await orders.completed(id)).toMatchObject({ output: { value: '"both"' } });
});

test('the new execution has an id of its own, in the item and in ExecutionStarted', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const first = await worker.play([fail(broken)]);
  await orders.completed(id);
  await rewind(orders, id);
  const item = await worker.turn();
  expect(item.executionId).toMatch(/^[0-9a-f]{32}$/);
  expect(item.executionId).not.toBe(first.executionId);
  const started = item.request.pastEvents.find((event) => event.eventType === 'executionStarted');
  expect(started?.executionStarted.orchestrationInstance?.executionId?.value).toBe(item.executionId);
});

test('rewinding twice works (orchestrations §1.5)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([fail(broken)]);
  for (let round = 0; round < 2; round++) {
    await orders.completed(id);
    await rewind(orders, id);
    const item = await worker.turn();
    expect(typesOf(item.request.pastEvents)).not.toContain('executionRewound');
    await worker.answer(item, round === 0 ? [fail(broken)] : [complete('1')]);
  }
  expect(await orders.completed(id)).toMatchObject({ output: { value: '1' } });
});

describe('what is pending', () => {
  test('an activity that still runs is not run twice, and its result counts', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([scheduleTask(1, 'Slow'), scheduleTask(2, 'Bad')]);
    const [one, two] = [await worker.activity(), await worker.activity()];
    const [slow, bad] = one.request.name === 'Slow' ? [one, two] : [two, one];
    await worker.completeActivity(bad, { failureDetails: broken });
    await worker.play([fail(broken)]);
    await orders.completed(id);
    await rewind(orders, id);
    await worker.play([]);
    await worker.completeActivity(slow, { result: { value: '1' } });
    expect(eventOf(await worker.turn(), 'taskCompleted').taskCompleted).toMatchObject({
      taskScheduledId: 1,
      result: { value: '1' },
    });
    expect(worker.count('activity')).toBe(0);
  });

  test('an activity whose result came while the instance was failed runs again', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([scheduleTask(1, 'Slow', { input: { value: '7' } }), scheduleTask(2, 'Bad')]);
    const [one, two] = [await worker.activity(), await worker.activity()];
    const [slow, bad] = one.request.name === 'Slow' ? [one, two] : [two, one];
    await worker.completeActivity(bad, { failureDetails: broken });
    await worker.play([fail(broken)]);
    await orders.completed(id);
    await worker.completeActivity(slow, { result: { value: '1' } });
    await rewind(orders, id);
    expect((await worker.activity()).request).toMatchObject({
      ...{ name: 'Slow', taskId: 1, input: { value: '7' } },
    });
  });

  test('a timer is there again, and one that is over fires at once', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const [soon, later] = [fromNow(300), fromNow(3_600_000)];
    await worker.play([createTimer(1, soon), createTimer(2, later), scheduleTask(3, 'Bad')]);
    await worker.completeActivity(await worker.activity(), { failureDetails: broken });
    await worker.play([fail(broken)]);
    await orders.completed(id);
    await rewind(orders, id);
    let item = await worker.turn();
    if (!item.news.includes('timerFired')) {
      await worker.answer(item, []);
      item = await worker.turn();
    }
    expect(eventOf(item, 'timerFired').timerFired).toEqual({ timerId: 1, fireAt: soon });
    await worker.answer(item, [complete('1')]);
    await orders.completed(id);
  });
});

describe('children', () => {
  /** A parent whose child failed, and with it the parent. */
  async function failedFamily(orders: TestHub, worker: ScriptedWorker): Promise<string> {
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: `${id}:c`, input: { value: '7' } })]);
    await worker.play([fail(broken)]);
    await worker.play([fail(broken)]);
    await orders.completed(id);
    return id;
  }

  test('failed ones are rewound with their parent, and tell it their result', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await failedFamily(orders, worker);
    await rewind(orders, id);
    expect(await orders.status(`${id}:c`)).not.toBe(statusNamed('FAILED'));
    const items = [await worker.turn(), await worker.turn()];
    const child = items.find(({ instanceId }) => instanceId === `${id}:c`);
    const parent = items.find(({ instanceId }) => instanceId === id);
    if (!child || !parent) throw new Error('both run again');
    const started = child.request.pastEvents.find((event) => event.eventType === 'executionStarted');
    expect(started?.executionStarted.parentInstance?.orchestrationInstance).toEqual({
      instanceId: id,
      executionId: { value: parent.executionId },
    });
    expect(typesOf(parent.request.pastEvents)).toContain('subOrchestrationInstanceCreated');
    expect(typesOf(parent.request.pastEvents)).not.toContain('subOrchestrationInstanceFailed');
    await worker.answer(parent, []);
    await worker.answer(child, [complete('"fine"')]);
    const told = await worker.turn();
    expect(eventOf(told, 'subOrchestrationInstanceCompleted')).toMatchObject({
      subOrchestrationInstanceCompleted: { taskScheduledId: 1, result: { value: '"fine"' } },
    });
    await worker.answer(told, [complete('1')]);
    expect(await orders.completed(id)).toMatchObject({ output: { value: '1' } });
  });

  test('a purged one is made again under its id', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await failedFamily(orders, worker);
    await orders.client.call('PurgeInstances', { instanceId: `${id}:c` });
    await rewind(orders, id);
    const items = [await worker.turn(), await worker.turn()];
    const child = items.find(({ instanceId }) => instanceId === `${id}:c`);
    if (!child) throw new Error('the child runs again');
    expect(eventOf(child, 'executionStarted').executionStarted).toMatchObject({
      ...{ name: 'Child', input: { value: '7' } },
      parentInstance: { taskScheduledId: 1, orchestrationInstance: { instanceId: id } },
    });
  });

  test('one that completed while its parent was failed tells its result now', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: `${id}:c` }), scheduleTask(2, 'Bad')]);
    const child = await worker.turn();
    await worker.completeActivity(await worker.activity(), { failureDetails: broken });
    await worker.play([fail(broken)]);
    await orders.completed(id);
    await worker.answer(child, [complete('"late"')]);
    await orders.completed(`${id}:c`);
    await rewind(orders, id);
    expect(eventOf(await worker.turn(), 'subOrchestrationInstanceCompleted')).toMatchObject({
      subOrchestrationInstanceCompleted: { taskScheduledId: 1, result: { value: '"late"' } },
    });
  });

  test('one that still runs goes on, and tells its result', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: `${id}:c` }), scheduleTask(2, 'Bad')]);
    const child = await worker.turn();
    await worker.completeActivity(await worker.activity(), { failureDetails: broken });
    await worker.play([fail(broken)]);
    await orders.completed(id);
    await rewind(orders, id);
    await worker.play([]);
    await worker.answer(child, [complete('"still"')]);
    expect(eventOf(await worker.turn(), 'subOrchestrationInstanceCompleted')).toMatchObject({
      subOrchestrationInstanceCompleted: { taskScheduledId: 1, result: { value: '"still"' } },
    });
  });
});

test.each(['nobody', '@counter@1'])('an unknown instance is NOT_FOUND: %s', async (instanceId) => {
  await hub().refuses('RewindInstance', { instanceId }, 'NOT_FOUND', instanceId);
});

test('one that has not failed is refused with a text that says why', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([]);
  await orders.refuses(
    'RewindInstance',
    { instanceId: id },
    'FAILED_PRECONDITION',
    `Cannot rewind orchestration '${id}': it is in the 'RUNNING' state, which does not allow rewinding`,
  );
  await orders.terminate(id);
  await orders.refuses('RewindInstance', { instanceId: id }, 'FAILED_PRECONDITION', 'TERMINATED');
});

test('of several rewinds at once one wins, and the turn is recorded once', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([fail(broken)]);
  await orders.completed(id);
  const rewinds = await Promise.allSettled(Array.from({ length: 5 }, () => rewind(orders, id)));
  expect(rewinds.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await worker.play([complete('1')]);
  await orders.completed(id);
  expect(worker.count('orchestration')).toBe(0);
});

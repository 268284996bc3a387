import { describe, expect, test } from 'vitest';
import { type TestHub } from '../helpers/client.ts';
import {
  type ActivityItem,
  complete,
  continueAsNew,
  eventOf,
  type ScriptedWorker,
  scheduleTask,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

/** An activity that is out, of an instance that waits for it. */
async function begin(): Promise<{ orders: TestHub; worker: ScriptedWorker; id: string; item: ActivityItem }> {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([scheduleTask(1, 'Charge')]);
  return { orders, worker, id, item: await worker.activity() };
}

describe('a result', () => {
  test('comes back as it is', async () => {
    const { worker, item } = await begin();
    await worker.completeActivity(item, { result: { value: '{"é": null}' } });
    expect(eventOf(await worker.turn(), 'taskCompleted')).toMatchObject({
      eventId: -1,
      taskCompleted: { taskScheduledId: 1, result: { value: '{"é": null}' } },
    });
  });

  // §12.2: JavaScript always sends a wrapper.
  test.each([[null], [{ value: '' }]])('that is empty is none: %j', async (result) => {
    const { worker, item } = await begin();
    await worker.completeActivity(item, { result });
    expect(eventOf(await worker.turn(), 'taskCompleted').taskCompleted.result).toBeNull();
  });
});

describe('a failure', () => {
  test('comes back with all its details', async () => {
    const { worker, item } = await begin();
    const failureDetails = {
      errorType: 'Declined',
      errorMessage: 'no money',
      stackTrace: { value: 'at bank' },
      isNonRetriable: true,
      innerFailure: { errorType: 'Inner', innerFailure: { errorType: 'Innermost' } },
      properties: { balance: { numberValue: 0 } },
    };
    await worker.completeActivity(item, { failureDetails });
    expect(eventOf(await worker.turn(), 'taskFailed')).toMatchObject({
      eventId: -1,
      taskFailed: { taskScheduledId: 1, failureDetails },
    });
  });

  // §12.2: failed exactly when there are details, also when they say nothing.
  test('may have empty details', async () => {
    const { worker, item } = await begin();
    await worker.completeActivity(item, { failureDetails: {}, result: { value: '1' } });
    expect((await worker.turn()).news).toEqual(['orchestratorStarted', 'taskFailed']);
  });
});

describe('tokens', () => {
  // By instance and task, but not for the task of a successor.
  test('a late answer without a token is for the task that was sent first (orchestrations §1.7)', async () => {
    const orders = hub();
    const worker = await orders.worker({ metadata: { 'x-user-agent': 'grpc-java-netty/1.60' } });
    const id = await orders.start();
    await worker.play([scheduleTask(1, 'Charge')]);
    const old = await worker.activity();
    await orders.terminate(id);
    await orders.start({ instanceId: id });
    await worker.play([scheduleTask(1, 'Charge')]);
    const next = await worker.activity();
    await worker.completeActivity({ ...old, token: '' }, { result: { value: '"old"' } });
    await worker.completeActivity({ ...next, token: '' }, { result: { value: '"new"' } });
    const item = await worker.turn();
    expect(eventOf(item, 'taskCompleted').taskCompleted.result).toEqual({ value: '"new"' });
    expect(item.news).toEqual(['orchestratorStarted', 'taskCompleted']);
  });

  test('only the first answer counts', async () => {
    const { orders, worker, id, item } = await begin();
    await worker.completeActivity(item, { result: { value: '1' } });
    await worker.completeActivity(item, { result: { value: '2' } });
    await worker.play([]);
    await worker.completeActivity(item, { failureDetails: { errorType: 'late' } });
    await orders.raise(id, 'go');
    expect((await worker.turn()).news).toEqual(['orchestratorStarted', 'eventRaised']);
  });

  test('that are forged or unknown are accepted and change nothing (orchestrations §1.8)', async () => {
    const { worker, item } = await begin();
    const changed = `${item.token.slice(0, -1)}${item.token.endsWith('A') ? 'B' : 'A'}`;
    for (const completionToken of ['nonsense', changed, 'x'.repeat(10_000)]) {
      await worker.completeActivity(item, { completionToken, result: { value: '"forged"' } });
    }
    await worker.completeActivity(item, { result: { value: '"real"' } });
    const next = await worker.turn();
    expect(next.news).toEqual(['orchestratorStarted', 'taskCompleted']);
    expect(eventOf(next, 'taskCompleted').taskCompleted.result).toEqual({ value: '"real"' });
  });

  test('are worth nothing in another hub', async () => {
    const { worker, item } = await begin();
    const thief = await hub().worker();
    await thief.completeActivity(item, { result: { value: '"stolen"' } });
    await worker.completeActivity(item, { result: { value: '"mine"' } });
    expect(eventOf(await worker.turn(), 'taskCompleted').taskCompleted.result).toEqual({ value: '"mine"' });
  });

  // Go sends none.
  test('that are missing are found by instance and task (orchestrations §1.7)', async () => {
    const { worker, item } = await begin();
    await worker.completeActivity(item, { completionToken: '', taskId: 99 });
    await worker.completeActivity(item, { completionToken: '', instanceId: 'nobody' });
    await worker.completeActivity(item, { completionToken: '', result: { value: '"found"' } });
    const next = await worker.turn();
    expect(next.news).toEqual(['orchestratorStarted', 'taskCompleted']);
    expect(eventOf(next, 'taskCompleted').taskCompleted).toMatchObject({
      taskScheduledId: 1,
      result: { value: '"found"' },
    });
  });

  test('may come over another connection than the item', async () => {
    const { orders, worker, item } = await begin();
    worker.cancel();
    const other = await orders.worker();
    await other.completeActivity(item, { result: { value: '1' } });
    expect((await other.turn()).news).toContain('taskCompleted');
  });
});

// §8.4.
describe('a result that nobody waits for is accepted and dropped', () => {
  test('after the orchestration completed', async () => {
    const { orders, worker, id, item } = await begin();
    await orders.raise(id, 'go');
    await worker.play([complete('1')]);
    await orders.completed(id);
    await worker.completeActivity(item, { result: { value: '2' } });
    expect((await orders.get(id)).output).toEqual({ value: '1' });
  });

  test('after it continued as new', async () => {
    const { orders, worker, id, item } = await begin();
    await orders.raise(id, 'go');
    await worker.play([continueAsNew('2')]);
    await worker.play([]);
    await worker.completeActivity(item, { result: { value: '1' } });
    await orders.raise(id, 'on');
    expect((await worker.turn()).news).toEqual(['orchestratorStarted', 'eventRaised']);
  });

  test('after the id was given to another instance', async () => {
    const { orders, worker, id, item } = await begin();
    await orders.terminate(id);
    await orders.start({ instanceId: id });
    await worker.play([]);
    await worker.completeActivity(item, { result: { value: '1' } });
    await worker.completeActivity(item, { completionToken: '', result: { value: '1' } });
    await orders.raise(id, 'go');
    expect((await worker.turn()).news).toEqual(['orchestratorStarted', 'eventRaised']);
  });
});

test('results of many activities come in few turns, each exactly once', async () => {
  const orders = hub();
  const worker = await orders.worker();
  await orders.start();
  const ids = Array.from({ length: 50 }, (_, id) => id);
  await worker.play(ids.map((id) => scheduleTask(id, 'Step')));
  const items = [];
  while (items.length < ids.length) items.push(await worker.activity());
  await Promise.all(
    items.map((item) => worker.completeActivity(item, { result: { value: String(item.request.taskId) } })),
  );
  const results: number[] = [];
  while (results.length < ids.length) {
    const { request } = await worker.play([]);
    for (const event of request.newEvents) {
      if (event.eventType !== 'taskCompleted') continue;
      expect(event.taskCompleted.result?.value).toBe(String(event.taskCompleted.taskScheduledId));
      results.push(event.taskCompleted.taskScheduledId);
    }
  }
  expect(results.toSorted((a, b) => a - b)).toEqual(ids);
});

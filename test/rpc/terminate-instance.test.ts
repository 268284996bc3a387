import { describe, expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import {
  complete,
  createChild,
  createTimer,
  eventOf,
  fromNow,
  scheduleTask,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();
const TERMINATED = statusNamed('TERMINATED');

describe('an instance is TERMINATED with the given output when the call returns', () => {
  test('while it is PENDING, and never reaches a worker (orchestrations §1.6)', async () => {
    const orders = hub();
    const id = await orders.start();
    await orders.terminate(id, '"enough"');
    expect(await orders.get(id)).toMatchObject({
      orchestrationStatus: TERMINATED,
      output: { value: '"enough"' },
      failureDetails: null,
    });
    expect((await orders.get(id)).completedTimestamp).not.toBeNull();
    const worker = await orders.worker();
    const other = await orders.start();
    expect((await worker.turn()).instanceId).toBe(other);
  });

  test('while it is scheduled for later', async () => {
    const orders = hub();
    const id = await orders.start({ scheduledStartTimestamp: fromNow(60_000) });
    await orders.terminate(id);
    expect(await orders.get(id)).toMatchObject({ orchestrationStatus: TERMINATED, output: null });
  });

  test('while it waits', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([], { customStatus: { value: '"kept"' } });
    await orders.terminate(id, 'null');
    expect(await orders.get(id)).toMatchObject({
      orchestrationStatus: TERMINATED,
      output: { value: 'null' },
      customStatus: { value: '"kept"' },
    });
  });

  test('while it is suspended', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([]);
    await orders.suspend(id);
    await orders.terminate(id);
    expect(await orders.status(id)).toBe(TERMINATED);
  });

  // §5.2: the turn that is out is fenced; a Java worker must never see the termination (§10.2).
  test('while a turn is out, whose answer is then accepted and ignored (orchestrations §1.6)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.turn();
    await orders.terminate(id, '"first"');
    await worker.answer(item, [scheduleTask(1, 'Never'), complete('"second"')]);
    expect(await orders.get(id)).toMatchObject({
      orchestrationStatus: TERMINATED,
      output: { value: '"first"' },
    });
    const other = await orders.start();
    expect((await worker.turn()).instanceId).toBe(other);
    expect(worker.count('activity')).toBe(0);
  });
});

// As with DTS, where the worker is told after the turn that it has.
test('a turn that is answered within a moment is recorded before the termination', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const item = await worker.turn();
  const terminated = orders.terminate(id, '"enough"');
  await worker.answer(item, [createChild(1, { instanceId: `${id}:c` })], {
    customStatus: { value: '"last"' },
  });
  await terminated;
  expect(await orders.get(id)).toMatchObject({
    orchestrationStatus: TERMINATED,
    output: { value: '"enough"' },
    customStatus: { value: '"last"' },
  });
  expect((await worker.turn()).instanceId, 'not the terminated one again').toBe(`${id}:c`);
});

test('activities that were not delivered and timers end with it', async () => {
  const orders = hub();
  const turns = await orders.worker({
    request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
  });
  const id = await orders.start();
  await turns.play([scheduleTask(1, 'Never'), createTimer(2, fromNow(300))]);
  await orders.terminate(id);
  const worker = await orders.worker({
    request: { workItemFilters: { activities: [{ name: 'Never' }, { name: 'Other' }] } },
  });
  await orders.start();
  // Its timer fires after the first one's would have.
  await turns.play([createTimer(1, fromNow(600))]);
  expect((await turns.play([scheduleTask(2, 'Other')])).news).toEqual(['orchestratorStarted', 'timerFired']);
  expect((await worker.activity()).request.name).toBe('Other');
  expect(await orders.status(id)).toBe(TERMINATED);
});

test('an instance that has ended keeps its end, and an unknown one is ignored', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([complete('1')]);
  await orders.completed(id);
  await orders.terminate(id, '"late"');
  expect(await orders.get(id)).toMatchObject({
    orchestrationStatus: statusNamed('COMPLETED'),
    output: { value: '1' },
  });
  await orders.terminate('nobody');
  await orders.terminate('@counter@1');
  expect(await orders.find('nobody')).toBeNull();
});

test('a second termination does not change the output of the first', async () => {
  const orders = hub();
  const id = await orders.start();
  await orders.terminate(id, '"one"');
  await orders.terminate(id, '"two"');
  expect((await orders.get(id)).output).toEqual({ value: '"one"' });
});

describe('children', () => {
  test('end with their parent when it is recursive: with the same output, however deep', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: `${id}:c` })]);
    await worker.play([createChild(1, { instanceId: `${id}:c:c` })]);
    await worker.play([]);
    await orders.terminate(id, '"all"', true);
    for (const each of [id, `${id}:c`, `${id}:c:c`]) {
      expect(await orders.completed(each)).toMatchObject({
        orchestrationStatus: TERMINATED,
        output: { value: '"all"' },
      });
    }
  });

  test('go on when it is not', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: `${id}:c` })]);
    await worker.turn().then((item) => worker.answer(item, []));
    await orders.terminate(id);
    await orders.raise(`${id}:c`, 'go');
    await worker.play([complete('1')]);
    expect((await orders.completed(`${id}:c`)).orchestrationStatus).toBe(statusNamed('COMPLETED'));
    expect(await orders.status(id)).toBe(TERMINATED);
  });

  // §9.3.
  test('that are terminated fail for the parent, which goes on', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(7, { instanceId: `${id}:c` })]);
    await worker.play([]);
    await orders.terminate(`${id}:c`, '"because"');
    const item = await worker.turn();
    expect(item.instanceId).toBe(id);
    expect(eventOf(item, 'subOrchestrationInstanceFailed')).toMatchObject({
      eventId: -1,
      subOrchestrationInstanceFailed: {
        taskScheduledId: 7,
        failureDetails: {
          errorType: 'OrchestrationTerminated',
          errorMessage: expect.stringContaining('"because"') as unknown,
          isNonRetriable: false,
        },
      },
    });
  });
});

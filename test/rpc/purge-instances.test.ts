import { describe, expect, test } from 'vitest';
import { type Request } from '../../src/grpc/client.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import {
  complete,
  createChild,
  createTimer,
  fail,
  fromNow,
  scheduleTask,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

async function purge(orders: TestHub, request: Request<'PurgeInstances'>): Promise<number> {
  const { deletedInstanceCount, isComplete } = await orders.client.call('PurgeInstances', request);
  expect(isComplete).toEqual({ value: true });
  return deletedInstanceCount;
}

/** Finished instances, the last one FAILED. */
async function endMany(orders: TestHub, count: number): Promise<string[]> {
  const worker = await orders.worker();
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = await orders.start();
    await worker.play([i < count - 1 ? complete('1') : fail({ errorType: 'E', errorMessage: 'm' })]);
    await orders.completed(id);
    ids.push(id);
  }
  return ids;
}

// §6.3.
describe('one instance', () => {
  test('that is finished is gone, with all that belongs to it', async () => {
    const orders = hub();
    const worker = await orders.worker({ request: { maxConcurrentActivityWorkItems: 1 } });
    const id = await orders.start();
    await worker.play([scheduleTask(1, 'A'), scheduleTask(2, 'B'), createTimer(3, fromNow(3_600_000))]);
    await worker.activity();
    await orders.terminate(id);
    expect(await purge(orders, { instanceId: id, isOrchestration: true })).toBe(1);
    expect(await orders.find(id)).toBeNull();
    expect(await purge(orders, { instanceId: id })).toBe(0);
  });

  test.each([true, false])('that is unknown counts 0, recursive or not: %s', async (recursive) => {
    expect(await purge(hub(), { instanceId: 'nobody', recursive, isOrchestration: true })).toBe(0);
    expect(await purge(hub(), { instanceId: '@counter@1', recursive })).toBe(0);
  });

  test('that runs counts 0 and stays; for .NET it is FAILED_PRECONDITION', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([]);
    expect(await purge(orders, { instanceId: id })).toBe(0);
    const request = { instanceId: id, isOrchestration: true };
    await orders.refuses('PurgeInstances', request, 'FAILED_PRECONDITION', 'RUNNING');
    expect(await orders.status(id)).toBe(statusNamed('RUNNING'));
  });
});

describe('descendants', () => {
  async function family(orders: TestHub): Promise<string> {
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: `${id}:a` }), createChild(2, { instanceId: `${id}:b` })]);
    const [one, two] = [await worker.turn(), await worker.turn()];
    const [a, b] = one.instanceId === `${id}:a` ? [one, two] : [two, one];
    await worker.answer(a, [createChild(1, { instanceId: `${id}:a:x` })]);
    await worker.answer(await worker.turn(), [complete()]);
    await worker.play([complete()]);
    await worker.play([complete()]);
    await worker.answer(b, []);
    await orders.completed(id);
    return id;
  }

  test('that are finished go with it when asked for; those that run stay', async () => {
    const orders = hub();
    const id = await family(orders);
    expect(await purge(orders, { instanceId: id, recursive: true })).toBe(3);
    expect(await orders.find(`${id}:a`)).toBeNull();
    expect(await orders.find(`${id}:a:x`)).toBeNull();
    expect(await orders.status(`${id}:b`)).toBe(statusNamed('RUNNING'));
  });

  test('stay when nobody asked for them', async () => {
    const orders = hub();
    const id = await family(orders);
    expect(await purge(orders, { instanceId: id, recursive: false })).toBe(1);
    expect(await orders.status(`${id}:a`)).toBe(statusNamed('COMPLETED'));
  });

  test('of an instance that runs stay', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: `${id}:a` })]);
    await worker.play([complete()]);
    await orders.completed(`${id}:a`);
    expect(await purge(orders, { instanceId: id, recursive: true })).toBe(0);
    expect(await orders.find(`${id}:a`)).not.toBeNull();
  });
});

describe('a batch', () => {
  test('of ids purges those that are finished', async () => {
    const orders = hub();
    const ids = await endMany(orders, 3);
    const running = await orders.start();
    const instanceIds = [...ids, ids[0] ?? '', running, 'nobody', '@counter@1'];
    expect(await purge(orders, { instanceBatch: { instanceIds } })).toBe(3);
    expect(await orders.find(running)).not.toBeNull();
  });

  test('has at most 500 ids', async () => {
    const instanceIds = Array.from({ length: 501 }, (_, i) => `id-${i}`);
    const orders = hub();
    await orders.refuses('PurgeInstances', { instanceBatch: { instanceIds } }, 'INVALID_ARGUMENT', '500');
    expect(await purge(orders, { instanceBatch: { instanceIds: instanceIds.slice(1) } })).toBe(0);
  });
});

describe('a filter', () => {
  test('selects by time of creation and status; what runs is never purged', async () => {
    const orders = hub();
    const ids = await endMany(orders, 4);
    const running = await orders.start();
    const { createdTimestamp } = await orders.get(ids[1] ?? '');
    const failed = { runtimeStatus: [statusNamed('FAILED'), statusNamed('PENDING')] };
    expect(await purge(orders, { purgeInstanceFilter: failed })).toBe(1);
    expect(await purge(orders, { purgeInstanceFilter: { createdTimeTo: createdTimestamp } })).toBe(2);
    expect(await purge(orders, { purgeInstanceFilter: {} })).toBe(1);
    expect(await orders.find(running)).not.toBeNull();
  });

  test('that runs out of time says that it is not complete, and can be repeated', async () => {
    const orders = hub();
    await endMany(orders, 3);
    const { deletedInstanceCount, isComplete } = await orders.client.call('PurgeInstances', {
      purgeInstanceFilter: { timeout: { seconds: 0, nanos: 0 } },
    });
    expect({ deletedInstanceCount, isComplete }).toEqual({
      deletedInstanceCount: 0,
      isComplete: { value: false },
    });
    const again = { purgeInstanceFilter: { timeout: { seconds: 60, nanos: 0 } } };
    expect(await purge(orders, again)).toBe(3);
  });

  test('of another hub finds nothing here', async () => {
    const [mine, yours] = [hub(), hub()];
    const ids = await endMany(mine, 1);
    expect(await purge(yours, { purgeInstanceFilter: {} })).toBe(0);
    expect(await mine.find(ids[0] ?? '')).not.toBeNull();
  });
});

test('a request that names nothing is refused', async () => {
  await hub().refuses('PurgeInstances', { recursive: true }, 'INVALID_ARGUMENT', 'names no instances');
});

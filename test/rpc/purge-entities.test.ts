import { describe, expect, test } from 'vitest';
import { type TestHub } from '../helpers/client.ts';
import { holding } from '../helpers/critical-sections.ts';
import { callAction, findEntity, holderOf, lockAction, signal, stateOf } from '../helpers/entities.ts';
import { complete, eventOf, fromNow } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

async function purge({ client }: TestHub, instanceId: string, isOrchestration = false): Promise<number> {
  return (await client.call('PurgeInstances', { instanceId, isOrchestration })).deletedInstanceCount;
}

// §1.2 and §1.10.
describe('the purge of an entity', () => {
  test('takes its state and its signals, at once, whatever the flag says', async () => {
    const orders = hub();
    const worker = await orders.worker();
    for (const isOrchestration of [false, true]) {
      await signal(orders, '@counter@1', 'set');
      await worker.playBatch('1');
      await expect.poll(() => stateOf(orders, '@counter@1')).toBe('1');
      expect(await purge(orders, '@counter@1', isOrchestration)).toBe(1);
      expect(await findEntity(orders, '@counter@1')).toBeNull();
      expect(await purge(orders, '@counter@1')).toBe(0);
    }
    await signal(orders, '@counter@1', 'again');
    expect((await worker.batch()).state).toBeNull();
  });

  test('needs no worker, and takes delayed signals as well', async () => {
    const orders = hub();
    await signal(orders, '@counter@1', 'now');
    await signal(orders, '@counter@1', 'later', { scheduledTime: fromNow(400) });
    expect(await purge(orders, '@counter@1')).toBe(1);
    await signal(orders, '@counter@1', 'after', { scheduledTime: fromNow(800) });
    const worker = await orders.worker();
    expect((await worker.batch()).operations).toEqual(['after']);
  });

  test('leaves calls, which somebody waits for', async () => {
    const orders = hub();
    const turns = await orders.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    await signal(orders, '@counter@1', 'gone');
    await orders.start();
    await turns.play([callAction(1, '@counter@1', 'stays')]);
    await purge(orders, '@counter@1');
    const worker = await orders.worker({ request: { workItemFilters: { entities: [{ name: 'counter' }] } } });
    expect((await worker.playBatch('1', {}, '"ok"')).operations).toEqual(['stays']);
    const completed = eventOf(await turns.turn(), 'entityOperationCompleted');
    expect(completed.entityOperationCompleted.output).toEqual({ value: '"ok"' });
  });

  test('leaves its lock, and who waits for it', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@counter@1');
    const next = await orders.start();
    await worker.play([lockAction(1, 's', '@counter@1')]);
    await purge(orders, '@counter@1');
    expect(await holderOf(orders, '@counter@1')).toBe(turn.instanceId);
    await worker.answer(turn, [complete()]);
    expect((await worker.turn()).instanceId).toBe(next);
  });

  test('makes the batch that is out stale', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'set');
    const batch = await worker.batch();
    await purge(orders, '@counter@1');
    await worker.completeBatch(batch, { results: [{}], entityState: { value: 'stale' } });
    expect(await findEntity(orders, '@counter@1')).toBeNull();
  });

  test('of many by a batch of ids counts those that had something', async () => {
    const orders = hub();
    const worker = await orders.worker();
    for (const id of ['@counter@1', '@counter@2']) {
      await signal(orders, id, 'set');
      await worker.playBatch('1');
      await expect.poll(() => stateOf(orders, id)).toBe('1');
    }
    const instanceIds = ['@counter@1', '@counter@2', '@counter@2', '@counter@3', '@', '@counter@\0'];
    const answer = await orders.client.call('PurgeInstances', { instanceBatch: { instanceIds } });
    expect(answer.deletedInstanceCount).toBe(2);
    expect(await findEntity(orders, '@counter@2')).toBeNull();
  });

  test('happens by no filter: those are for orchestrations', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'set');
    await worker.playBatch('1');
    const id = await orders.start();
    await worker.play([complete()]);
    await orders.completed(id);
    const answer = await orders.client.call('PurgeInstances', { purgeInstanceFilter: {} });
    expect(answer.deletedInstanceCount).toBe(1);
    expect(await stateOf(orders, '@counter@1')).toBe('1');
  });
});

test('the purge of the orchestration that held a lock finds it released', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const turn = await holding(orders, worker, 's', '@counter@1');
  await worker.answer(turn, [complete()]);
  await orders.completed(turn.instanceId);
  expect(await purge(orders, turn.instanceId, true)).toBe(1);
  await expect.poll(() => holderOf(orders, '@counter@1')).toBeUndefined();
});

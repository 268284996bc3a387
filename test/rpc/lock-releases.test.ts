import { describe, expect, test } from 'vitest';
import { holding, isFree } from '../helpers/critical-sections.ts';
import { callAction, holderOf, lockAction, unlockAction } from '../helpers/entities.ts';
import { type Action, complete, continueAsNew, fail } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();
const strict = useServer({ streamGraceSeconds: 0, maxDeliveryAttempts: 1 });

describe('the end of an execution releases what it holds (entities §0.6):', () => {
  test.each<[string, Action]>([
    ['completed', complete()],
    ['failed', fail({ errorType: 'E', errorMessage: 'm' })],
    ['failed by an action that can’t be carried out', callAction(9, 'no entity', 'get')],
    ['continued as new', continueAsNew('1')],
  ])('%s', async (_, action) => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1', '@a@2');
    await worker.answer(turn, [action]);
    if (action.completeOrchestration?.orchestrationStatus === 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW') {
      await worker.play([complete()]);
    }
    await isFree(orders, worker, '@a@1', '@a@2');
  });

  test('terminated, while it holds and while it waits', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@2');
    const waiting = await orders.start();
    await worker.play([lockAction(1, 's', '@a@1', '@a@2', '@a@3')]);
    await expect.poll(() => holderOf(orders, '@a@1')).toBe(waiting);
    await orders.terminate(waiting);
    await expect.poll(() => holderOf(orders, '@a@1')).toBeUndefined();
    await orders.terminate(turn.instanceId);
    await isFree(orders, worker, '@a@1', '@a@2', '@a@3');
  });

  test('terminated by many', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const { instanceId } = await holding(orders, worker, 's', '@a@1');
    const request = { instanceBatch: { instanceIds: [instanceId, '@a@1'] } };
    const { unterminatedInstanceIds } = await orders.client.call(
      'SkipGracefulOrchestrationTerminations',
      request,
    );
    expect(unterminatedInstanceIds).toEqual(['@a@1']);
    await isFree(orders, worker, '@a@1');
  });

  test('replaced by a new instance of its id', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const { instanceId } = await holding(orders, worker, 's', '@a@1');
    const replaceableStatus = ['ORCHESTRATION_STATUS_RUNNING', 'ORCHESTRATION_STATUS_TERMINATED'] as const;
    await orders.start({
      instanceId,
      orchestrationIdReusePolicy: { replaceableStatus: [...replaceableStatus] },
    });
    await worker.play([complete()]);
    await isFree(orders, worker, '@a@1');
  });

  test('given up, because no worker gets through its turn', async () => {
    const orders = strict.hub();
    const dying = await orders.worker();
    const { instanceId } = await holding(orders, dying, 's', '@a@1');
    dying.cancel();
    await orders.completed(instanceId);
    await isFree(orders, await orders.worker(), '@a@1');
  });
});

test('a suspended orchestration keeps its locks', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const turn = await holding(orders, worker, 's', '@a@1');
  await orders.suspend(turn.instanceId);
  expect(await holderOf(orders, '@a@1')).toBe(turn.instanceId);
  await orders.resume(turn.instanceId);
  await worker.answer(turn, [complete()]);
  await isFree(orders, worker, '@a@1');
});

describe('an instance that failed inside a critical section', () => {
  const failing = fail({ errorType: 'E', errorMessage: 'm' });

  test('is not rewound (entities §1.10)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1');
    await worker.answer(turn, [failing]);
    await orders.completed(turn.instanceId);
    const { instanceId } = turn;
    await orders.refuses('RewindInstance', { instanceId }, 'FAILED_PRECONDITION', 'locks');
  });

  test('is not rewound either when it unlocked before the grant', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1');
    const id = await orders.start();
    await worker.play([lockAction(1, 's', '@a@1'), unlockAction(2, 's', '@a@1'), failing]);
    await orders.completed(id);
    await orders.refuses('RewindInstance', { instanceId: id }, 'FAILED_PRECONDITION', 'locks');
    await worker.answer(turn, [complete()]);
    await isFree(orders, worker, '@a@1');
  });

  test('is rewound when it had left all of them', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1', '@a@2', '@a@1');
    await worker.answer(turn, [unlockAction(2, 's', '@a@1'), unlockAction(3, 's', '@a@2'), failing]);
    await orders.completed(turn.instanceId);
    await orders.client.call('RewindInstance', { instanceId: turn.instanceId });
    expect((await worker.turn()).instanceId).toBe(turn.instanceId);
  });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type AnyHistoryEvent } from '../../src/protocol/messages.ts';
import { statusNamed } from '../helpers/client.ts';
import { holding } from '../helpers/critical-sections.ts';
import {
  callAction,
  holderOf,
  lockAction,
  signal,
  signalAction,
  stateOf,
  success,
  unlockAction,
} from '../helpers/entities.ts';
import { complete, continueAsNew, fromNow, sendEvent } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

/** The events without what the server stamps. */
const shapeOf = (events: readonly AnyHistoryEvent[]): unknown[] =>
  events.map(({ eventId, eventType }) => [eventId, eventType]);

// §1.5.
describe('messages to entities', () => {
  test('are history in action order, by their action’s id, as they were sent (entities §0.3)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const [signaled, called] = [randomUUID(), randomUUID()];
    await orders.start();
    const scheduledTime = fromNow(3_600_000);
    await worker.play([
      signalAction(5, '@a@1', 'add', { requestId: signaled, input: { value: '1' }, scheduledTime }),
      callAction(6, '@a@2', 'get', { requestId: called, parentInstanceId: { value: 'whoever' } }),
      lockAction(7, 's', '@z@1', '@b@1', '@z@1'),
    ]);
    const { request } = await worker.turn();
    const echoed = request.pastEvents.slice(-3);
    expect(shapeOf(echoed)).toEqual([
      [5, 'entityOperationSignaled'],
      [6, 'entityOperationCalled'],
      [7, 'entityLockRequested'],
    ]);
    expect(echoed).toMatchObject([
      {
        entityOperationSignaled: {
          ...{ requestId: signaled, operation: 'add', input: { value: '1' }, scheduledTime },
          targetInstanceId: { value: '@a@1' },
        },
      },
      {
        entityOperationCalled: {
          ...{ requestId: called, targetInstanceId: { value: '@a@2' } },
          parentInstanceId: { value: 'whoever' },
        },
      },
      { entityLockRequested: { lockSet: ['@z@1', '@b@1', '@z@1'], position: 0 } },
    ]);
  });

  test('come to the entity in the order of the actions, with those of other turns', async () => {
    const orders = hub();
    const id = await orders.start();
    const turns = await orders.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    await turns.play([
      signalAction(1, '@a@1', 'one'),
      callAction(2, '@a@1', 'two'),
      signalAction(3, '@a@1', 'three'),
    ]);
    await orders.raise(id, 'go');
    await turns.play([signalAction(4, '@a@1', 'four')]);
    const worker = await orders.worker({ request: { workItemFilters: { entities: [{ name: 'a' }] } } });
    expect((await worker.batch()).operations).toEqual(['one', 'two', 'three', 'four']);
  });

  test('are sent also by the turn that ends the orchestration', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([signalAction(1, '@a@1', 'bye'), callAction(2, '@a@1', 'nobody waits'), complete()]);
    await orders.completed(id);
    expect((await worker.playBatch('1')).operations).toEqual(['bye', 'nobody waits']);
    await expect.poll(() => stateOf(orders, '@a@1')).toBe('1');
  });

  test('that are scheduled are not sent before their time', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    const due = Date.now() + 500;
    await worker.play([
      signalAction(1, '@a@1', 'later', { scheduledTime: fromNow(500) }),
      signalAction(2, '@a@1', 'past', { scheduledTime: fromNow(-500) }),
    ]);
    expect((await worker.playBatch('1')).operations).toEqual(['past']);
    expect((await worker.playBatch('1')).operations).toEqual(['later']);
    expect(Date.now()).toBeGreaterThanOrEqual(due - 1);
  });

  test('in the old way, as events, fail with a text that says what to do', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([sendEvent(1, '@a@1', 'op', '{}')]);
    expect(await orders.completed(id)).toMatchObject({
      orchestrationStatus: statusNamed('FAILED'),
      failureDetails: { errorMessage: expect.stringContaining('signal or call') as unknown },
    });
  });
});

// §1.10.
describe('continue-as-new', () => {
  test('drops results of calls of the execution before (entities §0.4)', async () => {
    const orders = hub();
    const turns = await orders.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    await orders.start();
    await turns.play([callAction(1, '@a@1', 'old'), continueAsNew('2')]);
    expect((await turns.play([callAction(1, '@a@1', 'new')])).news).toContain('executionStarted');
    const worker = await orders.worker({ request: { workItemFilters: { entities: [{ name: 'a' }] } } });
    const batch = await worker.batch();
    expect(batch.operations).toEqual(['old', 'new']);
    await worker.completeBatch(batch, { results: ['old', 'new'].map(success) });
    expect((await turns.turn()).request.newEvents.slice(1)).toMatchObject([
      { entityOperationCompleted: { output: { value: 'new' } } },
    ]);
  });

  test('with unlocks in the same answer, and a new lock at once, holds only the new one', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1');
    await worker.answer(turn, [unlockAction(99, 's', '@a@1'), continueAsNew('2')]);
    await worker.play([lockAction(1, 's', '@a@1')]);
    const granted = await worker.turn();
    expect(granted.news).toEqual(['orchestratorStarted', 'entityLockGranted']);
    expect(granted.executionId).not.toBe(turn.executionId);
    expect(await holderOf(orders, '@a@1')).toBe(turn.instanceId);
    await signal(orders, '@a@1', 'waits');
    await worker.answer(granted, [callAction(2, '@a@1', 'own')]);
    expect((await worker.batch()).operations).toEqual(['own']);
  });
});

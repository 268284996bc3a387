import { describe, expect, test } from 'vitest';
import { holding, isFree } from '../helpers/critical-sections.ts';
import { callAction, findEntity, holderOf, lockAction, signal, unlockAction } from '../helpers/entities.ts';
import { complete, eventOf } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer({ streamGraceSeconds: 0 });

const turnsOnly = { request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } } };

describe('a lock', () => {
  test('is granted once for all its entities, whatever their order and duplicates (entities §0.5)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@b@2', '@a@1', '@b@2', '@B@1');
    expect(eventOf(turn, 'entityLockGranted')).toMatchObject({
      eventId: -1,
      entityLockGranted: { criticalSectionId: 's' },
    });
    for (const id of ['@a@1', '@b@2', '@B@1']) expect(await holderOf(orders, id)).toBe(turn.instanceId);
    expect(worker.count('entity')).toBe(0);
  });

  test('shows in history as it was asked for (entities §0.3)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@b@2', '@a@1', '@b@2');
    expect(turn.request.pastEvents.at(-1)).toMatchObject({
      eventId: 1,
      entityLockRequested: { criticalSectionId: 's', lockSet: ['@b@2', '@a@1', '@b@2'], position: 0 },
    });
  });

  test('of no entities is granted at once', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 'none');
    await worker.answer(turn, [complete()]);
  });

  test('needs no worker for the entities, no state and no existing entity', async () => {
    const orders = hub();
    const worker = await orders.worker(turnsOnly);
    const turn = await holding(orders, worker, 's', '@nobody@1', '@nobody@2');
    expect(await findEntity(orders, '@nobody@1')).toBeNull();
    await worker.answer(turn, [unlockAction(2, 's', '@nobody@1'), complete()]);
    await expect.poll(() => holderOf(orders, '@nobody@2')).toBeUndefined();
  });

  test('waits for operations that came before it, and goes before those that come after it', async () => {
    const orders = hub();
    await signal(orders, '@a@1', 'before');
    const worker = await orders.worker();
    const before = await worker.batch();
    await orders.start();
    await worker.play([lockAction(1, 's', '@a@1')]);
    await signal(orders, '@a@1', 'after');
    expect(worker.count('orchestration')).toBe(0);
    await worker.completeBatch(before, { results: [{}], entityState: { value: '1' } });
    const turn = await worker.turn();
    expect(turn.news).toContain('entityLockGranted');
    expect(worker.count('entity')).toBe(0);
    await worker.answer(turn, [complete()]);
    expect((await worker.batch()).operations).toEqual(['after']);
  });

  test('may be asked for again after it was released', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1');
    await worker.answer(turn, [unlockAction(2, 's', '@a@1'), lockAction(3, 't', '@a@1')]);
    const again = await worker.turn();
    expect(eventOf(again, 'entityLockGranted').entityLockGranted.criticalSectionId).toBe('t');
  });
});

describe('a held entity', () => {
  test('handles only calls of its holder; signals and calls of others wait their turn', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1');
    await signal(orders, '@a@1', 'signal');
    await orders.start();
    await worker.play([callAction(1, '@a@1', 'foreign')]);
    await worker.answer(turn, [callAction(2, '@a@1', 'own')]);
    const own = await worker.playBatch('1');
    expect(own.operations).toEqual(['own']);
    const next = await worker.turn();
    expect(next.news).toContain('entityOperationCompleted');
    expect(worker.count('entity')).toBe(0);
    await worker.answer(next, [complete()]);
    expect(await worker.batch()).toMatchObject({ operations: ['signal', 'foreign'], state: '1' });
  });

  test('shows who holds it by its instance id', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@a@1', 'add');
    await worker.playBatch('1');
    const turn = await holding(orders, worker, 's', '@a@1');
    expect((await findEntity(orders, '@a@1'))?.lockedBy).toEqual({ value: turn.instanceId });
    await worker.answer(turn, [unlockAction(2, 's', '@a@1')]);
    await expect.poll(async () => (await findEntity(orders, '@a@1'))?.lockedBy).toBeNull();
  });

  test('handles a call that was sent with the unlock before what waited', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1');
    await signal(orders, '@a@1', 'waits');
    await worker.answer(turn, [callAction(2, '@a@1', 'own'), unlockAction(3, 's', '@a@1')]);
    const first = await worker.playBatch('1');
    expect(first.operations[0]).toBe('own');
  });

  test('goes on answering its holder when the worker of the batch dies', async () => {
    const orders = hub();
    const turns = await orders.worker(turnsOnly);
    const turn = await holding(orders, turns, 's', '@a@1');
    await turns.answer(turn, [callAction(2, '@a@1', 'own')]);
    const entities = { request: { workItemFilters: { entities: [{ name: 'a' }] } } };
    const dying = await orders.worker(entities);
    await dying.batch();
    dying.cancel();
    const next = await orders.worker(entities);
    expect((await next.playBatch('1')).operations).toEqual(['own']);
    expect((await turns.turn()).news).toContain('entityOperationCompleted');
  });
});

describe('an unlock', () => {
  test('of one entity leaves the others of the section held', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1', '@a@2');
    await worker.answer(turn, [unlockAction(2, 's', '@a@1')]);
    await expect.poll(() => holderOf(orders, '@a@1')).toBeUndefined();
    expect(await holderOf(orders, '@a@2')).toBe(turn.instanceId);
  });

  test('that is repeated changes nothing, not even the lock of the next holder', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1', '@a@1');
    await orders.start();
    await worker.play([lockAction(1, 's', '@a@1')]);
    const unlocks = [unlockAction(2, 's', '@a@1'), unlockAction(3, 's', '@a@1')];
    await worker.answer(turn, unlocks);
    const next = await worker.turn();
    expect(next.news).toContain('entityLockGranted');
    await orders.raise(turn.instanceId, 'go');
    await worker.play([unlockAction(4, 's', '@a@1'), complete()]);
    await orders.completed(turn.instanceId);
    expect(await holderOf(orders, '@a@1')).toBe(next.instanceId);
  });

  test('of a section or an entity that is not held changes nothing', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1');
    await orders.start();
    await worker.play([unlockAction(1, 's', '@a@1'), unlockAction(2, 'other', '@a@1'), complete()]);
    await worker.answer(turn, [unlockAction(2, 'other', '@a@1'), unlockAction(3, 's', '@a@2')]);
    await orders.raise(turn.instanceId, 'go');
    await worker.turn();
    expect(await holderOf(orders, '@a@1')).toBe(turn.instanceId);
  });

  test('may have the id of the completion (entities §0.6)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1', '@a@2');
    const unlocks = ['@a@1', '@a@2'].map((id) => unlockAction(99, 's', id));
    await worker.answer(turn, [...unlocks, complete()]);
    await orders.completed(turn.instanceId);
    await isFree(orders, worker, '@a@1', '@a@2');
  });
});

test('sections of many orchestrations over the same entities, in opposite orders, never overlap', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const sets = [
    ['@a@1', '@a@2', '@a@3'],
    ['@a@3', '@a@2', '@a@1'],
    ['@a@2', '@a@1'],
    ['@a@3', '@a@1'],
  ];
  for (let n = 0; n < 12; n++) await orders.start({ input: { value: String(n) } });
  let asked = 0;
  let granted = 0;
  while (granted < 12) {
    const turn = await worker.turn();
    if (turn.news.includes('executionStarted')) {
      await worker.answer(turn, [lockAction(1, 's', ...(sets[asked++ % 4] ?? []))]);
      continue;
    }
    expect(turn.news).toEqual(['orchestratorStarted', 'entityLockGranted']);
    expect(await holderOf(orders, '@a@1')).toBe(turn.instanceId);
    await worker.answer(turn, [complete()]);
    granted++;
  }
});

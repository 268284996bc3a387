import { expect } from 'vitest';
import { type TestHub } from './client.ts';
import { holderOf, lockAction } from './entities.ts';
import { complete, type ScriptedWorker, type TurnItem } from './scripted-worker.ts';

/** An orchestration that holds a critical section of these entities, and its turn. */
export async function holding(
  orders: TestHub,
  worker: ScriptedWorker,
  section: string,
  ...entities: string[]
): Promise<TurnItem> {
  await orders.start();
  await worker.play([lockAction(1, section, ...entities)]);
  const turn = await worker.turn();
  expect(turn.news).toEqual(['orchestratorStarted', 'entityLockGranted']);
  return turn;
}

/** Proves it by locking them: until that is granted, nothing more comes of the orchestration that asked. */
export async function isFree(orders: TestHub, worker: ScriptedWorker, ...entities: string[]): Promise<void> {
  const turn = await holding(orders, worker, `proof-${entities.join()}`, ...entities);
  await worker.answer(turn, [complete()]);
  for (const entity of entities) await expect.poll(() => holderOf(orders, entity)).toBeUndefined();
}

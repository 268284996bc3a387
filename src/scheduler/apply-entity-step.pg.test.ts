import { answer, expect, only, startOrder, test, until } from '../../test/helpers/engine.ts';
import { callAction, lockAction } from '../../test/helpers/entities.ts';
import { answerBatch, entity, namesOf, signal } from '../../test/helpers/entity-engine.ts';
import { codec } from '../protocol/codec.ts';
import { purgeEntity } from './purge-entity.ts';
import { terminateInstance } from './terminate-instance.ts';

const terminateRequest = (instanceId: string) =>
  codec.decode('TerminateRequest', codec.encode('TerminateRequest', { instanceId }));

test('locks go along entities of two replicas without any worker for them', async ({ run }) => {
  const [one, other] = [await run(), await run()];
  const turns = one.worker(only({ orchestrations: ['Order'] }));
  // Entities that the other replica owns, because its worker has handled them.
  const batches = other.worker({ workItemFilters: { entities: [{ name: 'a' }] } });
  for (const [n, id] of ['@a@1', '@a@3'].entries()) {
    await signal(other.hub, id, 'set');
    await answerBatch(other.hub, await batches.batch(n));
  }
  await startOrder(one.hub, { instanceId: 'order' });
  await answer(one.hub, await turns.turn(0), [lockAction(1, 's', '@a@3', '@nobody@2', '@a@1')]);
  expect((await turns.turn(1)).news).toContain('entityLockGranted');
  for (const id of ['@a@1', '@nobody@2', '@a@3']) {
    expect(await entity(one.hub, id)).toMatchObject({ heldBy: { id: 'order', section: 's' } });
  }
  await terminateInstance(other.hub, terminateRequest('order'));
  for (const id of ['@a@1', '@nobody@2', '@a@3']) {
    await until(async () => (await entity(one.hub, id))?.heldBy === null, `the release of ${id}`);
  }
});

test('a release is applied while a batch of the holder is out, whose state counts all the same', async ({
  run,
}) => {
  const one = await run();
  const { hub } = one;
  const all = one.worker();
  await startOrder(hub, { instanceId: 'order' });
  await answer(hub, await all.turn(0), [lockAction(1, 's', '@a@1')]);
  await answer(hub, await all.turn(1), [callAction(2, '@a@1', 'own')]);
  const batch = await all.batch();
  await signal(hub, '@a@1', 'waits');
  await terminateInstance(hub, terminateRequest('order'));
  await until(async () => (await entity(hub, '@a@1'))?.heldBy === null, 'the release');
  expect(all.batches).toHaveLength(1);
  await answerBatch(hub, batch);
  expect(namesOf(await all.batch(1))).toEqual(['waits']);
  expect((await all.batch(1)).request.entityState).toEqual({ value: 'state' });
});

test('a purge at another replica is over when the call returns', async ({ run }) => {
  const [one, other] = [await run(), await run()];
  const batches = one.worker();
  await signal(one.hub, '@a@1', 'set');
  await answerBatch(one.hub, await batches.batch());
  expect(await entity(other.hub, '@a@1')).toMatchObject({ hasState: true });
  expect(await purgeEntity(other.hub, '@a@1')).toBe(1);
  expect(await entity(other.hub, '@a@1')).toMatchObject({ hasState: false });
  expect(await purgeEntity(other.hub, '@a@1')).toBe(0);
  expect(await purgeEntity(other.hub, '@never@1')).toBe(0);
});

// Belongs into src/scheduler/complete-entity.pg.test.ts.
import {
  answer,
  expect,
  only,
  startOrder,
  test,
  until,
  withInstancesLocked,
} from '../../test/helpers/engine.ts';
import { callAction } from '../../test/helpers/entities.ts';
import { answerBatch, entity } from '../../test/helpers/entity-engine.ts';
import { claimWork } from './claim-work.ts';
import { purgeEntity } from './purge-entity.ts';

test('an answer that waits for a purge does not bring the state back', async ({ still, db }) => {
  const [one, other] = [await still(), await still()];
  const turns = other.worker(only({ orchestrations: ['Order'] }));
  await startOrder(other.hub);
  await answer(other.hub, await turns.turn(), [callAction(1, '@a@1', 'get')]);
  const worker = one.worker({ workItemFilters: { entities: [{ name: 'a' }] } });
  one.dispatch.workAppeared(one.hub.hubId, 'entity');
  await claimWork(one.hub);
  const batch = await worker.batch();
  const all = await withInstancesLocked(db, async () => {
    const purged = purgeEntity(one.hub, '@a@1').then(() => undefined);
    await until(() => [...one.dispatch.residents.all()].some(({ isPatching }) => isPatching), 'the purge');
    return [purged, answerBatch(one.hub, batch, { entityState: { value: 'old' } })];
  });
  await Promise.all(all);
  expect(await entity(one.hub, '@a@1')).toMatchObject({ hasState: false });
});

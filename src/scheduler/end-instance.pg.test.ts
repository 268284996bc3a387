import { answer, expect, startOrder, test } from '../../test/helpers/engine.ts';
import { complete } from '../../test/helpers/scripted-worker.ts';
import { instanceId } from '../domain/ids.ts';
import { must } from '../lib/assert.ts';
import { type HubContext } from './context.ts';
import { endInstance } from './end-instance.ts';

const a = instanceId('a');

/** Ends whoever lives under the id. */
async function end(hub: HubContext): Promise<void> {
  const [holder] = await hub.store.readInstances([{ hubId: hub.hubId, id: a }], false);
  await endInstance(hub, must(holder, 'the holder of the id'));
}

test('has ended an instance that another replica owns when it returns', async ({ run, db }) => {
  const [owner, other] = [await run(), await run()];
  const worker = owner.worker();
  await startOrder(owner.hub, { instanceId: 'a' });
  await worker.turn();
  await end(other.hub);
  expect((await db.query('select status, owner from instances')).rows).toEqual([{ status: 5, owner: null }]);
  expect(worker.stream.outstanding.orchestration).toBe(0);
});

test('is content with an instance that has ended otherwise meanwhile', async ({ run, db }) => {
  const one = await run();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), [complete('1')]);
  await end(one.hub);
  expect((await db.query('select status from instances')).rows).toEqual([{ status: 1 }]);
});

test('tells its caller to try again when the incarnation ends under it', async ({ still }) => {
  const one = await still();
  await startOrder(one.hub, { instanceId: 'a' });
  const [holder] = await one.store.readInstances([{ hubId: one.hub.hubId, id: a }], false);
  one.store.abort('it has died');
  await expect(endInstance(one.hub, must(holder, 'the holder of the id'))).rejects.toMatchObject({
    code: 'unavailable',
  });
});

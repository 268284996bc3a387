import { noResult } from '../domain/store.ts';
import {
  answer,
  count,
  expect,
  instanceRow,
  onlyResident,
  raise,
  startOrder,
  test,
  until,
} from '../../test/helpers/engine.ts';
import { complete, scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { makeHub } from '../../test/helpers/store.ts';
import { claimWork } from './claim-work.ts';
import { reloadInstance } from './reload-instance.ts';

test('an instance whose hub was deleted under a running turn is forgotten; the engine lives on', async ({
  run,
  db,
}) => {
  const one = await run();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  const turn = await worker.turn();
  const { store, dispatch } = one.engine.context;
  expect(await store.deleteHub('default')).toBeDefined();
  while ((await store.sweepDeletedHubs()) > 0);
  expect(await count(db, 'instances')).toBe(0);
  await answer(one.hub, turn, [scheduleTask(1, 'A'), complete('1')]);
  expect([dispatch.residents.count, worker.stream.outstanding.orchestration]).toEqual([0, 0]);
  expect([await count(db, 'activities'), await count(db, 'history')]).toEqual([0, 0]);
  expect(one.deaths).toEqual([]);

  const hubId = await makeHub(store, 'default');
  const fresh = one.worker({}, { hubId });
  await startOrder({ ...one.hub, hubId }, { instanceId: 'a' });
  await answer({ ...one.hub, hubId }, await fresh.turn(), [complete('2')]);
  const found = (await db.query('select status from instances')).rows;
  expect(found).toEqual([{ status: 1 }]);
});

test('an instance that was given up because memory was wrong is loaded as it is', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  await db.query("update instances set turn = 5, custom_status = 'x'");
  const resident = onlyResident(one);
  await raise(one.hub, 'a', 'paid');
  await worker.turn(1);
  await reloadInstance(one.hub, resident, 'a test');
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: null, is_due: true, turn: 5 });
  expect(worker.stream.outstanding.orchestration).toBe(0);
  one.dispatch.workAppeared(one.hub.hubId, 'orchestration');
  expect(await claimWork(one.hub)).toBe(1);
  expect(onlyResident(one).state).toMatchObject({ turn: 5, customStatus: 'x' });
  expect((await worker.turn(2)).news).toEqual(['orchestratorStarted', 'eventRaised']);
});

test('an instance without messages waits for somebody to ring', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const resident = onlyResident(one);
  await reloadInstance(one.hub, resident, 'a test');
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: null, ready_at: null });
});

test('an instance that another owns stays the other’s', async ({ still, db }) => {
  const one = await still();
  one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  const resident = onlyResident(one);
  await db.query('update instances set owner = 42');
  await reloadInstance(one.hub, resident, 'a test');
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: 42 });
  expect(one.dispatch.holds(resident.state.key)).toBe(false);
});

test('a control that is on its way for a deleted instance ends with it', async ({ run, db }) => {
  const one = await run();
  one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  const { dispatch } = one.engine.context;
  await until(() => dispatch.residents.count === 1, 'the resident');
  await db.query('delete from instances');
  dispatch.settle({
    ...noResult,
    delivered: [...dispatch.residents.all()].map(({ state: { partition, key } }) => ({
      partition,
      key,
      message: {
        ...{ rank: -1, messageId: 1, kind: 'suspend', generation: 0, event: Buffer.alloc(0), firesAt: null },
      },
    })),
  })();
  await until(() => dispatch.residents.count === 0, 'the end of the resident');
  expect(one.deaths).toEqual([]);
});

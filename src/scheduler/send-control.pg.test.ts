import {
  answer,
  count,
  expect,
  onlyResident,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { complete } from '../../test/helpers/scripted-worker.ts';
import { suspendControl } from '../domain/events.ts';
import { instanceId } from '../domain/ids.ts';
import { codec } from '../protocol/codec.ts';
import { sendControl } from './send-control.ts';

const suspend = ({ hub }: Pick<StillEngine, 'hub'>, id: string): Promise<void> =>
  sendControl(hub, instanceId(id), { kind: 'suspend', event: suspendControl(null, hub.now(), codec) });

test('has been applied when the call returns, here', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await worker.turn();
  await suspend(one, 'a');
  expect(onlyResident(one).state.status).toBe('suspended');
  expect([one.waits.count, await count(db, 'inbox')], 'ExecutionStarted is out').toEqual([0, 1]);
});

test('has been applied when the call returns, at another replica', async ({ run, db }) => {
  const [owner, other] = [await run(), await run()];
  const worker = owner.worker();
  await startOrder(owner.hub, { instanceId: 'a' });
  await answer(owner.hub, await worker.turn(), []);
  await suspend(other, 'a');
  expect((await db.query('select status from instances')).rows).toEqual([{ status: 7 }]);
});

test('has been applied when the call returns, to what nobody owns', async ({ run, db }) => {
  const [one] = [await run()];
  await startOrder(one.hub, { instanceId: 'a' });
  await suspend(one, 'a');
  expect((await db.query('select status from instances')).rows).toEqual([{ status: 7 }]);
});

test('is waited for by nobody where nobody is', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), [complete('1')]);
  await suspend(one, 'a');
  await suspend(one, 'nobody');
  expect(await count(db, 'inbox')).toBe(0);
});

test('is durable and on its way when the owner has not applied it for five seconds', async ({
  still,
  db,
}) => {
  const [owner, other] = [await still(), await still()];
  const worker = owner.worker();
  await startOrder(owner.hub, { instanceId: 'a' });
  await worker.turn();
  const from = performance.now();
  await suspend(other, 'a');
  expect(performance.now() - from).toBeGreaterThan(4_900);
  expect(performance.now() - from).toBeLessThan(9_000);
  expect([other.waits.count, await count(db, 'inbox')]).toEqual([0, 2]);
});

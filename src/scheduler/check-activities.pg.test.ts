import { answer, expect, startOrder, test } from '../../test/helpers/engine.ts';
import { scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { checkActivities } from './check-activities.ts';

test('a lease ends when its activity is no longer this replica’s, and only then', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  await answer(
    one.hub,
    await worker.turn(),
    [1, 2, 3].map((id) => scheduleTask(id, 'A')),
  );
  await worker.activity(2);
  const { activities } = one.dispatch;
  const [answered, released, kept] = activities.outstandingLeases().map(({ activityKey }) => activityKey);
  await db.query('delete from activities where activity_key = $1', [answered]);
  await db.query('update activities set owner = null where activity_key = $1', [released]);
  expect(await checkActivities(one.hub)).toBe(0);
  expect(activities.outstanding, 'nothing was due').toBe(3);
  for (const key of [answered, released, kept, 12345]) activities.doubt(key ?? 0);
  await checkActivities(one.hub);
  expect(activities.outstandingLeases().map(({ activityKey }) => activityKey)).toEqual([kept]);
  expect(worker.stream.outstanding.activity).toBe(1);
});

test('a lease that was renewed during the look stays', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A')]);
  const [lease] = one.dispatch.activities.outstandingLeases();
  if (!lease) throw new Error('a lease');
  await db.query('update activities set owner = null');
  one.dispatch.activities.doubt(lease.activityKey);
  const looking = checkActivities(one.hub);
  one.dispatch.endActivity(lease);
  const { hubId } = one.hub;
  await one.store.claimActivities({ hubId, filter: 'everything', limit: 1 });
  await looking;
  expect([one.dispatch.activities.outstanding, worker.stream.outstanding.activity]).toEqual([1, 1]);
});

test('leases are looked at again in turn, without a hint', async ({ still }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  await answer(
    one.hub,
    await worker.turn(),
    [1, 2, 3].map((id) => scheduleTask(id, 'A')),
  );
  const { activities } = one.dispatch;
  const taskIds = (limit: number): number[] => activities.takeUnchecked(0, limit).map(({ taskId }) => taskId);
  expect([taskIds(2), taskIds(2), taskIds(5)]).toEqual([
    [1, 2],
    [3, 1],
    [2, 3, 1],
  ]);
  expect(activities.takeUnchecked(60_000, 5)).toEqual([]);
});

import {
  answer,
  expect,
  instanceRow,
  onlyResident,
  raise,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { type Resident } from '../dispatch/resident.ts';
import { limits } from '../domain/limits.ts';
import { type BatchResult } from '../domain/store.ts';
import { claimWork } from './claim-work.ts';
import { releaseInstance } from './release-instance.ts';

/** An instance without anything to do. */
async function withIdle(one: StillEngine): Promise<Resident> {
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const resident = onlyResident(one);
  resident.isPatching = true;
  return resident;
}

test('an instance that is given up belongs to nobody and has its attempts; with nothing to do it waits for a bell', async ({
  still,
  db,
}) => {
  const one = await still();
  const resident = await withIdle(one);
  resident.attempts = 2;
  await releaseInstance(one.hub, resident, 60_000);
  expect([one.dispatch.holds(resident.state.key), resident.isPatching]).toEqual([false, false]);
  expect(await instanceRow(db, resident.state.key)).toMatchObject({
    ...{ owner: null, ready_at: null, attempts: 2, turn: 1 },
  });
  await raise(one.hub, 'a', 'paid');
  one.dispatch.workAppeared(one.hub.hubId, 'orchestration');
  expect(await claimWork(one.hub)).toBe(1);
  expect(onlyResident(one)).toMatchObject({ attempts: 2, messages: [{ kind: 'eventRaised' }] });
});

test('an instance with something to do is to be claimed after its back-off, not before', async ({
  still,
  db,
}) => {
  const one = await still();
  const resident = await withIdle(one);
  await raise(one.hub, 'a', 'paid');
  await releaseInstance(one.hub, resident, 60_000);
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: null, is_due: false });
  one.dispatch.workAppeared(one.hub.hubId, 'orchestration');
  expect(await claimWork(one.hub)).toBe(0);
});

test('a message that comes after the release was asked for makes the instance worth claiming', async ({
  still,
  db,
}) => {
  const one = await still();
  const resident = await withIdle(one);
  await startOrder(one.hub, { instanceId: 'b' });
  // Three batches: the message, what fills the second one, and the release.
  const raised = raise(one.hub, 'a', 'paid');
  const fillers = Array.from({ length: limits.batchWrites + 10 }, () => raise(one.hub, 'b', 'filler'));
  const released = releaseInstance(one.hub, resident, 0);
  await Promise.all([raised, released, ...fillers]);
  const isDelivered = ({ delivered }: BatchResult): boolean =>
    delivered.some(({ key }) => key === resident.state.key);
  const isReleased = ({ patches }: BatchResult): boolean =>
    patches.some(({ patch }) => patch.kind === 'release');
  const [delivery, release] = [one.results.findIndex(isDelivered), one.results.findIndex(isReleased)];
  expect(delivery).toBeGreaterThan(0);
  expect(release, 'a batch of its own').toBeGreaterThan(delivery);
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: null, is_due: true });
});

test('a bell that rang before the owner gave up is not lost', async ({ still, db }) => {
  const [one, two] = [await still(), await still()];
  const resident = await withIdle(one);
  await raise(two.hub, 'a', 'paid');
  await releaseInstance(one.hub, resident, 60_000);
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: null, is_due: true });
  expect(one.results.at(-1)?.spilled).toEqual([{ hubId: one.hub.hubId, item: 'orchestration' }]);
});

test('giving up what another has by now is no release: it is forgotten here and stays the other’s', async ({
  still,
  db,
}) => {
  const one = await still();
  const resident = await withIdle(one);
  await db.query('update instances set owner = 42');
  await releaseInstance(one.hub, resident, 0);
  expect(one.dispatch.holds(resident.state.key)).toBe(false);
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: 42 });
  expect(one.deaths).toEqual([]);
});

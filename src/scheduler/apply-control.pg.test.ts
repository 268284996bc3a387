import {
  answer,
  count,
  expect,
  inboxOf,
  instanceRow,
  onlyResident,
  raise,
  startOrder,
  type StillEngine,
  test,
  until,
  withInstancesLocked,
} from '../../test/helpers/engine.ts';
import { createChild } from '../../test/helpers/scripted-worker.ts';
import { resumeControl, suspendControl } from '../domain/events.ts';
import { limits } from '../domain/limits.ts';
import { messageKinds, ranks } from '../domain/message.ts';
import { fromMicros } from '../domain/time.ts';
import { must } from '../lib/assert.ts';
import { codec } from '../protocol/codec.ts';
import { applyControl } from './apply-control.ts';
import { resumeInstance } from './resume-instance.ts';
import { skipGracefulTerminations } from './skip-graceful-orchestration-terminations.ts';
import { suspendInstance } from './suspend-instance.ts';
import { fetchInbox } from './sweep.ts';
import { terminateInstance } from './terminate-instance.ts';

const request = { instanceId: 'a', reason: { value: 'because' } };
const suspend = ({ hub }: StillEngine): Promise<void> =>
  suspendInstance(hub, codec.decode('SuspendRequest', codec.encode('SuspendRequest', request)));
const resume = ({ hub }: StillEngine): Promise<void> =>
  resumeInstance(hub, codec.decode('ResumeRequest', codec.encode('ResumeRequest', request)));
const terminate = ({ hub }: StillEngine, recursive = false): Promise<void> => {
  const bytes = codec.encode('TerminateRequest', { instanceId: 'a', output: { value: '"stop"' }, recursive });
  return terminateInstance(hub, codec.decode('TerminateRequest', bytes));
};

const terminateAtOnce = async ({ hub }: StillEngine): Promise<void> => {
  const bytes = codec.encode('SkipGracefulOrchestrationTerminationsRequest', {
    instanceBatch: { instanceIds: ['a'] },
  });
  await skipGracefulTerminations(hub, codec.decode('SkipGracefulOrchestrationTerminationsRequest', bytes));
};

/** Events that were held while it was suspended come after the pair. */
const RESUMED = ['orchestratorStarted', 'executionSuspended', 'executionResumed', 'eventRaised'];

test('controls that come at once are applied one by one, in their order', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const all = await withInstancesLocked(db, async () => {
    const controls = [suspend(one), resume(one), suspend(one)];
    await until(() => onlyResident(one).controls.length === 3, 'the controls');
    return controls;
  });
  await Promise.all(all);
  expect(onlyResident(one)).toMatchObject({ state: { status: 'suspended', turn: 1 }, controls: [] });
  await raise(one.hub, 'a', 'paid');
  expect(worker.turns, 'suspended').toHaveLength(1);
  await resume(one);
  const { news } = await worker.turn(1);
  expect(news).toEqual([
    'orchestratorStarted',
    'executionSuspended',
    'executionResumed',
    ...RESUMED.slice(1),
  ]);
});

test('controls that one read has no room for are read when those before them are applied', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  await suspend(one);
  await raise(one.hub, 'a', 'paid');
  const { partition, key } = onlyResident(one).state;
  await db.query(
    `insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
     select $1, $2, ${ranks.control}, nextval('message_ids'), ${messageKinds.suspend}, 0, $3
       from generate_series(1, ${limits.heldMessages})`,
    [partition, key, suspendControl(null, fromMicros(0), codec)],
  );
  await db.query(
    `insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
     values ($1, $2, ${ranks.control}, nextval('message_ids'), ${messageKinds.resume}, 0, $3)`,
    [partition, key, resumeControl(null, fromMicros(0), codec)],
  );
  await fetchInbox(one.hub, { partition, key });
  expect((await worker.turn(1)).news).toEqual(RESUMED);
});

test('what comes while an instance is suspended is held, and delivered after the pair', async ({ still }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  await suspend(one);
  await raise(one.hub, 'a', 'paid');
  await resume(one);
  expect((await worker.turn(1)).news).toEqual(RESUMED);
});

test('an instance that never ran is pending again when it is resumed', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker({ maxConcurrentOrchestrationWorkItems: 1 });
  worker.stream.outstanding.orchestration = 1;
  await startOrder(one.hub, { instanceId: 'a' });
  const { rows } = await db.query<{ instance_key: number }>('select instance_key from instances');
  const { instance_key: key } = must(rows[0], 'the instance');
  const controlled = suspend(one);
  await until(async () => (await count(db, 'inbox')) === 2, 'the control');
  await one.store.claimEngineWork(10);
  await controlled;
  expect(await instanceRow(db, key)).toMatchObject({ status: 7, turn: 0 });
  await resume(one);
  expect(await instanceRow(db, key)).toMatchObject({ status: 6, turn: 0 });
});

test('a termination ends an instance with everything that waits, and controls behind it are for nobody', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await worker.turn();
  await raise(one.hub, 'a', 'paid');
  const { key } = onlyResident(one).state;
  const all = await withInstancesLocked(db, async () => {
    const controls = [terminateAtOnce(one), suspend(one)];
    await until(() => onlyResident(one).controls.length === 2, 'the controls');
    return controls;
  });
  await Promise.all(all);
  expect(await instanceRow(db, key)).toMatchObject({ status: 5, owner: null, ready_at: null });
  expect(await inboxOf(db, key)).toEqual([]);
  expect([one.dispatch.residents.count, worker.stream.outstanding.orchestration]).toEqual([0, 0]);
});

test('a recursive termination is sent to the children that live', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  const children = ['b', 'c'].map((instanceId, i) => createChild(i + 1, { instanceId }));
  await answer(one.hub, await worker.turn(), children);
  await terminate(one, true);
  // Their turns are out, and not answered in time.
  await until(() => {
    one.dispatch.expireLeases();
    return one.dispatch.residents.count === 0;
  }, 'the end of the children');
  const { rows } = await db.query('select distinct status from instances');
  expect(rows).toEqual([{ status: 5 }]);
});

test('a recursive termination reaches the children also when one that waits for nothing comes first', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), [createChild(1, { instanceId: 'b' })]);
  await raise(one.hub, 'a', 'paid');
  await worker.turn(2);
  const recursive = terminate(one, true);
  const waiting = (): boolean => [...one.dispatch.residents.all()].some((r) => r.controls.length > 0);
  await until(waiting, 'the termination that waits');
  await terminateAtOnce(one);
  await recursive;
  await until(() => {
    one.dispatch.expireLeases();
    return one.dispatch.residents.count === 0;
  }, 'the end of both');
  const { rows } = await db.query('select distinct status from instances');
  expect(rows).toEqual([{ status: 5 }]);
});

test('a control that its guard refuses changes nothing, and the instance is loaded again', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const resident = onlyResident(one);
  await db.query('update instances set turn = turn + 1');
  const controlled = suspend(one);
  await until(async () => (await instanceRow(db, resident.state.key))?.owner === null, 'the release');
  expect(one.dispatch.holds(resident.state.key)).toBe(false);
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ status: 0, engine_work: true });
  await one.store.claimEngineWork(10);
  await controlled;
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ status: 7 });
});

test('without a control there is nothing to apply', async ({ still }) => {
  const one = await still();
  one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  const batches = one.results.length;
  await applyControl(one.hub, onlyResident(one));
  expect(one.results).toHaveLength(batches);
});

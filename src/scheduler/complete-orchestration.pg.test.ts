import { type Pool } from 'pg';
import { describe } from 'vitest';
import { responseOf } from '../../test/helpers/factories.ts';
import {
  answer,
  count,
  expect,
  instanceRow,
  onlyResident,
  otherHub,
  raise,
  type SentTurn,
  startOrder,
  type StillEngine,
  test,
  until,
  withInstancesLocked,
} from '../../test/helpers/engine.ts';
import { complete, scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { instanceId } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { must } from '../lib/assert.ts';
import { codec } from '../protocol/codec.ts';
import { abandonInstance } from './abandon-instance.ts';
import { completeOrchestration } from './complete-orchestration.ts';
import { recordStored } from './record-stored.ts';
import { skipGracefulTerminations } from './skip-graceful-orchestration-terminations.ts';
import { suspendInstance } from './suspend-instance.ts';

async function withTurn(one: StillEngine) {
  const worker = one.worker();
  const id = await startOrder(one.hub, { instanceId: 'a' });
  return { worker, id, turn: await worker.turn() };
}

async function snapshot({ store, hub }: StillEngine, id = 'a'): Promise<InstanceSnapshot> {
  const [found] = await store.readInstances([{ hubId: hub.hubId, id: instanceId(id) }], true);
  return must(found, 'the instance');
}

const suspend = ({ hub }: StillEngine): Promise<void> =>
  suspendInstance(hub, codec.decode('SuspendRequest', codec.encode('SuspendRequest', { instanceId: 'a' })));
const terminate = async ({ hub }: StillEngine): Promise<void> => {
  const bytes = codec.encode('SkipGracefulOrchestrationTerminationsRequest', {
    instanceBatch: { instanceIds: ['a'] },
  });
  await skipGracefulTerminations(hub, codec.decode('SkipGracefulOrchestrationTerminationsRequest', bytes));
};

test('of several answers at the same time one is recorded, and all are accepted', async ({ still, db }) => {
  const one = await still();
  const { turn } = await withTurn(one);
  await Promise.all([1, 2, 3].map((i) => answer(one.hub, turn, [complete(`${i}`)])));
  expect(await snapshot(one)).toMatchObject({ status: 'completed', output: '1' });
  expect(await count(db, 'history')).toBe(1);
});

describe('while a control is on its way', () => {
  /** Sends a control, and does the rest before it gets through. */
  async function during(
    one: StillEngine,
    db: Pool,
    control: () => Promise<void>,
    rest: () => readonly Promise<void>[],
  ): Promise<void> {
    const all = await withInstancesLocked(db, async () => {
      const controlled = control();
      await until(() => onlyResident(one).isPatching, 'the control');
      return [controlled, ...rest()];
    });
    await Promise.all(all);
  }

  test('an answer waits, and is recorded after a suspension, which stays', async ({ still, db }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    await during(
      one,
      db,
      () => suspend(one),
      () => [answer(one.hub, turn, [scheduleTask(1, 'A')])],
    );
    expect(await snapshot(one)).toMatchObject({ status: 'suspended' });
    expect(worker.activities).toHaveLength(1);
    expect(onlyResident(one).state).toMatchObject({ turn: 1, status: 'suspended' });
  });

  test('an answer comes too late for an instance that is being terminated, and is accepted', async ({
    still,
    db,
  }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    await during(
      one,
      db,
      () => terminate(one),
      () => [answer(one.hub, turn, [scheduleTask(1, 'A'), complete('1')])],
    );
    expect(await snapshot(one)).toMatchObject({ status: 'terminated', output: null });
    expect([await count(db, 'activities'), await count(db, 'history')]).toEqual([0, 1]);
    expect(worker.stream.outstanding.orchestration).toBe(0);
    expect(one.deaths).toEqual([]);
  });

  test('of several answers and an abandon the first counts', async ({ still, db }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    await during(
      one,
      db,
      () => suspend(one),
      () => [
        answer(one.hub, turn, [scheduleTask(1, 'A')]),
        abandonInstance(one.hub, turn.token),
        answer(one.hub, turn, [scheduleTask(1, 'B')]),
      ],
    );
    expect(worker.activities.map(({ request }) => request.name)).toEqual(['A']);
    expect([await count(db, 'activities'), await count(db, 'history')]).toEqual([1, 1]);
    expect(onlyResident(one).state).toMatchObject({ turn: 1, status: 'suspended' });
  });
});

test('an answer after a control is as good as before it, one after the turn’s end is stale', async ({
  still,
}) => {
  const one = await still();
  const { turn } = await withTurn(one);
  await suspend(one);
  await answer(one.hub, turn, [scheduleTask(1, 'A')]);
  expect(onlyResident(one).state).toMatchObject({ status: 'suspended', turn: 1 });
  await answer(one.hub, turn, [complete('1')]);
  expect(await snapshot(one)).toMatchObject({ status: 'suspended' });
});

describe('an answer in parts', () => {
  /** Sends the part of that index, which is the last or not. */
  const part = (
    one: StillEngine,
    turn: SentTurn,
    [index, isLast]: readonly [number, boolean],
    name = `${index}`,
  ) =>
    answer(one.hub, turn, [scheduleTask(index + 1, name)], {
      isPartial: !isLast,
      chunkIndex: { value: index },
    });

  test('is recorded when all are there, in the order of the parts', async ({ still, db }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    await part(one, turn, [2, true]);
    await part(one, turn, [0, false], 'old');
    await part(one, turn, [0, false]);
    expect(await count(db, 'history')).toBe(0);
    await part(one, turn, [1, false]);
    expect(worker.activities.map(({ request }) => request.name)).toEqual(['0', '1', '2']);
  });

  test('is for one delivery: parts for the one before it are gone with its lease', async ({ still, db }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    await part(one, turn, [0, false]);
    one.dispatch.failDelivery(onlyResident(one), 'its time was over');
    const again = await worker.turn(1);
    await part(one, turn, [1, true]);
    await part(one, again, [1, true]);
    expect(await count(db, 'history')).toBe(0);
    await part(one, again, [0, false]);
    expect(await count(db, 'history')).toBe(1);
  });

  test('that is larger than is kept counts as a failed delivery', async ({ still }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    const response = responseOf({ completionToken: turn.token, isPartial: true });
    const bytes = Buffer.alloc(65 * 1024 * 1024);
    await completeOrchestration(one.hub, response, bytes);
    expect((await worker.turn(1)).token).not.toBe(turn.token);
    expect(onlyResident(one).attempts).toBe(1);
  });
});

test('a worker that asks for history that it was sent gets the turn again, not for ever', async ({
  still,
}) => {
  const one = await still();
  const { worker } = await withTurn(one);
  for (let delivery = 0; delivery < 3; delivery++) {
    await answer(one.hub, await worker.turn(delivery), [], { requiresHistory: true });
  }
  await until(async () => (await snapshot(one)).status === 'failed', 'the quarantine');
  const failure = codec.decode('TaskFailureDetails', must((await snapshot(one)).failure, 'a failure'));
  expect(failure.errorMessage).toContain('asked for the whole history');
  expect(worker.turns).toHaveLength(3);
});

describe('a token', () => {
  test('in another hub is worth nothing', async ({ still, db }) => {
    const one = await still();
    const { turn } = await withTurn(one);
    await answer(await otherHub(db, one.hub), turn, [complete('1')]);
    expect(await snapshot(one)).toMatchObject({ status: 'pending' });
    await answer(one.hub, turn, [complete('1')]);
    expect(await snapshot(one)).toMatchObject({ status: 'completed' });
  });

  test('of a replica that is gone is accepted, and nothing is kept', async ({ still, db }) => {
    const [one, two] = [await still(), await still()];
    const { turn } = await withTurn(one);
    await db.query('delete from replicas where replica_id = $1', [one.store.replicaId]);
    await answer(two.hub, turn, [complete('1')]);
    expect(await count(db, 'completions')).toBe(0);
  });

  test('of another replica’s turn is kept for that replica, which records it', async ({ still, db }) => {
    const [one, two] = [await still(), await still()];
    const { turn } = await withTurn(one);
    await answer(two.hub, turn, [complete('1')]);
    expect(two.results.at(-1)?.storedFor).toEqual([one.store.replicaId]);
    expect(await snapshot(one)).toMatchObject({ status: 'pending' });
    expect(await recordStored(one.hub)).toBe(1);
    expect(await snapshot(one)).toMatchObject({ status: 'completed', output: '1' });
    expect(await count(db, 'completions')).toBe(0);
  });
});

describe('without a token', () => {
  const untold = { completionToken: '' };

  test('the turn of that instance that is out is meant', async ({ still }) => {
    const one = await still();
    const { turn } = await withTurn(one);
    await answer(one.hub, turn, [complete('1')], untold);
    expect(await snapshot(one)).toMatchObject({ status: 'completed' });
  });

  test('nothing is meant where nothing is out, or in another hub', async ({ still, db }) => {
    const one = await still();
    const { turn } = await withTurn(one);
    await answer(await otherHub(db, one.hub), turn, [complete('1')], untold);
    await answer(one.hub, turn, []);
    await answer(one.hub, turn, [complete('1')], untold);
    await answer(one.hub, turn, [complete('1')], { ...untold, instanceId: 'nobody' });
    expect(await snapshot(one)).toMatchObject({ status: 'running' });
  });
});

test('what came while a turn was out goes out when it was answered', async ({ still, db }) => {
  const one = await still();
  const { turn, worker } = await withTurn(one);
  await raise(one.hub, 'a', 'paid');
  expect(worker.turns).toHaveLength(1);
  await answer(one.hub, turn, []);
  expect((await worker.turn(1)).news).toEqual(['orchestratorStarted', 'eventRaised']);
  expect(await instanceRow(db, onlyResident(one).state.key)).toMatchObject({ turn: 1, attempts: 0 });
});

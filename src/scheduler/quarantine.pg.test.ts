import { describe } from 'vitest';
import {
  answer,
  count,
  expect,
  onlyResident,
  raise,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { createChild, scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { instanceId } from '../domain/ids.ts';
import { unanswered } from '../domain/poisoned.ts';
import { must } from '../lib/assert.ts';
import { codec } from '../protocol/codec.ts';
import { unframe } from '../protocol/framing.ts';
import { quarantineActivity, quarantineInstance } from './quarantine.ts';

async function snapshot({ store, hub }: StillEngine, id: string) {
  const [found] = await store.readInstances([{ hubId: hub.hubId, id: instanceId(id) }], true);
  return must(found, 'the instance');
}

describe('an instance in quarantine', () => {
  test('has failed, with a reason to read and the turn that nobody got through in its history', async ({
    still,
    db,
  }) => {
    const one = await still();
    const worker = one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A')], { customStatus: { value: '"busy"' } });
    const resident = onlyResident(one);
    await raise(one.hub, 'a', 'poison');
    const out = await worker.turn(1);
    resident.attempts = 3;
    await quarantineInstance(one.hub, resident, 'every worker fell over');

    const found = await snapshot(one, 'a');
    expect(found).toMatchObject({ status: 'failed', output: null, customStatus: '"busy"' });
    expect(codec.decode('TaskFailureDetails', must(found.failure, 'a failure'))).toMatchObject({
      errorType: 'WorkItemQuarantined',
      errorMessage: 'the orchestration was given up after 3 deliveries: every worker fell over',
      isNonRetriable: true,
    });
    const rows = await one.store.readHistory(found);
    const recorded = unframe(must(rows.at(-1), 'the last turn')).map((event) => codec.decodeEvent(event));
    expect(recorded.map(({ eventType }) => eventType)).toEqual([
      ...['orchestratorStarted', 'eventRaised', 'executionCompleted'],
    ]);
    expect(one.dispatch.holds(found.key)).toBe(false);
    await answer(one.hub, out, [scheduleTask(2, 'B')]);
    expect([await count(db, 'inbox'), await count(db, 'activities')], 'what ran goes on').toEqual([0, 1]);
  });

  test('tells its parent', async ({ still }) => {
    const one = await still();
    const worker = one.worker();
    await startOrder(one.hub, { instanceId: 'parent' });
    await answer(one.hub, await worker.turn(), [createChild(1, { instanceId: 'child' })]);
    const child = [...one.dispatch.residents.all()].find(({ state }) => state.id === 'child');
    await quarantineInstance(one.hub, must(child, 'the child'), 'every worker fell over');
    const turn = await worker.turn(2);
    expect(turn.request.instanceId).toBe('parent');
    expect(turn.request.newEvents[1]).toMatchObject({
      eventType: 'subOrchestrationInstanceFailed',
      subOrchestrationInstanceFailed: {
        taskScheduledId: 1,
        failureDetails: { errorType: 'WorkItemQuarantined', isNonRetriable: true },
      },
    });
  });

  test('may be pending still: its start is recorded', async ({ still }) => {
    const one = await still();
    one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    await quarantineInstance(one.hub, onlyResident(one), 'every worker fell over');
    const rows = await one.store.readHistory(await snapshot(one, 'a'));
    const recorded = rows.flatMap((row) => unframe(row)).map((event) => codec.decodeEvent(event).eventType);
    expect(recorded).toEqual(['orchestratorStarted', 'executionStarted', 'executionCompleted']);
  });

  test('that went on elsewhere is left alone and loaded again', async ({ still, db }) => {
    const one = await still();
    one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    const resident = onlyResident(one);
    await db.query('update instances set turn = turn + 1');
    await quarantineInstance(one.hub, resident, 'every worker fell over');
    expect(await snapshot(one, 'a')).toMatchObject({ status: 'pending' });
    expect([one.dispatch.holds(resident.state.key), one.deaths]).toEqual([false, []]);
  });
});

test('an activity in quarantine is answered with a failure that says so, unless somebody answered it', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  await answer(one.hub, await worker.turn(), [scheduleTask(7, 'Charge')]);
  const lease = must(
    one.dispatch.takeActivity(
      one.dispatch.activities.outstandingLeases()[0]?.activityKey ?? 0,
      one.hub.hubId,
    ),
    'a lease',
  );
  await Promise.all([1, 2].map(() => quarantineActivity(one.hub, lease, unanswered(3))));
  const turn = await worker.turn(1);
  expect(turn.request.newEvents.slice(1)).toMatchObject([
    {
      eventType: 'taskFailed',
      taskFailed: {
        taskScheduledId: 7,
        failureDetails: {
          errorType: 'WorkItemQuarantined',
          errorMessage: expect.stringMatching(/Charge.*3 deliveries/) as unknown,
          isNonRetriable: true,
        },
      },
    },
  ]);
  expect(await count(db, 'activities')).toBe(0);
});

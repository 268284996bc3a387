import { type Pool } from 'pg';
import { describe } from 'vitest';
import {
  answer,
  answerActivity,
  count,
  expect,
  instanceRow,
  lowerFlags,
  only,
  onlyResident,
  startOrder,
  type StillEngine,
  test,
  until,
  withInstancesLocked,
} from '../../test/helpers/engine.ts';
import { complete, createChild, scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { type WorkKind, workKinds } from '../dispatch/filters.ts';
import { instanceId } from '../domain/ids.ts';
import { must } from '../lib/assert.ts';
import { codec } from '../protocol/codec.ts';

async function withTurn(one: StillEngine) {
  const worker = one.worker({ maxConcurrentOrchestrationWorkItems: 4, maxConcurrentActivityWorkItems: 4 });
  lowerFlags(one.dispatch.slots);
  await startOrder(one.hub, { instanceId: 'a' });
  return { worker, turn: await worker.turn(), resident: onlyResident(one) };
}

/** The database refuses activities of that name. */
async function refuseActivities(db: Pool, code: string): Promise<void> {
  await db.query(`
    create function refuse() returns trigger language plpgsql as $$ begin
      if new.name = 'Poison' then raise exception 'refused by the test' using errcode = '${code}'; end if;
      return new;
    end $$`);
  await db.query('create trigger refuse before insert on activities for each row execute function refuse()');
}

function freeSlots({ dispatch, hub }: StillEngine): Record<WorkKind, number> {
  const entries = workKinds.map((kind) => [kind, dispatch.slots.free(hub.hubId, kind)]);
  return Object.fromEntries(entries) as Record<WorkKind, number>;
}

async function statusOf({ store, hub }: StillEngine, id: string) {
  const [found] = await store.readInstances([{ hubId: hub.hubId, id: instanceId(id) }], true);
  return must(found, 'the instance');
}

describe('rows that a turn makes', () => {
  test('belong to this replica as far as it has slots, and are handed out when it is committed', async ({
    still,
    db,
  }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    const actions = [1, 2, 3, 4, 5, 6].map((id) => scheduleTask(id, `A${id}`));
    await answer(one.hub, turn, [...actions, createChild(7, { instanceId: 'child' })]);
    expect(worker.activities.map(({ request }) => request.name)).toEqual(['A1', 'A2', 'A3', 'A4']);
    expect((await worker.turn(1)).request.instanceId).toBe('child');
    const { rows } = await db.query('select name from activities where owner is null order by name');
    expect(rows).toEqual([{ name: 'A5' }, { name: 'A6' }]);
    expect(freeSlots(one)).toMatchObject({ activity: 0, orchestration: 3 });
  });

  test('are left to others when nobody here takes them', async ({ still, db }) => {
    const one = await still();
    const worker = one.worker(only({ orchestrations: ['Order'] }));
    await startOrder(one.hub);
    await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A'), createChild(2, { name: 'Child' })]);
    expect((await db.query('select owner from activities')).rows).toEqual([{ owner: null }]);
    expect((await db.query("select owner from instances where name = 'Child'")).rows).toEqual([
      { owner: null },
    ]);
    expect(one.results.at(-1)?.spilled).toEqual(
      expect.arrayContaining([
        { hubId: one.hub.hubId, item: 'activity' },
        { hubId: one.hub.hubId, item: 'orchestration' },
      ]),
    );
  });
});

describe('promised slots come back', () => {
  const all = { orchestration: 4, activity: 4, entity: 100 };

  test('of children whose id was taken', async ({ still }) => {
    const one = await still();
    const { turn } = await withTurn(one);
    await startOrder(one.hub, { instanceId: 'taken', name: 'Other' });
    await answer(one.hub, turn, [createChild(1, { instanceId: 'taken' })]);
    expect(freeSlots(one), 'two are out: the holder, and the parent with the failure').toEqual({
      ...all,
      orchestration: 2,
    });
  });

  test('when the turn was stale', async ({ still, db }) => {
    const one = await still();
    const { turn } = await withTurn(one);
    await db.query('update instances set turn = turn + 1');
    await answer(one.hub, turn, [scheduleTask(1, 'A'), createChild(2, {})]);
    expect(freeSlots(one)).toEqual(all);
    expect([await count(db, 'activities'), await count(db, 'instances')]).toEqual([0, 1]);
  });

  test('when the database refuses the turn', async ({ still, db }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    await refuseActivities(db, '22023');
    await answer(one.hub, turn, [scheduleTask(1, 'A'), scheduleTask(2, 'Poison'), createChild(3, {})]);
    await worker.turn(1);
    expect(freeSlots(one)).toEqual({ ...all, orchestration: 3 });
  });
});

describe('an answer that the database refuses', () => {
  test('counts as a failed delivery, and leaves others of its batch alone', async ({ still, db }) => {
    const one = await still();
    const { turn, worker } = await withTurn(one);
    await startOrder(one.hub, { instanceId: 'b' });
    const other = await worker.turn(1);
    await refuseActivities(db, '22023');
    await Promise.all([
      answer(one.hub, turn, [scheduleTask(1, 'Poison')]),
      answer(one.hub, other, [complete('1')]),
    ]);
    expect((await statusOf(one, 'b')).status).toBe('completed');
    const again = await worker.turn(2);
    expect(again.request.instanceId).toBe('a');
    expect(onlyResident(one).attempts).toBe(1);
    await answer(one.hub, again, [complete('2')]);
    expect(await statusOf(one, 'a')).toMatchObject({ status: 'completed', output: '2' });
    expect(one.deaths).toEqual([]);
  });

  test('again and again fails the instance, with what the database said', async ({ still, db }) => {
    const one = await still();
    const { worker } = await withTurn(one);
    await refuseActivities(db, '22023');
    for (let delivery = 0; delivery < 3; delivery++) {
      await answer(one.hub, await worker.turn(delivery), [scheduleTask(1, 'Poison')]);
    }
    await until(async () => (await statusOf(one, 'a')).status === 'failed', 'the quarantine');
    const failure = must((await statusOf(one, 'a')).failure, 'a failure');
    expect(codec.decode('TaskFailureDetails', failure)).toMatchObject({
      errorType: 'WorkItemQuarantined',
      errorMessage: expect.stringMatching(/3 deliveries.*refused by the test/) as unknown,
    });
  });
});

test('a turn whose guard refuses it is not recorded, and its instance is loaded again', async ({
  still,
  db,
}) => {
  const one = await still();
  const { turn, worker, resident } = await withTurn(one);
  await db.query('update instances set turn = turn + 1');
  await answer(one.hub, turn, [complete('1')]);
  expect([one.dispatch.holds(resident.state.key), worker.stream.outstanding.orchestration]).toEqual([
    false,
    0,
  ]);
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: null, is_due: true, status: 6 });
  expect(one.deaths).toEqual([]);
});

test('a worker whose answer may be lost with its replica is told to repeat it', async ({ still, db }) => {
  const one = await still();
  const { turn } = await withTurn(one);
  const answered = await withInstancesLocked(db, async () => {
    const answering = answer(one.hub, turn, [complete('1')]).catch((error: unknown) => error);
    await until(() => onlyResident(one).isPatching, 'the answer');
    one.store.abort('it has died');
    return answering;
  });
  expect(answered).toMatchObject({ code: 'unavailable' });
});

test('a turn that could not be committed for nobody’s fault goes out again, and is no attempt', async ({
  still,
  db,
}) => {
  const one = await still();
  const { turn, worker, resident } = await withTurn(one);
  await refuseActivities(db, '40P01');
  await expect(answer(one.hub, turn, [scheduleTask(1, 'Poison')])).rejects.toMatchObject({
    code: 'unavailable',
  });
  const again = await worker.turn(1);
  expect([resident.attempts, freeSlots(one).activity, one.deaths]).toEqual([0, 4, []]);
  await answer(one.hub, again, [complete('1')]);
  expect((await statusOf(one, 'a')).status).toBe('completed');
});

test('an orchestration of three activities makes seven actions', async ({ still }) => {
  const one = await still();
  const { turn, worker } = await withTurn(one);
  await answer(
    one.hub,
    turn,
    [1, 2, 3].map((id) => scheduleTask(id, 'Hello')),
  );
  for (const n of [0, 1, 2]) await answerActivity(one.hub, await worker.activity(n));
  for (let n = 1, results = 0; results < 3; n++) {
    const next = await worker.turn(n);
    results += next.news.filter((type) => type === 'taskCompleted').length;
    await answer(one.hub, next, results === 3 ? [complete('1')] : []);
  }
  const counted = (await one.metrics.render()).match(/^perdura_actions_total.*$/gm);
  expect(counted?.toSorted()).toEqual([
    'perdura_actions_total{hub="hub-1",kind="activity"} 3',
    'perdura_actions_total{hub="hub-1",kind="result"} 3',
    'perdura_actions_total{hub="hub-1",kind="start"} 1',
  ]);
});

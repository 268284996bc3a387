import { describe } from 'vitest';
import {
  answer,
  answerActivity,
  count,
  expect,
  instanceRow,
  onlyResident,
  otherHub,
  raise,
  type SentActivity,
  startOrder,
  type StillEngine,
  test,
  until,
} from '../../test/helpers/engine.ts';
import { continueAsNew, scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { codec } from '../protocol/codec.ts';
import { claimWork } from './claim-work.ts';
import { fetchInbox } from './sweep.ts';

/** An order that waits for activities, all of which are out at the engine's worker. */
async function withActivities(one: StillEngine, ...names: string[]) {
  const worker = one.worker();
  const id = await startOrder(one.hub);
  await answer(
    one.hub,
    await worker.turn(),
    names.map((name, i) => scheduleTask(i + 1, name)),
  );
  const sent = (name: string): SentActivity => {
    const found = worker.activities.find(({ request }) => request.name === name);
    if (!found) throw new Error(`${name} was not sent`);
    return found;
  };
  return { worker, id, sent, resident: onlyResident(one) };
}

/** Results in the inbox of the resident, as they will be sent. */
function results(one: StillEngine): (string | undefined)[] {
  return onlyResident(one).messages.map(({ event }) => {
    const decoded = codec.decodeEvent(event);
    return decoded.eventType === 'taskCompleted' ? decoded.taskCompleted.result?.value : decoded.eventType;
  });
}

/** Nothing is sent to the worker any more: what comes stays in the inbox. */
const holdBack = (one: StillEngine): void => {
  for (const stream of one.streams.ofHub(one.hub.hubId)) stream.limits.orchestration = 0;
};

test('the first answer is recorded, all later ones are accepted and ignored', async ({ still, db }) => {
  const one = await still();
  const { sent } = await withActivities(one, 'A');
  holdBack(one);
  await answerActivity(one.hub, sent('A'), { result: { value: '1' } });
  await answerActivity(one.hub, sent('A'), { result: { value: '2' } });
  expect(results(one)).toEqual(['1']);
  expect(await count(db, 'activities')).toBe(0);
});

test('of answers at several replicas at once, one is recorded', async ({ still, db }) => {
  const [one, two, three] = [await still(), await still(), await still()];
  const { sent, resident } = await withActivities(one, 'A');
  holdBack(one);
  await Promise.all(
    [one, two, three].flatMap(({ hub }, i) =>
      [0, 1].map((j) => answerActivity(hub, sent('A'), { result: { value: `${i}${j}` } })),
    ),
  );
  await fetchInbox(one.hub, resident.state);
  expect(results(one)).toHaveLength(1);
  expect(await count(db, 'inbox')).toBe(1);
});

test('an answer at another replica rings the owner of the instance, who reads it', async ({ still, db }) => {
  const [one, two] = [await still(), await still()];
  const { sent, worker, resident } = await withActivities(one, 'A');
  await answerActivity(two.hub, sent('A'));
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ is_due: true });
  const { partition, key } = resident.state;
  expect(two.results.at(-1)?.rung).toEqual([{ partition, key, owner: one.store.replicaId }]);
  await fetchInbox(one.hub, resident.state);
  expect((await worker.turn(1)).news).toEqual(['orchestratorStarted', 'taskCompleted']);
});

test('an answer frees the slot for what else there is to do', async ({ still }) => {
  const one = await still();
  const worker = one.worker({ maxConcurrentActivityWorkItems: 1 });
  await startOrder(one.hub);
  await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
  expect(await claimWork(one.hub)).toBe(1);
  const first = await worker.activity();
  expect(await claimWork(one.hub), 'the slot is taken').toBe(0);
  const asked = one.claimsAsked();
  await answerActivity(one.hub, first);
  expect(one.claimsAsked()).toBe(asked + 1);
  expect(await claimWork(one.hub)).toBe(1);
  expect((await worker.activity(1)).request.name).not.toBe(first.request.name);
});

test('the answer of a delivery that has timed out counts as long as the row exists', async ({ still }) => {
  const one = await still();
  const { sent, worker } = await withActivities(one, 'A');
  worker.stream.closed();
  one.dispatch.expireLeases();
  expect(one.dispatch.activities.outstanding).toBe(0);
  await answerActivity(one.hub, sent('A'), { result: { value: '"late"' } });
  expect(results(one)).toEqual(['"late"']);
});

test('an activity whose answer can’t be committed goes back: as an attempt, unless it is nobody’s fault', async ({
  still,
  db,
}) => {
  const one = await still();
  const { sent } = await withActivities(one, 'A', 'B');
  holdBack(one);
  await db.query(`
    create function refuse() returns trigger language plpgsql as $$ begin
      if old.name = 'A' then raise exception 'refused' using errcode = '22023'; end if;
      raise exception 'busy' using errcode = '40P01';
    end $$`);
  await db.query('create trigger refuse before delete on activities for each row execute function refuse()');
  await expect(answerActivity(one.hub, sent('A'))).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(answerActivity(one.hub, sent('B'))).rejects.toMatchObject({ code: 'unavailable' });
  await until(async () => (await count(db, 'activities where owner is null')) === 2, 'their return');
  expect((await db.query('select name, attempt from activities order by name')).rows).toEqual([
    { name: 'A', attempt: 1 },
    { name: 'B', attempt: 0 },
  ]);
  expect(one.dispatch.activities.outstanding).toBe(0);
});

test('the answer for an execution that is over is accepted and gone', async ({ still, db }) => {
  const one = await still();
  const { sent, worker } = await withActivities(one, 'A', 'B');
  await answerActivity(one.hub, sent('A'));
  await answer(one.hub, await worker.turn(1), [continueAsNew('2')]);
  await answer(one.hub, await worker.turn(2), []);
  await answerActivity(one.hub, sent('B'));
  expect(await count(db, 'activities')).toBe(0);
  expect(await count(db, 'inbox')).toBe(0);
  expect(worker.turns).toHaveLength(3);
});

describe('a token', () => {
  test('of another hub’s activity changes nothing, not even its lease', async ({ still, db }) => {
    const one = await still();
    const { sent } = await withActivities(one, 'A');
    const other = await otherHub(db, one.hub);
    await answerActivity(other, sent('A'));
    expect(one.dispatch.activities.outstanding).toBe(1);
    expect(await count(db, 'activities')).toBe(1);
    expect(results(one)).toEqual([]);
  });

  test('of a turn is none of an activity', async ({ still, db }) => {
    const one = await still();
    const { worker } = await withActivities(one, 'A');
    await answerActivity(one.hub, await worker.turn());
    expect(await count(db, 'activities')).toBe(1);
  });
});

describe('without a token', () => {
  const untold = (instanceId: string, taskId: number) => ({ completionToken: '', instanceId, taskId });

  test('the lease of that task of that instance is meant', async ({ still }) => {
    const one = await still();
    const { id, sent } = await withActivities(one, 'A', 'B');
    holdBack(one);
    await answerActivity(one.hub, sent('A'), { ...untold(id, 2), result: { value: '"B"' } });
    expect(results(one)).toEqual(['"B"']);
    expect(one.dispatch.activities.outstandingLeases().map(({ name }) => name)).toEqual(['A']);
  });

  test('what is out is meant, not a newer task of that number that still waits', async ({ still, db }) => {
    const one = await still();
    const worker = one.worker({ maxConcurrentActivityWorkItems: 1 });
    const id = await startOrder(one.hub);
    await answer(one.hub, await worker.turn(), [scheduleTask(1, 'Old')]);
    await claimWork(one.hub);
    const old = await worker.activity();
    await raise(one.hub, id, 'again');
    await answer(one.hub, await worker.turn(1), [continueAsNew('2')]);
    await answer(one.hub, await worker.turn(2), [scheduleTask(1, 'New')]);
    await answerActivity(one.hub, old, untold(id, 1));
    expect((await db.query('select name from activities')).rows).toEqual([{ name: 'New' }]);
  });

  test('the row is meant when the lease is another replica’s', async ({ still, db }) => {
    const [one, two] = [await still(), await still()];
    const { id, sent, resident } = await withActivities(one, 'A', 'B');
    holdBack(one);
    await answerActivity(two.hub, sent('A'), { ...untold(id, 1), result: { value: '"A"' } });
    await fetchInbox(one.hub, resident.state);
    expect(results(one)).toEqual(['"A"']);
    expect(await count(db, 'activities')).toBe(1);
  });

  test('an unknown instance or task, or one of another hub, has nothing to answer', async ({ still, db }) => {
    const one = await still();
    const { id, sent } = await withActivities(one, 'A');
    await answerActivity(one.hub, sent('A'), untold('nobody', 1));
    await answerActivity(one.hub, sent('A'), untold(id, 9));
    await answerActivity(await otherHub(db, one.hub), sent('A'), untold(id, 1));
    expect(await count(db, 'activities')).toBe(1);
    expect(one.dispatch.activities.outstanding).toBe(1);
  });
});

test('the slot of an activity is free when it was answered at another replica', async ({ run }) => {
  const [owner, other] = [await run(), await run()];
  const worker = owner.worker({ maxConcurrentActivityWorkItems: 1 });
  await startOrder(owner.hub);
  await answer(owner.hub, await worker.turn(), [scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
  await answerActivity(other.hub, await worker.activity());
  await worker.activity(1);
});

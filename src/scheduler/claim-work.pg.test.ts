import { describe } from 'vitest';
import {
  answerActivity,
  until,
  answer,
  expect,
  instanceRow,
  only,
  onlyResident,
  otherHub,
  raise,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { must } from '../lib/assert.ts';
import { claimWork } from './claim-work.ts';
import { releaseInstance } from './release-instance.ts';

/** Starts orders at an engine without workers: nobody owns them. */
async function spill({ hub }: StillEngine, count: number, name = 'Order'): Promise<void> {
  for (let i = 0; i < count; i++) await startOrder(hub, { instanceId: `${name}-${i}`, name });
}

const sentTo = (worker: { turns: readonly { request: { instanceId: string } }[] }): string[] =>
  worker.turns.map(({ request }) => request.instanceId);

test('unowned instances are taken, owned and handed out, as many as there are slots', async ({
  still,
  db,
}) => {
  const [starter, one] = [await still(), await still()];
  await spill(starter, 5);
  const worker = one.worker({ maxConcurrentOrchestrationWorkItems: 3 });
  expect(await claimWork(one.hub)).toBe(3);
  expect(sentTo(worker)).toHaveLength(3);
  for (const { state } of one.dispatch.residents.all()) {
    expect(await instanceRow(db, state.key)).toMatchObject({ owner: one.store.replicaId, ready_at: null });
  }
  expect(one.dispatch.slots.isFlagged(one.hub.hubId, 'orchestration'), 'there may be more').toBe(true);
});

test('two replicas share unowned work: nothing is taken twice', async ({ still }) => {
  const [starter, one, two] = [await still(), await still(), await still()];
  await spill(starter, 40);
  const workers = [one.worker(), two.worker()];
  const claimed = await Promise.all([claimWork(one.hub), claimWork(two.hub)]);
  const again = await Promise.all([claimWork(one.hub), claimWork(two.hub)]);
  const ids = workers.flatMap(sentTo);
  expect(new Set(ids).size).toBe(40);
  expect(ids).toHaveLength(40);
  expect([...claimed, ...again].reduce((sum, count) => sum + count)).toBe(40);
});

test('activities are taken as well, with their attempts', async ({ still }) => {
  const [starter, one] = [await still(), await still()];
  const turns = starter.worker(only({ orchestrations: ['Order'] }));
  await startOrder(starter.hub);
  await answer(starter.hub, await turns.turn(), [scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
  const worker = one.worker(only({ activities: ['B'] }));
  expect(await claimWork(one.hub)).toBe(1);
  expect(worker.activities.map(({ request }) => request.name)).toEqual(['B']);
  expect(one.dispatch.activities.outstandingLeases()).toMatchObject([{ name: 'B', attempt: 0, taskId: 2 }]);
});

describe('a claim takes', () => {
  test('what some stream with a free slot accepts, nothing else', async ({ still }) => {
    const [starter, one] = [await still(), await still()];
    for (const name of ['A', 'B', 'C']) await spill(starter, 1, name);
    const [a, c] = [one.worker(only({ orchestrations: ['A'] })), one.worker(only({ orchestrations: ['C'] }))];
    expect(await claimWork(one.hub)).toBe(2);
    expect([sentTo(a), sentTo(c)]).toEqual([['A-0'], ['C-0']]);
  });

  test('nothing of another hub', async ({ still, db }) => {
    const [starter, one] = [await still(), await still()];
    await spill(starter, 1);
    const { hubId } = await otherHub(db, one.hub);
    one.worker({}, { hubId });
    expect(await claimWork(one.hub)).toBe(0);
  });

  test('nothing while the streams are full, and the flag stays up', async ({ still }) => {
    const one = await still();
    const worker = one.worker({ maxConcurrentOrchestrationWorkItems: 1 });
    worker.stream.outstanding.orchestration = 1;
    await spill(one, 1);
    one.dispatch.workAppeared(one.hub.hubId, 'orchestration');
    expect(await claimWork(one.hub)).toBe(0);
    expect(one.dispatch.slots.isFlagged(one.hub.hubId, 'orchestration')).toBe(true);
    worker.stream.outstanding.orchestration = 0;
    expect(await claimWork(one.hub)).toBe(1);
  });

  test('nothing while this replica drains', async ({ still }) => {
    const one = await still();
    await spill(one, 1);
    one.worker();
    one.dispatch.drain();
    expect(await claimWork(one.hub)).toBe(0);
  });
});

describe('the flag of a hub', () => {
  test('goes down when a claim found all that there is', async ({ still }) => {
    const [starter, one] = [await still(), await still()];
    await spill(starter, 2);
    one.worker();
    await claimWork(one.hub);
    expect(one.dispatch.slots.flagged()).toEqual([]);
    expect(await claimWork(one.hub)).toBe(0);
  });

  test('stays up for what only a busy stream accepts', async ({ still }) => {
    const one = await still();
    const busy = one.worker({ ...only({ orchestrations: ['A'] }), maxConcurrentOrchestrationWorkItems: 1 });
    one.worker(only({ orchestrations: ['B'] }));
    busy.stream.outstanding.orchestration = 1;
    await spill(one, 1, 'A');
    await claimWork(one.hub);
    expect(one.dispatch.slots.isFlagged(one.hub.hubId, 'orchestration')).toBe(true);
    busy.stream.outstanding.orchestration = 0;
    expect(await claimWork(one.hub)).toBe(1);
    expect(sentTo(busy)).toEqual(['A-0']);
  });

  test('stays up when work appeared while the claim looked', async ({ still }) => {
    const one = await still();
    one.worker();
    const claiming = claimWork(one.hub);
    one.dispatch.workAppeared(one.hub.hubId, 'orchestration');
    await claiming;
    const flagged = one.dispatch.slots.flagged().map(({ kind }) => kind);
    expect(flagged).toEqual(['orchestration']);
  });
});

test('hubs take turns: a hub with much work does not keep others waiting', async ({ still, db }) => {
  const one = await still();
  const other = await otherHub(db, one.hub);
  await spill(one, 60);
  await startOrder(other, { instanceId: 'of the other hub' });
  const busy = one.worker({ maxConcurrentOrchestrationWorkItems: 20 });
  const quiet = one.worker({}, { hubId: other.hubId });
  expect(await claimWork(one.hub)).toBe(21);
  expect([sentTo(busy).length, sentTo(quiet)]).toEqual([20, ['of the other hub']]);
});

test('what is claimed brings its history and its inbox: the turn is what it would be at its owner', async ({
  still,
}) => {
  const [first, second] = [await still(), await still()];
  const before = first.worker(only({ orchestrations: ['Order'] }));
  await startOrder(first.hub, { instanceId: 'a', input: { value: '1' } });
  await answer(first.hub, await before.turn(), []);
  await releaseInstance(first.hub, onlyResident(first), 0);
  await raise(first.hub, 'a', 'paid');
  const worker = second.worker();
  expect(await claimWork(second.hub)).toBe(1);
  const { request: turn, news } = await worker.turn();
  expect(news).toEqual(['orchestratorStarted', 'eventRaised']);
  expect(turn.pastEvents).toMatchObject([
    { eventType: 'orchestratorStarted' },
    { eventType: 'executionStarted', executionStarted: { name: 'Order', input: { value: '1' } } },
  ]);
});

test('activities that wait for a busy worker don’t keep others from free workers', async ({ run }) => {
  const one = await run();
  const turns = one.worker(only({ orchestrations: ['Order'] }));
  const slow = one.worker({ ...only({ activities: ['Render'] }), maxConcurrentActivityWorkItems: 1 });
  const idle = one.worker({ ...only({ activities: ['Email'] }), maxConcurrentActivityWorkItems: 50 });
  await startOrder(one.hub, { instanceId: 'renders' });
  const renders = Array.from({ length: 200 }, (_, i) => scheduleTask(i + 1, 'Render'));
  await answer(one.hub, await turns.turn(), renders);
  await answerActivity(one.hub, await slow.activity());
  await slow.activity(1);
  await startOrder(one.hub, { instanceId: 'mails' });
  await until(() => turns.turns.some(({ request }) => request.instanceId === 'mails'), 'its turn');
  const mails = turns.turns.find(({ request }) => request.instanceId === 'mails');
  await answer(one.hub, must(mails, 'its turn'), [scheduleTask(1, 'Email')]);
  expect((await idle.activity()).request.name).toBe('Email');
});

test('the flag of a hub stays up for what a stream accepts that was busy when the claim began', async ({
  still,
}) => {
  const one = await still();
  const busy = one.worker({ ...only({ orchestrations: ['A'] }), maxConcurrentOrchestrationWorkItems: 1 });
  one.worker(only({ orchestrations: ['B'] }));
  busy.stream.outstanding.orchestration = 1;
  await startOrder(one.hub, { name: 'A' });
  const claiming = claimWork(one.hub);
  busy.stream.outstanding.orchestration = 0;
  await claiming;
  expect(one.dispatch.slots.isFlagged(one.hub.hubId, 'orchestration')).toBe(true);
});

import { describe } from 'vitest';
import { startProxy } from '../test/helpers/proxy.ts';
import {
  answer,
  answerActivity,
  count,
  expect,
  only,
  raise,
  startOrder,
  test,
  until,
} from '../test/helpers/engine.ts';
import { must } from './lib/assert.ts';
import { complete, createTimer, fromNow, scheduleTask } from '../test/helpers/scripted-worker.ts';

describe('two replicas', () => {
  test('one starts, the other runs: work is found by hint', async ({ run }) => {
    const [starter, runner] = [await run(), await run()];
    const worker = runner.worker();
    await startOrder(starter.hub, { instanceId: 'a' });
    expect((await worker.turn()).request.instanceId).toBe('a');
  });

  test('one owns the turn, the other has the workers for its activities, and timers are fired by either', async ({
    run,
    db,
  }) => {
    const [one, two] = [await run(), await run()];
    const turns = one.worker(only({ orchestrations: ['Order'] }));
    const tasks = two.worker(only({ activities: ['Charge'] }));
    await startOrder(one.hub, { instanceId: 'a' });
    await answer(one.hub, await turns.turn(), [scheduleTask(1, 'Charge'), createTimer(2, fromNow(200))]);
    await answerActivity(two.hub, await tasks.activity());
    // In one turn or in two, in whatever order they came.
    for (let n = 1; ; n++) {
      const turn = await turns.turn(n);
      const news = turns.turns.flatMap((known) => known.news);
      const isAll = news.includes('taskCompleted') && news.includes('timerFired');
      await answer(one.hub, turn, isAll ? [complete('1')] : []);
      if (isAll) break;
    }
    expect((await db.query('select status from instances')).rows).toEqual([{ status: 1 }]);
    expect(await count(db, 'timers')).toBe(0);
  });

  test('many timers of many instances fire once each, whoever polls their partitions', async ({
    run,
    db,
  }) => {
    const [one, two] = [await run(), await run()];
    const worker = one.worker();
    const dueAt = fromNow(300);
    for (let i = 0; i < 30; i++) await startOrder(one.hub, { instanceId: `${i}` });
    for (let i = 0; i < 30; i++) await answer(one.hub, await worker.turn(i), [createTimer(1, dueAt)]);
    for (let i = 30; i < 60; i++) await answer(one.hub, await worker.turn(i), [complete('1')]);
    expect((await db.query('select count(*) as n from instances where status = 1')).rows).toEqual([
      { n: 30 },
    ]);
    expect(worker.turns).toHaveLength(60);
    expect(two.deaths).toEqual([]);
  });

  test('one writes timers that the other polls: those due soon are hinted', async ({ run, still }) => {
    const [poller, one] = [await still(), await run()];
    const { timers } = one.engine.context.dispatch;
    await until(() => timers.living.includes(poller.store.replicaId), 'the sharing of partitions');
    const worker = one.worker();
    for (let i = 0; i < 20; i++) {
      await startOrder(one.hub, { instanceId: `${i}` });
      await answer(one.hub, await worker.turn(i), [createTimer(1, fromNow(5_000))]);
    }
    await until(() => poller.hints.some(({ kind }) => kind === 'timers'), 'the hint');
    expect(poller.hints).toContainEqual({ kind: 'timers', owner: poller.store.replicaId });
  });

  test('an event for an instance of the other arrives by hint', async ({ run }) => {
    const [owner, sender] = [await run(), await run()];
    const worker = owner.worker();
    await startOrder(owner.hub, { instanceId: 'a' });
    await answer(owner.hub, await worker.turn(), []);
    await raise(sender.hub, 'a', 'paid');
    expect((await worker.turn(1)).news).toEqual(['orchestratorStarted', 'eventRaised']);
  });

  test('an answer for a turn of the other is recorded by hint', async ({ run, db }) => {
    const [owner, other] = [await run(), await run()];
    const worker = owner.worker();
    await startOrder(owner.hub, { instanceId: 'a' });
    await answer(other.hub, await worker.turn(), [complete('1')]);
    await until(async () => (await count(db, 'completions')) === 0, 'the recording');
    expect((await db.query('select status from instances')).rows).toEqual([{ status: 1 }]);
  });

  test('with different workers don’t pass an instance back and forth that neither can run', async ({
    run,
    db,
  }) => {
    const [one, two] = [await run(), await run()];
    one.worker(only({ orchestrations: ['A'] }));
    two.worker(only({ orchestrations: ['B'] }));
    await startOrder(one.hub, { name: 'C', instanceId: 'c' });
    const before = await count(db, 'instances where owner is null');
    expect(before).toBe(1);
    const late = two.worker(only({ orchestrations: ['C'] }));
    expect((await late.turn()).request.instanceId).toBe('c');
  });
});

describe('an orderly end', () => {
  test('gives back what this replica owned, for others to claim at once, and deletes its row last', async ({
    run,
    db,
  }) => {
    const [old, next] = [await run(), await run()];
    const worker = old.worker();
    await startOrder(old.hub, { instanceId: 'idle' });
    await answer(old.hub, await worker.turn(), [scheduleTask(1, 'A')]);
    await startOrder(old.hub, { instanceId: 'out' });
    await worker.turn(1);
    await worker.activity();
    await old.engine.end();
    expect(await count(db, 'replicas')).toBe(1);
    expect(await count(db, 'instances where owner is not null')).toBe(0);
    expect(old.deaths, 'it has ended, not died').toEqual([]);
    const successor = next.worker();
    expect((await successor.turn()).request.instanceId).toBe('out');
    expect((await successor.activity()).request.name).toBe('A');
    await raise(next.hub, 'idle', 'paid');
    expect((await successor.turn(1)).request.instanceId).toBe('idle');
  });

  test('is ended twice like once, and nothing of it works any more', async ({ run }) => {
    const one = await run();
    await Promise.all([one.engine.end(), one.engine.end()]);
    await expect(startOrder(one.hub)).rejects.toMatchObject({ code: 'unavailable' });
    one.engine.die('too late');
    expect([one.engine.isOver, one.deaths]).toEqual([true, []]);
  });

  test('without a database takes a bounded time', { timeout: 30_000 }, async ({ run, databaseUrl }) => {
    const proxy = await startProxy(databaseUrl);
    const one = await run({ databaseUrl: proxy.url });
    one.worker();
    proxy.cut();
    const from = performance.now();
    await one.engine.end();
    expect(performance.now() - from).toBeLessThan(12_000);
    proxy.close();
  });

  test('leaves workers what they have, but hands out nothing more while it drains', async ({ run, db }) => {
    const one = await run();
    const worker = one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    const turn = await worker.turn();
    one.engine.drain();
    await startOrder(one.hub, { instanceId: 'b' });
    await answer(one.hub, turn, [scheduleTask(1, 'A')]);
    expect([worker.turns.length, worker.activities.length]).toEqual([1, 0]);
    expect(one.engine.context.dispatch.outstanding).toBe(0);
    expect(await count(db, 'activities where owner is null')).toBe(1);
  });
});

describe('an engine that drains', () => {
  test('keeps nothing from others that gets ready meanwhile', async ({ run }) => {
    const one = await run();
    const worker = one.worker();
    await startOrder(one.hub, { instanceId: 'long' });
    await answer(one.hub, await worker.turn(), [scheduleTask(1, 'Long')]);
    await worker.activity();
    await startOrder(one.hub, { instanceId: 'short' });
    await answer(one.hub, await worker.turn(1), [scheduleTask(1, 'Short')]);
    const short = await worker.activity(1);
    const two = await run();
    const other = two.worker();
    one.engine.drain();
    await answerActivity(one.hub, short);
    expect((await other.turn()).request.instanceId).toBe('short');
    expect(one.engine.context.dispatch.outstanding, 'the long one is still out').toBe(1);
  });
});

describe('an incarnation that dies', () => {
  test('tells once, gives its slots back, and rejects all that is asked of it', async ({ run }) => {
    const one = await run();
    const worker = one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    const turn = await worker.turn();
    one.engine.die('a test');
    one.engine.die('again');
    expect(one.deaths).toEqual(['a test']);
    expect(worker.stream.outstanding.orchestration).toBe(0);
    expect(worker.endedBy, 'streams outlive it').toBeUndefined();
    await answer(one.hub, turn, [complete('1')]);
    await expect(startOrder(one.hub)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('was declared dead: it writes nothing more, and its successor goes on with its instances', async ({
    run,
    db,
  }) => {
    const [frozen, other] = [await run(), await run()];
    const before = frozen.worker();
    await startOrder(frozen.hub, { instanceId: 'a' });
    const turn = await before.turn();
    await db.query('delete from replicas where replica_id = $1', [frozen.engine.replicaId]);
    await expect(answer(frozen.hub, turn, [complete('"from the grave"')])).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(frozen.deaths).toEqual(['fenced']);
    const after = other.worker();
    await answer(other.hub, await after.turn(), [complete('"alive"')]);
    const { rows } = await db.query<{ output: Buffer }>('select output from instances');
    expect(rows.map(({ output }) => output.toString())).toEqual(['"alive"']);
  });

  test('leaves its activities to the next: workers go on with them', async ({ run, db }) => {
    const old = await run();
    const worker = old.worker();
    await startOrder(old.hub, { instanceId: 'a' });
    await answer(old.hub, await worker.turn(), [scheduleTask(1, 'Long'), scheduleTask(2, 'Lost')]);
    await worker.activity(1);
    const leases = old.engine.context.dispatch.activities.outstandingLeases();
    const long = leases.filter(({ name }) => name === 'Long');
    old.engine.die('a test');
    const inherited = { replicaIds: [old.engine.replicaId], activities: long };
    const next = await run({ streams: old.streams }, { inherited });
    // The one that was not inherited was freed with the rest, and goes out again.
    expect((await worker.activity(2)).request.name).toBe('Lost');
    const { rows } = await db.query('select distinct owner from activities');
    expect(rows).toEqual([{ owner: next.engine.replicaId }]);
    expect(next.engine.context.dispatch.outstanding, 'both are out').toBe(2);
    const sent = worker.activities.filter(({ request }) => request.name === 'Long');
    expect(sent).toHaveLength(1);
    await answerActivity(next.hub, must(sent[0], 'the long activity'));
    expect((await worker.turn(1)).news).toEqual(['orchestratorStarted', 'taskCompleted']);
  });
});

test(
  'reads that were never answered end, and timers are polled again',
  { timeout: 90_000 },
  async ({ run, databaseUrl }) => {
    const proxy = await startProxy(databaseUrl);
    const one = await run({ databaseUrl: proxy.url });
    const worker = one.worker();
    await startOrder(one.hub);
    const turn = await worker.turn();
    proxy.swallowReplies();
    await new Promise((resolve) => setTimeout(resolve, 2_600));
    proxy.restore();
    await answer(one.hub, turn, [createTimer(1, fromNow(15_000))]);
    const deadline = performance.now() + 60_000;
    while (worker.turns.length < 2 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(worker.turns).toHaveLength(2);
    proxy.close();
  },
);

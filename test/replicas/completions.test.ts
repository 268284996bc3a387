import { type Pool } from 'pg';
import { describe } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { type TestHub, statusNamed } from '../helpers/client.ts';
import {
  complete,
  continueAsNew,
  eventOf,
  type ScriptedWorker,
  scheduleTask,
  type TurnItem,
} from '../helpers/scripted-worker.ts';
import { answerActivity, answerTurn, part } from './answers.ts';
import { faultsOfHistory, leftovers, readAll } from './check.ts';
import { count, expect, test as replicaTest, until } from './replicas.ts';

// Workers have their stream at `owner`; what they answer arrives at `other`, which has no worker and owns nothing.

const test = replicaTest.extend<{ owner: TestHub; other: TestHub }>({
  owner: async ({ replica, at }, use) => {
    await use(at(await replica()));
  },
  other: async ({ replica, at }, use) => {
    await use(at(await replica()));
  },
});

/** A turn that is out at the owner. */
async function begin(owner: TestHub): Promise<{ worker: ScriptedWorker; id: string; item: TurnItem }> {
  const worker = await owner.worker();
  const id = await owner.start();
  return { worker, id, item: await worker.turn() };
}

/** Every answer that was stored for the owner has been taken. */
async function taken(db: Pool): Promise<void> {
  await until(async () => (await count(db, 'completions')) === 0, 'an empty table of stored answers');
}

describe('a turn answered at another replica', () => {
  test('is recorded by the owner, and whoever waits at either is told', async ({ owner, other, db }) => {
    const worker = await owner.worker();
    const id = await other.start();
    const waits = [owner.completed(id), other.completed(id)];
    await answerTurn(other, await worker.turn(), [scheduleTask(1, 'Charge')], {
      customStatus: { value: '"busy"' },
    });
    await worker.completeActivity(await worker.activity(), { result: { value: '7' } });
    const second = await worker.turn();
    expect(eventOf(second, 'taskCompleted').taskCompleted.result).toEqual({ value: '7' });
    await answerTurn(other, second, [complete('7')]);
    for (const state of await Promise.all(waits)) expect(state.output).toEqual({ value: '7' });
    expect(faultsOfHistory(must((await readAll(db)).get(id), id).events)).toEqual([]);
    expect(await leftovers(db)).toEqual([]);
  });

  test('and at the owner at the same time is recorded once', async ({ owner, other, db }) => {
    const { worker, id, item } = await begin(owner);
    await Promise.all(
      [owner, other, owner, other].map((hub) => answerTurn(hub, item, [scheduleTask(1, 'Once')])),
    );
    await worker.completeActivity(await worker.activity());
    await worker.play([complete('1')]);
    await owner.completed(id);
    const { events, turns } = must((await readAll(db)).get(id), id);
    expect(faultsOfHistory(events)).toEqual([]);
    expect(turns).toHaveLength(2);
    expect(worker.count('activity')).toBe(0);
    expect(await leftovers(db)).toEqual([]);
  });

  test('that was recorded long ago changes nothing (orchestrations §1.8)', async ({ owner, other, db }) => {
    const { worker, id, item } = await begin(owner);
    await answerTurn(owner, item, [scheduleTask(1, 'Charge')]);
    await answerTurn(other, item, [complete('wrong')]);
    await taken(db);
    await worker.completeActivity(await worker.activity());
    await worker.play([complete('right')]);
    expect((await other.completed(id)).output).toEqual({ value: 'right' });
  });

  test('of a generation that is over changes nothing', async ({ owner, other, db }) => {
    const { worker, id, item } = await begin(owner);
    await answerTurn(other, item, [continueAsNew('2')]);
    const second = await worker.turn();
    await answerTurn(other, item, [complete('wrong')]);
    await taken(db);
    await answerTurn(other, second, [complete('right')]);
    expect((await owner.completed(id)).output).toEqual({ value: 'right' });
    expect(await leftovers(db)).toEqual([]);
  });

  test('of a terminated instance changes nothing', async ({ owner, other, db }) => {
    const { id, item } = await begin(owner);
    await other.terminate(id, '"stop"');
    expect(await other.get(id)).toMatchObject({
      orchestrationStatus: statusNamed('TERMINATED'),
      output: { value: '"stop"' },
    });
    await answerTurn(other, item, [complete('wrong'), scheduleTask(1, 'Wrong')]);
    expect(await leftovers(db)).toEqual([]);
    expect(await owner.status(id)).toBe(statusNamed('TERMINATED'));
    expect(faultsOfHistory(must((await readAll(db)).get(id), id).events)).toEqual([]);
  });

  test('with a token that was never given out changes nothing', async ({ owner, other, db }) => {
    const { id, item } = await begin(owner);
    for (const token of ['x', `${item.token}A`, item.token.replace(/.$/, '-'), item.token.slice(1)]) {
      await answerTurn(other, { ...item, token }, [complete('wrong')]);
    }
    await taken(db);
    await answerTurn(other, item, [complete('right')]);
    expect((await owner.completed(id)).output).toEqual({ value: 'right' });
  });
});

describe('an activity answered at another replica', () => {
  test('is recorded once, whoever else answers it', async ({ owner, other, db }) => {
    const { worker, id, item } = await begin(owner);
    await answerTurn(owner, item, [scheduleTask(1, 'Charge')]);
    const activity = await worker.activity();
    await Promise.all([owner, other, owner, other].map((hub) => answerActivity(hub, activity, '"ok"')));
    const next = await worker.turn();
    expect(next.news.filter((type) => type === 'taskCompleted')).toHaveLength(1);
    await worker.answer(next, [complete('1')]);
    await owner.completed(id);
    expect(faultsOfHistory(must((await readAll(db)).get(id), id).events)).toEqual([]);
    expect(await leftovers(db)).toEqual([]);
  });

  test('needs no token', async ({ owner, other }) => {
    const { worker, item } = await begin(owner);
    await answerTurn(owner, item, [scheduleTask(1, 'Charge')]);
    await answerActivity(other, await worker.activity(), '"ok"', { completionToken: '' });
    expect(eventOf(await worker.turn(), 'taskCompleted')).toMatchObject({
      taskCompleted: { taskScheduledId: 1, result: { value: '"ok"' } },
    });
  });

  test('after the end of its instance changes nothing', async ({ owner, other, db }) => {
    const { worker, id, item } = await begin(owner);
    await answerTurn(owner, item, [scheduleTask(1, 'Charge')]);
    const activity = await worker.activity();
    await owner.terminate(id);
    await answerActivity(other, activity, '"late"');
    expect(await leftovers(db)).toEqual([]);
    expect(await owner.status(id)).toBe(statusNamed('TERMINATED'));
  });
});

describe('parts of one answer', () => {
  // Contract §8.5: an answer too large for one message comes in several, each a call of its own.
  const parts = ['A', 'B', 'C'].map((name, index) => [scheduleTask(index + 1, name)] as const);
  const orders = [
    { by: 'in order, in turn', calls: ['owner 0', 'other 1', 'owner 2'] },
    { by: 'in order, in turn the other way round', calls: ['other 0', 'owner 1', 'other 2'] },
    { by: 'all at the other', calls: ['other 0', 'other 1', 'other 2'] },
    { by: 'the last one first', calls: ['other 2', 'owner 0', 'other 1'] },
    { by: 'in the opposite order', calls: ['owner 2', 'other 1', 'owner 0'] },
    { by: 'repeated at the same replica', calls: ['other 0', 'other 0', 'owner 1', 'owner 1', 'other 2'] },
    { by: 'repeated at another replica', calls: ['other 0', 'owner 0', 'owner 1', 'other 1', 'owner 2'] },
  ];
  test.for(orders)(
    'that arrive $by are recorded together, once (orchestrations §1.23)',
    async ({ calls }, { owner, other, db }) => {
      const { worker, id, item } = await begin(owner);
      for (const [at, index] of calls.map((call) => call.split(' '))) {
        const n = Number(index);
        expect(worker.count('activity'), 'nothing is recorded before all parts are there').toBe(0);
        await answerTurn(at === 'owner' ? owner : other, item, parts[n] ?? [], part(n, n < 2));
        await taken(db);
      }
      const names = [];
      for (let n = 0; n < 3; n++) {
        const activity = await worker.activity();
        names.push(activity.request.name);
        await worker.completeActivity(activity);
      }
      expect(names.toSorted()).toEqual(['A', 'B', 'C']);
      await endOf(worker, owner, id);
      const { events } = must((await readAll(db)).get(id), id);
      expect(faultsOfHistory(events)).toEqual([]);
      const scheduled = events.flatMap((event) =>
        event.eventType === 'taskScheduled' ? [`${event.eventId} ${event.taskScheduled.name}`] : [],
      );
      expect(scheduled).toEqual(['1 A', '2 B', '3 C']);
      expect(await leftovers(db)).toEqual([]);
    },
  );

  test('at once at both replicas are recorded together, once', async ({ owner, other, db }) => {
    const { worker, id, item } = await begin(owner);
    const calls = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) =>
      [owner, other].map((hub) => answerTurn(hub, item, [scheduleTask(n + 1, `T${n}`)], part(n, n < 7))),
    );
    await Promise.all(calls);
    for (let n = 0; n < 8; n++) await worker.completeActivity(await worker.activity());
    await endOf(worker, owner, id);
    const { events } = must((await readAll(db)).get(id), id);
    expect(faultsOfHistory(events)).toEqual([]);
    expect(events.filter(({ eventType }) => eventType === 'taskScheduled')).toHaveLength(8);
    expect(await leftovers(db)).toEqual([]);
  });

  test('of which one is repeated with other content: the later one counts', async ({ owner, other, db }) => {
    const { worker, item } = await begin(owner);
    await answerTurn(other, item, [scheduleTask(1, 'Wrong')], part(0, true));
    await taken(db);
    await answerTurn(other, item, [scheduleTask(1, 'Right')], part(0, true));
    await taken(db);
    await answerTurn(owner, item, [], part(1, false));
    expect((await worker.activity()).request.name).toBe('Right');
    expect(worker.count('activity')).toBe(0);
  });

  test('of which one is missing are not recorded; the whole answer in one piece is', async ({
    owner,
    other,
    db,
  }) => {
    const { worker, id, item } = await begin(owner);
    await answerTurn(other, item, [scheduleTask(1, 'Forgotten')], part(0, true));
    await answerTurn(owner, item, [scheduleTask(3, 'Forgotten')], part(2, false));
    await taken(db);
    expect(await other.status(id)).toBe(statusNamed('PENDING'));
    await answerTurn(other, item, [scheduleTask(1, 'Whole'), complete('1')]);
    expect((await owner.completed(id)).output).toEqual({ value: '1' });
    expect((await worker.activity()).request.name).toBe('Whole');
    await answerTurn(owner, item, [scheduleTask(2, 'Forgotten')], part(1, true));
    await taken(db);
    expect(worker.count('activity')).toBe(0);
    const { events } = must((await readAll(db)).get(id), id);
    expect(events.filter(({ eventType }) => eventType === 'taskScheduled')).toHaveLength(1);
  });

  test('of several turns at once don’t mix, whichever replica each comes to', async ({
    owner,
    other,
    db,
  }) => {
    const worker = await owner.worker();
    const items = new Map<string, TurnItem>();
    for (let n = 0; n < 6; n++) await (n % 2 === 0 ? owner : other).start({ instanceId: `mixed-${n}` });
    while (items.size < 6) {
      const item = await worker.turn();
      items.set(item.instanceId, item);
    }
    const sent = [...items].flatMap(([id, item], n) =>
      [0, 1, 2].map((index) => () => {
        const actions = index < 2 ? [scheduleTask(index + 1, `${id} ${index}`)] : [complete(`"${id}"`)];
        return answerTurn((n + index) % 2 === 0 ? owner : other, item, actions, part(index, index < 2));
      }),
    );
    // The same parts of all turns one after the other, then the next ones.
    await Promise.all(
      [0, 1, 2].flatMap((index) => sent.filter((_, n) => n % 3 === index).map((call) => call())),
    );
    for (const id of items.keys()) expect((await other.completed(id)).output).toEqual({ value: `"${id}"` });
    const names: string[] = [];
    while (names.length < 12) names.push((await worker.activity()).request.name);
    expect(names.toSorted()).toEqual([...items.keys()].flatMap((id) => [`${id} 0`, `${id} 1`]).toSorted());
    for (const [id, { events }] of await readAll(db)) {
      const tasks = events.flatMap((event) =>
        event.eventType === 'taskScheduled' ? [event.taskScheduled.name] : [],
      );
      expect(tasks).toEqual([`${id} 0`, `${id} 1`]);
    }
  });

  test('whose stream is lost between them are recorded all the same, while nobody else has the turn', async ({
    owner,
    other,
    db,
  }) => {
    const { worker, id, item } = await begin(owner);
    await answerTurn(other, item, [scheduleTask(1, 'A')], part(0, true));
    worker.cancel();
    await worker.ended;
    await answerTurn(other, item, [complete('"late"')], part(1, false));
    expect((await owner.completed(id)).output).toEqual({ value: '"late"' });
    await taken(db);
    const next = await owner.worker();
    expect((await next.activity()).request.name).toBe('A');
    expect(next.count('orchestration')).toBe(0);
  });

  test('whose stream is lost between them are forgotten when another worker has the turn', async ({
    replica,
    at,
    other,
    db,
  }) => {
    const owner = at(await replica({ streamGraceSeconds: 0 }));
    const { worker, id, item } = await begin(owner);
    await answerTurn(other, item, [scheduleTask(1, 'Forgotten')], part(0, true));
    await taken(db);
    worker.cancel();
    await worker.ended;
    const next = await owner.worker();
    const again = await next.turn();
    await answerTurn(other, item, [complete('"wrong"')], part(1, false));
    await answerTurn(other, again, [scheduleTask(2, 'B')], part(0, true));
    await answerTurn(owner, again, [complete('"right"')], part(1, false));
    expect((await other.completed(id)).output).toEqual({ value: '"right"' });
    expect((await next.activity()).request.name).toBe('B');
    expect(next.count('activity')).toBe(0);
    await taken(db);
  });

  test('that never become whole are forgotten when the turn goes out again', async ({ owner, other, db }) => {
    const { worker, id, item } = await begin(owner);
    await answerTurn(other, item, [scheduleTask(1, 'Forgotten')], part(0, true));
    await answerTurn(owner, item, [scheduleTask(2, 'Forgotten')], part(1, true));
    await taken(db);
    await worker.abandon(item);
    const again = await worker.turn();
    expect(again.token).not.toBe(item.token);
    await answerTurn(other, item, [], part(2, false));
    await answerTurn(other, again, [complete('whole')]);
    expect((await owner.completed(id)).output).toEqual({ value: 'whole' });
    expect(worker.count('activity')).toBe(0);
    expect(await leftovers(db)).toEqual([]);
  });
});

/** Plays turns without doing anything until every result has come, then ends. */
async function endOf(worker: ScriptedWorker, hub: TestHub, id: string): Promise<void> {
  for (;;) {
    const item = await worker.turn();
    const { pastEvents, newEvents } = item.request;
    const events = [...pastEvents, ...newEvents];
    const count = (type: string): number => events.filter(({ eventType }) => eventType === type).length;
    const isDone = count('taskCompleted') === count('taskScheduled');
    await worker.answer(item, isDone ? [complete('1')] : []);
    if (isDone) break;
  }
  await hub.completed(id);
}

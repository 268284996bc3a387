import {
  answer,
  expect,
  onlyResident,
  raise,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { until } from '../../test/helpers/until.ts';
import { continueAsNew, scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { type Store } from '../domain/store.ts';
import { loadHistory } from './load-history.ts';

/** An idle instance with two turns behind it, without its history in memory. */
async function withEvicted(one: StillEngine) {
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a', input: { value: '1' } });
  await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A')]);
  await raise(one.hub, 'a', 'first');
  await answer(one.hub, await worker.turn(1), []);
  const resident = onlyResident(one);
  const history = resident.history ?? [];
  expect(one.dispatch.residents.evict(0)).toBe(1);
  return { worker, resident, history };
}

/** The store of an engine, whose answers to reads of histories are late. */
function slowReads({ store }: StillEngine): { store: Store; isRead: Promise<void>; go: () => void } {
  const [read, gate] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const slow = new Proxy<Store>(store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'readHistory') return value;
      return async (...instance: Parameters<Store['readHistory']>): Promise<Buffer[]> => {
        const rows = await target.readHistory(...instance);
        read.resolve(undefined);
        await gate.promise;
        return rows;
      };
    },
  });
  return {
    store: slow,
    isRead: read.promise,
    go: () => {
      gate.resolve(undefined);
    },
  };
}

test('an evicted history is read when the next turn needs it: the worker sees no difference', async ({
  still,
}) => {
  const one = await still();
  const { worker, resident, history } = await withEvicted(one);
  await raise(one.hub, 'a', 'second');
  const turn = await worker.turn(2);
  expect(turn.request.pastEvents.map(({ eventType }) => eventType)).toEqual([
    ...['orchestratorStarted', 'executionStarted', 'taskScheduled', 'orchestratorStarted', 'eventRaised'],
  ]);
  expect(turn.news).toEqual(['orchestratorStarted', 'eventRaised']);
  expect(resident.history).toEqual(history);
  expect(one.dispatch.residents.historyBytes).toBe(resident.historyBytes);
});

test('an evicted history may be loaded with nothing to do: it stays for later', async ({ still }) => {
  const one = await still();
  const { worker, resident, history } = await withEvicted(one);
  await loadHistory(one.hub, resident);
  expect([resident.history, resident.isLoading, worker.turns.length]).toEqual([history, false, 2]);
});

test('what was read is not kept for an instance that was given up meanwhile', async ({ still }) => {
  const one = await still();
  const { resident } = await withEvicted(one);
  const loading = loadHistory(one.hub, resident);
  one.dispatch.forget(resident);
  await loading;
  expect([resident.history, one.dispatch.residents.historyBytes]).toEqual([null, 0]);
});

test('what was read is not kept for an execution that is over meanwhile', async ({ still }) => {
  const one = await still();
  const { worker, resident } = await withEvicted(one);
  await raise(one.hub, 'a', 'second');
  const turn = await worker.turn(2);
  const { store, isRead, go } = slowReads(one);
  const loading = loadHistory({ ...one.hub, store }, resident);
  await isRead;
  await answer(one.hub, turn, [continueAsNew('2')]);
  go();
  await loading;
  expect(resident.state).toMatchObject({ generation: 1, turn: 3 });
  expect(resident.history).toEqual([]);
  expect((await worker.turn(3)).request.pastEvents).toEqual([]);
});

test('a database that is away is told to whoever asked for it', async ({ still }) => {
  const one = await still();
  const { resident } = await withEvicted(one);
  one.store.abort('it has died');
  await expect(loadHistory(one.hub, resident)).rejects.toMatchObject({ code: 'unavailable' });
});

test('the bytes of a history that was read for a former life of a resident are not counted', async ({
  still,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  await answer(one.hub, await worker.turn(), []);
  const former = onlyResident(one);
  one.dispatch.residents.evict(0);
  const loading = loadHistory(one.hub, former);
  one.dispatch.forget(former);
  one.dispatch.residents.add(former.state, []);
  await loading;
  expect(one.dispatch.residents.historyBytes).toBe(0);
});

test('a history that is damaged is nobody else’s end: the engine lives and tries again', async ({
  run,
  db,
}) => {
  const one = await run();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A')]);
  await db.query(
    `create sequence looks;
     create function damaged() returns boolean language plpgsql
         as $$ begin perform nextval('looks'); raise 'invalid page' using errcode = 'XX001'; end $$;
     alter table history rename to intact;
     create view history as select * from intact where damaged()`,
  );
  expect(one.engine.context.dispatch.residents.evict(0)).toBe(1);
  await raise(one.hub, 'a', 'first');
  await until(async () => {
    const { rows } = await db.query<{ count: number }>('select last_value::int4 as count from looks');
    return (rows[0]?.count ?? 0) > 1;
  }, 'a second look at it');
  await db.query('drop view history; alter table intact rename to history');
  await worker.turn(1);
  expect(one.deaths).toEqual([]);
});

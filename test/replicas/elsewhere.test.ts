import { setTimeout as pause } from 'node:timers/promises';
import { statusNamed, TestHub } from '../helpers/client.ts';
import { complete, scheduleTask } from '../helpers/scripted-worker.ts';
import { answerActivity, answerTurn } from './answers.ts';
import { allEnded, faultsOf } from './check.ts';
import { Gates } from './gates.ts';
import { Load, planLoad } from './load.ts';
import { count, expect, HUB, incarnations, quiet, test as replicaTest, until } from './replicas.ts';

const test = replicaTest.extend<{ owner: TestHub; other: TestHub }>({
  owner: async ({ replica, at }, use) => {
    await use(at(await replica({ taskHubs: [HUB, 'elsewhere'] })));
  },
  other: async ({ replica, at }, use) => {
    await use(at(await replica({ taskHubs: [HUB, 'elsewhere'] })));
  },
});

test('an activity that is answered at another replica makes room for the next', async ({ owner, other }) => {
  const worker = await owner.worker({ request: { maxConcurrentActivityWorkItems: 1 } });
  await owner.start();
  await worker.play([scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
  await answerActivity(other, await worker.activity(), '1');
  await answerActivity(other, await worker.activity(), '2');
});

test('answers that a balancer sends to either replica leave no slot taken', async ({
  replica,
  roundRobin,
  worker,
  db,
}) => {
  const [a, b] = [await replica(), await replica()];
  const client = roundRobin(a, b);
  for (const from of [a, b]) worker({ from, to: client });
  const load = new Load(client, planLoad(200));
  await load.put();
  await allEnded(db, load.planned.length, 20_000);
  expect(await faultsOf(db, load)).toEqual([]);
});

test('a turn that is given back at another replica goes out again', async ({ owner, other }) => {
  const worker = await owner.worker();
  await owner.start();
  const item = await worker.turn();
  await other.client.call('AbandonTaskOrchestratorWorkItem', { completionToken: item.token });
  await worker.turn();
});

test('an activity that is given back at another replica goes out again', async ({ owner, other }) => {
  const worker = await owner.worker();
  await owner.start();
  await worker.play([scheduleTask(1, 'A')]);
  const item = await worker.activity();
  await other.client.call('AbandonTaskActivityWorkItem', { completionToken: item.token });
  await worker.activity();
});

test('a token is worth nothing in another task hub, also at another replica', async ({
  owner,
  other,
  db,
}) => {
  const worker = await owner.worker();
  const id = await owner.start();
  const item = await worker.turn();
  const elsewhere = new TestHub(other.endpoint, 'elsewhere');
  await answerTurn(elsewhere, item, [complete('wrong')]);
  elsewhere.close();
  await until(async () => (await count(db, 'completions')) === 0, 'an empty table of stored answers');
  await answerTurn(other, item, [complete('right')]);
  expect((await owner.completed(id)).output).toEqual({ value: 'right' });
});

test('a turn without a token is found at another replica', async ({ owner, other }) => {
  const worker = await owner.worker();
  const id = await owner.start();
  const item = await worker.turn();
  await answerTurn(other, { ...item, token: '' }, [complete('1')]);
  const isDone = async () => (await owner.status(id)) === statusNamed('COMPLETED');
  await until(isDone, 'the end', 3_000);
});

test('an incarnation that fails right after it was registered leaves no row and keeps no activity', async ({
  replica,
  roundRobin,
  worker,
  db,
}) => {
  const server = await replica();
  const gates = new Gates('x task 1');
  const player = worker({ from: server, before: gates.before });
  const planned = [{ id: 'x', name: 'Chain', input: '1', output: '1', events: [] }];
  await new Load(roundRobin(server), planned).put();
  await until(() => player.runs.size === 1, 'the activity');
  await quiet(db);
  const [first] = await incarnations(db);
  // The renewal that ends the start of an incarnation fails once.
  await db.query(
    `create function fail() returns trigger language plpgsql as $$ begin raise 'not now'; end $$`,
  );
  await db.query(`create trigger fail before update on replicas for each row execute function fail()`);
  await db.query('delete from replicas');
  await until(async () => (await count(db, 'replicas')) > 0, 'a row of the next');
  await db.query('drop trigger fail on replicas');
  const isServing = () => server.log.some(({ msg }) => msg === 'started over');
  await until(isServing, 'the next incarnation');
  const living = await incarnations(db);
  expect(living).toHaveLength(1);
  expect(living).not.toContain(first);
  const { rows } = await db.query('select owner from activities');
  expect(rows).toEqual([{ owner: living[0] }]);
});

test('work goes on as soon as the database is back', async ({ replica, proxy, at, db }) => {
  const through = await proxy();
  const hub = at(await replica({ through }));
  const worker = await hub.worker();
  await hub.start({ instanceId: 'x' });
  await worker.play([]);
  await quiet(db);
  through.cut();
  await pause(17_000);
  through.restore();
  const restored = performance.now();
  await hub.raise('x', 'go');
  await worker.turn();
  expect(performance.now() - restored).toBeLessThan(5_000);
});

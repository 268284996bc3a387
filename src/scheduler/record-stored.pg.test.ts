import { type Pool } from 'pg';
import {
  otherHub,
  answer,
  count,
  expect,
  onlyResident,
  type SentTurn,
  startOrder,
  type StillEngine,
  test,
  until,
} from '../../test/helpers/engine.ts';
import { complete, scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { limits } from '../domain/limits.ts';
import { codec } from '../protocol/codec.ts';
import { recordStored } from './record-stored.ts';

async function withTurns(one: StillEngine, count: number) {
  const worker = one.worker();
  for (let i = 0; i < count; i++) await startOrder(one.hub, { instanceId: `${i}` });
  await worker.turn(count - 1);
  return worker;
}

const part = (index: number, isPartial: boolean) => ({ isPartial, chunkIndex: { value: index } });

async function storeBytes(db: Pool, one: StillEngine, token: string, bytes: Buffer): Promise<void> {
  await db.query(
    'insert into completions (replica_id, hub_id, token, chunk, bytes) values ($1, $2, $3, 0, $4)',
    [...[one.store.replicaId, one.hub.hubId, token, bytes]],
  );
}

async function completed(db: Pool): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'select count(*) as count from instances where status = 1',
  );
  return rows[0]?.count ?? 0;
}

test('parts that came to several replicas make one answer', async ({ still, db }) => {
  const [one, two, three] = [await still(), await still(), await still()];
  const worker = await withTurns(one, 1);
  const turn = await worker.turn();
  await answer(two.hub, turn, [scheduleTask(3, 'C')], part(2, false));
  await answer(one.hub, turn, [scheduleTask(1, 'A')], part(0, true));
  expect(await recordStored(one.hub)).toBe(1);
  expect(await count(db, 'completions'), 'in memory now').toBe(0);
  expect(worker.activities).toEqual([]);
  await answer(three.hub, turn, [scheduleTask(2, 'B')], part(1, true));
  expect(await recordStored(one.hub)).toBe(1);
  expect(worker.activities.map(({ request }) => request.name)).toEqual(['A', 'B', 'C']);
});

test('a part that was stored again replaces the old one', async ({ still }) => {
  const [one, two] = [await still(), await still()];
  const worker = await withTurns(one, 1);
  const turn = await worker.turn();
  await answer(two.hub, turn, [scheduleTask(1, 'Old')], part(0, true));
  await answer(two.hub, turn, [scheduleTask(1, 'A')], part(0, true));
  await answer(two.hub, turn, [scheduleTask(2, 'B')], part(1, false));
  expect(await recordStored(one.hub)).toBe(2);
  expect(worker.activities.map(({ request }) => request.name)).toEqual(['A', 'B']);
});

test('bytes that can’t be read don’t stand in the way of other answers, and are reported and gone', async ({
  still,
  db,
}) => {
  const [one, two] = [await still(), await still()];
  const { turns } = await withTurns(one, 3);
  const [first, second, third] = turns as [SentTurn, SentTurn, SentTurn];
  await answer(two.hub, first, [complete('1')]);
  await answer(two.hub, third, [complete('3')]);
  await storeBytes(db, one, second.token, Buffer.from('ff', 'hex'));
  await expect(recordStored(one.hub)).rejects.toThrow(/invalid OrchestratorResponse/);
  // It rejects with the first error, while the rest still goes on.
  await until(async () => (await completed(db)) === 2, 'the recording of the others');
  await until(async () => (await count(db, 'completions')) === 0, 'the end of the stored bytes');
  await answer(one.hub, second, [complete('2')]);
  expect(await completed(db)).toBe(3);
});

test('stale, forged and foreign tokens are taken away and change nothing', async ({ still, db }) => {
  const [one, two] = [await still(), await still()];
  const { turns } = await withTurns(one, 1);
  const [turn] = turns as [SentTurn];
  await answer(two.hub, turn, [complete('late')]);
  one.dispatch.failDelivery(onlyResident(one), 'its time was over');
  await storeBytes(db, one, 'nonsense', codec.encode('OrchestratorResponse', {}));
  expect(await recordStored(one.hub)).toBe(2);
  expect([await completed(db), await count(db, 'completions')]).toEqual([0, 0]);
  expect(onlyResident(one).lease, 'the new delivery is out').toBeDefined();
});

test('what is stored for others is left to them', async ({ still, db }) => {
  const [one, two] = [await still(), await still()];
  const { turns } = await withTurns(one, 1);
  await answer(two.hub, (turns as [SentTurn])[0], [complete('1')]);
  expect(await recordStored(two.hub)).toBe(0);
  expect(await count(db, 'completions')).toBe(1);
});

test('a read has a limit; the rest is found by the next', async ({ still, db }) => {
  const [one, two] = [await still(), await still()];
  const many = limits.storedChunks + 5;
  const { turns } = await withTurns(one, many);
  await Promise.all(turns.map((turn) => answer(two.hub, turn, [complete('1')])));
  expect(await recordStored(one.hub)).toBe(limits.storedChunks);
  expect(await recordStored(one.hub)).toBe(5);
  expect(await recordStored(one.hub)).toBe(0);
  expect(await completed(db)).toBe(many);
});

test('a turn is not answered from another hub by way of another replica', async ({ run, db }) => {
  const [owner, other] = [await run(), await run()];
  const worker = owner.worker();
  await startOrder(owner.hub, { instanceId: 'a' });
  const turn = await worker.turn();
  await answer(await otherHub(db, other.hub, 'stranger'), turn, [complete('"stolen"')]);
  await until(async () => (await count(db, 'completions')) === 0, 'the end of what was stored');
  await answer(owner.hub, turn, [complete('"mine"')]);
  const { rows } = await db.query<{ output: Buffer }>('select output from instances');
  expect(rows.map(({ output }) => output.toString())).toEqual(['"mine"']);
});

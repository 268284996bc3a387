import { type Pool } from 'pg';
import { describe } from 'vitest';
import {
  answer,
  expect,
  onlyResident,
  startOrder,
  type StillEngine,
  test,
  until,
  withInstancesLocked,
} from '../../test/helpers/engine.ts';
import { callAction } from '../../test/helpers/entities.ts';
import { answerBatch, entity, namesOf, signal } from '../../test/helpers/entity-engine.ts';
import { codec } from '../protocol/codec.ts';
import { abandonInstance } from './abandon-instance.ts';
import { claimWork } from './claim-work.ts';
import { completeEntity } from './complete-entity.ts';
import { purgeEntity } from './purge-entity.ts';
import { recordStored } from './record-stored.ts';

async function withBatch(one: StillEngine) {
  const worker = one.worker();
  await signal(one.hub, '@a@1', 'add');
  await claimWork(one.hub);
  return { worker, batch: await worker.batch() };
}

test('of several answers at the same time one is recorded, and all are accepted', async ({ still }) => {
  const one = await still();
  const { worker, batch } = await withBatch(one);
  await Promise.all([1, 2, 3].map((i) => answerBatch(one.hub, batch, { entityState: { value: String(i) } })));
  expect(await entity(one.hub, '@a@1')).toMatchObject({ state: '1', backlog: 0 });
  expect(worker.stream.outstanding.entity).toBe(0);
});

test('an answer and an abandon at the same time: the first counts', async ({ still }) => {
  const one = await still();
  const { batch } = await withBatch(one);
  await Promise.all([answerBatch(one.hub, batch), abandonInstance(one.hub, batch.token)]);
  expect(onlyResident(one).state).toMatchObject({ turn: 1, entityState: 'state' });
});

describe('while a purge is on its way', () => {
  async function purging(one: StillEngine, db: Pool, rest: () => Promise<void>): Promise<void> {
    const all = await withInstancesLocked(db, async () => {
      const purged = purgeEntity(one.hub, '@a@1').then(() => undefined);
      await until(() => onlyResident(one).isPatching, 'the purge');
      return [purged, rest()];
    });
    await Promise.all(all);
  }

  test('an answer comes too late for its signals, and is accepted', async ({ still, db }) => {
    const one = await still();
    const { worker, batch } = await withBatch(one);
    await purging(one, db, () => answerBatch(one.hub, batch));
    expect(await entity(one.hub, '@a@1')).toMatchObject({ hasState: false, backlog: 0 });
    expect(worker.stream.outstanding.entity).toBe(0);
    expect(one.deaths).toEqual([]);
  });
});

describe('an answer at another replica', () => {
  test('waits for the owner, who records it once', async ({ still }) => {
    const [one, other] = [await still(), await still()];
    const { batch } = await withBatch(one);
    await answerBatch(other.hub, batch, { entityState: { value: 'there' } });
    expect(await entity(one.hub, '@a@1')).toMatchObject({ hasState: false });
    expect(await recordStored(one.hub)).toBe(1);
    expect(await recordStored(one.hub)).toBe(0);
    expect(await entity(one.hub, '@a@1')).toMatchObject({ state: 'there', backlog: 0 });
  });

  test('that is stale is deleted', async ({ still, db }) => {
    const [one, other] = [await still(), await still()];
    const { batch } = await withBatch(one);
    await answerBatch(one.hub, batch);
    await answerBatch(other.hub, batch, { entityState: { value: 'stale' } });
    expect(await recordStored(one.hub)).toBe(1);
    expect(await entity(one.hub, '@a@1')).toMatchObject({ state: 'state' });
    expect((await db.query('select 1 from completions')).rowCount).toBe(0);
  });
});

test('a token of an orchestration or an activity is none of an entity', async ({ still }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub);
  const { token } = await worker.turn();
  const bytes = codec.encode('EntityBatchResult', { completionToken: token, results: [{}] });
  await completeEntity(one.hub, codec.decode('EntityBatchResult', bytes), bytes);
  expect(onlyResident(one).lease).toBeDefined();
});

test('results reach their caller by memory when both are here', async ({ run }) => {
  const one = await run();
  const { hub } = one;
  const all = one.worker();
  await startOrder(hub);
  await answer(hub, await all.turn(0), [callAction(1, '@a@1', 'get')]);
  const batch = await all.batch();
  expect(namesOf(batch)).toEqual(['get']);
  await answerBatch(hub, batch, { results: [{ success: { result: { value: '7' } } }] });
  expect((await all.turn(1)).request.newEvents[1]).toMatchObject({
    entityOperationCompleted: { output: { value: '7' } },
  });
});

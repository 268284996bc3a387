import { type Pool } from 'pg';
import { expect, test, type StillEngine } from '../../test/helpers/engine.ts';
import { answerBatch, entity, signal } from '../../test/helpers/entity-engine.ts';
import { entityRow } from '../../test/helpers/entity-store.ts';
import { claimWork } from './claim-work.ts';

const failureDetails = { errorType: 'E', errorMessage: 'm' };

/** Nobody waits for its delay. */
async function claimNow(one: StillEngine, db: Pool): Promise<void> {
  await db.query('update instances set ready_at = clock_timestamp()');
  one.dispatch.workAppeared(one.hub.hubId, 'entity');
  expect(await claimWork(one.hub)).toBe(1);
}

test('a batch that failed goes back with a delay and the count of its attempts, to any replica', async ({
  still,
  db,
}) => {
  const [one, other] = [await still(), await still()];
  const worker = one.worker();
  await signal(one.hub, '@a@1', 'a');
  await claimNow(one, db);
  await answerBatch(one.hub, await worker.batch(), { results: [], failureDetails });
  expect(await entityRow(db, '@a@1')).toMatchObject({ owner: null, attempts: 1, turn: 0, is_due: false });
  const next = other.worker();
  await claimNow(other, db);
  await answerBatch(other.hub, await next.batch(), { results: [], failureDetails });
  expect(await entityRow(db, '@a@1')).toMatchObject({ owner: null, attempts: 2 });
  await claimNow(one, db);
  await answerBatch(one.hub, await worker.batch(1), { results: [], failureDetails });
  expect(await entity(one.hub, '@a@1')).toMatchObject({ hasState: false, backlog: 0 });
  expect(await entityRow(db, '@a@1')).toMatchObject({ attempts: 0, turn: 1 });
});

test('an answer resets what was counted', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await signal(one.hub, '@a@1', 'a');
  for (let n = 0; n < 2; n++) {
    await claimNow(one, db);
    await answerBatch(one.hub, await worker.batch(n), { results: [], failureDetails });
  }
  await claimNow(one, db);
  await answerBatch(one.hub, await worker.batch(2));
  expect(await entityRow(db, '@a@1')).toMatchObject({ attempts: 0, turn: 1 });
});

test('a state that would leave no room for operations is refused: the entity keeps the one before', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  const most = one.hub.settings.maxWorkItemBytes * 0.75;
  await signal(one.hub, '@a@1', 'fill');
  await claimNow(one, db);
  await answerBatch(one.hub, await worker.batch(), { entityState: { value: 'x'.repeat(most) } });
  await signal(one.hub, '@a@1', 'overfill');
  for (let n = 1; n <= one.hub.settings.maxDeliveryAttempts; n++) {
    await answerBatch(one.hub, await worker.batch(n), { entityState: { value: 'é'.repeat(most / 2 + 1) } });
    if (n < one.hub.settings.maxDeliveryAttempts) await claimNow(one, db);
  }
  expect(await entity(one.hub, '@a@1')).toMatchObject({ state: 'x'.repeat(most), backlog: 0 });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { statusNamed, TestHub } from '../helpers/client.ts';
import { callAction, failure, findEntity, signal, stateOf, success } from '../helpers/entities.ts';
import { complete, eventOf, type ScriptedWorker } from '../helpers/scripted-worker.ts';
import { startTestServer, useServer } from '../helpers/server.ts';

const { hub, server } = useServer();

/** An orchestration that has called an entity, so often. */
async function caller(orders: TestHub, worker: ScriptedWorker, count = 1): Promise<string> {
  const id = await orders.start();
  await worker.play(Array.from({ length: count }, (_, i) => callAction(i + 1, '@counter@1', `get-${i}`)));
  return id;
}

describe('results', () => {
  test('of calls go to the caller, of signals to nobody; the state is kept', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const requestId = randomUUID();
    await orders.start();
    await worker.play([callAction(1, '@counter@1', 'get', { requestId })]);
    const batch = await worker.batch();
    await signal(orders, '@counter@1', 'add');
    await worker.completeBatch(batch, { results: [success('7')], entityState: { value: '7' } });
    const turn = await worker.turn();
    expect(turn.news).toEqual(['orchestratorStarted', 'entityOperationCompleted']);
    expect(eventOf(turn, 'entityOperationCompleted')).toMatchObject({
      eventId: -1,
      entityOperationCompleted: { requestId, output: { value: '7' } },
    });
    expect(await worker.playBatch('8')).toMatchObject({ operations: ['add'], state: '7' });
    await expect.poll(() => stateOf(orders, '@counter@1')).toBe('8');
    expect(worker.count('orchestration')).toBe(0);
  });

  test('that failed reach the caller with failureDetails, given or not (entities §1.6)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await caller(orders, worker, 2);
    const batch = await worker.batch();
    await worker.completeBatch(batch, { results: [failure('too much'), { failure: {} }] });
    const { request } = await worker.turn();
    expect(request.newEvents.slice(1)).toMatchObject([
      { entityOperationFailed: { failureDetails: { errorMessage: 'too much' } } },
      { entityOperationFailed: { failureDetails: { errorType: expect.stringMatching(/./) as unknown } } },
    ]);
  });

  test('fewer than operations are a prefix: the rest comes again, in order (entities §0.8)', async () => {
    const orders = hub();
    for (const name of ['a', 'b', 'c']) await signal(orders, '@counter@1', name);
    const worker = await orders.worker();
    const batch = await worker.batch();
    await signal(orders, '@counter@1', 'd');
    await worker.completeBatch(batch, { results: [{}], entityState: { value: '1' } });
    expect(await worker.batch()).toMatchObject({ operations: ['b', 'c', 'd'], state: '1' });
  });

  test('more than operations count for as many as there were', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'a');
    await worker.completeBatch(await worker.batch(), {
      results: [{}, success('1'), success('2')],
      entityState: { value: '1' },
    });
    await expect.poll(() => stateOf(orders, '@counter@1')).toBe('1');
  });

  test('for an execution that is over go to nobody (entities §0.4)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await caller(orders, worker);
    await orders.terminate(id);
    await worker.playBatch('1', {}, '1');
    await orders.start({ instanceId: id });
    const turn = await worker.turn();
    expect(turn.news).toEqual(['orchestratorStarted', 'executionStarted']);
    await expect.poll(() => stateOf(orders, '@counter@1')).toBe('1');
  });

  test('for a suspended caller wait until it goes on', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await caller(orders, worker);
    await orders.suspend(id);
    await worker.playBatch('1', {}, '"one"');
    await expect.poll(() => stateOf(orders, '@counter@1')).toBe('1');
    expect(worker.count('orchestration')).toBe(0);
    await orders.resume(id);
    expect((await worker.turn()).news).toContain('entityOperationCompleted');
  });
});

describe('a state', () => {
  test('of null deletes the entity, also when all operations failed', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    await worker.playBatch('1');
    await expect.poll(() => stateOf(orders, '@counter@1')).toBe('1');
    await signal(orders, '@counter@1', 'add');
    await worker.playBatch(null, { results: [failure('no')] });
    await expect.poll(() => findEntity(orders, '@counter@1')).toBeNull();
  });
});

describe('a batch that fails as a whole', () => {
  const failureDetails = { errorType: 'EntityNotRegistered', errorMessage: 'nobody knows a counter' };
  const strict = useServer({ maxDeliveryAttempts: 2 });

  test('changes nothing and comes again after a while (entities §0.7)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'a');
    await worker.playBatch('kept');
    await signal(orders, '@counter@1', 'b');
    const failed = await worker.batch();
    const failedAt = performance.now();
    const actions = [{ sendSignal: { instanceId: '@counter@2', name: 'never' } }];
    await worker.completeBatch(failed, { failureDetails, actions });
    expect(await stateOf(orders, '@counter@1')).toBe('kept');
    expect(await worker.batch()).toMatchObject({ operations: ['b'], state: 'kept' });
    expect(performance.now() - failedAt).toBeGreaterThan(900);
    expect(worker.count('entity')).toBe(0);
  });

  test('too often fails its calls, drops its signals and leaves the state', async () => {
    const orders = strict.hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'a');
    await worker.playBatch('kept');
    await caller(orders, worker);
    await worker.completeBatch(await worker.batch(), { failureDetails });
    await signal(orders, '@counter@1', 'dropped');
    const again = await worker.batch();
    expect(again.operations).toEqual(['get-0', 'dropped']);
    await worker.completeBatch(again, { failureDetails });
    const failed = eventOf(await worker.turn(), 'entityOperationFailed');
    expect(failed.entityOperationFailed.failureDetails).toMatchObject(failureDetails);
    await signal(orders, '@counter@1', 'next');
    expect(await worker.batch()).toMatchObject({ operations: ['next'], state: 'kept' });
  });

  test.each([
    ['without any result', {}],
    ['because it needs the state', { requiresState: true, results: [{}] }],
  ])('%s comes again, however often', async (_, result) => {
    const orders = strict.hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'a');
    for (let n = 0; n < 2; n++) {
      await worker.completeBatch(await worker.batch(), { ...result, entityState: { value: 'never' } });
    }
    expect(await worker.batch()).toMatchObject({ operations: ['a'], state: null });
  });

  test('is given up when its workers die of it', async () => {
    const dying = strict.hub();
    await signal(dying, '@counter@1', 'poison');
    const turns = await dying.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    await caller(dying, turns);
    for (let n = 0; n < 2; n++) {
      const worker = await dying.worker({
        request: { workItemFilters: { entities: [{ name: 'counter' }] } },
      });
      expect((await worker.batch()).operations).toEqual(['poison', 'get-0']);
      worker.cancel();
    }
    const failed = eventOf(await turns.turn(), 'entityOperationFailed');
    expect(failed.entityOperationFailed.failureDetails?.errorType).toBe('WorkItemQuarantined');
  });
});

describe('a token', () => {
  test.each(['', 'nonsense', 'x'.repeat(200)])(
    'that is none is OK and ignored: %j',
    async (completionToken) => {
      const answer = await hub().client.call('CompleteEntityTask', { completionToken, results: [{}] });
      expect(answer).toEqual({});
    },
  );

  test('that was used is OK and ignored', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    const batch = await worker.playBatch('1');
    await worker.completeBatch(batch, { results: [{}], entityState: { value: 'stale' } });
    await signal(orders, '@counter@1', 'get');
    await worker.completeBatch(batch, { results: [{}], entityState: { value: 'stale' } });
    expect((await worker.batch()).state).toBe('1');
  });

  test('counts once when two answers come together', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await caller(orders, worker);
    const batch = await worker.batch();
    const result = { results: [success('1')], entityState: { value: '1' } };
    await Promise.all([1, 2, 3].map(() => worker.completeBatch(batch, result)));
    expect((await worker.play([])).news).toEqual(['orchestratorStarted', 'entityOperationCompleted']);
    expect(worker.count('orchestration')).toBe(0);
  });

  test('of a batch does not answer a turn, nor of a turn a batch', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    const batch = await worker.batch();
    const id = await orders.start();
    const turn = await worker.turn();
    await orders.client.call('CompleteOrchestratorTask', {
      ...{ instanceId: '@counter@1', completionToken: batch.token, actions: [complete()] },
    });
    await orders.client.call('CompleteEntityTask', { completionToken: turn.token, results: [{}] });
    await worker.completeBatch(batch, { results: [{}], entityState: { value: '1' } });
    await expect.poll(() => stateOf(orders, '@counter@1')).toBe('1');
    await worker.answer(turn, [complete()]);
    expect((await orders.completed(id)).orchestrationStatus).toBe(statusNamed('COMPLETED'));
  });

  test('of another hub changes nothing', async () => {
    const [mine, yours] = [hub(), hub()];
    const worker = await mine.worker();
    await signal(mine, '@counter@1', 'add');
    const batch = await worker.batch();
    const forged = { completionToken: batch.token, results: [{}], entityState: { value: 'forged' } };
    await yours.client.call('CompleteEntityTask', forged);
    await worker.completeBatch(batch, { results: [{}], entityState: { value: '1' } });
    await expect.poll(() => stateOf(mine, '@counter@1')).toBe('1');
  });

  test('is taken at another replica, for whoever owns the entity', async () => {
    const orders = hub();
    const second = await startTestServer({ databaseUrl: server().databaseUrl });
    const there = new TestHub(second.endpoint, orders.name);
    const worker = await orders.worker();
    await caller(orders, worker);
    const { token } = await worker.batch();
    const result = { results: [success('"there"')], entityState: { value: '1' } };
    await there.client.call('CompleteEntityTask', { completionToken: token, ...result });
    const completed = eventOf(await worker.turn(), 'entityOperationCompleted');
    expect(completed.entityOperationCompleted.output).toEqual({ value: '"there"' });
    await expect.poll(() => stateOf(there, '@counter@1')).toBe('1');
    there.close();
    await second.close();
  });
});

describe('a lease', () => {
  const short = useServer({ orchestrationLeaseSeconds: 1 });

  test('that is over sends the batch again, and the late answer is ignored', async () => {
    const orders = short.hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    const late = await worker.batch();
    const again = await worker.batch();
    await worker.completeBatch(late, { results: [{}], entityState: { value: 'late' } });
    await worker.completeBatch(again, { results: [{}], entityState: { value: 'in time' } });
    await expect.poll(() => stateOf(orders, '@counter@1')).toBe('in time');
  });
});

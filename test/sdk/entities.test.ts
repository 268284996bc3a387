import { EntityInstanceId, type OrchestrationContext, OrchestrationStatus } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { call, entitiesOf, eventually, journal, journals, stateOf } from './entities.ts';
import { output, useServer, wait } from './hub.ts';

const server = useServer();

test('a signal makes an entity once a worker is there; until then it does not exist', async () => {
  const hub = server.hub();
  await hub.client.signalEntity(journal('new'), 'note', { text: 'Zoë' });
  expect(await hub.client.getEntity(journal('new'))).toBeUndefined();

  await hub.work({ entities: journals });

  await eventually(() => stateOf(hub, journal('new'))).toEqual([{ text: 'Zoë' }]);
  const entity = await hub.client.getEntity(journal('new'));
  expect(entity).toMatchObject({ backlogQueueSize: 0, lockedBy: undefined });
  expect(entity?.id.toString()).toBe('@journal@new');
  expect(await hub.client.getEntity(journal('new'), false)).toMatchObject({ includesState: false });
});

test('fifty signals, one after the other, are done in order, each once', async () => {
  const hub = server.hub();
  await hub.work({ entities: journals });

  const all = Array.from({ length: 50 }, (_, i) => i);
  for (const i of all) await hub.client.signalEntity(journal('x'), 'note', i);

  await eventually(() => stateOf(hub, journal('x'))).toHaveLength(50);
  expect(await stateOf(hub, journal('x'))).toEqual(all);
});

test('signals at once to many entities reach each of them', async () => {
  const hub = server.hub();
  await hub.work({ entities: journals });

  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  const sent = keys.flatMap((key) => [0, 1, 2].map(() => hub.client.signalEntity(journal(key), 'note', key)));
  await Promise.all(sent);

  for (const key of keys) await eventually(() => stateOf(hub, journal(key))).toEqual([key, key, key]);
});

test('a call gives the result of its operation, null when there is none', async () => {
  const hub = server.hub();
  async function* caller(context: OrchestrationContext) {
    const count = yield* call(context, journal('x'), 'NOTE', { deep: [1, 'ü'] });
    const entries = yield* call(context, journal('x'), 'read');
    yield* call(context, journal('x'), 'delete');
    return [count, entries, yield* call(context, journal('x'), 'read')];
  }
  await hub.work({ orchestrators: { caller }, entities: journals });

  expect(output(await hub.run('caller'))).toEqual([1, [{ deep: [1, 'ü'] }], []]);
});

test('signals and calls of one orchestration are done in the order of the code', async () => {
  const hub = server.hub();
  async function* caller(context: OrchestrationContext) {
    for (let i = 0; i < 10; i++) context.entities.signalEntity(journal('x'), 'note', i);
    const first = context.entities.callEntity<unknown[]>(journal('x'), 'read');
    context.entities.signalEntity(journal('x'), 'note', 'after');
    return yield* wait(first);
  }
  await hub.work({ orchestrators: { caller }, entities: journals });

  expect(output(await hub.run('caller'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await eventually(() => stateOf(hub, journal('x'))).toHaveLength(11);
});

/** Calls and, when that fails, returns what it looked like. */
async function* callAndCatch(context: OrchestrationContext, { name, operation }: Record<string, string>) {
  try {
    return yield* call(context, new EntityInstanceId(name ?? '', 'x'), operation ?? '', 'no "such"\nthing');
  } catch (error) {
    return error;
  }
}

test('a failed operation fails its call with the details, and leaves the state as it was', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { callAndCatch }, entities: journals });
  await hub.client.signalEntity(journal('x'), 'note', 'kept');

  expect(output(await hub.run('callAndCatch', { name: 'journal', operation: 'fail' }))).toMatchObject({
    operationName: 'fail',
    entityId: '@journal@x',
    failureDetails: {
      errorType: 'RangeError',
      errorMessage: 'no "such"\nthing',
      stackTrace: expect.stringContaining('entities.ts') as string,
    },
  });
  expect(await stateOf(hub, journal('x'))).toEqual(['kept']);
});

test('a call that nobody catches fails the orchestration', async () => {
  const hub = server.hub();
  async function* caller(context: OrchestrationContext) {
    yield* call(context, journal('x'), 'fail', 'out of range');
  }
  await hub.work({ orchestrators: { caller }, entities: journals });

  const state = await hub.run('caller');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain('out of range');
});

test('a failed signal is dropped, those around it are not', async () => {
  const hub = server.hub();
  await hub.work({ entities: journals });
  for (const [operation, input] of [
    ['note', 1],
    ['fail', 'nobody hears it'],
    ['unknown', null],
    ['note', 2],
  ] as const) {
    await hub.client.signalEntity(journal('x'), operation, input);
  }

  await eventually(() => stateOf(hub, journal('x'))).toEqual([1, 2]);
});

test('a call to an entity that the worker does not know fails with the reason', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { callAndCatch }, entities: journals });

  expect(output(await hub.run('callAndCatch', { name: 'unheard-of', operation: 'note' }))).toMatchObject({
    failureDetails: {
      errorType: 'EntityTaskNotFound',
      errorMessage: expect.stringContaining('unheard-of') as string,
    },
  });
});

test('a deleted entity does not exist, and the next signal makes it again', async () => {
  const hub = server.hub();
  await hub.work({ entities: journals });
  await hub.client.signalEntity(journal('x'), 'note', 'old life');
  await eventually(() => stateOf(hub, journal('x'))).toEqual(['old life']);

  await hub.client.signalEntity(journal('x'), 'delete');
  await eventually(() => hub.client.getEntity(journal('x'))).toBeUndefined();
  expect(await entitiesOf(hub)).toEqual([]);

  await hub.client.signalEntity(journal('x'), 'note', 'new life');
  await eventually(() => stateOf(hub, journal('x'))).toEqual(['new life']);
});

test('the state outlives the worker that made it', async () => {
  const hub = server.hub();
  const first = await hub.work({ entities: journals });
  await hub.client.signalEntity(journal('x'), 'note', 1);
  await eventually(() => stateOf(hub, journal('x'))).toEqual([1]);
  await hub.stop(first);
  await hub.client.signalEntity(journal('x'), 'note', 2);

  await hub.work({ entities: journals });

  await eventually(() => stateOf(hub, journal('x'))).toEqual([1, 2]);
});

test('names are the same whatever their case; keys are not, and may have any characters or none', async () => {
  const hub = server.hub();
  await hub.work({ entities: journals });
  const keys = ['A', 'a', 'a@b', 'A@b', '@', ' spaced ', "o'key%_", ''];
  for (const key of keys) await hub.client.signalEntity(new EntityInstanceId('JOURNAL', key), 'note', key);

  for (const key of keys) await eventually(() => stateOf(hub, journal(key))).toEqual([key]);
  expect((await entitiesOf(hub)).map(({ id }) => id.key).toSorted()).toEqual(keys.toSorted());
});

test('an id of 100 characters is taken, a longer one refused by its length', async () => {
  const hub = server.hub();
  await hub.work({ entities: journals });
  const longest = journal('k'.repeat(100 - '@journal@'.length));
  expect(longest.toString()).toHaveLength(100);

  await hub.client.signalEntity(longest, 'note', 1);
  await eventually(() => stateOf(hub, longest)).toEqual([1]);

  await expect(hub.client.signalEntity(journal(`${longest.key}k`), 'note', 1)).rejects.toThrow(/length/);
});

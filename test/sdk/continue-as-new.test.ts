import { type OrchestrationContext, OrchestrationStatus } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { event, output, useServer, wait } from './hub.ts';

const server = useServer();

interface Progress {
  seen: number[];
  until: number;
  saveEvents: boolean;
}

/** Takes one event in each generation and hands what it has seen to the next. */
async function* oneEventEach(context: OrchestrationContext, input: Progress) {
  if (input.seen.at(-1) === input.until) return input.seen;
  context.setCustomStatus(input.seen);
  const value: unknown = yield* event(context, 'n');
  context.continueAsNew({ ...input, seen: [...input.seen, value] }, input.saveEvents);
  return undefined;
}

test('an eternal orchestration carries its input from generation to generation', async () => {
  const hub = server.hub();
  async function* count(context: OrchestrationContext, input: number) {
    const next = yield* wait(context.callActivity<number, number>('addOne', input));
    if (next === 20) return next;
    context.continueAsNew(next, false);
    return undefined;
  }
  await hub.work({
    orchestrators: { count },
    activities: { addOne: (_: unknown, value: number) => value + 1 },
  });

  const id = await hub.start('count', 0);
  const { createdAt } = await hub.state(id);
  const state = await hub.end(id);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(output(state)).toBe(20);
  expect(state.serializedInput).toBe('19');
  expect(state.createdAt).toEqual(createdAt);
});

test.each([true, false])(
  'events raised while generations follow each other are counted exactly (saveEvents %s)',
  async (saveEvents) => {
    const hub = server.hub();
    await hub.work({ orchestrators: { oneEventEach } });

    const id = await hub.start('oneEventEach', { seen: [], until: 30, saveEvents });
    for (let n = 1; n <= 30; n++) {
      await hub.client.raiseOrchestrationEvent(id, 'n', n);
      // Without saveEvents an event that arrives in one batch with its predecessor is dropped by design, so each
      // is raised when the one before it was taken, while that generation is still being replaced.
      if (!saveEvents) await hub.until(id, (state) => state.serializedInput?.includes(String(n)) ?? false);
    }

    expect(output(await hub.end(id))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  },
);

test('events raised all at once survive continue-as-new when they are saved', async () => {
  const hub = server.hub();
  const id = await hub.start('oneEventEach', { seen: [], until: 10, saveEvents: true });
  for (let n = 1; n <= 10; n++) await hub.client.raiseOrchestrationEvent(id, 'n', n);

  await hub.work({ orchestrators: { oneEventEach } });

  expect(output(await hub.end(id))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('unread events of the batch end with their generation when they are not saved', async () => {
  const hub = server.hub();
  const id = await hub.start('oneEventEach', { seen: [], until: 4, saveEvents: false });
  for (let n = 1; n <= 3; n++) await hub.client.raiseOrchestrationEvent(id, 'n', n);

  await hub.work({ orchestrators: { oneEventEach } });
  await hub.until(id, (state) => state.serializedCustomStatus === '[1]');
  await hub.client.raiseOrchestrationEvent(id, 'n', 4);

  expect(output(await hub.end(id))).toEqual([1, 4]);
});

test('each generation gives its children ids of their own', async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext, ids: string[]) {
    if (ids.length === 3) return ids;
    const id = yield* wait(context.callSubOrchestrator<undefined, string>('child'));
    context.continueAsNew([...ids, id], false);
    return undefined;
  }
  const child = (context: OrchestrationContext) => context.instanceId;
  await hub.work({ orchestrators: { parent, child } });

  const ids = output(await hub.run('parent', [])) as string[];

  expect(new Set(ids).size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}:0001$/);
});

test('a timer of an earlier generation does not fire in a later one', async () => {
  const hub = server.hub();
  async function* restless(context: OrchestrationContext, isSecond: boolean) {
    const fireAt = context.currentUtcDateTime.getTime() + (isSecond ? 800 : 300);
    const timer = context.createTimer(new Date(fireAt));
    if (!isSecond) {
      yield* wait(context.createTimer(0));
      context.continueAsNew(true, false);
      return undefined;
    }
    yield* wait(timer);
    return context.currentUtcDateTime.getTime() >= fireAt;
  }
  await hub.work({ orchestrators: { restless } });

  expect(output(await hub.run('restless', false))).toBe(true);
});

test('a child may continue as new and still answer its parent', async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext) {
    return yield* wait(context.callSubOrchestrator<number, unknown>('child', 0));
  }
  async function* child(context: OrchestrationContext, generation: number) {
    yield* wait(context.createTimer(0));
    if (generation === 3) return { generation, parent: context.parent?.name };
    context.continueAsNew(generation + 1, false);
    return undefined;
  }
  await hub.work({ orchestrators: { parent, child } });

  expect(output(await hub.run('parent'))).toEqual({ generation: 3, parent: 'parent' });
});

test('tags and version stay with the instance through its generations', async () => {
  const hub = server.hub();
  async function* twice(context: OrchestrationContext, isSecond: boolean) {
    yield* wait(context.createTimer(0));
    if (isSecond) return context.version;
    context.continueAsNew(true, false);
    return undefined;
  }
  await hub.work({ orchestrators: { twice } });

  const state = await hub.run('twice', false, { tags: { kind: 'eternal' }, version: '1.2.3' });

  expect(output(state)).toBe('1.2.3');
  expect(state.tags).toEqual({ kind: 'eternal' });
});

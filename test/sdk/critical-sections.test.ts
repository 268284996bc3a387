import { type OrchestrationContext, OrchestrationStatus } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { call, eventually, holderOf, journal, journals, lock, stateOf } from './entities.ts';
import { event, output, type TestHub, useServer, wait } from './hub.ts';

const server = useServer();

const [a, b] = [journal('a'), journal('b')];

/** Holds both until the event `end`; what that carries says how. */
async function* holder(context: OrchestrationContext): AsyncGenerator<unknown, string> {
  const held = yield* lock(context, a, b);
  const how = yield* event(context, 'end');
  if (how === 'failure') throw new Error('with its locks');
  if (how === 'continue-as-new') {
    context.continueAsNew(undefined, false);
    return '';
  }
  if (how === 'release') {
    held.release();
    yield* event(context, 'more');
  }
  return 'over';
}

/** Starts a holder and waits until it holds both. */
async function holding(hub: TestHub): Promise<string> {
  const id = await hub.start('holder');
  for (const entity of [a, b]) await eventually(() => holderOf(hub, entity)).toBe(id);
  return id;
}

/** Everybody else can have both entities. */
async function areFree(hub: TestHub): Promise<void> {
  await hub.client.signalEntity(a, 'note', 'free');
  await hub.client.signalEntity(b, 'note', 'free');
  for (const entity of [a, b]) {
    await eventually(() => stateOf(hub, entity)).toContain('free');
    expect(await holderOf(hub, entity)).toBeUndefined();
  }
}

test('inside a section the holder calls both entities; who holds them is shown, and afterwards nobody', async () => {
  const hub = server.hub();
  async function* section(context: OrchestrationContext) {
    const held = yield* lock(context, b, a);
    const locked = context.entities.isInCriticalSection().lockedEntities?.map(String);
    yield* call(context, a, 'note', 'inside');
    yield* call(context, b, 'note', 'inside');
    yield* event(context, 'leave');
    held.release();
    const { inSection } = context.entities.isInCriticalSection();
    yield* event(context, 'end');
    return { locked, inSection };
  }
  await hub.work({ orchestrators: { section }, entities: journals });

  const id = await hub.start('section');
  for (const entity of [a, b]) {
    await eventually(() => stateOf(hub, entity)).toEqual(['inside']);
    expect((await hub.client.getEntity(entity))?.lockedBy).toBe(id);
  }
  await hub.client.raiseOrchestrationEvent(id, 'leave');
  for (const entity of [a, b]) {
    await eventually(async () => (await hub.client.getEntity(entity))?.lockedBy).toBeUndefined();
  }
  await hub.client.raiseOrchestrationEvent(id, 'end');
  expect(output(await hub.end(id))).toEqual({ locked: ['@journal@a', '@journal@b'], inSection: false });
});

test('what others send to a locked entity waits until it is released, and goes behind what the holder calls', async () => {
  const hub = server.hub();
  async function* section(context: OrchestrationContext) {
    const held = yield* lock(context, a);
    yield* event(context, 'go on');
    yield* call(context, a, 'note', 'own');
    yield* event(context, 'leave');
    held.release();
  }
  async function* other(context: OrchestrationContext) {
    return yield* call(context, a, 'note', 'called');
  }
  await hub.work({ orchestrators: { section, other }, entities: journals });
  const id = await hub.start('section');
  await eventually(() => holderOf(hub, a)).toBe(id);
  await hub.client.signalEntity(a, 'note', 'signalled');
  const caller = await hub.start('other');
  await hub.hasStatus(caller, OrchestrationStatus.RUNNING);
  await hub.client.raiseOrchestrationEvent(id, 'go on');
  await eventually(() => stateOf(hub, a)).toEqual(['own']);
  // An entity that nobody holds goes on meanwhile.
  await hub.client.signalEntity(b, 'note', 1);
  await eventually(() => stateOf(hub, b)).toEqual([1]);
  expect(await stateOf(hub, a)).toEqual(['own']);

  await hub.client.raiseOrchestrationEvent(id, 'leave');

  expect(output(await hub.end(caller))).toBe(3);
  expect(await stateOf(hub, a)).toEqual(['own', 'signalled', 'called']);
});

test('an entity named twice is locked once, and a second release does nothing', async () => {
  const hub = server.hub();
  async function* section(context: OrchestrationContext) {
    const held = yield* lock(context, a, b, a, b, a);
    const count = context.entities.isInCriticalSection().lockedEntities?.length;
    held.release();
    held.release();
    const again = yield* lock(context, a);
    held.release();
    yield* call(context, a, 'note', 'still inside');
    again.release();
    return count;
  }
  await hub.work({ orchestrators: { section }, entities: journals });

  expect(output(await hub.run('section'))).toBe(2);
  await areFree(hub);
});

test('sections over the same entities, in any order, run one after the other', async () => {
  const hub = server.hub();
  /** Loses updates, unless nobody else is inside. */
  async function* section(context: OrchestrationContext, number: number) {
    const held = yield* lock(context, ...(number % 2 === 0 ? [a, b] : [b, a]));
    const before = yield* call<unknown[]>(context, a, 'read');
    yield* wait(context.callActivity('pause'));
    yield* call(context, b, 'note', before.length);
    yield* call(context, a, 'note', number);
    held.release();
  }
  await hub.work({
    orchestrators: { section },
    activities: { pause: () => undefined },
    entities: journals,
  });

  const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => hub.start('section', i)));
  for (const id of ids) expect((await hub.end(id)).runtimeStatus).toBe(OrchestrationStatus.COMPLETED);

  expect(await stateOf(hub, b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(((await stateOf(hub, a)) as number[]).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a transfer under locks never shows half of itself to another section', async () => {
  const hub = server.hub();
  async function* transfer(context: OrchestrationContext) {
    const held = yield* lock(context, a, b);
    yield* call(context, a, 'note', 'taken');
    yield* wait(context.createTimer(0.01));
    yield* call(context, b, 'note', 'given');
    held.release();
  }
  async function* audit(context: OrchestrationContext) {
    const held = yield* lock(context, b, a);
    const taken = yield* call<unknown[]>(context, a, 'read');
    const given = yield* call<unknown[]>(context, b, 'read');
    held.release();
    return taken.length - given.length;
  }
  await hub.work({ orchestrators: { transfer, audit }, entities: journals });

  const ids = await Promise.all(
    Array.from({ length: 12 }, (_, i) => hub.start(i % 2 === 0 ? 'transfer' : 'audit')),
  );
  const audits = ids.filter((_, i) => i % 2 === 1);

  for (const id of audits) expect(output(await hub.end(id))).toBe(0);
});

test.each(['completion', 'failure'])('the %s of a holder releases its locks', async (how) => {
  const hub = server.hub();
  await hub.work({ orchestrators: { holder }, entities: journals });
  const id = await holding(hub);

  await hub.client.raiseOrchestrationEvent(id, 'end', how);

  const expected = how === 'failure' ? OrchestrationStatus.FAILED : OrchestrationStatus.COMPLETED;
  expect((await hub.end(id)).runtimeStatus).toBe(expected);
  await areFree(hub);
});

test('the termination of a holder releases its locks, and the next in line gets them', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { holder }, entities: journals });
  const id = await holding(hub);
  const next = await hub.start('holder');
  await hub.hasStatus(next, OrchestrationStatus.RUNNING);
  expect(await holderOf(hub, a)).toBe(id);

  await hub.client.terminateOrchestration(id, 'enough');

  for (const entity of [a, b]) await eventually(() => holderOf(hub, entity)).toBe(next);
});

test('a holder that continues as new holds nothing until it asks again', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { holder }, entities: journals });
  const id = await holding(hub);
  await hub.client.signalEntity(a, 'note', 'between');
  expect(await stateOf(hub, a)).toBeUndefined();

  await hub.client.raiseOrchestrationEvent(id, 'end', 'continue-as-new');

  await eventually(() => stateOf(hub, a)).toEqual(['between']);
  for (const entity of [a, b]) await eventually(() => holderOf(hub, entity)).toBe(id);
});

test('a suspended holder keeps its locks', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { holder }, entities: journals });
  const id = await holding(hub);
  await hub.client.suspendOrchestration(id);
  await hub.hasStatus(id, OrchestrationStatus.SUSPENDED);
  await hub.client.raiseOrchestrationEvent(id, 'end', 'release');
  await hub.client.signalEntity(journal('c'), 'note', 1);
  await eventually(() => stateOf(hub, journal('c'))).toEqual([1]);
  expect(await holderOf(hub, a)).toBe(id);

  await hub.client.resumeOrchestration(id);

  await areFree(hub);
});

test('the end of one that waits for a lock frees those that it has already', async () => {
  const hub = server.hub();
  async function* onlyB(context: OrchestrationContext) {
    yield* lock(context, b);
    yield* event(context, 'end');
  }
  await hub.work({ orchestrators: { holder, onlyB }, entities: journals });
  const id = await hub.start('onlyB');
  await eventually(() => holderOf(hub, b)).toBe(id);
  const waiting = await hub.start('holder');
  await eventually(() => holderOf(hub, a)).toBe(waiting);

  await hub.client.terminateOrchestration(waiting, 'gave up');

  await eventually(() => holderOf(hub, a)).toBeUndefined();
  expect(await holderOf(hub, b)).toBe(id);
  await hub.client.raiseOrchestrationEvent(id, 'end');
  await areFree(hub);
});

test('an orchestration that failed inside a section is not rewound', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { holder }, entities: journals });
  const id = await holding(hub);
  await hub.client.raiseOrchestrationEvent(id, 'end', 'failure');
  await hub.end(id);

  await expect(hub.client.rewindInstance(id, 'again')).rejects.toThrow(/lock/);
});

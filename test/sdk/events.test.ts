import { type OrchestrationContext, OrchestrationStatus, whenAny } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { event, output, useServer, wait } from './hub.ts';

const server = useServer();

async function* waitForOne(context: OrchestrationContext, name: string) {
  return yield* event(context, name);
}

async function* waitForMany(context: OrchestrationContext, names: string[]) {
  const seen: unknown[] = [];
  for (const name of names) seen.push(yield* event(context, name));
  return seen;
}

/** The human interaction pattern: an answer, or a way out when none comes. */
async function* approval(context: OrchestrationContext, seconds: number) {
  const answer = context.waitForExternalEvent('approval');
  const timeout = context.createTimer(seconds);
  const winner = yield* wait(whenAny([answer, timeout]));
  if (winner === timeout) return 'escalated';
  timeout.cancel();
  return answer.result as unknown;
}

test('an orchestration waits for an event and gets its payload', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });

  const id = await hub.start('waitForOne', 'go');
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.raiseOrchestrationEvent(id, 'go', { amount: 12.5, by: 'Zoë' });

  expect(output(await hub.end(id))).toEqual({ amount: 12.5, by: 'Zoë' });
});

test('events raised before the orchestration starts reach it in order', async () => {
  const hub = server.hub();
  const id = await hub.start('waitForMany', ['a', 'a', 'a', 'a', 'a']);
  for (let i = 1; i <= 5; i++) await hub.client.raiseOrchestrationEvent(id, 'a', i);
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.PENDING);

  await hub.work({ orchestrators: { waitForMany } });

  expect(output(await hub.end(id))).toEqual([1, 2, 3, 4, 5]);
});

test('an event raised for an orchestration that is scheduled for later waits with it', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });

  const id = await hub.start('waitForOne', 'early', { startAt: new Date(Date.now() + 600) });
  await hub.client.raiseOrchestrationEvent(id, 'early', 'bird');

  expect(output(await hub.end(id))).toBe('bird');
});

test('one hundred events of one name arrive in order, each once', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForMany } });

  const id = await hub.start(
    'waitForMany',
    Array.from({ length: 100 }, () => 'tick'),
  );
  for (let i = 0; i < 100; i++) await hub.client.raiseOrchestrationEvent(id, 'tick', i);

  expect(output(await hub.end(id))).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('two identical events are two events', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForMany } });

  const id = await hub.start('waitForMany', ['same', 'same']);
  await Promise.all([
    hub.client.raiseOrchestrationEvent(id, 'same', 'x'),
    hub.client.raiseOrchestrationEvent(id, 'same', 'x'),
  ]);

  expect(output(await hub.end(id))).toEqual(['x', 'x']);
});

test('events wait for the orchestration that asks for them in another order', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForMany } });

  const id = await hub.start('waitForMany', ['first', 'second', 'third']);
  for (const name of ['third', 'second', 'first']) await hub.client.raiseOrchestrationEvent(id, name, name);

  expect(output(await hub.end(id))).toEqual(['first', 'second', 'third']);
});

test.each([
  ['Approval', 'APPROVAL'],
  ['APPROVAL', 'approval'],
  ['ärger', 'ÄRGER'],
])('an orchestration that waits for %s takes the event %s', async (waited, raised) => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });

  const id = await hub.start('waitForOne', waited);
  await hub.client.raiseOrchestrationEvent(id, raised, 'yes');

  expect(output(await hub.end(id))).toBe('yes');
});

test('an event without a payload is delivered as null', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForMany } });

  const id = await hub.start('waitForMany', ['bare', 'empty']);
  await hub.client.raiseOrchestrationEvent(id, 'bare');
  await hub.client.raiseOrchestrationEvent(id, 'empty', '');

  expect(output(await hub.end(id))).toEqual([null, '']);
});

test('a timeout wins over an event that never comes', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { approval } });

  expect(output(await hub.run('approval', 0.2))).toBe('escalated');
});

test('an event that comes in time wins over its timeout', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { approval } });

  const id = await hub.start('approval', 3600);
  await hub.client.raiseOrchestrationEvent(id, 'approval', 'granted');

  expect(output(await hub.end(id))).toBe('granted');
});

test('events for missing and for finished instances are dropped without an error', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne, done: () => 'done' } });
  const { instanceId } = await hub.run('done', undefined, { instanceId: 'reused' });

  await hub.client.raiseOrchestrationEvent('nobody', 'late', 1);
  await hub.client.raiseOrchestrationEvent(instanceId, 'late', 2);
  const finished = await hub.state(instanceId);
  expect(finished.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);

  const again = await hub.start('waitForOne', 'late', { instanceId });
  await hub.client.raiseOrchestrationEvent(again, 'late', 3);
  expect(output(await hub.end(again))).toBe(3);
});

test('orchestrations send events to each other', async () => {
  const hub = server.hub();
  async function* ping(context: OrchestrationContext, other: string) {
    context.sendEvent(other, 'ping', { from: context.instanceId });
    return yield* event(context, 'pong');
  }
  async function* pong(context: OrchestrationContext) {
    const ball: unknown = yield* event(context, 'ping');
    const { from } = ball as { from: string };
    context.sendEvent(from, 'pong', 'hello back');
    return from;
  }
  await hub.work({ orchestrators: { ping, pong } });

  const other = await hub.start('pong');
  const state = await hub.run('ping', other);

  expect(output(state)).toBe('hello back');
  expect(output(await hub.end(other))).toBe(state.instanceId);
});

test('an orchestration may send an event to itself, and one to nobody is dropped', async () => {
  const hub = server.hub();
  async function* self(context: OrchestrationContext) {
    context.sendEvent('nobody', 'lost', 1);
    context.sendEvent(context.instanceId, 'note', 'to self');
    const note: unknown = yield* event(context, 'note');
    yield* wait(context.callActivity('noop'));
    return note;
  }
  await hub.work({ orchestrators: { self }, activities: { noop: () => null } });

  expect(output(await hub.run('self'))).toBe('to self');
});

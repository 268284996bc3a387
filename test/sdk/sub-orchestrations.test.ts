import {
  type ActivityContext,
  type OrchestrationContext,
  OrchestrationStatus,
  TaskFailedError,
  whenAll,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { event, Gate, output, useServer, wait } from './hub.ts';

const server = useServer();

/** Calls the child and, when that fails, returns what the failure looked like from here. */
async function* callAndCatch(context: OrchestrationContext, child: { name: string; instanceId?: string }) {
  try {
    const options = child.instanceId === undefined ? undefined : { instanceId: child.instanceId };
    return yield* wait(context.callSubOrchestrator<undefined, unknown>(child.name, undefined, options));
  } catch (error) {
    if (!(error instanceof TaskFailedError)) throw error;
    const { errorType, message, stackTrace } = error.details;
    return { errorType, message, stackTrace };
  }
}

test("a child's result is its parent's, and the child knows its parent", async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext, input: number) {
    return yield* wait(context.callSubOrchestrator<number, unknown>('child', input));
  }
  const child = (context: OrchestrationContext, input: number) => ({ input, parent: context.parent });
  await hub.work({ orchestrators: { parent, child } });

  const state = await hub.run('parent', 7);

  expect(output(state)).toEqual({
    input: 7,
    parent: { name: 'parent', instanceId: state.instanceId, taskScheduledId: 1 },
  });
});

test('an orchestration started by a client has no parent', async () => {
  const hub = server.hub();
  await hub.work({
    orchestrators: { orphan: (context: OrchestrationContext) => context.parent === undefined },
  });

  expect(output(await hub.run('orphan'))).toBe(true);
});

test("a child's id is its parent's execution id and the number of the call", async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext) {
    const first = yield* wait(context.callSubOrchestrator<undefined, string>('child'));
    const second = yield* wait(context.callSubOrchestrator<undefined, string>('child'));
    return [first, second];
  }
  const child = (context: OrchestrationContext) => context.instanceId;
  await hub.work({ orchestrators: { parent, child } });

  const [first, second] = output(await hub.run('parent')) as [string, string];

  expect(first).toMatch(/^[0-9a-f]{32}:0001$/);
  expect(second).toMatch(/^[0-9a-f]{32}:0002$/);
  expect(second.slice(0, 32)).toBe(first.slice(0, 32));
  expect(await hub.state(first)).toMatchObject({
    name: 'child',
    runtimeStatus: OrchestrationStatus.COMPLETED,
  });
});

test('a child takes the id that its parent chose', async () => {
  const hub = server.hub();
  const child = (context: OrchestrationContext) => context.instanceId;
  await hub.work({ orchestrators: { callAndCatch, child } });

  expect(output(await hub.run('callAndCatch', { name: 'child', instanceId: 'my-child' }))).toBe('my-child');
  expect((await hub.state('my-child')).name).toBe('child');
});

test("a child's failure reaches its parent word for word", async () => {
  const hub = server.hub();
  const child = () => {
    throw new RangeError('no "such" thing: ∞\nsecond line');
  };
  await hub.work({ orchestrators: { callAndCatch, child } });

  const seenByParent = output(await hub.run('callAndCatch', { name: 'child', instanceId: 'failing' }));

  const { failureDetails } = await hub.state('failing');
  expect(failureDetails).toBeDefined();
  expect(seenByParent).toEqual({
    errorType: 'RangeError',
    message: 'no "such" thing: ∞\nsecond line',
    stackTrace: failureDetails?.stackTrace,
  });
});

test('a failure passes through three generations to whoever catches it', async () => {
  const hub = server.hub();
  async function* middle(context: OrchestrationContext) {
    return yield* wait(context.callSubOrchestrator('inner'));
  }
  async function* inner(context: OrchestrationContext) {
    return yield* wait(context.callActivity('explode'));
  }
  const explode = () => {
    throw new Error('at the very bottom');
  };
  await hub.work({ orchestrators: { callAndCatch, middle, inner }, activities: { explode } });

  const state = await hub.run('callAndCatch', { name: 'middle' });

  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(output(state)).toMatchObject({ message: expect.stringContaining('at the very bottom') as string });
});

test('an uncaught failure of a child fails its parent', async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext) {
    return yield* wait(context.callSubOrchestrator('child'));
  }
  const child = () => {
    throw new Error('child broke');
  };
  await hub.work({ orchestrators: { parent, child } });

  const state = await hub.run('parent');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain('child broke');
});

test('twenty children run and each result goes to its call', async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext) {
    const calls = Array.from({ length: 20 }, (_, i) =>
      context.callSubOrchestrator<number, number>('child', i),
    );
    return yield* wait(whenAll(calls));
  }
  async function* child(context: OrchestrationContext, input: number) {
    return yield* wait(context.callActivity<number, number>('triple', input));
  }
  const triple = (_: ActivityContext, value: number) => value * 3;
  await hub.work({ orchestrators: { parent, child }, activities: { triple } });

  expect(output(await hub.run('parent'))).toEqual(Array.from({ length: 20 }, (_, i) => i * 3));
});

test('orchestrations nest ten levels deep', async () => {
  const hub = server.hub();
  async function* nest(context: OrchestrationContext, depth: number): AsyncGenerator<unknown, number> {
    if (depth === 0) return 0;
    return 1 + (yield* wait(context.callSubOrchestrator<number, number>('nest', depth - 1)));
  }
  await hub.work({ orchestrators: { nest } });

  expect(output(await hub.run('nest', 10))).toBe(10);
});

test('a child whose id belongs to a running instance fails the call and leaves that instance alone', async () => {
  const hub = server.hub();
  async function* busy(context: OrchestrationContext) {
    return yield* event(context, 'free');
  }
  await hub.work({ orchestrators: { callAndCatch, busy } });
  const id = await hub.start('busy', undefined, { instanceId: 'taken' });
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);

  const seen = output(await hub.run('callAndCatch', { name: 'busy', instanceId: id }));
  await hub.client.raiseOrchestrationEvent(id, 'free', 'still here');

  expect(seen).toMatchObject({ message: expect.stringMatching(/exist/i) as string });
  expect(output(await hub.end(id))).toBe('still here');
});

test('a child whose id belongs to a finished instance takes its place', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { callAndCatch, old: () => 'old', young: () => 'young' } });
  await hub.run('old', undefined, { instanceId: 'inherited' });

  expect(output(await hub.run('callAndCatch', { name: 'young', instanceId: 'inherited' }))).toBe('young');
  expect((await hub.state('inherited')).name).toBe('young');
});

test('a child that nobody waits for outlives its parent', async () => {
  const hub = server.hub();
  const gate = new Gate();
  async function* parent(context: OrchestrationContext) {
    context.callSubOrchestrator('child', undefined, { instanceId: 'left-behind' });
    yield* wait(context.createTimer(0));
    return 'gone';
  }
  async function* child(context: OrchestrationContext) {
    return yield* wait(context.callActivity('linger'));
  }
  const linger = async () => {
    await gate.opened;
    return 'finished alone';
  };
  await hub.work({ orchestrators: { parent, child }, activities: { linger } });

  expect(output(await hub.run('parent'))).toBe('gone');
  gate.open();

  expect(output(await hub.end('left-behind'))).toBe('finished alone');
});

test('a terminated child fails the call of its parent', async () => {
  const hub = server.hub();
  async function* child(context: OrchestrationContext) {
    return yield* event(context, 'never');
  }
  await hub.work({ orchestrators: { callAndCatch, child } });

  const id = await hub.start('callAndCatch', { name: 'child', instanceId: 'victim' });
  await hub.hasStatus('victim', OrchestrationStatus.RUNNING);
  await hub.client.terminateOrchestration('victim', 'enough');

  expect(output(await hub.end(id))).toMatchObject({
    errorType: expect.stringMatching(/terminat/i) as string,
  });
});

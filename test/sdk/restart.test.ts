import { type OrchestrationContext, OrchestrationStatus } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { Counter, event, Gate, output, useServer, wait } from './hub.ts';

const server = useServer();

async function* waitForOne(context: OrchestrationContext) {
  return yield* event(context, 'go');
}

/** An orchestrator that tells which run of the test's it is. */
function counts() {
  const runs = new Counter();
  const run = (_: OrchestrationContext, input: unknown) => {
    runs.arrive();
    return { input, run: runs.count };
  };
  return { run, runs };
}

test('an instance starts again in its place with the input it was started with', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { counts: counts().run } });
  const first = await hub.run('counts', { order: 42 }, { instanceId: 'order-42', tags: { team: 'billing' } });

  expect(await hub.client.restartOrchestration('order-42')).toBe('order-42');
  const second = await hub.end('order-42');

  expect(output(first)).toEqual({ input: { order: 42 }, run: 1 });
  expect(output(second)).toEqual({ input: { order: 42 }, run: 2 });
  expect(second).toMatchObject({
    name: 'counts',
    serializedInput: '{"order":42}',
    tags: { team: 'billing' },
  });
  expect(second.createdAt.getTime()).toBeGreaterThanOrEqual(first.lastUpdatedAt.getTime());
});

test('an instance starts again beside itself under an id of its own', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { counts: counts().run } });
  const first = await hub.run('counts', 'in', { tags: { team: 'billing' } });

  const id = await hub.client.restartOrchestration(first.instanceId, true);
  const second = await hub.end(id);

  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(second).toMatchObject({ name: 'counts', tags: { team: 'billing' } });
  expect(output(second)).toEqual({ input: 'in', run: 2 });
  expect(await hub.state(first.instanceId)).toEqual(first);
});

test('every restart beside the old one is another instance', async () => {
  const hub = server.hub();
  const { run, runs } = counts();
  await hub.work({ orchestrators: { counts: run } });
  const { instanceId } = await hub.run('counts');

  const ids = await Promise.all(
    Array.from({ length: 10 }, () => hub.client.restartOrchestration(instanceId, true)),
  );
  await Promise.all(ids.map((id) => hub.end(id)));

  expect(new Set([instanceId, ...ids]).size).toBe(11);
  expect(runs.count).toBe(11);
});

test('a running, a pending and a suspended instance stay where they are', async () => {
  const hub = server.hub();
  const { PENDING, RUNNING, SUSPENDED } = OrchestrationStatus;
  await hub.work({ orchestrators: { waitForOne }, options: { workItemFilters: 'auto' } });
  await hub.start('nobody knows it', 0, { instanceId: 'pending' });
  for (const instanceId of ['running', 'suspended']) {
    await hub.start('waitForOne', 0, { instanceId });
    await hub.hasStatus(instanceId, RUNNING);
  }
  await hub.client.suspendOrchestration('suspended');
  const expected = { pending: PENDING, running: RUNNING, suspended: SUSPENDED };

  for (const [id, status] of Object.entries(expected)) {
    await expect(hub.client.restartOrchestration(id)).rejects.toThrow(/cannot be restarted/);
    expect((await hub.state(id)).runtimeStatus).toBe(status);
  }
  await hub.client.raiseOrchestrationEvent('running', 'go', 'unharmed');

  expect(output(await hub.end('running'))).toBe('unharmed');
});

test('a running instance starts again beside itself, and the two go their own ways', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });
  const first = await hub.start('waitForOne');
  await hub.hasStatus(first, OrchestrationStatus.RUNNING);

  const second = await hub.client.restartOrchestration(first, true);
  await hub.hasStatus(second, OrchestrationStatus.RUNNING);
  await hub.client.raiseOrchestrationEvent(first, 'go', 'first');
  await hub.client.raiseOrchestrationEvent(second, 'go', 'second');

  expect(output(await hub.end(first))).toBe('first');
  expect(output(await hub.end(second))).toBe('second');
});

test('an unknown and a purged instance can not be restarted', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { counts: counts().run } });
  const { instanceId } = await hub.run('counts');
  await hub.client.purgeOrchestration(instanceId);

  for (const id of ['nobody', instanceId]) {
    for (const isBeside of [true, false]) {
      await expect(hub.client.restartOrchestration(id, isBeside)).rejects.toThrow(/was not found/);
    }
  }
});

test('what failed starts again without its failure, its custom status and its events', async () => {
  const hub = server.hub();
  let shouldFail = true;
  async function* fragile(context: OrchestrationContext) {
    if (!shouldFail) return yield* event(context, 'unread');
    context.setCustomStatus('about to fail');
    yield* event(context, 'go');
    throw new Error('as planned');
  }
  await hub.work({ orchestrators: { fragile } });
  const id = await hub.start('fragile');
  await hub.client.raiseOrchestrationEvent(id, 'unread', 'of the first life');
  await hub.client.raiseOrchestrationEvent(id, 'go');
  expect((await hub.end(id)).failureDetails?.message).toContain('as planned');

  shouldFail = false;
  await hub.client.restartOrchestration(id);
  const again = await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.raiseOrchestrationEvent(id, 'unread', 'of the second life');

  expect([again.failureDetails, again.serializedCustomStatus]).toEqual([undefined, undefined]);
  expect(output(await hub.end(id))).toBe('of the second life');
});

test('the answer to a terminated execution changes nothing for the one that started again', async () => {
  const hub = server.hub();
  const calls = new Counter();
  const [first, second] = [new Gate(), new Gate()];
  async function* calling(context: OrchestrationContext) {
    return yield* wait(context.callActivity('linger'));
  }
  const linger = async () => {
    calls.arrive();
    const life = calls.count;
    await (life === 1 ? first : second).opened;
    return `of life ${life}`;
  };
  await hub.work({ orchestrators: { calling, other: () => 'ran' }, activities: { linger } });
  const id = await hub.start('calling');
  await calls.reached(1);
  await hub.client.terminateOrchestration(id);
  await hub.end(id);

  await hub.client.restartOrchestration(id);
  await calls.reached(2);
  first.open();
  await hub.run('other');
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.RUNNING);
  second.open();

  expect(output(await hub.end(id))).toBe('of life 2');
  expect(calls.count).toBe(2);
});

test('the history of what started again begins anew', async () => {
  const hub = server.hub();
  async function* brief(context: OrchestrationContext) {
    yield* wait(context.createTimer(0));
  }
  await hub.work({ orchestrators: { brief } });
  const { instanceId } = await hub.run('brief');
  const first = await hub.client.getOrchestrationHistory(instanceId);

  await hub.client.restartOrchestration(instanceId);
  await hub.end(instanceId);
  const second = await hub.client.getOrchestrationHistory(instanceId);

  expect(second.map(({ type }) => type)).toEqual(first.map(({ type }) => type));
  const end = first.at(-1)?.timestamp.getTime() ?? Infinity;
  expect(second[0]?.timestamp.getTime()).toBeGreaterThanOrEqual(end);
});

test('a child starts again as an instance of its own', async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext) {
    return yield* wait(context.callSubOrchestrator('child', 'in', { instanceId: 'child' }));
  }
  const child = (context: OrchestrationContext, input: string) => [
    input,
    context.parent?.name ?? 'no parent',
  ];
  await hub.work({ orchestrators: { parent, child } });
  const before = await hub.run('parent');

  await hub.client.restartOrchestration('child');

  expect(output(before)).toEqual(['in', 'parent']);
  expect(output(await hub.end('child'))).toEqual(['in', 'no parent']);
  expect(await hub.state(before.instanceId)).toEqual(before);
});

test('of many restarts at once exactly one wins, and nothing runs twice', async () => {
  const hub = server.hub();
  const started = new Counter();
  async function* once(context: OrchestrationContext) {
    if (!context.isReplaying) started.arrive();
    return yield* event(context, 'go');
  }
  await hub.work({ orchestrators: { once } });
  const id = await hub.start('once');
  await hub.client.raiseOrchestrationEvent(id, 'go', 'first');
  await hub.end(id);
  const before = started.count;

  const restarts = await Promise.allSettled(
    Array.from({ length: 10 }, () => hub.client.restartOrchestration(id)),
  );
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.raiseOrchestrationEvent(id, 'go', 'second');

  expect(restarts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(output(await hub.end(id))).toBe('second');
  expect(started.count - before).toBe(1);
});

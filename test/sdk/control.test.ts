import {
  type OrchestrationContext,
  OrchestrationStatus,
  terminateOptions,
  whenAll,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { Counter, event, Gate, output, useServer, wait } from './hub.ts';

const server = useServer();

async function* waitForOne(context: OrchestrationContext) {
  return yield* event(context, 'go');
}

test('status and custom status become visible together', async () => {
  const hub = server.hub();
  async function* reports(context: OrchestrationContext) {
    context.setCustomStatus({ phase: 'waiting', n: 1 });
    yield* event(context, 'go');
    context.setCustomStatus('nearly there');
    yield* wait(context.createTimer(0));
    return 'done';
  }
  await hub.work({ orchestrators: { reports } });

  const id = await hub.start('reports');
  const started = await hub.client.waitForOrchestrationStart(id, true, 20);
  await hub.client.raiseOrchestrationEvent(id, 'go');
  const ended = await hub.end(id);

  expect(started?.runtimeStatus).toBe(OrchestrationStatus.RUNNING);
  expect(started?.serializedCustomStatus).toBe('{"phase":"waiting","n":1}');
  expect(ended.serializedCustomStatus).toBe('"nearly there"');
});

test('a custom status that is cleared is gone', async () => {
  const hub = server.hub();
  async function* reports(context: OrchestrationContext) {
    context.setCustomStatus('busy');
    yield* event(context, 'go');
    context.setCustomStatus(null);
  }
  await hub.work({ orchestrators: { reports } });

  const id = await hub.start('reports');
  await hub.until(id, (state) => state.serializedCustomStatus === '"busy"');
  await hub.client.raiseOrchestrationEvent(id, 'go');

  expect((await hub.end(id)).serializedCustomStatus).toBeUndefined();
});

test('an instance is pending until its first turn is committed', async () => {
  const hub = server.hub();
  const gate = new Gate();
  const entered = new Gate();
  async function* slow(context: OrchestrationContext) {
    entered.open();
    await gate.opened;
    return yield* event(context, 'go');
  }
  await hub.work({ orchestrators: { slow } });

  const id = await hub.start('slow');
  await entered.opened;
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.PENDING);
  gate.open();

  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
});

test('a terminated orchestration ends with the output that was given', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });

  const id = await hub.start('waitForOne');
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.terminateOrchestration(id, { reason: 'no longer needed' });
  const state = await hub.end(id);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.TERMINATED);
  expect(output(state)).toEqual({ reason: 'no longer needed' });
  expect(state.failureDetails).toBeUndefined();
});

test('an orchestration can be terminated before any worker saw it', async () => {
  const hub = server.hub();
  const ran = new Counter();
  const id = await hub.start('never');
  await hub.client.terminateOrchestration(id, 'too late');

  const state = await hub.end(id);
  expect(state.runtimeStatus).toBe(OrchestrationStatus.TERMINATED);
  expect(output(state)).toBe('too late');

  await hub.work({
    orchestrators: {
      never: () => {
        ran.arrive();
      },
      other: () => 'ran',
    },
  });
  await hub.run('other');
  expect(ran.count).toBe(0);
});

test('the result of an activity that outlives a termination changes nothing', async () => {
  const hub = server.hub();
  const gate = new Gate();
  const entered = new Gate();
  const left = new Gate();
  async function* longCall(context: OrchestrationContext) {
    return yield* wait(context.callActivity('linger'));
  }
  const linger = async () => {
    entered.open();
    await gate.opened;
    left.open();
    return 'too late';
  };
  await hub.work({ orchestrators: { longCall, other: () => 'ran' }, activities: { linger } });

  const id = await hub.start('longCall');
  await entered.opened;
  await hub.client.terminateOrchestration(id, 'stopped');
  await hub.end(id);
  gate.open();
  await left.opened;
  await hub.run('other');

  const state = await hub.state(id);
  expect(state.runtimeStatus).toBe(OrchestrationStatus.TERMINATED);
  expect(output(state)).toBe('stopped');
});

test.each([
  [true, OrchestrationStatus.TERMINATED],
  [false, OrchestrationStatus.RUNNING],
])('a termination with recursive=%s leaves the grandchild in status %s', async (recursive, status) => {
  const hub = server.hub();
  async function* nest(context: OrchestrationContext, depth: number) {
    if (depth === 0) return yield* event(context, 'never');
    return yield* wait(context.callSubOrchestrator('nest', depth - 1, { instanceId: `level-${depth - 1}` }));
  }
  await hub.work({ orchestrators: { nest } });

  const id = await hub.start('nest', 2, { instanceId: 'level-2' });
  await hub.hasStatus('level-0', OrchestrationStatus.RUNNING);
  await hub.client.terminateOrchestration(id, terminateOptions({ recursive, output: 'all of you' }));

  expect((await hub.end(id)).runtimeStatus).toBe(OrchestrationStatus.TERMINATED);
  if (recursive) expect(output(await hub.end('level-0'))).toBe('all of you');
  expect((await hub.state('level-0')).runtimeStatus).toBe(status);
});

test('terminating a finished or a missing instance changes nothing', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { done: () => 'done' } });
  const { instanceId } = await hub.run('done');

  await hub.client.terminateOrchestration(instanceId, 'late');
  await hub.client.terminateOrchestration('nobody', 'late');

  const state = await hub.state(instanceId);
  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(output(state)).toBe('done');
  expect(await hub.client.getOrchestrationState('nobody')).toBeUndefined();
});

test('a suspended orchestration holds its events and gets them in order when it is resumed', async () => {
  const hub = server.hub();
  async function* three(context: OrchestrationContext) {
    const seen: unknown[] = [];
    while (seen.length < 3) seen.push(yield* event(context, 'n'));
    return seen;
  }
  await hub.work({ orchestrators: { three, other: () => 'ran' } });

  const id = await hub.start('three');
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.suspendOrchestration(id);
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.SUSPENDED);
  for (const n of [1, 2, 3]) await hub.client.raiseOrchestrationEvent(id, 'n', n);
  await hub.run('other');
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.SUSPENDED);
  await hub.client.resumeOrchestration(id);

  expect(output(await hub.end(id))).toEqual([1, 2, 3]);
});

test('suspending after a fan-out repeats none of its activities', async () => {
  const hub = server.hub();
  const gate = new Gate();
  const entered = new Counter();
  async function* fanOut(context: OrchestrationContext) {
    const tasks = Array.from({ length: 10 }, (_, i) => context.callActivity<number, number>('linger', i));
    return yield* wait(whenAll(tasks));
  }
  const linger = async (_: unknown, i: number) => {
    entered.arrive();
    await gate.opened;
    return i;
  };
  await hub.work({ orchestrators: { fanOut, other: () => 'ran' }, activities: { linger } });

  const id = await hub.start('fanOut');
  await entered.reached(10);
  await hub.client.suspendOrchestration(id);
  gate.open();
  await hub.run('other');
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.SUSPENDED);
  await hub.client.resumeOrchestration(id);

  expect(output(await hub.end(id))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(entered.count).toBe(10);
});

test('an orchestration suspended before its first turn begins when it is resumed', async () => {
  const hub = server.hub();
  const id = await hub.start('greet');
  await hub.client.suspendOrchestration(id);
  await hub.work({ orchestrators: { greet: () => 'hello', other: () => 'ran' } });
  await hub.run('other');
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.SUSPENDED);

  await hub.client.resumeOrchestration(id);

  expect(output(await hub.end(id))).toBe('hello');
});

test('a timer that comes due during a suspension fires after the resumption', async () => {
  const hub = server.hub();
  async function* timed(context: OrchestrationContext) {
    yield* wait(context.createTimer(0.3));
    return 'fired';
  }
  async function* longer(context: OrchestrationContext) {
    yield* wait(context.createTimer(0.6));
  }
  await hub.work({ orchestrators: { timed, longer } });

  const id = await hub.start('timed');
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.suspendOrchestration(id);
  await hub.run('longer');
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.SUSPENDED);
  await hub.client.resumeOrchestration(id);

  expect(output(await hub.end(id))).toBe('fired');
});

test('suspending twice, resuming twice and resuming what runs are harmless', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });

  const id = await hub.start('waitForOne');
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.resumeOrchestration(id);
  await hub.client.suspendOrchestration(id);
  await hub.client.suspendOrchestration(id);
  await hub.client.resumeOrchestration(id);
  await hub.client.resumeOrchestration(id);
  await hub.client.raiseOrchestrationEvent(id, 'go', 'went');

  expect(output(await hub.end(id))).toBe('went');
});

test('a suspended orchestration can be terminated', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });

  const id = await hub.start('waitForOne');
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.suspendOrchestration(id);
  await hub.client.terminateOrchestration(id, 'gone');
  const state = await hub.end(id);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.TERMINATED);
  expect(output(state)).toBe('gone');
});

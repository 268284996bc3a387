import {
  type ActivityContext,
  type OrchestrationContext,
  OrchestrationStatus,
  whenAll,
  whenAny,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { Counter, Gate, output, useServer, wait } from './hub.ts';

const server = useServer();
const addOne = (_: ActivityContext, value: number) => value + 1;

test('a chain of activities hands each result to the next', async () => {
  const hub = server.hub();
  async function* chain(context: OrchestrationContext, start: number) {
    const results = [start];
    for (let step = 0; step < 5; step++) {
      results.push(yield* wait(context.callActivity<number, number>('addOne', results.at(-1))));
    }
    return results;
  }
  await hub.work({ orchestrators: { chain }, activities: { addOne } });

  const state = await hub.run('chain', 1);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(state.name).toBe('chain');
  expect(output(state)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(state.failureDetails).toBeUndefined();
});

test('an orchestrator that needs no activity ends with its return value', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { double: (_: OrchestrationContext, value: number) => value * 2 } });

  const state = await hub.run('double', 21);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(state.serializedInput).toBe('21');
  expect(state.serializedOutput).toBe('42');
});

test('a fan-out of 100 gathers every result in the order of the calls', async () => {
  const hub = server.hub();
  const ran: number[] = [];
  async function* fanOut(context: OrchestrationContext, width: number) {
    const tasks = Array.from({ length: width }, (_, i) => context.callActivity<number, number>('square', i));
    return yield* wait(whenAll(tasks));
  }
  const square = (_: ActivityContext, value: number) => {
    ran.push(value);
    return value * value;
  };
  await hub.work({ orchestrators: { fanOut }, activities: { square } });

  const state = await hub.run('fanOut', 100);

  const numbers = Array.from({ length: 100 }, (_, i) => i);
  expect(output(state)).toEqual(numbers.map((i) => i * i));
  expect(ran.toSorted((a, b) => a - b)).toEqual(numbers);
});

test('results that arrive in the opposite order still go to the calls that asked for them', async () => {
  const hub = server.hub();
  const gates = [new Gate(), new Gate(), new Gate()];
  async function* fanOut(context: OrchestrationContext) {
    const tasks = gates.map((_, i) => context.callActivity<number, string>('answer', i));
    const seen: number[] = [];
    while (seen.length < tasks.length) {
      const open = tasks.filter((task) => !task.isComplete);
      const winner = yield* wait(whenAny(open));
      seen.push(tasks.findIndex((task) => task === winner));
      context.setCustomStatus(seen);
    }
    return { seen, results: tasks.map((task) => task.getResult()) };
  }
  const answer = async (_: ActivityContext, i: number) => {
    await gates[i]?.opened;
    return `answer ${i}`;
  };
  await hub.work({ orchestrators: { fanOut }, activities: { answer } });

  const id = await hub.start('fanOut');
  for (const i of [2, 1, 0]) {
    gates[i]?.open();
    await hub.until(id, (state) => state.serializedCustomStatus?.includes(String(i)) ?? false);
  }

  expect(output(await hub.end(id))).toEqual({
    seen: [2, 1, 0],
    results: ['answer 0', 'answer 1', 'answer 2'],
  });
});

test('the activities of a fan-out run side by side', async () => {
  const hub = server.hub();
  const running = new Counter();
  async function* fanOut(context: OrchestrationContext) {
    const tasks = Array.from({ length: 20 }, () => context.callActivity<undefined, boolean>('meet'));
    return (yield* wait(whenAll(tasks))).length;
  }
  const meet = async () => {
    running.arrive();
    await running.reached(20);
    return true;
  };
  await hub.work({ orchestrators: { fanOut }, activities: { meet } });

  expect(output(await hub.run('fanOut'))).toBe(20);
});

test('an activity learns whose it is and which call it serves', async () => {
  const hub = server.hub();
  async function* askTwice(context: OrchestrationContext) {
    const first: unknown = yield* wait(context.callActivity('whoAmI'));
    const second: unknown = yield* wait(context.callActivity('whoAmI'));
    return [first, second];
  }
  const whoAmI = (context: ActivityContext) => [context.orchestrationId, context.taskId];
  await hub.work({ orchestrators: { askTwice }, activities: { whoAmI } });

  const state = await hub.run('askTwice');

  expect(output(state)).toEqual([
    [state.instanceId, 1],
    [state.instanceId, 2],
  ]);
});

test('replays see the same time and make the same GUIDs as the first run', async () => {
  const hub = server.hub();
  const runs: string[][] = [];
  async function* remember(context: OrchestrationContext) {
    const seen: string[] = [];
    runs.push(seen);
    for (let step = 0; step < 3; step++) {
      seen.push(`${context.currentUtcDateTime.toISOString()} ${context.newGuid()}`);
      yield* wait(context.callActivity('addOne', step));
    }
  }
  await hub.work({ orchestrators: { remember }, activities: { addOne } });

  await hub.run('remember');

  const last = runs.at(-1) ?? [];
  expect(last).toHaveLength(3);
  expect(new Set(last).size).toBe(3);
  expect(runs.length).toBeGreaterThan(1);
  for (const run of runs) expect(run).toEqual(last.slice(0, run.length));
});

test('the clock of an orchestration never goes backwards', async () => {
  const hub = server.hub();
  async function* watch(context: OrchestrationContext) {
    const times = [context.currentUtcDateTime.getTime()];
    for (let step = 0; step < 5; step++) {
      yield* wait(context.callActivity('addOne', step));
      times.push(context.currentUtcDateTime.getTime());
    }
    return times;
  }
  await hub.work({ orchestrators: { watch }, activities: { addOne } });

  const state = await hub.run('watch');

  const times = output(state) as number[];
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(state.createdAt.getTime()).toBeLessThanOrEqual(times[0] ?? 0);
  expect(state.lastUpdatedAt.getTime()).toBeGreaterThanOrEqual(times.at(-1) ?? 0);
});

test('fifty orchestrations at once all end with their own results', async () => {
  const hub = server.hub();
  async function* chain(context: OrchestrationContext, start: number) {
    const middle = yield* wait(context.callActivity<number, number>('addOne', start));
    return yield* wait(context.callActivity<number, number>('addOne', middle));
  }
  await hub.work({ orchestrators: { chain }, activities: { addOne } });

  const inputs = Array.from({ length: 50 }, (_, i) => i * 10);
  const states = await Promise.all(inputs.map((input) => hub.run('chain', input)));

  expect(states.map(output)).toEqual(inputs.map((input) => input + 2));
});

test('activities that nobody waits for still run', async () => {
  const hub = server.hub();
  const ran = new Counter();
  async function* forget(context: OrchestrationContext, values: number[]) {
    yield* wait(context.callActivity('addOne', 1));
    for (const value of values) context.callActivity('note', value);
    return 'gone';
  }
  const note = () => {
    ran.arrive();
  };
  await hub.work({ orchestrators: { forget }, activities: { addOne, note } });

  expect(output(await hub.run('forget', [1, 2, 3]))).toBe('gone');
  await ran.reached(3);
  expect(ran.count).toBe(3);
});

import { type OrchestrationContext, OrchestrationStatus, whenAll } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { Counter, event, Gate, output, useServer, wait } from './hub.ts';

const server = useServer();

async function* steps(context: OrchestrationContext, count: number) {
  const served: unknown[] = [];
  for (let i = 1; i <= count; i++) served.push(yield* wait(context.callActivity('step', i)));
  return served;
}

test('work that was started without a worker is done when one comes', async () => {
  const hub = server.hub();
  const ids = await Promise.all([1, 2, 3].map((n) => hub.start('greet', n)));
  await hub.work({ orchestrators: { greet: (_: OrchestrationContext, n: number) => `hello ${n}` } });

  const states = await Promise.all(ids.map((id) => hub.end(id)));

  expect(states.map(output)).toEqual(['hello 1', 'hello 2', 'hello 3']);
});

test('two workers on one hub share a wide fan-out, each activity running once', async () => {
  const hub = server.hub();
  const ran = new Map<number, number>();
  const served = [new Counter(), new Counter()];
  async function* fanOut(context: OrchestrationContext) {
    const tasks = Array.from({ length: 300 }, (_, i) => context.callActivity<number, number>('once', i));
    return (yield* wait(whenAll(tasks))).length;
  }
  // Nobody gives a result before both workers have work, so neither can do everything alone.
  const once = (mine: Counter) => async (_: unknown, i: number) => {
    ran.set(i, (ran.get(i) ?? 0) + 1);
    mine.arrive();
    await Promise.all(served.map((counter) => counter.reached(1)));
    return i;
  };
  for (const mine of served) await hub.work({ orchestrators: { fanOut }, activities: { once: once(mine) } });

  expect(output(await hub.run('fanOut'))).toBe(300);
  expect(ran.size).toBe(300);
  expect(new Set(ran.values())).toEqual(new Set([1]));
  for (const counter of served) expect(counter.count).toBeGreaterThan(0);
});

test('a worker that takes over goes on where the last one stopped', async () => {
  const hub = server.hub();
  const first = new Counter();
  async function* paused(context: OrchestrationContext) {
    const before: unknown = yield* wait(context.callActivity('step', 1));
    context.setCustomStatus('halfway');
    yield* event(context, 'go');
    return [before, yield* wait(context.callActivity('step', 2))];
  }
  const worker = await hub.work({
    orchestrators: { paused },
    activities: {
      step: (_: unknown, i: number) => {
        first.arrive();
        return `first worker, step ${i}`;
      },
    },
  });

  const id = await hub.start('paused');
  await hub.until(id, (state) => state.serializedCustomStatus === '"halfway"');
  await hub.stop(worker);
  await hub.client.raiseOrchestrationEvent(id, 'go');
  await hub.work({
    orchestrators: { paused },
    activities: { step: (_: unknown, i: number) => `second worker, step ${i}` },
  });

  expect(output(await hub.end(id))).toEqual(['first worker, step 1', 'second worker, step 2']);
  expect(first.count).toBe(1);
});

test('an activity that left with its worker is given to the next one', async () => {
  const hub = server.hub();
  const entered = new Gate();
  const forever = new Gate();
  const worker = await hub.work({
    orchestrators: { steps },
    activities: {
      step: async () => {
        entered.open();
        await forever.opened;
      },
    },
  });

  const id = await hub.start('steps', 2);
  await entered.opened;
  await hub.stop(worker);
  await hub.work({ orchestrators: { steps }, activities: { step: (_: unknown, i: number) => `step ${i}` } });

  expect(output(await hub.end(id))).toEqual(['step 1', 'step 2']);
});

test('a turn that left with its worker is given to the next one', async () => {
  const hub = server.hub();
  const entered = new Gate();
  const forever = new Gate();
  const stuck = async () => {
    entered.open();
    await forever.opened;
  };
  const worker = await hub.work({ orchestrators: { stuck } });

  const id = await hub.start('stuck');
  await entered.opened;
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.PENDING);
  await hub.stop(worker);
  await hub.work({ orchestrators: { stuck: () => 'free' } });

  expect(output(await hub.end(id))).toBe('free');
});

test('a worker that leaves in the middle of much work takes nothing with it', async () => {
  const hub = server.hub();
  const [served, finished] = [new Counter(), new Counter()];
  const forever = new Gate();
  const stepsUntilStuck = async (_: unknown, i: number) => {
    served.arrive();
    if (served.count > 100) await forever.opened;
    return i;
  };
  const restOfSteps = (_: unknown, i: number) => {
    finished.arrive();
    return i;
  };
  const leaving = await hub.work({ orchestrators: { steps }, activities: { step: stepsUntilStuck } });

  const ids = await Promise.all(Array.from({ length: 20 }, () => hub.start('steps', 10)));
  await served.reached(101);
  await hub.work({ orchestrators: { steps }, activities: { step: restOfSteps } });
  await hub.stop(leaving);
  const states = await Promise.all(ids.map((id) => hub.end(id)));

  for (const state of states) expect(output(state)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(finished.count).toBeGreaterThanOrEqual(100);
});

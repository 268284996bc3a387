import { type OrchestrationContext, OrchestrationStatus, whenAll, whenAny } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { output, useServer, wait } from './hub.ts';

const server = useServer();

/**
 * Waits for one timer; the result is how many milliseconds after its time the orchestration went on, by its own clock,
 * which the server sets past the time anyway, and by that of the machine.
 */
async function* lateness(context: OrchestrationContext, milliseconds: number) {
  const fireAt = context.currentUtcDateTime.getTime() + milliseconds;
  yield* wait(context.createTimer(new Date(fireAt)));
  return [context.currentUtcDateTime.getTime() - fireAt, Date.now() - fireAt];
}

test('timers are never early and as a rule less than 150 ms late', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { lateness } });

  const delays = [400, 617, 850, 1003, 1250];
  const states = await Promise.all(delays.map((delay) => hub.run('lateness', delay)));

  const late = states.flatMap((state) => output(state) as [number, number]).toSorted((a, b) => a - b);
  expect(late).toHaveLength(10);
  expect(late[0]).toBeGreaterThanOrEqual(0);
  expect(late[4]).toBeLessThan(150);
  for (const state of states) {
    const lived = state.lastUpdatedAt.getTime() - state.createdAt.getTime();
    expect(lived).toBeGreaterThanOrEqual(Number(state.serializedInput));
  }
});

test('a timer of zero seconds fires in a turn of its own', async () => {
  const hub = server.hub();
  const turns: boolean[] = [];
  async function* zero(context: OrchestrationContext) {
    turns.push(context.isReplaying);
    const before = context.currentUtcDateTime.getTime();
    yield* wait(context.createTimer(0));
    return context.currentUtcDateTime.getTime() >= before;
  }
  await hub.work({ orchestrators: { zero } });

  expect(output(await hub.run('zero'))).toBe(true);
  expect(turns).toEqual([false, true]);
});

test('a timer set to the past fires at once', async () => {
  const hub = server.hub();
  async function* past(context: OrchestrationContext) {
    yield* wait(context.createTimer(new Date('2001-01-01T00:00:00Z')));
    return 'fired';
  }
  await hub.work({ orchestrators: { past } });

  expect(output(await hub.run('past'))).toBe('fired');
});

test('timers fire in the order of their times, not of their creation', async () => {
  const hub = server.hub();
  async function* race(context: OrchestrationContext, delays: number[]) {
    const start = context.currentUtcDateTime.getTime();
    const timers = delays.map((delay) => context.createTimer(new Date(start + delay)));
    const fired: number[] = [];
    while (fired.length < delays.length) {
      const winner = yield* wait(whenAny(timers.filter((_, i) => !fired.includes(i))));
      fired.push(timers.findIndex((timer) => timer === winner));
    }
    return fired.map((i) => delays[i]);
  }
  await hub.work({ orchestrators: { race } });

  expect(output(await hub.run('race', [900, 300, 600]))).toEqual([300, 600, 900]);
});

test('one hundred timers of one orchestration all fire', async () => {
  const hub = server.hub();
  async function* many(context: OrchestrationContext) {
    const timers = Array.from({ length: 100 }, (_, i) => context.createTimer(0.2 + (i % 10) / 100));
    return (yield* wait(whenAll(timers))).length;
  }
  await hub.work({ orchestrators: { many } });

  expect(output(await hub.run('many'))).toBe(100);
});

test('an orchestration ends without waiting for a timer that lost', async () => {
  const hub = server.hub();
  async function* race(context: OrchestrationContext) {
    const long = context.createTimer(3600);
    const short = context.createTimer(0.1);
    const winner = yield* wait(whenAny([long, short]));
    return winner === short ? 'short' : 'long';
  }
  await hub.work({ orchestrators: { race } });

  const state = await hub.run('race');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(output(state)).toBe('short');
});

test('a monitor polls on a timer until its condition holds', async () => {
  const hub = server.hub();
  let asked = 0;
  async function* monitor(context: OrchestrationContext) {
    for (let attempt = 1; ; attempt++) {
      const ready = yield* wait(context.callActivity<undefined, boolean>('isReady'));
      if (ready) return attempt;
      yield* wait(context.createTimer(0.05));
    }
  }
  const isReady = () => ++asked === 4;
  await hub.work({ orchestrators: { monitor }, activities: { isReady } });

  expect(output(await hub.run('monitor'))).toBe(4);
  expect(asked).toBe(4);
});

test('an orchestration scheduled for later stays pending and never begins early', async () => {
  const hub = server.hub();
  // By the clock of the orchestration and by that of the machine.
  const now = (context: OrchestrationContext) => [context.currentUtcDateTime.getTime(), Date.now()];
  await hub.work({ orchestrators: { now } });
  const startAt = new Date(Date.now() + 1_000);

  const id = await hub.start('now', undefined, { startAt });
  const before = await hub.state(id);
  const after = await hub.end(id);

  expect(before.runtimeStatus).toBe(OrchestrationStatus.PENDING);
  for (const begunAt of output(after) as [number, number]) {
    expect(begunAt).toBeGreaterThanOrEqual(startAt.getTime());
    expect(begunAt).toBeLessThan(startAt.getTime() + 5_000);
  }
});

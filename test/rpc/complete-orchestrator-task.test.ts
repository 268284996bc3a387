import { describe, expect, test } from 'vitest';
import { codec } from '../../src/protocol/codec.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { statusNamed } from '../helpers/client.ts';
import {
  complete,
  continueAsNew,
  createChild,
  createTimer,
  eventOf,
  fail,
  fromNow,
  raisedIn,
  scheduleTask,
  sendEvent,
  type TurnItem,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();
const ms = ({ seconds, nanos }: Timestamp): number => seconds * 1000 + nanos / 1e6;
const types = (item: TurnItem): unknown[] => item.request.pastEvents.map((event) => event.eventType);

describe('activities', () => {
  test('are scheduled with everything that the action carries, and their results come back', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ version: { value: '9' } });
    const parentTraceContext = {
      traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      spanID: 'b7ad6b7169203331',
      traceState: null,
    };
    const task = {
      input: { value: '{"n":1}' },
      version: { value: '' },
      tags: { a: 'b' },
      parentTraceContext,
    };
    const first = await worker.play([scheduleTask(5, 'Charge', task)]);
    const activity = await worker.activity();
    expect(activity.request).toEqual({
      name: 'Charge',
      version: { value: '' },
      input: { value: '{"n":1}' },
      orchestrationInstance: { instanceId: id, executionId: { value: first.executionId } },
      taskId: 5,
      parentTraceContext,
      tags: { a: 'b' },
    });
    await worker.completeActivity(activity, { result: { value: '"paid"' } });
    const item = await worker.turn();
    expect(item.news).toEqual(['orchestratorStarted', 'taskCompleted']);
    expect(eventOf(item, 'taskCompleted')).toMatchObject({
      eventId: -1,
      taskCompleted: { taskScheduledId: 5, result: { value: '"paid"' } },
    });
    expect(item.request.pastEvents.at(-1)).toMatchObject({
      eventId: 5,
      taskScheduled: { name: 'Charge', version: { value: '' }, tags: { a: 'b' }, parentTraceContext },
    });
  });

  // Python repeats ids, Go sends them in any order.
  test('are scheduled by ascending ids, whatever the order of the actions, and ids may repeat (orchestrations §1.17, §1.20)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([
      scheduleTask(4, 'D'),
      scheduleTask(2, 'B'),
      scheduleTask(0, 'A'),
      scheduleTask(2, 'C'),
    ]);
    const names = [];
    for (let n = 0; n < 4; n++) names.push((await worker.activity()).request.name);
    expect(names.toSorted()).toEqual(['A', 'B', 'C', 'D']);
    await orders.raise(id, 'go');
    const scheduled = (await worker.turn()).request.pastEvents.flatMap((event) =>
      event.eventType === 'taskScheduled' ? [[event.eventId, event.taskScheduled.name]] : [],
    );
    expect(scheduled).toEqual([
      [0, 'A'],
      [2, 'B'],
      [2, 'C'],
      [4, 'D'],
    ]);
  });

  // §8.2: fire and forget.
  test('that stand beside the completion run', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([complete('1'), scheduleTask(1, 'Farewell')]);
    expect((await orders.completed(id)).output).toEqual({ value: '1' });
    const activity = await worker.activity();
    expect(activity.request.name).toBe('Farewell');
    await worker.completeActivity(activity);
    expect((await orders.get(id)).output).toEqual({ value: '1' });
  });
});

describe('timers', () => {
  test('fire not before their time, with it, in a turn that is strictly later (orchestrations §1.2, §1.3)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    const fireAt = { ...fromNow(300), nanos: 123_456_700 };
    await worker.play([createTimer(6, fireAt)]);
    const item = await worker.turn();
    expect(Date.now()).toBeGreaterThanOrEqual(Math.floor(ms(fireAt)));
    expect(item.news).toEqual(['orchestratorStarted', 'timerFired']);
    expect(eventOf(item, 'timerFired')).toMatchObject({ eventId: -1, timerFired: { timerId: 6, fireAt } });
    const started = eventOf(item, 'orchestratorStarted').timestamp ?? fireAt;
    expect(started.seconds > fireAt.seconds || started.nanos > fireAt.nanos).toBe(true);
    expect(item.request.pastEvents.at(-1)).toMatchObject({ eventId: 6, timerCreated: { fireAt } });
  });

  // §15: a timer of zero seconds is a turn of its own.
  test('that are due already fire at once, in the next turn', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    const item = await worker.turn();
    const now = eventOf(item, 'orchestratorStarted').timestamp ?? fromNow(0);
    await worker.answer(item, [createTimer(1, now), createTimer(2, { seconds: 0, nanos: 0 })]);
    const fired: number[] = [];
    while (fired.length < 2) {
      const { request } = await worker.play([]);
      for (const event of request.newEvents) {
        if (event.eventType === 'timerFired') fired.push(event.timerFired.timerId);
      }
    }
    expect(fired.toSorted()).toEqual([1, 2]);
  });

  test('of the far future are taken, and end with their orchestration', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createTimer(1, { seconds: 253_402_300_799, nanos: 999_999_999 })]);
    await orders.raise(id, 'go');
    const item = await worker.turn();
    expect(item.request.pastEvents.at(-1)).toMatchObject({
      timerCreated: { fireAt: { seconds: 253_402_300_799, nanos: 999_999_999 } },
    });
    await worker.answer(item, [complete()]);
    await orders.completed(id);
  });
});

describe('sub-orchestrations', () => {
  // §9.2.
  test('are PENDING instances with a parent, and their result comes back', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ version: { value: '1' }, tags: { of: 'parent' } });
    const child = `${id}:0003`;
    const first = await worker.play([
      createChild(3, { instanceId: child, input: { value: '7' }, tags: { of: 'child' } }),
    ]);
    const item = await worker.turn();
    expect(item.instanceId).toBe(child);
    expect(eventOf(item, 'executionStarted').executionStarted).toMatchObject({
      name: 'Child',
      // Never the parent's.
      version: null,
      input: { value: '7' },
      tags: { of: 'child' },
      orchestrationInstance: { instanceId: child, executionId: { value: item.executionId } },
      parentInstance: {
        taskScheduledId: 3,
        name: { value: 'Order' },
        version: { value: '1' },
        orchestrationInstance: { instanceId: id, executionId: { value: first.executionId } },
      },
    });
    await worker.answer(item, [complete('49')]);
    const next = await worker.turn();
    expect(eventOf(next, 'subOrchestrationInstanceCompleted')).toMatchObject({
      eventId: -1,
      subOrchestrationInstanceCompleted: { taskScheduledId: 3, result: { value: '49' } },
    });
    expect(next.request.pastEvents.at(-1)).toMatchObject({
      eventId: 3,
      subOrchestrationInstanceCreated: { instanceId: child, name: 'Child', input: { value: '7' } },
    });
  });

  // §9.1: Go leaves the choice to the server.
  test('without an id get one from the execution and the action', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    const first = await worker.play([createChild(26, { instanceId: '' })]);
    expect((await worker.turn()).instanceId).toBe(`${first.executionId ?? ''}:001a`);
  });

  test('hand their failure on as it is', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    await worker.play([createChild(1, { instanceId: 'c' })]);
    const failureDetails = {
      errorType: 'Outer',
      errorMessage: 'o',
      innerFailure: { errorType: 'Inner', properties: { why: { stringValue: 'because' } } },
    };
    await worker.play([fail(failureDetails)]);
    const item = await worker.turn();
    expect(eventOf(item, 'subOrchestrationInstanceFailed').subOrchestrationInstanceFailed).toMatchObject({
      taskScheduledId: 1,
      failureDetails,
    });
  });

  test('whose id is taken by a living instance fail for their parent; the holder goes on (orchestrations §1.16)', async () => {
    const orders = hub();
    const worker = await orders.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    const holder = await orders.start({ name: 'Holder' });
    await orders.start();
    await worker.play([createChild(1, { instanceId: holder })]);
    const item = await worker.turn();
    const { failureDetails } = eventOf(item, 'subOrchestrationInstanceFailed').subOrchestrationInstanceFailed;
    expect(failureDetails?.errorMessage).toContain(holder);
    expect(await orders.get(holder)).toMatchObject({
      name: 'Holder',
      orchestrationStatus: statusNamed('PENDING'),
    });
  });

  // All SDKs repeat the id in a retry.
  test('whose id was that of a finished instance replace it (orchestrations §1.16)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: 'c' })]);
    const firstTry = await worker.play([fail({ errorType: 'E' })]);
    expect((await worker.play([createChild(2, { instanceId: 'c' })])).instanceId).toBe(id);
    const secondTry = await worker.play([complete('2')]);
    expect(secondTry).toMatchObject({ instanceId: 'c', news: ['orchestratorStarted', 'executionStarted'] });
    expect(secondTry.executionId).not.toBe(firstTry.executionId);
    const item = await worker.turn();
    expect(eventOf(item, 'subOrchestrationInstanceCompleted').subOrchestrationInstanceCompleted).toEqual({
      taskScheduledId: 2,
      result: { value: '2' },
    });
  });

  test('with the tag FireAndForget don’t report to their parent', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(1, { instanceId: 'c', tags: { FireAndForget: '' } })]);
    await worker.play([complete('1')]);
    await orders.completed('c');
    await orders.raise(id, 'go');
    expect((await worker.turn()).news).toEqual(['orchestratorStarted', 'eventRaised']);
  });
});

describe('events between instances', () => {
  test('reach another instance, and oneself', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const target = await orders.start();
    await worker.play([]);
    const id = await orders.start();
    await worker.play([sendEvent(1, target, 'hello', '"you"'), sendEvent(2, id, 'note', '"me"')]);
    const items = [await worker.turn(), await worker.turn()];
    const received = Object.fromEntries(
      items.map((item) => [item.instanceId, eventOf(item, 'eventRaised').eventRaised]),
    );
    expect(received).toEqual({
      [target]: { name: 'hello', input: { value: '"you"' } },
      [id]: { name: 'note', input: { value: '"me"' } },
    });
    expect(types(items.find((item) => item.instanceId === id) ?? items[0] ?? (await worker.turn()))).toEqual([
      'orchestratorStarted',
      'executionStarted',
      'eventSent',
      'eventSent',
    ]);
  });

  test('for nobody and for finished instances are dropped, but stay in history', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const done = await orders.start();
    await worker.play([complete()]);
    const id = await orders.start();
    await worker.play([sendEvent(1, 'nobody', 'x'), sendEvent(2, done, 'y')]);
    await orders.raise(id, 'go');
    const item = await worker.turn();
    expect(types(item).slice(-2)).toEqual(['eventSent', 'eventSent']);
    expect(await orders.status(done)).toBe(statusNamed('COMPLETED'));
  });
});

describe('the end', () => {
  test('may be a termination by the orchestration itself', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([complete('"own"', { orchestrationStatus: 'ORCHESTRATION_STATUS_TERMINATED' })]);
    expect(await orders.completed(id)).toMatchObject({
      orchestrationStatus: statusNamed('TERMINATED'),
      output: { value: '"own"' },
    });
  });

  // §8.3: .NET's failures have a result besides.
  test('by failure keeps details and a result', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([
      complete('not JSON', {
        orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED',
        failureDetails: { errorType: 'E', errorMessage: 'm' },
      }),
    ]);
    expect(await orders.completed(id)).toMatchObject({
      orchestrationStatus: statusNamed('FAILED'),
      output: { value: 'not JSON' },
      failureDetails: { errorType: 'E', errorMessage: 'm' },
    });
  });

  test('with an empty result has none', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([complete('')]);
    expect((await orders.completed(id)).output).toBeNull();
  });

  // §8.2: two completions, as .NET and Go send them.
  test.each([
    ['TERMINATED beats CONTINUED_AS_NEW', 'CONTINUED_AS_NEW', 'TERMINATED', 'TERMINATED'],
    ['of two others the first counts', 'COMPLETED', 'FAILED', 'COMPLETED'],
  ] as const)('said twice: %s', async (_, first, second, outcome) => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const as = (status: typeof first | typeof second, id: number) => ({
      ...complete('1', { orchestrationStatus: `ORCHESTRATION_STATUS_${status}` }),
      id,
    });
    await worker.play([as(second, 2), as(first, 1)]);
    expect((await orders.completed(id)).orchestrationStatus).toBe(statusNamed(outcome));
  });
});

describe('continue-as-new', () => {
  // §10.1.
  test('begins a new execution with the new input and nothing of the old one', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({
      input: { value: '1' },
      version: { value: '1' },
      tags: { team: 'blue' },
    });
    const before = await orders.get(id);
    const first = await worker.play([continueAsNew('2', { newVersion: { value: '2' } })], {
      customStatus: { value: '"kept"' },
      orchestrationTraceContext: { spanID: { value: 'gone' } },
    });
    const second = await worker.turn();
    expect(second.news).toEqual(['orchestratorStarted', 'executionStarted']);
    expect(second.request).toMatchObject({ pastEvents: [], orchestrationTraceContext: null });
    expect(second.executionId).toMatch(/^[0-9a-f]{32}$/);
    expect(second.executionId).not.toBe(first.executionId);
    expect(eventOf(second, 'executionStarted').executionStarted).toMatchObject({
      name: 'Order',
      version: { value: '2' },
      input: { value: '2' },
      tags: { team: 'blue' },
      orchestrationInstance: { executionId: { value: second.executionId } },
    });
    expect(await orders.get(id)).toMatchObject({
      orchestrationStatus: statusNamed('RUNNING'),
      input: { value: '2' },
      output: null,
      version: { value: '2' },
      customStatus: { value: '"kept"' },
      createdTimestamp: before.createdTimestamp,
      executionId: { value: second.executionId },
    });
    // The first turn of a generation keeps the old custom status when it has none (§8.1).
    await worker.answer(second, []);
    expect((await orders.get(id)).customStatus).toEqual({ value: '"kept"' });
  });

  // §10.1 step 4.
  test('delivers carried-over events first, then those sent to itself, then those that arrived meanwhile (orchestrations §1.21)', async () => {
    const orders = hub();
    const id = await orders.start();
    await orders.raise(id, 'A');
    await orders.raise(id, 'B');
    const worker = await orders.worker();
    const item = await worker.turn();
    expect(raisedIn(item)).toEqual(['A', 'B']);
    await orders.raise(id, 'meanwhile');
    const carried = item.request.newEvents.filter((event) => event.eventType === 'eventRaised');
    // Java sends them out of order.
    const carryoverEvents = carried
      .toReversed()
      .map((event) => ({ ...codec.decodeEvent(codec.encodeEvent(event)) }));
    await worker.answer(item, [sendEvent(1, id, 'self'), continueAsNew('2', { carryoverEvents })]);
    const next = await worker.turn();
    expect(raisedIn(next)).toEqual(['A', 'B', 'self', 'meanwhile']);
  });

  // §8.4.
  test('makes results of the old execution stale', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([
      scheduleTask(1, 'Old'),
      createTimer(2, fromNow(200)),
      createChild(3, { instanceId: 'old-child' }),
      continueAsNew('2'),
    ]);
    const items = [await worker.turn(), await worker.turn()];
    const child = items.find((item) => item.instanceId === 'old-child');
    const self = items.find((item) => item.instanceId === id);
    if (!child || !self) throw new Error('the child and the next generation both run');
    await worker.answer(self, [createTimer(1, fromNow(600))]);
    await worker.completeActivity(await worker.activity(), { result: { value: '1' } });
    await worker.answer(child, [complete('1')]);
    expect((await worker.turn()).news).toEqual(['orchestratorStarted', 'timerFired']);
  });

  test('keeps the parent, who gets the last generation’s result', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([createChild(4, { instanceId: 'c' })]);
    await worker.play([continueAsNew('2')]);
    const item = await worker.turn();
    expect(eventOf(item, 'executionStarted').executionStarted.parentInstance).toMatchObject({
      taskScheduledId: 4,
      orchestrationInstance: { instanceId: id },
    });
    await worker.answer(item, [complete('"at last"')]);
    expect(
      eventOf(await worker.turn(), 'subOrchestrationInstanceCompleted').subOrchestrationInstanceCompleted,
    ).toEqual({ taskScheduledId: 4, result: { value: '"at last"' } });
  });
});

describe('tokens', () => {
  // An error would make workers retry or drop their streams.
  test('that are stale, unknown or forged are accepted and change nothing (orchestrations §1.8)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const first = await worker.play([scheduleTask(1, 'Once')]);
    await worker.answer(first, [scheduleTask(2, 'Twice'), complete('"again"')]);
    await orders.raise(id, 'go');
    const second = await worker.turn();
    const changed = `${second.token.slice(0, -1)}${second.token.endsWith('A') ? 'B' : 'A'}`;
    for (const token of ['nonsense', changed, first.token, 'x'.repeat(10_000), '\u{1F511}']) {
      await worker.answer({ ...second, token }, [complete('"forged"')]);
    }
    expect(await orders.get(id)).toMatchObject({ orchestrationStatus: statusNamed('RUNNING'), output: null });
    await worker.answer(second, [complete('"real"')]);
    expect((await orders.completed(id)).output).toEqual({ value: '"real"' });
    expect((await worker.activity()).request.name).toBe('Once');
    expect(worker.count('activity')).toBe(0);
  });

  // Decisions 16.
  test('are worth nothing in another hub', async () => {
    const [mine, yours] = [hub(), hub()];
    const [worker, thief] = [await mine.worker(), await yours.worker()];
    const id = await mine.start();
    const item = await worker.turn();
    await thief.answer(item, [complete('"stolen"')]);
    expect(await mine.status(id)).toBe(statusNamed('PENDING'));
    await worker.answer(item, [complete('"mine"')]);
    expect((await mine.completed(id)).output).toEqual({ value: '"mine"' });
  });

  // Go sends none.
  test('that are missing are found by the instance (orchestrations §1.7)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.turn();
    await worker.answer({ ...item, token: '' }, [complete('"no token"')]);
    expect((await orders.completed(id)).output).toEqual({ value: '"no token"' });
  });

  // §4.2: Java and Go answer all that they were sent, in whatever order, on the connection of the stream.
  test.each(['grpc-java-netty/1.60', 'grpc-go/1.60'])(
    'the late answer without a token of a replaced execution is not that of its successor: %s (orchestrations §1.7)',
    async (agent) => {
      const orders = hub();
      const worker = await orders.worker({ metadata: { 'x-user-agent': agent } });
      const id = await orders.start();
      const old = await worker.turn();
      await orders.terminate(id);
      await orders.start({ instanceId: id });
      const next = await worker.turn();
      await worker.answer({ ...old, token: '' }, [complete('"old"')]);
      expect(await orders.status(id)).toBe(statusNamed('PENDING'));
      await worker.answer({ ...next, token: '' }, [complete('"new"')]);
      expect((await orders.completed(id)).output).toEqual({ value: '"new"' });
    },
  );

  test('that are missing where nothing is out change nothing', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.play([]);
    await worker.answer({ ...item, token: '' }, [complete('"late"')]);
    await worker.answer({ ...item, instanceId: 'nobody', token: '' }, [complete()]);
    expect(await orders.status(id)).toBe(statusNamed('RUNNING'));
  });

  test('may come over another connection than the item', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.turn();
    worker.cancel();
    const other = await orders.worker();
    await other.answer(item, [complete('1')]);
    expect((await orders.completed(id)).output).toEqual({ value: '1' });
  });
});

describe('chunks', () => {
  // §8.5.
  test('of one answer are recorded together when the last has come; a repeated one replaces (orchestrations §1.23)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.turn();
    const chunk = (index: number, isPartial = true) => ({ isPartial, chunkIndex: { value: index } });
    await worker.answer(item, [scheduleTask(1, 'Wrong')], chunk(0));
    await worker.answer(item, [scheduleTask(1, 'A')], chunk(0));
    await worker.answer(item, [scheduleTask(2, 'B')], { ...chunk(1), numEventsProcessed: { value: 0 } });
    expect(await orders.status(id)).toBe(statusNamed('PENDING'));
    expect(worker.count('activity')).toBe(0);
    await worker.answer(item, [scheduleTask(3, 'C')], {
      ...chunk(2, false),
      customStatus: { value: '"all"' },
    });
    const names = [];
    for (let n = 0; n < 3; n++) names.push((await worker.activity()).request.name);
    expect(names.toSorted()).toEqual(['A', 'B', 'C']);
    expect((await orders.get(id)).orchestrationStatus).toBe(statusNamed('RUNNING'));
  });
});

describe('answers that can’t be carried out as they are', () => {
  // §8.2: an action that this server does not know.
  test('an action without a case is passed over', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([{ id: 1 }, complete('1')]);
    expect((await orders.completed(id)).output).toEqual({ value: '1' });
  });

  test('a message to an entity without a GUID fails the orchestration, with a text that says why', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([
      {
        id: 1,
        sendEntityMessage: {
          entityOperationSignaled: { requestId: 'r', operation: 'add', targetInstanceId: { value: '@c@1' } },
        },
      },
    ]);
    expect(await orders.completed(id)).toMatchObject({
      orchestrationStatus: statusNamed('FAILED'),
      failureDetails: { errorMessage: expect.stringContaining('no GUID') as unknown },
    });
  });

  test('two answers at the same time are recorded once', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.turn();
    await Promise.all([1, 2, 3].map(() => worker.answer(item, [scheduleTask(1, 'Once')])));
    await orders.raise(id, 'go');
    const next = await worker.turn();
    expect(types(next)).toEqual(['orchestratorStarted', 'executionStarted', 'taskScheduled']);
    await worker.activity();
    expect(worker.count('activity')).toBe(0);
  });
});

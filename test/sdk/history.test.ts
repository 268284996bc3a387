import {
  type HistoryEvent,
  HistoryEventType,
  type OrchestrationContext,
  OrchestrationStatus,
  type Task,
  TaskFailedError,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { event, type TestHub, useServer, wait } from './hub.ts';

const server = useServer();

async function* waitForOne(context: OrchestrationContext) {
  return yield* event(context, 'go');
}

const typesOf = (history: readonly HistoryEvent[]): string[] => history.map(({ type }) => type);
const echo = (_: unknown, value: unknown) => value;

function historyOf(hub: TestHub, id: string): Promise<HistoryEvent[]> {
  return hub.client.getOrchestrationHistory(id);
}

/** The only event of a type. */
function only<T extends HistoryEventType>(
  history: readonly HistoryEvent[],
  type: T,
): Extract<HistoryEvent, { type: T }> {
  const found = history.filter((candidate) => candidate.type === type);
  expect(typesOf(found)).toEqual([type]);
  return found[0] as Extract<HistoryEvent, { type: T }>;
}

const fails = () => {
  throw new RangeError('as planned');
};

/** Catches the failure of a task. */
async function* tolerate(task: Task<unknown>): AsyncGenerator {
  try {
    yield* wait(task);
  } catch (error) {
    if (!(error instanceof TaskFailedError)) throw error;
  }
}

test('an activity, a timer and a child make exactly these twelve events', async () => {
  const hub = server.hub();
  async function* three(context: OrchestrationContext) {
    yield* wait(context.callActivity('echo', 1));
    yield* wait(context.createTimer(0.05));
    return yield* wait(context.callSubOrchestrator('child', 2));
  }
  await hub.work({ orchestrators: { three, child: echo }, activities: { echo } });

  const { instanceId } = await hub.run('three');

  expect(typesOf(await historyOf(hub, instanceId))).toEqual([
    ...['OrchestratorStarted', 'ExecutionStarted', 'TaskScheduled'],
    ...['OrchestratorStarted', 'TaskCompleted', 'TimerCreated'],
    ...['OrchestratorStarted', 'TimerFired', 'SubOrchestrationInstanceCreated'],
    ...['OrchestratorStarted', 'SubOrchestrationInstanceCompleted', 'ExecutionCompleted'],
  ]);
});

/** Does one of everything that leaves an event. */
async function* everything(context: OrchestrationContext) {
  const said = yield* event(context, 'go');
  context.sendEvent('nobody', 'hello', 'out');
  yield* wait(context.callActivity('echo', 'to the activity'));
  yield* tolerate(context.callActivity('fails'));
  yield* wait(context.createTimer(0.01));
  yield* wait(context.callSubOrchestrator('child', 'to the child', { instanceId: 'child' }));
  yield* tolerate(context.callSubOrchestrator('broken', undefined, { instanceId: 'broken' }));
  return said;
}

/** Its history after a suspension and an event. */
async function historyOfEverything(hub: TestHub, id: string): Promise<HistoryEvent[]> {
  const orchestrators = { everything, child: echo, broken: fails };
  await hub.work({ orchestrators, activities: { echo, fails } });
  await hub.start('everything', 'in', { instanceId: id, version: '1.2.3', tags: { team: 'billing' } });
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.suspendOrchestration(id);
  await hub.client.resumeOrchestration(id);
  await hub.client.raiseOrchestrationEvent(id, 'go', 'said');
  await hub.end(id);
  return historyOf(hub, id);
}

test('whatever happens to an orchestration is in its history, in order', async () => {
  const history = await historyOfEverything(server.hub(), 'all');

  expect(typesOf(history).filter((type) => type !== 'OrchestratorStarted')).toEqual([
    ...['ExecutionStarted', 'ExecutionSuspended', 'ExecutionResumed', 'EventRaised', 'EventSent'],
    ...['TaskScheduled', 'TaskCompleted', 'TaskScheduled', 'TaskFailed', 'TimerCreated', 'TimerFired'],
    ...['SubOrchestrationInstanceCreated', 'SubOrchestrationInstanceCompleted'],
    ...['SubOrchestrationInstanceCreated', 'SubOrchestrationInstanceFailed', 'ExecutionCompleted'],
  ]);
});

test('the events of a history say who, what and why', async () => {
  const history = await historyOfEverything(server.hub(), 'all');

  expect(only(history, HistoryEventType.ExecutionStarted)).toMatchObject({
    ...{ name: 'everything', version: '1.2.3', input: '"in"', tags: { team: 'billing' } },
    orchestrationInstance: {
      instanceId: 'all',
      executionId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    },
    parentInstance: undefined,
  });
  expect(only(history, HistoryEventType.EventRaised)).toMatchObject({ name: 'go', input: '"said"' });
  const sent = { name: 'hello', instanceId: 'nobody', input: '"out"' };
  expect(only(history, HistoryEventType.EventSent)).toMatchObject(sent);
  const failed = only(history, HistoryEventType.TaskFailed);
  expect(failed.failureDetails).toMatchObject({ errorType: 'RangeError', message: 'as planned' });
  const [created] = history.filter(({ type }) => type === HistoryEventType.SubOrchestrationInstanceCreated);
  expect(created).toMatchObject({ name: 'child', instanceId: 'child', input: '"to the child"' });
  expect(only(history, HistoryEventType.ExecutionCompleted)).toMatchObject({
    orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED',
    result: '"said"',
  });
});

test('answers name the event that asked, and everything else has no number', async () => {
  const history = await historyOfEverything(server.hub(), 'all');
  const asked = history.filter(({ eventId }) => eventId >= 0);
  const idOf = (type: HistoryEventType, nth = 0) =>
    asked.filter((entry) => entry.type === type)[nth]?.eventId;
  const { TaskScheduled, SubOrchestrationInstanceCreated: Created, TimerCreated } = HistoryEventType;

  expect(typesOf(asked)).toEqual([
    ...['ExecutionStarted', 'EventSent', 'TaskScheduled', 'TaskScheduled', 'TimerCreated'],
    ...['SubOrchestrationInstanceCreated', 'SubOrchestrationInstanceCreated', 'ExecutionCompleted'],
  ]);
  // The start has 0, and the end the id of the action that completed.
  expect(asked.map(({ eventId }) => eventId)).toEqual(asked.map((_, i) => i));
  expect([
    only(history, HistoryEventType.TaskCompleted).taskScheduledId,
    only(history, HistoryEventType.TaskFailed).taskScheduledId,
    only(history, HistoryEventType.TimerFired).timerId,
    only(history, HistoryEventType.SubOrchestrationInstanceCompleted).taskScheduledId,
    only(history, HistoryEventType.SubOrchestrationInstanceFailed).taskScheduledId,
  ]).toEqual([
    ...[idOf(TaskScheduled), idOf(TaskScheduled, 1), idOf(TimerCreated)],
    ...[idOf(Created), idOf(Created, 1)],
  ]);
});

test('turns begin one after the other, each later than the timers that it fires', async () => {
  const history = await historyOfEverything(server.hub(), 'all');
  const begun = history.filter(({ type }) => type === HistoryEventType.OrchestratorStarted);
  const times = begun.map(({ timestamp }) => timestamp.getTime());
  const fired = history.findIndex(({ type }) => type === HistoryEventType.TimerFired);
  const before = history
    .slice(0, fired)
    .findLast(({ type }) => type === HistoryEventType.OrchestratorStarted);
  const { fireAt } = only(history, HistoryEventType.TimerCreated);

  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(only(history, HistoryEventType.TimerFired).fireAt).toEqual(fireAt);
  expect(before?.timestamp.getTime()).toBeGreaterThanOrEqual(fireAt.getTime());
});

test('the history of a child names its parent', async () => {
  const hub = server.hub();
  await historyOfEverything(hub, 'all');

  expect(only(await historyOf(hub, 'child'), HistoryEventType.ExecutionStarted).parentInstance).toMatchObject(
    {
      ...{ name: 'everything', taskScheduledId: 5 },
      orchestrationInstance: { instanceId: 'all' },
    },
  );
});

test('an unknown instance has an empty history, and so has one of another hub', async () => {
  const [hub, other] = [server.hub(), server.hub()];
  await other.work({ orchestrators: { echo } });
  await other.run('echo', 1, { instanceId: 'theirs' });

  expect(await historyOf(hub, 'nobody')).toEqual([]);
  expect(await historyOf(hub, 'theirs')).toEqual([]);
  expect(await historyOf(other, 'theirs')).toHaveLength(3);
});

test('the history of a running instance grows while it is read', async () => {
  const hub = server.hub();
  async function* twice(context: OrchestrationContext) {
    yield* event(context, 'go');
    context.setCustomStatus('halfway');
    yield* event(context, 'go');
  }
  await hub.work({ orchestrators: { twice } });
  const id = await hub.start('twice');
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  const first = await historyOf(hub, id);
  await hub.client.raiseOrchestrationEvent(id, 'go');
  await hub.until(id, (state) => state.serializedCustomStatus === '"halfway"');
  const second = await historyOf(hub, id);

  expect(typesOf(first)).toEqual(['OrchestratorStarted', 'ExecutionStarted']);
  expect(typesOf(second)).toEqual([...typesOf(first), 'OrchestratorStarted', 'EventRaised']);
  expect(second.slice(0, first.length)).toEqual(first);
});

test('a termination is the end of a history', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });
  const id = await hub.start('waitForOne');
  await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  await hub.client.terminateOrchestration(id, 'enough');
  await hub.end(id);
  const history = await historyOf(hub, id);

  expect(typesOf(history).slice(-2)).toEqual(['ExecutionTerminated', 'ExecutionCompleted']);
  expect(only(history, HistoryEventType.ExecutionTerminated).input).toBe('"enough"');
  expect(only(history, HistoryEventType.ExecutionCompleted)).toMatchObject({
    orchestrationStatus: 'ORCHESTRATION_STATUS_TERMINATED',
    result: '"enough"',
  });
});

test('a failure is the end of a history, with its details', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { fails } });
  const { instanceId, failureDetails } = await hub.run('fails');

  const completed = only(await historyOf(hub, instanceId), HistoryEventType.ExecutionCompleted);

  expect(completed.orchestrationStatus).toBe('ORCHESTRATION_STATUS_FAILED');
  expect(completed.failureDetails).toEqual(failureDetails);
});

test('an orchestration that continues as new leaves the past of its generation behind', async () => {
  const hub = server.hub();
  async function* generations(context: OrchestrationContext, left: number) {
    yield* wait(context.callActivity('echo', left));
    if (left > 0) context.continueAsNew(left - 1, false);
  }
  await hub.work({ orchestrators: { generations }, activities: { echo } });

  const { instanceId } = await hub.run('generations', 3);
  const history = await historyOf(hub, instanceId);

  expect(typesOf(history)).toEqual([
    ...['OrchestratorStarted', 'ExecutionStarted', 'TaskScheduled'],
    ...['OrchestratorStarted', 'TaskCompleted', 'ExecutionCompleted'],
  ]);
  expect(only(history, HistoryEventType.ExecutionStarted).input).toBe('0');
});

import { describe, expect, test } from 'vitest';
import { compareTimes } from '../../src/domain/time.ts';
import { must } from '../../src/lib/assert.ts';
import { type HistoryEventOf } from '../../src/protocol/messages.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
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
  type ScriptedWorker,
  sendEvent,
  type TurnItem,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { type Chunk, historyOf, typesOf } from './history.ts';

// What is true of every event, whichever call it comes from: SDKs hang, throw or do everything twice where it is not.

const { hub } = useServer();
const broken = { errorType: 'E', errorMessage: 'broken' };

interface Seen {
  readonly id: string;
  readonly items: readonly TurnItem[];
  readonly history: Chunk['events'];
}

/** An orchestration to which everything happens that can happen to one that completes. Its action ids begin at 0. */
async function runEverything(orders: TestHub, worker: ScriptedWorker): Promise<Seen> {
  const id = await orders.start();
  const actions = [
    ...[scheduleTask(0, 'Good'), scheduleTask(1, 'Bad'), createTimer(2, fromNow(0))],
    ...[createChild(3, { instanceId: `${id}:good` }), createChild(4, { instanceId: `${id}:bad` })],
    sendEvent(5, id, 'to-itself'),
  ];
  const items = [await worker.play(actions)];
  for (let n = 0; n < 2; n++) {
    const activity = await worker.activity();
    const isBad = activity.request.name === 'Bad';
    await worker.completeActivity(activity, isBad ? { failureDetails: broken } : {});
  }
  await orders.raise(id, 'from-outside');
  await playUntilTold(worker, id, items);
  await orders.suspend(id, 'rest');
  await orders.raise(id, 'held');
  await orders.resume(id, 'go on');
  items.push(await worker.play([complete('1')]));
  await orders.completed(id);
  return { id, items, history: await historyOf(orders, id) };
}

/** Plays children, and turns of the instance, until everything that it asked for has been answered. */
async function playUntilTold(worker: ScriptedWorker, id: string, items: TurnItem[]): Promise<void> {
  const answers = new Set<string | undefined>([
    ...['taskCompleted', 'taskFailed', 'timerFired', 'eventRaised'],
    ...['subOrchestrationInstanceCompleted', 'subOrchestrationInstanceFailed'],
  ]);
  let told = 0;
  while (told < 7) {
    const item = await worker.turn();
    if (item.instanceId === id) {
      items.push(item);
      told += item.news.filter((type) => answers.has(type)).length;
      await worker.answer(item, []);
    } else await worker.answer(item, [item.instanceId === `${id}:good` ? complete('1') : fail(broken)]);
  }
}

/** The id that the contract gives to an event. */
function expectedId(event: Chunk['events'][number]): number {
  const ofActions = [
    ...['taskScheduled', 'timerCreated', 'subOrchestrationInstanceCreated', 'eventSent'],
    'executionCompleted',
  ];
  return ofActions.includes(event.eventType ?? '') ? event.eventId : -1;
}

/** The start of the execution that a turn belongs to. */
function startIn({ request }: TurnItem): HistoryEventOf<'executionStarted'>['executionStarted'] {
  const events = [...request.pastEvents, ...request.newEvents];
  const starts = events.flatMap((event) =>
    event.eventType === 'executionStarted' ? [event.executionStarted] : [],
  );
  return must(starts[0], 'ExecutionStarted');
}

test('events of actions have the action’s id, all others −1 (orchestrations §1.1)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const { items, history } = await runEverything(orders, worker);
  const asked = history.filter((event) => expectedId(event) >= 0);
  expect(typesOf(asked)).toEqual([
    ...['taskScheduled', 'taskScheduled', 'timerCreated'],
    ...['subOrchestrationInstanceCreated', 'subOrchestrationInstanceCreated', 'eventSent'],
    'executionCompleted',
  ]);
  expect(asked.map(({ eventId }) => eventId)).toEqual([0, 1, 2, 3, 4, 5, 99]);
  for (const item of items) {
    for (const event of item.request.newEvents) expect(event.eventId, event.eventType).toBe(-1);
    for (const event of item.request.pastEvents) expect(event.eventId).toBe(expectedId(event));
  }
  // Readers see one exception, as with DTS.
  for (const event of history) {
    const expected = event.eventType === 'executionStarted' ? 0 : expectedId(event);
    expect(event.eventId, event.eventType).toBe(expected);
  }
  const types = new Set(typesOf(history));
  expect([...types].toSorted()).toEqual([
    ...['eventRaised', 'eventSent', 'executionCompleted', 'executionResumed', 'executionStarted'],
    ...['executionSuspended', 'orchestratorStarted', 'subOrchestrationInstanceCompleted'],
    ...['subOrchestrationInstanceCreated', 'subOrchestrationInstanceFailed', 'taskCompleted', 'taskFailed'],
    ...['taskScheduled', 'timerCreated', 'timerFired'],
  ]);
});

test('every event has a timestamp, and OrchestratorStarted never goes back (orchestrations §1.2, §1.3)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const { history } = await runEverything(orders, worker);
  for (const event of history) expect(event.timestamp, event.eventType).not.toBeNull();
  const starts = history.flatMap(({ eventType, timestamp }) =>
    eventType === 'orchestratorStarted' && timestamp ? [timestamp] : [],
  );
  expect(starts.length).toBeGreaterThan(2);
  for (const [n, at] of starts.entries()) {
    if (n > 0) expect(compareTimes(at, must(starts[n - 1], 'the one before'))).toBeGreaterThan(0);
  }
});

test('every turn begins with one OrchestratorStarted of its own, the first with ExecutionStarted next (orchestrations §1.4)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const { items, history } = await runEverything(orders, worker);
  for (const [n, { news, request }] of items.entries()) {
    expect(news[0]).toBe('orchestratorStarted');
    expect(news.filter((type) => type === 'orchestratorStarted')).toHaveLength(1);
    const all = typesOf([...request.pastEvents, ...request.newEvents]);
    expect(all.slice(0, 2)).toEqual(['orchestratorStarted', 'executionStarted']);
    expect(all.filter((type) => type === 'executionStarted')).toHaveLength(1);
    expect(request.pastEvents.length > 0).toBe(n > 0);
  }
  expect(typesOf(history).filter((type) => type === 'orchestratorStarted')).toHaveLength(items.length);
});

describe('a worker is never sent', () => {
  test('what Java and Go throw at, also after a rewind and a second failure (orchestrations §1.5)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([scheduleTask(1, 'Bad')]);
    await worker.completeActivity(await worker.activity(), { failureDetails: broken });
    await worker.play([fail(broken)]);
    await orders.completed(id);
    expect(typesOf(await historyOf(orders, id))).toContain('executionCompleted');
    const seen: (string | undefined)[] = [];
    for (let round = 0; round < 2; round++) {
      await orders.client.call('RewindInstance', { instanceId: id });
      expect(typesOf(await historyOf(orders, id))).toContain('executionRewound');
      const item = await worker.play([fail(broken)]);
      seen.push(...typesOf([...item.request.pastEvents, ...item.request.newEvents]));
      await orders.completed(id);
    }
    expect(seen).toContain('executionStarted');
    for (const type of ['executionRewound', 'executionCompleted', 'genericEvent', 'historyState']) {
      expect(seen).not.toContain(type);
    }
  });

  test('a termination, whatever else waits for it (orchestrations §1.6)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([]);
    const out = [];
    await orders.raise(id, 'one');
    out.push(await worker.turn());
    await orders.raise(id, 'two');
    await Promise.all([orders.terminate(id, '"stop"'), orders.raise(id, 'three'), orders.terminate(id)]);
    await worker.answer(must(out[0], 'the turn that was out'), [complete('1')]);
    const other = await orders.start();
    expect((await worker.turn()).instanceId).toBe(other);
    expect(worker.count('orchestration')).toBe(0);
    const types = typesOf(await historyOf(orders, id));
    expect(types.slice(-3)).toEqual(['orchestratorStarted', 'executionTerminated', 'executionCompleted']);
    expect(types.filter((type) => type === 'executionTerminated')).toHaveLength(1);
  });
});

describe('an execution id', () => {
  test('of 32 hex digits is new for start, restart, continue-as-new and rewind, and the same wherever it stands (orchestrations §1.18)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const seen: (string | undefined)[] = [];
    const look = async (item: TurnItem, ending: Parameters<ScriptedWorker['answer']>[1]): Promise<void> => {
      const inStart = startIn(item).orchestrationInstance;
      expect(item.executionId).toMatch(/^[0-9a-f]{32}$/);
      expect(inStart).toEqual({ instanceId: id, executionId: { value: item.executionId } });
      expect((await orders.get(id)).executionId).toEqual({ value: item.executionId });
      seen.push(item.executionId);
      await worker.answer(item, ending);
    };
    await look(await worker.turn(), [continueAsNew('2')]);
    await look(await worker.turn(), [fail(broken)]);
    await orders.completed(id);
    await orders.client.call('RewindInstance', { instanceId: id });
    await look(await worker.turn(), [complete('1')]);
    await orders.completed(id);
    await orders.client.call('RestartInstance', { instanceId: id });
    await look(await worker.turn(), [complete('1')]);
    await orders.completed(id);
    await orders.start({ instanceId: id });
    await look(await worker.turn(), [complete('1')]);
    expect(new Set(seen).size).toBe(5);
  });
});

test('a top-level instance has no parent, also after continue-as-new, rewind and restart; a child has one (orchestrations §1.19)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([continueAsNew('2')]);
  const parents: unknown[] = [];
  const keep = (item: TurnItem): void => {
    parents.push(startIn(item).parentInstance);
  };
  keep(await worker.play([fail(broken)]));
  await orders.completed(id);
  await orders.client.call('RewindInstance', { instanceId: id });
  keep(await worker.play([complete('1')]));
  await orders.completed(id);
  await orders.client.call('RestartInstance', { instanceId: id });
  keep(await worker.play([createChild(7, { instanceId: `${id}:c` })]));
  expect(parents).toEqual([null, null, null]);
  keep(await worker.turn());
  expect(parents[3]).toMatchObject({ taskScheduledId: 7, orchestrationInstance: { instanceId: id } });
});

test('all actions beside a continue-as-new are carried out (orchestrations §1.21)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const listener = await orders.start({ name: 'Listener' });
  const first = await worker.turn();
  const second = await worker.turn();
  const [mine, theirs] = first.instanceId === id ? [first, second] : [second, first];
  await worker.answer(theirs, []);
  await orders.raise(id, 'after-dispatch');
  await worker.answer(mine, [
    continueAsNew('2'),
    ...[scheduleTask(1, 'Beside'), sendEvent(2, id, 'to-itself'), sendEvent(3, listener, 'to-another')],
    createChild(4, { instanceId: `${id}:beside` }),
  ]);
  expect((await worker.activity()).request.name).toBe('Beside');
  const items = [await worker.turn(), await worker.turn(), await worker.turn()];
  const next = must(
    items.find(({ instanceId }) => instanceId === id),
    'the next generation',
  );
  expect(raisedIn(next)).toEqual(['to-itself', 'after-dispatch']);
  expect(items.map(({ instanceId }) => instanceId).toSorted()).toEqual(
    [id, `${id}:beside`, listener].toSorted(),
  );
  expect(await orders.status(id)).toBe(statusNamed('RUNNING'));
});

test('what JavaScript sends in place of nothing is taken as nothing, and its null as a payload (orchestrations §1.25)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '' }, scheduledStartTimestamp: { seconds: 0, nanos: 0 } });
  const started = eventOf(await worker.play([]), 'executionStarted').executionStarted;
  expect(started).toMatchObject({ input: null, scheduledStartTimestamp: null });
  await orders.raise(id, 'go', 'null');
  expect(eventOf(await worker.play([]), 'eventRaised').eventRaised.input).toEqual({ value: 'null' });
  await orders.terminate(id, 'null');
  expect(await orders.get(id)).toMatchObject({ input: null, output: { value: 'null' } });
});

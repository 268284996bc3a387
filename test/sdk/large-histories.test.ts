import {
  type HistoryEvent,
  HistoryEventType,
  type OrchestrationContext,
  OrchestrationStatus,
  whenAll,
} from '@microsoft/durabletask-js';
import { afterEach, expect, test } from 'vitest';
import { HistoryStreaming } from './history-streaming.ts';
import { event, output, type TestHub, useServer, wait } from './hub.ts';

const server = useServer();
/** What a work item holds at most here without another word. */
const WORK_ITEM_BYTES = 4 * 1024 * 1024;

/** 1 MiB of text. */
const large = 'abcdefghijklmnop'.repeat(65_536);
const blow = () => large;

const streamings = new Set<HistoryStreaming>();
afterEach(() => {
  for (const streaming of streamings) streaming.close();
  streamings.clear();
});

/** For a worker of the hub that streams histories. */
function streaming(hub: TestHub): HistoryStreaming {
  const made = new HistoryStreaming(hub);
  streamings.add(made);
  return made;
}

/** Gathers one MiB of history in each round. */
async function* gather(context: OrchestrationContext, rounds: number) {
  let length = 0;
  for (let i = 0; i < rounds; i++) {
    const blown = yield* wait(context.callActivity<number, string>('blow', i));
    length += blown.length;
  }
  return length;
}

const results = (history: readonly HistoryEvent[]) =>
  history.flatMap((entry) => (entry.type === HistoryEventType.TaskCompleted ? [entry.result ?? ''] : []));

test('an orchestration of thousands of events goes on, and its history comes whole', async () => {
  const hub = server.hub();
  async function* wide(context: OrchestrationContext, width: number) {
    const tasks = Array.from({ length: width }, (_, i) => context.callActivity<number, number>('square', i));
    const squares = yield* wait(whenAll(tasks));
    yield* wait(context.createTimer(0));
    return squares.reduce((sum, square) => sum + square, 0);
  }
  await hub.work({ orchestrators: { wide }, activities: { square: (_: unknown, i: number) => i * i } });

  const { instanceId, ...state } = await hub.run('wide', 1_500);
  const history = await hub.client.getOrchestrationHistory(instanceId);

  const numbers = Array.from({ length: 1_500 }, (_, i) => i);
  expect(JSON.parse(state.serializedOutput ?? '')).toBe(numbers.reduce((sum, i) => sum + i * i, 0));
  expect(history.length).toBeGreaterThan(3_000);
  const scheduled = history.filter(({ type }) => type === HistoryEventType.TaskScheduled);
  expect(scheduled.map(({ eventId }) => eventId)).toEqual(numbers.map((i) => i + 1));
  const byNumber = (a: number, b: number) => a - b;
  expect(results(history).map(Number).toSorted(byNumber)).toEqual(numbers.map((i) => i * i));
});

test('a worker that streams histories goes on beyond the size of a work item, and clients see all of it', async () => {
  const hub = server.hub();
  const { fetched, interceptor } = streaming(hub);
  const options = { options: { interceptors: [interceptor] } };
  await hub.work({ orchestrators: { gather }, activities: { blow }, options });

  const state = await hub.run('gather', 7);
  const history = await hub.client.getOrchestrationHistory(state.instanceId);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(output(state)).toBe(7 * large.length);
  // Three events a round, of which the last two are new; the first rounds fit into their work items.
  const pasts = Array.from({ length: 7 }, (_, round) => 3 * (round + 1));
  expect(fetched.length).toBeGreaterThanOrEqual(7 - WORK_ITEM_BYTES / large.length);
  expect(fetched).toEqual(pasts.slice(-fetched.length));
  expect(history).toHaveLength(3 * 7 + 3);
  // Compared here, for a difference of this length can't be printed.
  expect(results(history).filter((result) => result === JSON.stringify(large))).toHaveLength(7);
  expect(history.at(-1)?.type).toBe(HistoryEventType.ExecutionCompleted);
});

test('what one worker can not take goes to the one beside it that streams histories', async () => {
  const hub = server.hub();
  const { fetched, interceptor } = streaming(hub);
  async function* collect(context: OrchestrationContext, count: number) {
    let length = 0;
    for (let i = 0; i < count; i++) length += String(yield* event(context, 'part')).length;
    return length;
  }
  await hub.work({ orchestrators: { collect } });
  await hub.work({ orchestrators: { collect }, options: { options: { interceptors: [interceptor] } } });

  const id = await hub.start('collect', 6);
  for (let i = 0; i < 6; i++) await hub.client.raiseOrchestrationEvent(id, 'part', large);
  const state = await hub.end(id);

  expect(state.failureDetails).toBeUndefined();
  expect(output(state)).toBe(6 * large.length);
  expect(fetched.length).toBeGreaterThan(0);
});

test('an orchestration sheds a large history when it continues as new', async () => {
  const hub = server.hub();
  async function* eternal(context: OrchestrationContext, generation: number) {
    const length = yield* gather(context, 3);
    if (generation > 1) context.continueAsNew(generation - 1, true);
    return length;
  }
  // 9 MiB in all, without streaming.
  await hub.work({ orchestrators: { eternal }, activities: { blow } });

  const state = await hub.run('eternal', 3);

  expect(output(state)).toBe(3 * large.length);
  expect(results(await hub.client.getOrchestrationHistory(state.instanceId))).toHaveLength(3);
});

test('an orchestration of a large history is rewound and goes on from its last step', async () => {
  const hub = server.hub();
  const { fetched, interceptor } = streaming(hub);
  let isBroken = true;
  async function* fragile(context: OrchestrationContext, rounds: number) {
    const length = yield* gather(context, rounds);
    if (isBroken) throw new Error('as planned');
    return length;
  }
  const options = { options: { interceptors: [interceptor] } };
  await hub.work({ orchestrators: { fragile }, activities: { blow }, options });
  const { instanceId } = await hub.run('fragile', 5);
  const before = fetched.length;

  isBroken = false;
  await hub.client.rewindInstance(instanceId, 'repaired');
  const state = await hub.end(instanceId);

  expect(output(state)).toBe(5 * large.length);
  expect(results(await hub.client.getOrchestrationHistory(instanceId))).toHaveLength(5);
  expect(fetched.length).toBe(before + 1);
});

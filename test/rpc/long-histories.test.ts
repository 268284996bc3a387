import { expect, test } from 'vitest';
import { codec } from '../../src/protocol/codec.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import {
  type ActivityItem,
  complete,
  createTimer,
  fromNow,
  scheduleTask,
  type ScriptedWorker,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { type Chunk, historyChunks, typesOf } from './history.ts';

// 50,000 events: of a fan-out of 10,000 activities, each with its end, and of 15,000 timers that have fired.

const { hub } = useServer();
const ACTIVITIES = 10_000;
const TIMERS = 15_000;
const LONG_MS = 120_000;
/** What .NET, Python, Java and Go receive at most. */
const RECEIVED_BYTES = 4 * 1024 * 1024;
const STREAMING = { capabilities: ['WORKER_CAPABILITY_HISTORY_STREAMING' as const] };

const result = { value: 'x'.repeat(250) };
const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Answers turns until it has been told the end of so many activities or timers. */
async function playUntil(worker: ScriptedWorker, type: 'taskCompleted' | 'timerFired', count: number) {
  for (let left = count; left > 0;) {
    const { news } = await worker.play([]);
    left -= news.filter((each) => each === type).length;
  }
}

/** So many calls at once: enough to keep the server busy. */
const AT_ONCE = 500;

async function completeAll(worker: ScriptedWorker): Promise<void> {
  for (let done = 0; done < ACTIVITIES; done += AT_ONCE) {
    const items: ActivityItem[] = [];
    while (items.length < AT_ONCE) items.push(await worker.activity());
    await Promise.all(items.map((item) => worker.completeActivity(item, { result })));
  }
}

/** An orchestration that runs, after all of these events. */
async function withLongHistory(orders: TestHub): Promise<string> {
  const request = { ...STREAMING, maxConcurrentActivityWorkItems: ACTIVITIES };
  const worker = await orders.worker({ request });
  const id = await orders.start();
  await worker.play(ids(ACTIVITIES).map((each) => scheduleTask(each, 'A')));
  await completeAll(worker);
  await playUntil(worker, 'taskCompleted', ACTIVITIES);
  await orders.raise(id, 'wind');
  const at = fromNow(0);
  await worker.play(ids(TIMERS).map((each) => createTimer(ACTIVITIES + each, at)));
  await playUntil(worker, 'timerFired', TIMERS);
  worker.close();
  return id;
}

/** How many events of each kind that there are thousands of. */
function counted(chunks: readonly Chunk[]): Record<string, number> {
  const types = typesOf(chunks.flatMap(({ events }) => events));
  const many = ['taskScheduled', 'taskCompleted', 'timerCreated', 'timerFired'];
  return Object.fromEntries(many.map((name) => [name, types.filter((type) => type === name).length]));
}

const all = {
  ...{ taskScheduled: ACTIVITIES, taskCompleted: ACTIVITIES },
  ...{ timerCreated: TIMERS, timerFired: TIMERS },
};

function largest(chunks: readonly Chunk[]): number {
  return Math.max(...chunks.map((chunk) => codec.encode('HistoryChunk', chunk).length));
}

test(
  '50,000 events: a worker that streams histories reads all of them and goes on, and so do clients',
  async () => {
    const orders = hub();
    const id = await withLongHistory(orders);
    const worker = await orders.worker({ request: STREAMING });
    await orders.raise(id, 'go');
    const turn = await worker.turn();
    expect([turn.request.requiresHistoryStreaming, turn.request.pastEvents]).toEqual([true, []]);
    const executionId = { value: turn.executionId ?? '' };
    const past = await historyChunks(orders, { instanceId: id, executionId, forWorkItemProcessing: true });
    expect(counted(past)).toEqual(all);
    expect(largest(past)).toBeLessThan(RECEIVED_BYTES);
    await worker.answer(turn, [complete('1')]);
    expect((await orders.completed(id)).orchestrationStatus).toBe(statusNamed('COMPLETED'));
    const shown = await historyChunks(orders, { instanceId: id });
    expect(counted(shown)).toEqual(all);
    expect(largest(shown)).toBeLessThan(RECEIVED_BYTES);
  },
  LONG_MS,
);

test(
  '50,000 events: without streaming the orchestration fails visibly, and the stream serves others',
  async () => {
    const orders = hub();
    const id = await withLongHistory(orders);
    const worker = await orders.worker();
    await orders.raise(id, 'go');
    const failed = await orders.completed(id);
    expect(failed.orchestrationStatus).toBe(statusNamed('FAILED'));
    expect(failed.failureDetails?.errorMessage).toMatch(
      /larger than 4194304 bytes .PERDURA_MAX_WORK_ITEM_MB/,
    );
    const other = await orders.start();
    expect((await worker.play([complete('1')])).instanceId).toBe(other);
    expect((await orders.completed(other)).output).toEqual({ value: '1' });
    const query = { fetchInputsAndOutputs: true };
    const page = await orders.client.call('QueryInstances', { query });
    expect(page.orchestrationState.map(({ instanceId }) => instanceId)).toEqual([id, other]);
    expect(codec.encode('QueryInstancesResponse', page).length).toBeLessThan(RECEIVED_BYTES);
  },
  LONG_MS,
);

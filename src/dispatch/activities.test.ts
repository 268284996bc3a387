import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryWorker, only } from '../../test/helpers/engine.ts';
import { lostDelayMs } from '../domain/back-off.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { type ReleasedActivity } from '../domain/write.ts';
import { codec } from '../protocol/codec.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { Abandons } from './abandons.ts';
import { Activities, type ActivityItem } from './activities.ts';
import { Clock } from './clock.ts';
import { WorkerStreams } from './streams.ts';

const metrics = createMetrics('test');
const request = codec.encode('ActivityRequest', { name: 'Charge', taskId: 3 });
let streams: WorkerStreams;
let abandons: Abandons;
let released: ReleasedActivity[];
let quarantined: number[];

beforeEach(() => {
  vi.useFakeTimers();
  streams = new WorkerStreams(metrics);
  abandons = new Abandons();
  released = [];
  quarantined = [];
});
afterEach(() => {
  vi.useRealTimers();
});

const nothing = (): void => undefined;

function activities(leaseMs = 0, maxAttempts = 3): Activities {
  return new Activities({
    ...{ streams, incarnation: 77, leaseMs, maxAttempts, maxItemBytes: 1_000_000, abandons },
    ...{ codec, metrics },
    requests: {
      ...{ applyControl: nothing, release: nothing, fetch: nothing, loadHistory: nothing },
      ...{ giveUp: nothing, quarantine: nothing, claim: nothing },
      quarantineActivity: ({ activityKey }) => quarantined.push(activityKey),
      releaseActivities: (rows) => released.push(...rows),
    },
  });
}

function item(activityKey: number, changes: Partial<ActivityItem> = {}): ActivityItem {
  return {
    ...{ partition: 7, key: 100, activityKey, generation: 0, taskId: 3, hubId: 1, name: 'Charge' },
    ...{ version: null, effectiveVersion: null, owned: true, request, attempt: 2, readySinceMs: 0 },
    ...changes,
  };
}

describe('an activity', () => {
  test('is sent at once to a stream with a free slot, with a token that says what it is', () => {
    const all = activities();
    const worker = new MemoryWorker(streams);
    all.dispatch(item(5), true);
    expect(worker.activities.map((sent) => sent.request.name)).toEqual(['Charge']);
    expect(decodeToken(worker.activities[0]?.token ?? '')).toEqual({
      ...{ kind: 'activity', incarnation: 77, partition: 7, key: 100 },
      ...{ activityKey: 5, taskId: 3, attempt: 2 },
    });
    expect([worker.stream.outstanding.activity, all.outstanding]).toEqual([1, 1]);
  });

  test('waits while streams that take it are full, or nothing may be handed out', () => {
    const all = activities();
    const worker = new MemoryWorker(streams, { request: { maxConcurrentActivityWorkItems: 1 } });
    all.dispatch(item(5), false);
    all.dispatch(item(6), true);
    all.dispatch(item(7), true);
    expect(worker.activities).toHaveLength(1);
    expect(released).toEqual([]);
    worker.stream.closed();
    expect(all.classes.takeUnserved().map(({ activityKey }) => activityKey)).toEqual([5, 7]);
  });

  test('goes back at once, with its attempts, when no stream here takes it', () => {
    const all = activities();
    new MemoryWorker(streams, { request: only({ activities: ['Other'] }) });
    all.dispatch(item(5), true);
    expect(released).toEqual([
      { partition: 7, key: 100, activityKey: 5, hubId: 1, isOwn: true, attempt: 2, readyInMs: 0 },
    ]);
    expect(all.outstanding).toBe(0);
  });

  test('is judged by its effective version', () => {
    const all = activities();
    const worker = new MemoryWorker(streams, {
      request: { workItemFilters: { activities: [{ name: 'Charge', versions: ['2'] }] } },
    });
    all.dispatch(item(5, { version: null, effectiveVersion: '2' }), true);
    all.dispatch(item(6, { version: '2', effectiveVersion: '1' }), true);
    expect(worker.activities).toHaveLength(1);
    expect(released).toHaveLength(1);
  });
});

describe('an activity that was given back', () => {
  test('goes to another stream next, however busy; to the same one only when no other has a slot', () => {
    const all = activities();
    const [first, second] = [new MemoryWorker(streams), new MemoryWorker(streams)];
    second.stream.outstanding.activity = 99;
    abandons.add(5, first.stream);
    all.dispatch(item(5), true);
    expect([first.activities.length, second.activities.length]).toEqual([0, 1]);
    abandons.add(6, first.stream);
    all.dispatch(item(6), true);
    expect([first.activities.length, second.activities.length]).toEqual([1, 1]);
  });
});

describe('deliveries that came to nothing', () => {
  test('go back one delivery further, and are given up after too many', () => {
    const all = activities();
    const worker = new MemoryWorker(streams);
    for (const [key, attempt] of [
      [5, 0],
      [6, 1],
      [7, 2],
    ] as const) {
      all.dispatch(item(key, { attempt }), true);
    }
    worker.stream.closed();
    all.giveBack(all.expire(() => true));
    expect(released.map(({ activityKey, attempt }) => [activityKey, attempt])).toEqual([
      [5, 1],
      [6, 2],
    ]);
    expect(quarantined).toEqual([7]);
  });

  test('again and again go back for a while of their own', () => {
    const all = activities(0, 10);
    const worker = new MemoryWorker(streams);
    for (const key of [5, 6]) all.dispatch(item(key, { attempt: 2 }), true);
    all.dispatch(item(7, { attempt: 1 }), true);
    worker.stream.closed();
    all.giveBack(all.expire(() => true));
    expect(released.map(({ activityKey, readyInMs }) => [activityKey, readyInMs])).toEqual([
      [5, lostDelayMs(5, 3)],
      [6, lostDelayMs(6, 3)],
      [7, 0],
    ]);
    expect(lostDelayMs(5, 3)).not.toBe(lostDelayMs(6, 3));
  });

  test('that are none ask for nothing', () => {
    activities().giveBack([]);
    expect([released, quarantined]).toEqual([[], []]);
  });
});

describe('a lease', () => {
  test('ends once and frees its slot', () => {
    const all = activities();
    const worker = new MemoryWorker(streams);
    all.dispatch(item(5), true);
    expect(all.get(5)).toMatchObject({ activityKey: 5, taskId: 3, attempt: 2, stream: worker.stream });
    all.end(5);
    all.end(5);
    expect(all.get(5)).toBeUndefined();
    expect(worker.stream.outstanding.activity).toBe(0);
  });

  test('of a task is found by its instance; of several, the newest', () => {
    const all = activities();
    new MemoryWorker(streams);
    for (const key of [5, 6]) all.dispatch(item(key), true);
    all.dispatch(item(7, { key: 200 }), true);
    all.dispatch(item(8, { taskId: 4 }), true);
    expect(all.findByTask({ partition: 7, key: 100 }, 3)?.activityKey).toBe(6);
    expect(all.findByTask({ partition: 7, key: 100 }, 9)).toBeUndefined();
  });

  test.each([
    ['has no time', 0, Infinity],
    ['has its time', 5_000, 6_000],
  ])('%s', (_, leaseMs, deadlineMs) => {
    vi.advanceTimersByTime(1_000 - Clock.monotonicMs());
    const all = activities(leaseMs);
    new MemoryWorker(streams);
    all.dispatch(item(5), true);
    expect(all.outstandingLeases().map((lease) => lease.deadlineMs)).toEqual([deadlineMs]);
  });

  test('that is over is taken, the others stay', () => {
    const all = activities();
    const worker = new MemoryWorker(streams);
    for (const key of [5, 6, 7]) all.dispatch(item(key), true);
    expect(all.expire(({ activityKey }) => activityKey !== 6).map(({ activityKey }) => activityKey)).toEqual([
      ...[5, 7],
    ]);
    expect([all.outstanding, worker.stream.outstanding.activity]).toEqual([1, 1]);
  });

  test('goes on in the next incarnation, and its slot stays taken', () => {
    const [before, after] = [activities(), activities()];
    const worker = new MemoryWorker(streams);
    before.dispatch(item(5), true);
    after.adopt(before.outstandingLeases());
    expect([after.outstanding, worker.stream.outstanding.activity]).toEqual([1, 1]);
    after.end(5);
    expect(worker.stream.outstanding.activity).toBe(0);
  });
});

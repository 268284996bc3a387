import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryWorker, only } from '../../test/helpers/engine.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { WorkerStream, WorkerStreams } from './streams.ts';
import { Queue, type WorkClass, WorkClasses } from './work-class.ts';

const metrics = createMetrics('test');
let streams: WorkerStreams;
let classes: WorkClasses<string>;

beforeEach(() => {
  streams = new WorkerStreams(metrics);
  classes = new WorkClasses(streams);
});

const activity = (name: string, version: string | null = null): WorkClass<string> =>
  classes.of(1, 'activity', name, version);
const worker = (...activities: string[]): MemoryWorker =>
  new MemoryWorker(streams, { request: only({ activities }) });

/** Takes everything that the stream accepts. */
function takeAll(stream: MemoryWorker['stream']): string[] {
  const taken: string[] = [];
  for (let next = classes.next(stream, 'activity'); next; next = classes.next(stream, 'activity')) {
    taken.push(next);
  }
  return taken;
}

describe('a queue', () => {
  test('gives what came first, like an array, however long it lives', () => {
    const operations = fc.array(fc.oneof(fc.integer(), fc.constant('take' as const)), { maxLength: 50 });
    fc.assert(
      fc.property(operations, fc.integer({ min: 0, max: 3_000 }), (list, before) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        for (let i = 0; i < before; i++) queue.push(i);
        for (let i = 0; i < before; i++) expect(queue.shift()).toBe(i);
        for (const operation of list) {
          if (operation === 'take') expect(queue.shift()).toBe(model.shift());
          else {
            model.push(operation);
            queue.push(operation);
          }
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });
});

describe('classes', () => {
  test('are the same for the same hub, kind, name and version only', () => {
    const a = activity('A', '1');
    expect(activity('A', '1')).toBe(a);
    const others = [
      activity('A', null),
      activity('A', ''),
      activity('A', '-'),
      activity('1 A', null),
      activity('B', '1'),
      classes.of(2, 'activity', 'A', '1'),
      classes.of(1, 'orchestration', 'A', '1'),
    ];
    expect(new Set([a, ...others]).size).toBe(8);
  });

  test('take turns, whatever the lengths of their queues', () => {
    for (const item of ['a1', 'a2', 'a3', 'a4']) classes.enqueue(activity('A'), item, 0);
    for (const item of ['b1', 'b2']) classes.enqueue(activity('B'), item, 0);
    classes.enqueue(activity('C'), 'c1', 0);
    expect(takeAll(worker('A', 'B', 'C').stream)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  test('that a stream does not accept don’t stand in front of those that it does', () => {
    classes.enqueue(activity('A'), 'a1', 0);
    classes.enqueue(activity('B'), 'b1', 0);
    expect(takeAll(worker('B').stream)).toEqual(['b1']);
    expect(takeAll(worker('A').stream)).toEqual(['a1']);
  });

  test('of another hub or kind are not a stream’s', () => {
    classes.enqueue(classes.of(2, 'activity', 'A', null), 'other hub', 0);
    classes.enqueue(classes.of(1, 'orchestration', 'A', null), 'other kind', 0);
    expect(classes.next(new MemoryWorker(streams).stream, 'activity')).toBeUndefined();
  });

  test('that nobody accepts any more are emptied, all others stay', () => {
    const [a, ab] = [worker('A'), worker('A', 'B')];
    for (const item of ['a1', 'a2']) classes.enqueue(activity('A'), item, 0);
    for (const item of ['b1', 'b2']) classes.enqueue(activity('B'), item, 0);
    expect(classes.takeUnserved()).toEqual([]);
    ab.stream.closed();
    expect(classes.takeUnserved()).toEqual(['b1', 'b2']);
    expect(classes.takeUnserved()).toEqual([]);
    expect(takeAll(a.stream)).toEqual(['a1', 'a2']);
  });

  test('that are empty are forgotten when there are ten thousand; the others keep what waits', () => {
    const full = activity('full');
    classes.enqueue(full, 'waiting', 0);
    const empty = activity('empty');
    for (let i = 0; i < 10_000; i++) activity(`class ${i}`);
    expect(activity('full')).toBe(full);
    expect(activity('empty')).not.toBe(empty);
    expect(takeAll(worker('full').stream)).toEqual(['waiting']);
  });

  test('that were forgotten while somebody holds them still work', () => {
    const held = activity('A');
    for (let i = 0; i < 10_000; i++) activity(`class ${i}`);
    classes.enqueue(held, 'old', 0);
    classes.enqueue(activity('A'), 'new', 0);
    expect(takeAll(worker('A').stream)).toEqual(['old', 'new']);
  });
});

describe('the stream that gets an item', () => {
  test('is the one with most free slots of those that accept it', () => {
    const streamsOf = [worker('A'), worker('A'), worker('B')].map(({ stream }) => stream);
    const [busy, idle] = streamsOf;
    if (busy) busy.outstanding.activity = 99;
    expect(activity('A').bestStream()).toBe(idle);
    expect(activity('C').bestStream()).toBeUndefined();
  });

  test('is another one than the one to avoid, unless no other has a free slot', () => {
    const [avoided, busy, other] = [worker('A'), worker('A'), worker('B')].map(({ stream }) => stream);
    if (busy) busy.outstanding.activity = 99;
    expect(activity('A').bestStream(avoided)).toBe(busy);
    expect(activity('A').bestStream(busy)).toBe(avoided);
    expect(activity('B').bestStream(other)).toBe(other);
    if (busy) busy.outstanding.activity = 100;
    expect(activity('A').bestStream(avoided)).toBe(avoided);
  });

  test('is the best of the others, wherever the one to avoid stands among them', () => {
    const streamsOf = [worker('A'), worker('A'), worker('A')].map(({ stream }) => stream);
    streamsOf.forEach((stream, i) => (stream.outstanding.activity = 10 * i));
    const [first, second, third] = streamsOf;
    expect(activity('A').bestStream(first)).toBe(second);
    expect(activity('A').bestStream(second)).toBe(first);
    expect(activity('A').bestStream(third)).toBe(first);
  });

  test('is none while all are full; they are served all the same', () => {
    const { stream } = worker('A');
    stream.outstanding.activity = 100;
    expect(activity('A').bestStream()).toBeUndefined();
    expect(activity('A').isServed()).toBe(true);
    expect(activity('B').isServed()).toBe(false);
  });

  test('is asked again for each stream: a new one may accept what the others don’t', () => {
    const a = activity('A');
    worker('B');
    expect(a.isServed()).toBe(false);
    const fresh = worker('A');
    expect(a.bestStream()).toBe(fresh.stream);
  });
});

describe('of a large fleet', () => {
  const fleet = (size: number): MemoryWorker[] => Array.from({ length: size }, () => worker('A'));

  test('some streams are compared for an item, and all get their share', () => {
    const workers = fleet(200);
    const looks = vi.spyOn(WorkerStream.prototype, 'freeSlots');
    for (let item = 0; item < 2_000; item++) {
      const stream = activity('A').bestStream();
      if (stream) stream.outstanding.activity++;
    }
    expect(looks.mock.calls.length).toBeLessThan(2_000 * 40);
    looks.mockRestore();
    const shares = workers.map(({ stream }) => stream.outstanding.activity);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(8);
    expect(Math.max(...shares)).toBeLessThanOrEqual(12);
  });

  test('the one free stream is found, whether it is avoided or not', () => {
    const workers = fleet(200);
    for (const { stream } of workers) stream.outstanding.activity = stream.limits.activity;
    expect(activity('A').bestStream()).toBeUndefined();
    const [free] = workers.slice(150);
    if (free) free.stream.outstanding.activity--;
    expect(activity('A').bestStream()).toBe(free?.stream);
    expect(activity('A').bestStream(free?.stream)).toBe(free?.stream);
  });

  test('work of many names is spread as well', () => {
    const workers = Array.from({ length: 200 }, () => new MemoryWorker(streams));
    for (let name = 0; name < 200; name++) {
      for (let item = 0; item < 5; item++) {
        const stream = activity(`Name ${name}`).bestStream();
        if (stream) stream.outstanding.activity++;
      }
    }
    const shares = workers.map(({ stream }) => stream.outstanding.activity);
    expect(Math.max(...shares)).toBeLessThanOrEqual(10);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
  });

  test('streams that come and go are noticed', () => {
    const [first, second] = [worker('A'), worker('B')];
    expect(activity('A').accepting).toEqual([first.stream]);
    const third = worker('A');
    expect(activity('A').accepting).toEqual([first.stream, third.stream]);
    first.stream.closed();
    expect(activity('A').accepting).toEqual([third.stream]);
    expect(activity('B').accepting).toEqual([second.stream]);
  });
});

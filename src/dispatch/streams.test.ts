import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryWorker, only, type WorkerOptions } from '../../test/helpers/engine.ts';
import { unavailable } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type WorkerStream, WorkerStreams } from './streams.ts';

const item = Buffer.from([0x22, 0]);
const JAVA = 'grpc-java-netty/1.68.1';

let metrics: ReturnType<typeof createMetrics>;
let streams: WorkerStreams;
let told: [string, WorkerStream][];

beforeEach(() => {
  vi.useFakeTimers();
  metrics = createMetrics('test');
  streams = new WorkerStreams(metrics);
  told = [];
  streams.listen({
    streamOpened: (stream) => told.push(['opened', stream]),
    streamReady: (stream) => told.push(['ready', stream]),
    streamClosed: (stream) => told.push(['closed', stream]),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(options?: WorkerOptions): MemoryWorker {
  return new MemoryWorker(streams, options);
}

describe('a stream', () => {
  test('is greeted, announced and found under its hub', () => {
    const worker = open({ hubId: 7 });
    expect(worker.pings).toBe(1);
    expect(told).toEqual([['opened', worker.stream]]);
    expect([...streams.ofHub(7)]).toEqual([worker.stream]);
    expect([...streams.ofHub(8)]).toEqual([]);
    expect([...streams.hubIds()]).toEqual([7]);
  });

  test('is greeted before anything is sent to it', () => {
    const order: string[] = [];
    const ignore = (): void => undefined;
    streams.listen({
      streamOpened: () => order.push('opened'),
      streamReady: ignore,
      streamClosed: ignore,
    });
    const Recording = class extends MemoryWorker {
      override write(bytes: Buffer): boolean {
        order.push('written');
        return super.write(bytes);
      }
    };
    expect(new Recording(streams).pings).toBe(1);
    expect(order).toEqual(['written', 'opened']);
  });

  test('has as many slots as it asks for, a hundred when it names none, and never too many', () => {
    const { stream } = open({
      request: {
        ...{ maxConcurrentOrchestrationWorkItems: 3, maxConcurrentActivityWorkItems: 1_000_000 },
        maxConcurrentEntityWorkItems: -1,
      },
    });
    expect(stream.freeSlots('orchestration')).toBe(3);
    expect(stream.freeSlots('activity')).toBe(limits.maxStreamSlots);
    expect(stream.freeSlots('entity')).toBe(limits.defaultStreamSlots);
    stream.outstanding.orchestration = 2;
    expect(stream.freeSlots('orchestration')).toBe(1);
    expect(stream.freeSlots('entity')).toBe(limits.defaultStreamSlots);
  });

  test('that ended is told of once, whoever ends it, and takes nothing any more', () => {
    const worker = open();
    worker.stream.closed();
    worker.stream.closed();
    worker.stream.end(unavailable('again'));
    worker.stream.drained();
    expect(told.slice(1)).toEqual([['closed', worker.stream]]);
    expect(worker.endedBy, 'the call is over: nothing is said to it').toBeUndefined();
    expect(worker.stream.freeSlots('activity')).toBe(0);
    expect([streams.count, [...streams.hubIds()]]).toEqual([0, []]);
  });

  test('that is ended from here is told why', () => {
    const [one, two] = [open({ hubId: 1 }), open({ hubId: 2 })];
    streams.endAll(unavailable('the server is stopping'));
    expect([one.endedBy?.code, two.endedBy?.code]).toEqual(['unavailable', 'unavailable']);
    expect(streams.count).toBe(0);
  });

  test('does not outlive its hub', () => {
    const [kept, gone] = [open({ hubId: 1 }), open({ hubId: 2 })];
    streams.endHubs([2, 4]);
    expect(gone.endedBy).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('hub-2') as unknown,
    });
    expect([kept.endedBy, streams.count]).toEqual([undefined, 1]);
  });

  test('says what its worker can do', () => {
    const capabilities = ['WORKER_CAPABILITY_HISTORY_STREAMING'] as const;
    expect(open({ request: { capabilities: [...capabilities] } }).stream.canStreamHistory).toBe(true);
    expect(open().stream.canStreamHistory).toBe(false);
  });

  test('accepts what its worker listed', () => {
    const { stream } = open({ request: only({ activities: ['Charge'] }) });
    expect(stream.filters.activity.accepts('Charge', '1')).toBe(true);
    expect(stream.filters.orchestration.acceptsNothing).toBe(true);
  });
});

describe('a transport that is full', () => {
  test('has no free slot while its hub is held, and is told when it is let go', () => {
    const [held, other] = [open({ hubId: 7 }), open({ hubId: 8 })];
    told = [];
    streams.hold(7);
    expect([held, other].map(({ stream }) => stream.freeSlots('activity'))).toEqual([0, 100]);
    expect(open({ hubId: 7 }).stream.freeSlots('activity')).toBe(0);
    told = [];
    streams.letGo(7);
    expect(told.map(([event, stream]) => [event, stream.hubId, stream.freeSlots('activity')])).toEqual([
      ['ready', 7, 100],
      ['ready', 7, 100],
    ]);
  });

  test('gets nothing more until it has drained', () => {
    const worker = open();
    worker.isFull = true;
    worker.stream.send(item);
    expect(worker.stream.freeSlots('activity')).toBe(0);
    worker.stream.drained();
    expect(worker.stream.freeSlots('activity')).toBe(100);
    expect(told.filter(([what]) => what === 'ready')).toHaveLength(1);
  });

  test('that drains without having been full is no news', () => {
    open().stream.drained();
    expect(told).toHaveLength(1);
  });

  test('is not pinged, and is given up after a minute', () => {
    const [stuck, well] = [open(), open()];
    stuck.isFull = true;
    stuck.stream.send(item);
    vi.advanceTimersByTime(60_000);
    expect(streams.pingAll()).toBe(1);
    expect([stuck.pings, well.pings], 'greeting and item; greeting and ping').toEqual([2, 2]);
    expect(stuck.endedBy).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(streams.pingAll()).toBe(1);
    expect(stuck.endedBy?.code).toBe('unavailable');
    expect(streams.count).toBe(1);
  });

  test('has its minute from when it filled, however much is written to it after that', () => {
    const worker = open();
    worker.isFull = true;
    worker.stream.send(item);
    vi.advanceTimersByTime(40_000);
    worker.stream.send(item);
    vi.advanceTimersByTime(20_001);
    streams.pingAll();
    expect(worker.endedBy?.code).toBe('unavailable');
  });

  test('has a new minute after it has drained', () => {
    const worker = open();
    worker.isFull = true;
    worker.stream.send(item);
    vi.advanceTimersByTime(50_000);
    worker.stream.drained();
    worker.stream.send(item);
    vi.advanceTimersByTime(50_000);
    streams.pingAll();
    expect(worker.endedBy).toBeUndefined();
  });

  test('may be full with the greeting already', () => {
    const Narrow = class extends MemoryWorker {
      override write(bytes: Buffer): boolean {
        super.write(bytes);
        return false;
      }
    };
    const worker = new Narrow(streams);
    expect([worker.pings, worker.stream.freeSlots('activity')]).toEqual([1, 0]);
  });
});

describe('a second stream on the same connection', () => {
  test('supersedes the first of a Java worker, which is told so', () => {
    const connection = {};
    const old = open({ userAgent: JAVA, connection });
    const fresh = open({ userAgent: JAVA, connection });
    expect(old.endedBy?.code).toBe('cancelled');
    expect([...streams.ofHub(1)]).toEqual([fresh.stream]);
    expect(told.map(([what]) => what)).toEqual(['opened', 'closed', 'opened']);
  });

  test.each([
    ['another SDK', { userAgent: 'grpc-node-js/1.14' }, { userAgent: 'grpc-node-js/1.14' }],
    ['an SDK that says nothing', {}, {}],
    ['JavaScript', { userAgent: 'javascript/1' }, { userAgent: 'javascript/1' }],
    ['another hub', { userAgent: JAVA, hubId: 1 }, { userAgent: JAVA, hubId: 2 }],
  ])('leaves the first in peace: %s', (_, first, second) => {
    const connection = {};
    const old = open({ ...first, connection });
    open({ ...second, connection });
    expect(old.endedBy).toBeUndefined();
    expect(streams.count).toBe(2);
  });

  test('leaves in peace what is on another connection', () => {
    const old = open({ userAgent: JAVA });
    open({ userAgent: JAVA });
    expect(old.endedBy).toBeUndefined();
  });
});

describe('an answer without a token', () => {
  test('has the token of what was sent on its connection, in its hub, in that order', () => {
    const [connection, other] = [{}, {}];
    const { stream } = open({ userAgent: JAVA, connection });
    stream.unanswered?.sent('a', undefined, 'turn');
    stream.unanswered?.sent('a', 3, 'activity');
    expect(streams.tokenOf(1, other, 'a')).toBeUndefined();
    expect(streams.tokenOf(2, connection, 'a')).toBeUndefined();
    expect(streams.tokenOf(1, connection, 'b')).toBeUndefined();
    expect(streams.tokenOf(1, connection, 'a', 3)).toBe('activity');
    expect(streams.tokenOf(1, connection, 'a')).toBe('turn');
    expect(streams.tokenOf(1, connection, 'a')).toBeUndefined();
  });

  test('may be for any of several streams on its connection', () => {
    const connection = {};
    const [first, second] = [
      open({ userAgent: 'grpc-go/1.66', connection }),
      open({ userAgent: 'grpc-go/1.66', connection }),
    ];
    second.stream.unanswered?.sent('a', undefined, 'of the second');
    first.stream.unanswered?.sent('b', undefined, 'of the first');
    expect([streams.tokenOf(1, connection, 'a'), streams.tokenOf(1, connection, 'b')]).toEqual([
      ...['of the second', 'of the first'],
    ]);
  });

  test('is nothing that a worker sends whose SDK has tokens', () => {
    expect(open({ userAgent: 'grpc-node-js/1.14' }).stream.unanswered).toBeUndefined();
    expect(open().stream.unanswered).toBeUndefined();
  });
});

test('there is a limit of streams, and room again when one ends', () => {
  const request = only({});
  const first = open({ request });
  while (streams.count < limits.workerStreams) open({ request });
  expect(() => open({ request })).toThrow(expect.objectContaining({ code: 'resource_exhausted' }) as Error);
  expect(streams.count).toBe(limits.workerStreams);
  first.stream.closed();
  expect(open({ request }).pings).toBe(1);
});

test('streams are counted by hub', async () => {
  const one = open({ hubId: 1 });
  open({ hubId: 1 });
  open({ hubId: 2 });
  one.stream.closed();
  const lines = (await metrics.render()).split('\n');
  expect(lines).toContain('perdura_worker_streams{hub="hub-1"} 1');
  expect(lines).toContain('perdura_worker_streams{hub="hub-2"} 1');
});

test('whoever does not listen any more is told nothing', () => {
  const heard: WorkerStream[] = [];
  const listener = {
    streamOpened: (stream: WorkerStream) => heard.push(stream),
    streamReady: (stream: WorkerStream) => heard.push(stream),
    streamClosed: (stream: WorkerStream) => heard.push(stream),
  };
  streams.listen(listener);
  streams.unlisten(listener);
  open().stream.closed();
  expect(heard).toEqual([]);
});

import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryWorker, only } from '../../test/helpers/engine.ts';
import { instanceState } from '../../test/helpers/factories.ts';
import { instanceId } from '../domain/ids.ts';
import { type InstanceState } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { type Message, ranks } from '../domain/message.ts';
import { type ControlPatch, type NewInstance, type RenewPatch, type TurnPatch } from '../domain/write.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type Resident } from './resident.ts';
import { Residents } from './residents.ts';
import { WorkerStreams } from './streams.ts';

const metrics = createMetrics('test');
let streams: WorkerStreams;
let residents: Residents;

beforeEach(() => {
  streams = new WorkerStreams(metrics);
  residents = new Residents(streams);
});

function add(key: number, bytes = 0, changes: Partial<InstanceState> = {}): Resident {
  return residents.add(instanceState({ key, ...changes }), bytes > 0 ? [Buffer.alloc(bytes)] : []);
}

function message(messageId: number, changes: Partial<Message> = {}): Message {
  const event = Buffer.from(`${messageId}`);
  return {
    rank: ranks.arrived,
    messageId,
    kind: 'eventRaised',
    generation: 0,
    event,
    firesAt: null,
    ...changes,
  };
}

function turnPatch(key: number, changes: Partial<TurnPatch> = {}): TurnPatch {
  return {
    ...{ kind: 'turn', partition: 7, key, turn: 1, consumed: [], updatedAt: 5, status: 'running' },
    ...{ history: Buffer.from('row'), customStatus: '"c"', traceContext: Buffer.from('t'), sections: [] },
    ...changes,
  };
}

const ids = (messages: readonly Message[]): number[] => messages.map(({ messageId }) => messageId);

describe('a committed turn', () => {
  test('moves the resident on, drops what it consumed and takes what it inserted', () => {
    const one = add(1, 10);
    for (const id of [1, 2]) residents.deliver(1, message(id));
    one.attempts = 2;
    one.isPatching = true;
    const patch = turnPatch(1, { consumed: [message(1)] });
    expect(residents.apply(patch, [message(3)])).toBe(one);
    expect(one.state).toMatchObject({ turn: 2, updatedAt: 5, customStatus: '"c"', status: 'running' });
    expect([one.attempts, one.isPatching, ids(one.messages)]).toEqual([0, false, [2, 3]]);
    expect(one.history?.map(String).at(-1)).toBe('row');
    expect([one.historyBytes, residents.historyBytes]).toEqual([13, 13]);
  });

  test('adds nothing to a history that is not in memory', () => {
    const one = add(1, 10);
    residents.evict(0);
    residents.apply(turnPatch(1), []);
    expect([one.history, residents.historyBytes]).toEqual([null, 0]);
  });

  test('that continues as new begins without history, results and timers, and with the new version', () => {
    const [old, fresh] = [only({ orchestrations: ['Order'] }), only({ orchestrations: ['Order'] })];
    const first = new MemoryWorker(streams, { request: old }).stream;
    new MemoryWorker(streams, { request: fresh });
    const one = add(1, 0, { version: '1', traceContext: Buffer.from('t'), isRewound: true });
    const before = one.workClass;
    const kinds = ['taskResult', 'timerFired', 'childResult', 'eventRaised', 'suspensionPair'] as const;
    kinds.forEach((kind, i) => {
      residents.deliver(1, message(i + 1, { kind }));
    });
    const patch: RenewPatch = {
      ...{ kind: 'renew', partition: 7, key: 1, turn: 1, consumed: [], updatedAt: 5, status: 'running' },
      ...{ generation: 1, executionId: 'next', version: '2', input: null, customStatus: null, inbox: [] },
    };
    residents.apply(patch, [message(9, { rank: ranks.started, kind: 'started', generation: 1 })]);
    expect(one.state).toMatchObject({ turn: 2, generation: 1, executionId: 'next', version: '2' });
    expect(one.state).toMatchObject({ traceContext: null, isRewound: false });
    expect(ids(one.messages)).toEqual([9, 4, 5]);
    expect([one.history, residents.historyBytes]).toEqual([[], 0]);
    expect([before.version, one.workClass.version]).toEqual(['1', '2']);
    expect(one.workClass.isAcceptedBy(first)).toBe(true);
  });

  test('of an instance that is not resident changes nothing', () => {
    expect(residents.apply(turnPatch(1), [])).toBeUndefined();
    expect(residents.count).toBe(0);
  });
});

test('a committed control changes the status, not the turn and not the attempts', () => {
  const one = add(1, 10);
  one.attempts = 2;
  const suspend = message(1, { rank: ranks.control, kind: 'suspend' });
  residents.deliver(1, suspend);
  const patch: ControlPatch = {
    ...{ kind: 'control', partition: 7, key: 1, turn: 1, consumed: [suspend], updatedAt: 8 },
    ...{ status: 'suspended', suspension: Buffer.from('s'), inbox: [] },
  };
  residents.apply(patch, []);
  expect(one.state).toMatchObject({ status: 'suspended', turn: 1, updatedAt: 8 });
  expect([one.attempts, one.controls, one.historyBytes]).toEqual([2, [], 10]);
});

test.each(['end', 'release'] as const)(
  'after an %s an instance is not resident, and nobody waits for it',
  async (kind) => {
    const one = add(1, 10);
    one.isPatching = true;
    const settled = one.whenSettled();
    const base = { partition: 7, key: 1, turn: 1 };
    const patch =
      kind === 'release'
        ? { ...base, kind, readyInMs: 0, attempts: 0 }
        : {
            ...{
              ...base,
              kind,
              consumed: [],
              updatedAt: 5,
              status: 'completed' as const,
              customStatus: null,
            },
            ...{ history: Buffer.alloc(1), output: null, failure: null, dropsActivities: false },
          };
    expect(residents.apply(patch, [])).toBeUndefined();
    await settled;
    expect([residents.get(1), residents.count, residents.historyBytes]).toEqual([undefined, 0, 0]);
  },
);

describe('a new instance', () => {
  const start: NewInstance = {
    ...{ partition: 7, key: 1, hubId: 1, id: instanceId('a'), kind: 'orchestration', name: 'Order' },
    ...{ version: null, executionId: 'e', input: null, tags: null, parent: null, createdAt: 5 },
    ...{
      scheduledAt: null,
      timerKey: 0,
      started: Buffer.from('s'),
      owned: true,
      replaces: [],
      ifTaken: null,
    },
  };

  test('is pending and has its first message', () => {
    const one = residents.start(start, message(1, { rank: ranks.started, kind: 'started' }));
    expect(one.state).toMatchObject({ status: 'pending', turn: 0, generation: 0, updatedAt: 5 });
    expect([ids(one.messages), one.history]).toEqual([[1], []]);
  });

  test('that starts later has it when its time comes', () => {
    const later = { ...start, scheduledAt: 9 };
    expect(residents.start(later, message(1, { rank: ranks.started, kind: 'started' })).messages).toEqual([]);
  });
});

describe('a message for a resident', () => {
  test('is held as long as there is room; then it is known that there is more', () => {
    const one = add(1);
    for (let id = 1; id <= limits.heldMessages; id++) residents.deliver(1, message(id));
    expect([one.messages.length, one.hasMore]).toEqual([limits.heldMessages, false]);
    residents.deliver(1, message(limits.heldMessages + 1));
    expect([one.messages.length, one.hasMore]).toEqual([limits.heldMessages, true]);
  });

  test('is not held while the database has others before it, however few are in memory', () => {
    const one = add(1);
    residents.fetched({ partition: 7, key: 1, messages: [message(1)], hasMore: true });
    residents.deliver(1, message(3));
    expect([ids(one.messages), one.hasMore]).toEqual([[1], true]);
    residents.fetched({ partition: 7, key: 1, messages: [message(2), message(3)], hasMore: false });
    expect([ids(one.messages), one.hasMore]).toEqual([[1, 2, 3], false]);
  });

  test('is always held when it is a control', () => {
    const one = add(1);
    residents.fetched({ partition: 7, key: 1, messages: [], hasMore: true });
    residents.deliver(1, message(5, { rank: ranks.control, kind: 'terminate' }));
    expect(ids(one.controls)).toEqual([5]);
  });

  test('is always held when it goes before what is left in the database', () => {
    const one = add(1);
    residents.fetched({ partition: 7, key: 1, messages: [message(1)], hasMore: true });
    residents.deliver(1, message(5, { rank: ranks.started, kind: 'started' }));
    expect([ids(one.messages), one.hasMore]).toEqual([[5, 1], true]);
  });

  test('is nobody’s when its instance is not resident', () => {
    expect(residents.deliver(1, message(1))).toBeUndefined();
    expect(
      residents.fetched({ partition: 7, key: 1, messages: [message(1)], hasMore: false }),
    ).toBeUndefined();
  });

  test('ends the fetch that brought it', () => {
    const one = add(1);
    one.isFetching = true;
    residents.fetched({ partition: 7, key: 1, messages: [], hasMore: false });
    expect(one.isFetching).toBe(false);
  });
});

test('a claimed instance brings its inbox and its attempts', () => {
  const one = residents.claimed({
    ...{ state: instanceState({ key: 1, attempts: 2 }), history: [Buffer.alloc(4)], hasMore: true },
    messages: [message(2), message(1), message(3, { rank: ranks.control, kind: 'suspend' })],
  });
  expect([ids(one.messages), ids(one.controls), one.hasMore, one.attempts]).toEqual([[1, 2], [3], true, 2]);
});

describe('histories in memory', () => {
  test('go when there is too much of them, least recently used first, and no more than necessary', () => {
    const [a, b, c] = [add(1, 100), add(2, 100), add(3, 100)];
    residents.touch(a);
    expect(residents.evict(300), 'enough room').toBe(0);
    expect(residents.evict(200)).toBe(1);
    expect([a, b, c].map(({ history }) => history === null)).toEqual([false, true, false]);
    expect(residents.historyBytes).toBe(200);
    expect(residents.evict(0)).toBe(2);
    expect(residents.historyBytes).toBe(0);
  });

  test('stay while a turn is out or a patch on its way', () => {
    const [out, patching, idle] = [add(1, 100), add(2, 100), add(3, 100)];
    out.lease = {
      ...{
        stream: new MemoryWorker(streams).stream,
        dispatch: 1,
        sentMs: 0,
        deadlineMs: 0,
        isSuspect: false,
        chunks: undefined,
      },
      turn: { startedAt: { seconds: 0, nanos: 0 }, events: [], consumed: [] },
    };
    patching.isPatching = true;
    expect(residents.evict(0)).toBe(1);
    expect([out, patching, idle].map(({ history }) => history === null)).toEqual([false, false, true]);
  });

  test('that are empty are not worth reading again', () => {
    const empty = add(1);
    add(2, 10);
    residents.evict(5);
    expect(empty.history).toEqual([]);
  });

  test('that were read again count again', () => {
    const one = add(1, 100);
    residents.evict(0);
    residents.loaded(one, [Buffer.alloc(60), Buffer.alloc(50)]);
    expect([one.historyBytes, residents.historyBytes]).toEqual([110, 110]);
  });
});

describe('residents beyond the limit', () => {
  test('are given up, least recently used first, but none that is busy', () => {
    const busy = [add(1), add(2), add(3), add(4)];
    const [patching, queued, loading, out] = busy;
    if (patching) patching.isPatching = true;
    if (queued) queued.isQueued = true;
    if (loading) loading.isLoading = true;
    if (out) {
      out.lease = {
        ...{
          stream: new MemoryWorker(streams).stream,
          dispatch: 1,
          sentMs: 0,
          deadlineMs: 0,
          isSuspect: false,
          chunks: undefined,
        },
        turn: { startedAt: { seconds: 0, nanos: 0 }, events: [], consumed: [] },
      };
    }
    const [a, b] = [add(5), add(6)];
    for (let key = 7; residents.count < limits.residents; key++) add(key);
    expect(residents.surplus()).toEqual([]);
    add(200_001);
    expect(residents.surplus()).toEqual([a]);
    residents.touch(a);
    expect(residents.surplus()).toEqual([b]);
  });

  test('are given up also for the bytes of their messages, those alone that have some', () => {
    const megabytes = (messageId: number, count: number): Message =>
      message(messageId, { event: Buffer.alloc(count * 1024 * 1024) });
    const quarter = limits.allHeldBytes / 4 / 1024 / 1024;
    const [light, heavy, newer] = [add(1), add(2), add(3)];
    for (let i = 0; i < 4; i++) {
      residents.fetched({ partition: 7, key: 2, messages: [megabytes(i, quarter)], hasMore: true });
    }
    expect(residents.surplus()).toEqual([]);
    residents.deliver(3, message(9));
    expect(residents.surplus()).toEqual([heavy]);
    expect(light.messages).toEqual([]);
    residents.apply(turnPatch(2, { consumed: heavy.messages }), []);
    expect(residents.surplus(), 'consumed').toEqual([]);
    expect(newer.heldBytes).toBe(1);
  });

  test('are judged by what is still resident', () => {
    const quarter = Buffer.alloc(limits.allHeldBytes / 4);
    add(1);
    for (let i = 0; i < 5; i++) {
      residents.fetched({ partition: 7, key: 1, messages: [message(i, { event: quarter })], hasMore: true });
    }
    expect(residents.surplus()).toHaveLength(1);
    residents.remove(1);
    add(2);
    residents.deliver(2, message(9));
    expect(residents.surplus()).toEqual([]);
  });
});

test('a resident takes no more messages when those that it has are large', () => {
  const one = add(1);
  residents.deliver(1, message(1, { event: Buffer.alloc(limits.heldBytes) }));
  residents.deliver(1, message(2));
  expect([ids(one.messages), one.hasMore]).toEqual([[1], true]);
});

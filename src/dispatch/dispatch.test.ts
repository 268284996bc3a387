import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lowerFlags, MemoryWorker, only, type WorkerOptions } from '../../test/helpers/engine.ts';
import { inboxMessage, instanceState, startedMessage } from '../../test/helpers/factories.ts';
import { lostDelayMs } from '../domain/back-off.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { instanceId } from '../domain/ids.ts';
import { type InstanceState } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { type Message, ranks } from '../domain/message.ts';
import { type BatchResult, noResult } from '../domain/store.ts';
import {
  type ControlPatch,
  type NewActivity,
  type NewInstance,
  type ReleasedActivity,
  type TurnPatch,
} from '../domain/write.ts';
import { must } from '../lib/assert.ts';
import { codec } from '../protocol/codec.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { Clock } from './clock.ts';
import { Dispatch, type DispatchOptions } from './dispatch.ts';
import { type Requests } from './requests.ts';
import { type Resident } from './resident.ts';
import { WorkerStreams } from './streams.ts';

const metrics = createMetrics('test');
const HUB = 1;

/** What was asked for, in order: the name of the request and the key of the instance. */
class Asked implements Requests {
  readonly calls: string[] = [];
  readonly released: ReleasedActivity[] = [];
  readonly reasons: string[] = [];

  applyControl({ state }: Resident): void {
    this.calls.push(`control ${state.key}`);
  }
  release(resident: Resident, backoffMs: number): void {
    this.calls.push(`release ${resident.state.key} in ${resident.readyIn(backoffMs) ?? 'never'}`);
  }
  giveUp(keys: readonly number[]): void {
    for (const key of keys) this.calls.push(`give up ${key}`);
  }
  fetch({ state }: Resident): void {
    this.calls.push(`fetch ${state.key}`);
  }
  loadHistory({ state }: Resident): void {
    this.calls.push(`load ${state.key}`);
  }
  quarantine({ state }: Resident, reason: string): void {
    this.calls.push(`quarantine ${state.key}`);
    this.reasons.push(reason);
  }
  releaseActivities(released: readonly ReleasedActivity[]): void {
    this.released.push(...released);
  }
  quarantineActivity({ activityKey }: { readonly activityKey: number }): void {
    this.calls.push(`quarantine activity ${activityKey}`);
  }
  claim(): void {
    this.calls.push('claim');
  }
}

let streams: WorkerStreams;
let asked: Asked;
let dispatch: Dispatch;
let settled: number;

beforeEach(() => {
  vi.useFakeTimers();
  streams = new WorkerStreams(metrics);
  dispatch = newDispatch();
  dispatch.trust(Clock.monotonicMs(), 1e9);
});
afterEach(() => {
  vi.useRealTimers();
});

function newDispatch(changes: Partial<DispatchOptions['settings']> = {}): Dispatch {
  asked = new Asked();
  settled = 0;
  const settings = {
    ...{ orchestrationLeaseMs: 10_000, activityLeaseMs: 0, streamGraceMs: 1_000, maxDeliveryAttempts: 3 },
    ...{ maxWorkItemBytes: 1_000_000, historyCacheBytes: 1_000_000, ...changes },
  };
  return new Dispatch({
    ...{ incarnation: 77, streams, clock: new Clock(), codec, requests: asked, settings, metrics },
    onSettled: () => settled++,
  });
}

const worker = (request?: WorkerOptions['request'], hubId = HUB): MemoryWorker =>
  new MemoryWorker(streams, { hubId, ...(request && { request }) });

/** The part of a batch's result that a test is about. */
function settle(result: Partial<BatchResult>): void {
  dispatch.settle({ ...noResult, ...result })();
}

/** Claims an instance that has run once, with these messages. */
function claim(key: number, messages: readonly Message[], changes: Partial<InstanceState> = {}): Resident {
  const state = instanceState({ key, hubId: HUB, ...changes });
  settle({ claimed: [{ state, history: [Buffer.alloc(0)], messages, hasMore: false }] });
  return must(dispatch.residents.get(key), `resident ${key}`);
}

const raised = (changes?: Partial<Message>): Message =>
  inboxMessage('eventRaised', { eventRaised: { name: 'e' } }, changes);
const control = (kind: 'suspend' | 'resume' | 'terminate'): Message =>
  inboxMessage(kind, {}, { rank: ranks.control });
const terminateAtOnce = (): Message => inboxMessage('terminate', {}, { rank: ranks.atOnce });
const deliver = (key: number, message: Message): void => {
  settle({ delivered: [{ partition: 7, key, message }] });
};

function turnPatch({ state }: Resident, consumed: readonly Message[]): TurnPatch {
  return {
    ...{ kind: 'turn', partition: 7, key: state.key, turn: state.turn, consumed, updatedAt: state.updatedAt },
    ...{ status: 'running', history: Buffer.alloc(0), customStatus: null, traceContext: null, sections: [] },
  };
}

function controlPatch({ state }: Resident, consumed: readonly Message[]): ControlPatch {
  return {
    ...{ kind: 'control', partition: 7, key: state.key, turn: state.turn, consumed, updatedAt: 5 },
    ...{ status: 'suspended', suspension: Buffer.alloc(0), inbox: [] },
  };
}

function newActivity(activityKey: number, name = 'Charge'): NewActivity {
  return {
    ...{ partition: 7, key: 1, activityKey, generation: 0, taskId: 3, hubId: HUB, name, version: null },
    ...{ effectiveVersion: null, owned: true, request: Buffer.alloc(0) },
  };
}

function tokenOf(sent: { readonly token: string } | undefined) {
  const token = must(decodeToken(sent?.token ?? ''), 'a token');
  if (token.kind !== 'orchestration') throw new Error('a token of an activity');
  return token;
}

describe('an instance with messages', () => {
  test('goes to a free stream; what comes meanwhile waits for the next turn', () => {
    const one = worker();
    const [first, second] = [raised(), raised()];
    const resident = claim(1, [first]);
    deliver(1, second);
    expect(one.turns.map(({ news }) => news)).toEqual([['orchestratorStarted', 'eventRaised']]);
    dispatch.takeLease(resident);
    settle({ patches: [{ patch: turnPatch(resident, [first]), inserted: [] }] });
    expect(one.turns).toHaveLength(2);
    expect(dispatch.knownMessages(1)).toEqual([second.messageId]);
  });

  test('waits for a slot, and goes out when one is free', () => {
    const one = worker({ maxConcurrentOrchestrationWorkItems: 1 });
    const first = claim(1, [raised()]);
    claim(2, [raised()]);
    claim(3, [raised()]);
    expect(one.turns).toHaveLength(1);
    dispatch.takeLease(first);
    expect(one.turns.map(tokenOf).map(({ key }) => key)).toEqual([1, 2]);
    expect(dispatch.outstanding).toBe(1);
  });

  test('that no stream here takes is given up at once, to be claimed at once', () => {
    worker(only({ orchestrations: ['Other'] }));
    claim(1, [raised()]);
    expect(asked.calls).toContain('release 1 in 0');
  });

  test('of kinds that only newer replicas know is given up for half a minute', () => {
    worker();
    claim(1, [raised({ kind: 'unknown' })]);
    expect(asked.calls).toContain('release 1 in 30000');
  });

  test('is not given up twice', () => {
    claim(1, [raised()]);
    deliver(1, raised());
    expect(asked.calls.filter((call) => call.startsWith('release'))).toHaveLength(1);
  });

  test.each([
    ['suspended', { status: 'suspended' }],
    ['not yet started', { status: 'pending', turn: 0 }],
  ] as const)('stays here and is quiet while it is %s', (_, changes) => {
    const one = worker();
    claim(1, [raised()], changes);
    expect([one.turns.length, asked.calls.filter((call) => call !== 'claim')]).toEqual([0, []]);
  });

  test('whose history was evicted has it read first, once', () => {
    const one = worker();
    const resident = claim(1, []);
    resident.history = null;
    deliver(1, raised());
    deliver(1, raised());
    expect([one.turns.length, asked.calls.filter((call) => call === 'load 1')]).toEqual([0, ['load 1']]);
    dispatch.residents.loaded(resident, []);
    resident.isLoading = false;
    dispatch.wake(resident);
    expect(one.turns).toHaveLength(1);
  });

  test('that are all in the database has them read, once', () => {
    const one = worker();
    const state = instanceState({ key: 1, hubId: HUB });
    settle({ claimed: [{ state, history: [], messages: [], hasMore: true }] });
    dispatch.wake(must(dispatch.residents.get(1), 'the resident'));
    expect(asked.calls.filter((call) => call === 'fetch 1')).toEqual(['fetch 1']);
    settle({ fetched: [{ partition: 7, key: 1, messages: [raised()], hasMore: true }] });
    expect(one.turns).toHaveLength(1);
  });

  test('that is too large for a work item is quarantined, with the limit in the reason', () => {
    dispatch.close();
    dispatch = newDispatch({ maxWorkItemBytes: 200 });
    dispatch.trust(Clock.monotonicMs(), 1e9);
    const one = worker();
    const state = instanceState({ key: 1, hubId: HUB });
    settle({ claimed: [{ state, history: [Buffer.alloc(300)], messages: [raised()], hasMore: false }] });
    expect(one.turns).toEqual([]);
    expect(asked.reasons).toEqual([
      expect.stringMatching(/larger than 200 bytes \(PERDURA_MAX_WORK_ITEM_MB\)/),
    ]);
    expect(one.stream.outstanding.orchestration).toBe(0);
  });
});

describe('an instance in the queue', () => {
  /** One that waits behind another that is out. */
  function queued(): { first: Resident; waiting: Resident; one: MemoryWorker } {
    const one = worker({ maxConcurrentOrchestrationWorkItems: 1 });
    const first = claim(1, [raised()]);
    return { one, first, waiting: claim(2, [raised()]) };
  }

  test('is not sent when it was suspended meanwhile, and is when it is resumed', () => {
    const { one, first, waiting } = queued();
    settle({ patches: [{ patch: controlPatch(waiting, []), inserted: [] }] });
    dispatch.takeLease(first);
    expect(one.turns).toHaveLength(1);
    const resumed = { ...controlPatch(waiting, []), status: 'running', suspension: null } as const;
    settle({ patches: [{ patch: resumed, inserted: [] }] });
    expect(one.turns.map(tokenOf).map(({ key }) => key)).toEqual([1, 2]);
  });

  test('is not sent when it has ended meanwhile', () => {
    const { one, first, waiting } = queued();
    const { partition, key, turn } = waiting.state;
    settle({
      patches: [
        { patch: { kind: 'release', partition, key, turn, readyInMs: 0, attempts: 0 }, inserted: [] },
      ],
    });
    dispatch.takeLease(first);
    expect(one.turns).toHaveLength(1);
    expect(dispatch.holds(2)).toBe(false);
  });

  test('has its history read first when it was evicted meanwhile', () => {
    const { one, first, waiting } = queued();
    waiting.history = null;
    dispatch.takeLease(first);
    expect([one.turns.length, asked.calls.includes('load 2')]).toEqual([1, true]);
  });

  test('waits for a patch that is on its way, and is sent after it', () => {
    const { one, first, waiting } = queued();
    waiting.isPatching = true;
    dispatch.takeLease(first);
    expect(one.turns).toHaveLength(1);
    waiting.patched();
    dispatch.wake(waiting);
    expect(one.turns).toHaveLength(2);
  });

  test('goes back when the last stream that takes it closes', () => {
    const { one } = queued();
    one.stream.closed();
    expect(asked.calls).toContain('release 2 in 0');
    expect(asked.calls, 'the one that is out has its grace').not.toContain('release 1 in 0');
    expect(dispatch.residents.classes.takeUnserved()).toEqual([]);
  });
});

describe('a control', () => {
  test('is applied at once, also while a turn is out and no stream is there', () => {
    const one = worker();
    claim(1, [raised()]);
    deliver(1, control('suspend'));
    expect(asked.calls).toContain('control 1');
    expect(one.turns).toHaveLength(1);
    claim(2, [control('terminate')]);
    expect(asked.calls).toContain('control 2');
  });

  test('waits for the patch that is on its way; then all are applied one by one', () => {
    worker();
    const resident = claim(1, [raised()]);
    dispatch.takeLease(resident);
    const [suspend, resume] = [control('suspend'), control('resume')];
    deliver(1, suspend);
    deliver(1, resume);
    expect(asked.calls).not.toContain('control 1');
    settle({ patches: [{ patch: turnPatch(resident, []), inserted: [] }] });
    deliver(1, raised());
    expect(asked.calls.filter((call) => call === 'control 1')).toHaveLength(1);
    settle({ patches: [{ patch: controlPatch(resident, [suspend]), inserted: [] }] });
    expect(asked.calls.filter((call) => call === 'control 1')).toHaveLength(2);
  });
});

describe('a termination', () => {
  test('waits a second for the answer of a turn that is out', () => {
    worker();
    claim(1, [raised()]);
    deliver(1, control('terminate'));
    vi.advanceTimersByTime(999);
    dispatch.expireLeases();
    deliver(1, raised());
    expect(asked.calls).not.toContain('control 1');
    vi.advanceTimersByTime(1);
    dispatch.expireLeases();
    expect(asked.calls).toContain('control 1');
  });

  test('follows that answer, and what ends the turn otherwise', () => {
    worker();
    const answered = claim(1, [raised()]);
    deliver(1, control('terminate'));
    dispatch.takeLease(answered);
    settle({ patches: [{ patch: turnPatch(answered, []), inserted: [] }] });
    expect(asked.calls).toContain('control 1');
    const lost = claim(2, [raised()]);
    deliver(2, control('terminate'));
    dispatch.failDelivery(lost, 'its worker went away');
    expect(asked.calls).toContain('control 2');
  });

  test('goes before the quarantine when the turn fails for the last time', () => {
    worker();
    const resident = claim(1, [raised()], { attempts: 2 });
    deliver(1, control('terminate'));
    dispatch.failDelivery(resident, 'its worker went away');
    expect(asked.calls).toContain('control 1');
    expect(asked.calls).not.toContain('quarantine 1');
  });

  test('waits for nothing where it shall not', () => {
    worker();
    claim(1, [raised()]);
    deliver(1, terminateAtOnce());
    expect(asked.calls).toContain('control 1');
    claim(2, [raised()]);
    deliver(2, control('terminate'));
    deliver(2, terminateAtOnce());
    expect(asked.calls).toContain('control 2');
  });
});

describe('a turn that came to nothing', () => {
  test('goes out again, as another delivery; the old token is stale', () => {
    const one = worker();
    const resident = claim(1, [raised()]);
    dispatch.failDelivery(resident, 'its time was over');
    const [old, fresh] = one.turns.map(tokenOf);
    expect(dispatch.findLeased(must(old, 'the old token'), HUB)).toBeUndefined();
    expect(dispatch.findLeased(must(fresh, 'the new token'), HUB)).toBe(resident);
    expect([resident.attempts, one.stream.outstanding.orchestration]).toEqual([1, 1]);
  });

  test('too often ends its instance, with the last reason', () => {
    const one = worker();
    const resident = claim(1, [raised()]);
    for (const reason of ['a', 'b', 'its worker went away']) dispatch.failDelivery(resident, reason);
    expect(one.turns).toHaveLength(3);
    expect(asked.calls.at(-1)).toBe('quarantine 1');
    expect(asked.reasons).toEqual([expect.stringMatching(/3 times.*its worker went away/)]);
  });

  test('for the third time is given up for a while of its own', () => {
    dispatch = newDispatch({ maxDeliveryAttempts: 10 });
    dispatch.trust(Clock.monotonicMs(), 1e9);
    const one = worker();
    const residents = [1, 2].map((key) => claim(key, [raised()], { attempts: 1 }));
    for (const resident of residents) dispatch.failDelivery(resident, 'its worker went away');
    expect(one.turns).toHaveLength(4);
    for (const resident of residents) dispatch.failDelivery(resident, 'its worker went away');
    expect(one.turns).toHaveLength(4);
    const delays = [1, 2].map((key) => lostDelayMs(key, 3));
    expect(new Set(delays).size).toBe(2);
    expect(asked.calls.filter((call) => call !== 'claim')).toEqual([
      `release 1 in ${delays[0]}`,
      `release 2 in ${delays[1]}`,
    ]);
  });

  test('for the third time makes it a suspect, which goes out where no other one is', () => {
    dispatch = newDispatch({ maxDeliveryAttempts: 10 });
    dispatch.trust(Clock.monotonicMs(), 1e9);
    const one = worker();
    const first = claim(1, [raised()], { attempts: 3 });
    for (const key of [2, 3]) claim(key, [raised()], { attempts: 4 });
    claim(4, [raised()], { attempts: 2 });
    expect(one.turns).toHaveLength(2);
    const two = worker();
    expect([one.turns.length, two.turns.length]).toEqual([2, 1]);
    dispatch.takeLease(first);
    expect([one.turns.length, two.turns.length]).toEqual([3, 1]);
    expect(asked.calls.filter((call) => call !== 'claim')).toEqual([]);
  });

  test('does not keep a suspect from its worker for long because another one runs on', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    dispatch = newDispatch({ maxDeliveryAttempts: 10 });
    dispatch.trust(Clock.monotonicMs(), 1e9);
    const one = worker();
    const [first] = [1, 2].map((key) => claim(key, [raised()], { attempts: 3 }));
    vi.advanceTimersByTime(5_000);
    dispatch.expireLeases();
    expect(one.turns).toHaveLength(2);
    dispatch.takeLease(must(first, 'the first one'));
    claim(3, [raised()], { attempts: 3 });
    expect(one.turns, 'the second one is still watched').toHaveLength(2);
    vi.useRealTimers();
  });

  test('too often is not the end of it while controls may be unread', () => {
    worker();
    const resident = claim(1, [raised()], { attempts: 2 });
    const first = control('suspend');
    settle({ fetched: [{ partition: 7, key: 1, messages: [first], hasMore: true }] });
    settle({ patches: [{ patch: controlPatch(resident, [first]), inserted: [] }] });
    dispatch.failDelivery(resident, 'its worker went away');
    expect(asked.calls).toContain('fetch 1');
    expect(asked.calls).not.toContain('quarantine 1');
  });

  test('starts counting where another replica left off', () => {
    worker();
    const resident = claim(1, [raised()], { attempts: 2 });
    dispatch.failDelivery(resident, 'its time was over');
    expect(asked.calls.at(-1)).toBe('quarantine 1');
  });

  test('counts from nothing again after a recorded turn', () => {
    worker();
    const resident = claim(1, [raised()], { attempts: 2 });
    dispatch.takeLease(resident);
    settle({ patches: [{ patch: turnPatch(resident, resident.messages), inserted: [] }] });
    deliver(1, raised());
    dispatch.failDelivery(resident, 'its time was over');
    expect(asked.calls.filter((call) => call.startsWith('quarantine'))).toEqual([]);
  });

  test('lets a control that is on its way go first', () => {
    const one = worker();
    const resident = claim(1, [raised()], { attempts: 2 });
    const suspend = control('suspend');
    deliver(1, suspend);
    dispatch.failDelivery(resident, 'its time was over');
    expect([one.turns.length, asked.calls.includes('control 1'), asked.reasons]).toEqual([1, true, []]);
    const running = { ...controlPatch(resident, [suspend]), status: 'running', suspension: null } as const;
    settle({ patches: [{ patch: running, inserted: [] }] });
    expect(one.turns).toHaveLength(2);
  });

  test('because of its lease or its stream is found out in time', () => {
    const gone = worker();
    claim(1, [raised()]);
    const other = worker();
    gone.stream.closed();
    vi.advanceTimersByTime(999);
    expect(dispatch.expireLeases()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(dispatch.expireLeases()).toBe(1);
    expect(other.turns).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    expect(dispatch.expireLeases()).toBe(1);
    expect(other.turns).toHaveLength(2);
  });
});

test('an instance that is ended under its turn gives the slot to the next', () => {
  const one = worker({ maxConcurrentOrchestrationWorkItems: 1 });
  const { state } = claim(1, [raised()]);
  claim(2, [raised()]);
  const { partition, key, turn } = state;
  settle({
    patches: [
      {
        patch: {
          ...{ kind: 'end', partition, key, turn, consumed: [], updatedAt: 5, status: 'terminated' },
          ...{ history: Buffer.alloc(0), customStatus: null, output: null, failure: null },
          dropsActivities: true,
        },
        inserted: [],
      },
    ],
  });
  expect(one.turns.map(tokenOf).map((token) => token.key)).toEqual([1, 2]);
  expect(one.stream.outstanding.orchestration).toBe(1);
});

describe('a token', () => {
  test('is worth something in its own hub only, and only for the delivery and the turn that it is of', () => {
    const one = worker();
    const resident = claim(1, [raised()]);
    const token = tokenOf(one.turns[0]);
    expect(dispatch.findLeased(token, HUB)).toBe(resident);
    expect(dispatch.findLeased(token, 2)).toBeUndefined();
    expect(dispatch.findLeased({ ...token, turn: token.turn + 1 }, HUB)).toBeUndefined();
    expect(dispatch.findLeased({ ...token, dispatch: token.dispatch + 1 }, HUB)).toBeUndefined();
    expect(dispatch.findLeased({ ...token, key: 9 }, HUB)).toBeUndefined();
    dispatch.takeLease(resident);
    expect(dispatch.findLeased(token, HUB)).toBeUndefined();
  });
});

describe('while this replica may be dead', () => {
  test('nothing is handed out, promised or claimed; after a renewal everything that waits is', () => {
    const one = worker();
    dispatch.close();
    dispatch = newDispatch();
    one.stream.drained();
    claim(1, [raised()]);
    settle({ activities: [newActivity(5)] });
    dispatch.workAppeared(HUB, 'orchestration');
    expect([one.turns.length, one.activities.length, asked.calls]).toEqual([0, 0, []]);
    expect(dispatch.promiseActivity(newActivity(6))).toBe(false);
    expect(dispatch.slots.free(HUB, 'activity')).toBe(0);
    dispatch.trust(Clock.monotonicMs(), 1_000);
    expect([one.turns.length, one.activities.length, asked.calls]).toEqual([1, 1, ['claim']]);
  });

  test('is from a while after the last renewal was sent, however late it was answered', () => {
    dispatch.close();
    dispatch = newDispatch();
    const one = worker();
    const sentMs = Clock.monotonicMs();
    vi.advanceTimersByTime(600);
    dispatch.trust(sentMs, 1_000);
    vi.advanceTimersByTime(399);
    claim(1, [raised()]);
    expect(one.turns).toHaveLength(1);
    vi.advanceTimersByTime(1);
    claim(2, [raised()]);
    expect(one.turns).toHaveLength(1);
  });

  test('an earlier renewal that is answered later shortens nothing', () => {
    dispatch.close();
    dispatch = newDispatch();
    const one = worker();
    dispatch.trust(1_000 + Clock.monotonicMs(), 1_000);
    dispatch.trust(Clock.monotonicMs(), 1_000);
    vi.advanceTimersByTime(1_500);
    claim(1, [raised()]);
    expect(one.turns).toHaveLength(1);
  });
});

describe('a draining replica', () => {
  test('hands out and claims nothing more; what is out may be answered', () => {
    const one = worker();
    const resident = claim(1, [raised()]);
    dispatch.drain();
    asked.calls.length = 0;
    dispatch.workAppeared(HUB, 'orchestration');
    dispatch.pumpAll();
    worker();
    expect([one.turns.length, one.activities.length, asked.calls]).toEqual([1, 0, []]);
    expect(dispatch.promiseInstance({ ...instanceState(), owned: true } as unknown as NewInstance)).toBe(
      false,
    );
    expect(dispatch.findLeased(tokenOf(one.turns[0]), HUB)).toBe(resident);
    expect(dispatch.outstanding).toBe(1);
  });

  test('leaves what waits here to others', () => {
    worker({ maxConcurrentOrchestrationWorkItems: 1, maxConcurrentActivityWorkItems: 1 });
    claim(1, [raised()]);
    claim(2, [raised()]);
    settle({ activities: [newActivity(5), newActivity(6)] });
    asked.calls.length = 0;
    dispatch.drain();
    expect(asked.calls).toEqual(['release 2 in 0']);
    expect(asked.released.map(({ activityKey, attempt }) => [activityKey, attempt])).toEqual([[6, 0]]);
    dispatch.pumpAll();
    expect(dispatch.outstanding).toBe(2);
  });

  test('leaves to others what gets ready, when it may be begun', () => {
    worker();
    const out = claim(1, [raised()]);
    claim(2, []);
    claim(3, [raised()], { status: 'suspended' });
    dispatch.drain();
    asked.calls.length = 0;
    deliver(2, raised());
    deliver(3, raised());
    deliver(1, raised());
    expect(asked.calls).toEqual(['release 2 in 0']);
    dispatch.takeLease(out);
    settle({ patches: [{ patch: turnPatch(out, out.messages.slice(0, 1)), inserted: [] }] });
    expect(asked.calls).toEqual(['release 2 in 0', 'release 1 in 0']);
    claim(4, [raised()]);
    settle({ activities: [newActivity(5)], claimedActivities: [{ ...newActivity(6), attempt: 1 }] });
    expect(asked.calls.at(-1)).toBe('release 4 in 0');
    expect(asked.released.map(({ activityKey, attempt }) => [activityKey, attempt])).toEqual([
      [5, 0],
      [6, 1],
    ]);
  });

  test('leaves alone what is ready once its incarnation is over', () => {
    worker();
    const resident = claim(1, []);
    dispatch.drain();
    dispatch.close();
    resident.hold(raised());
    dispatch.wake(resident);
    expect(asked.calls.filter((call) => call !== 'claim')).toEqual([]);
  });

  test('still applies controls', () => {
    dispatch.drain();
    claim(1, [control('terminate')]);
    expect(asked.calls).toEqual(['control 1']);
  });
});

describe('promises of slots', () => {
  const start: NewInstance = {
    ...{ partition: 7, key: 1, hubId: HUB, id: instanceId('a'), kind: 'orchestration', name: 'Order' },
    ...{ version: null, executionId: 'e', input: null, tags: null, parent: null, createdAt: 5 },
    ...{ scheduledAt: null, timerKey: 0, started: Buffer.alloc(0), owned: true, replaces: [], ifTaken: null },
  };

  test('are kept by what was committed', () => {
    worker({ maxConcurrentOrchestrationWorkItems: 1, maxConcurrentActivityWorkItems: 1 });
    lowerFlags(dispatch.slots);
    expect([dispatch.promiseInstance(start), dispatch.promiseInstance(start)]).toEqual([true, false]);
    expect(dispatch.promiseActivity(newActivity(5))).toBe(true);
    settle({ started: [{ instance: start, started: startedMessage() }], activities: [newActivity(5)] });
    expect(dispatch.outstanding).toBe(2);
    const resident = must(dispatch.residents.get(1), 'the new instance');
    dispatch.takeLease(resident);
    dispatch.takeActivity(5, HUB);
    expect(dispatch.promiseInstance(start)).toBe(true);
    expect(dispatch.promiseActivity(newActivity(5))).toBe(true);
  });

  test('need a stream that takes such work', () => {
    worker(only({ orchestrations: ['Other'] }));
    expect(dispatch.promiseInstance(start)).toBe(false);
    expect(dispatch.promiseActivity(newActivity(5))).toBe(false);
  });
});

describe('activities', () => {
  test('that were claimed or created go out, and the next when one was taken', () => {
    const one = worker({ maxConcurrentActivityWorkItems: 1 });
    settle({ activities: [newActivity(5)], claimedActivities: [{ ...newActivity(6), attempt: 1 }] });
    expect(one.activities).toHaveLength(1);
    expect(dispatch.takeActivity(5, 2), 'in another hub').toBeUndefined();
    expect(dispatch.takeActivity(5, HUB)).toMatchObject({ attempt: 0 });
    expect(one.activities).toHaveLength(2);
    expect(dispatch.takeActivity(6, HUB)).toMatchObject({ attempt: 1 });
  });

  test('that wait go back when their last stream closes, and those that are out after the grace', () => {
    const one = worker({ maxConcurrentActivityWorkItems: 1 });
    settle({ activities: [newActivity(5), newActivity(6)] });
    one.stream.closed();
    expect(asked.released.map(({ activityKey, attempt }) => [activityKey, attempt])).toEqual([[6, 0]]);
    vi.advanceTimersByTime(1_000);
    expect(dispatch.expireLeases()).toBe(1);
    expect(asked.released.map(({ activityKey, attempt }) => [activityKey, attempt])).toEqual([
      [6, 0],
      [5, 1],
    ]);
  });

  test('that were lost too often are answered by the server', () => {
    const one = worker();
    settle({ claimedActivities: [{ ...newActivity(5), attempt: 2 }] });
    one.stream.closed();
    vi.advanceTimersByTime(1_000);
    dispatch.expireLeases();
    expect([asked.released, asked.calls.at(-1)]).toEqual([[], 'quarantine activity 5']);
  });

  test('of the incarnation before are answered here, and lost with their stream', () => {
    const [kept, lost] = [worker(), worker()];
    settle({ activities: [newActivity(5), newActivity(6)] });
    const leases = dispatch.activities.outstandingLeases();
    dispatch.close();
    const gone = leases.find(({ stream }) => stream === lost.stream);
    lost.stream.closed();
    dispatch = newDispatch();
    dispatch.adopt(leases);
    vi.advanceTimersByTime(1_000);
    expect(dispatch.expireLeases()).toBe(1);
    expect(asked.released.map(({ activityKey }) => activityKey)).toEqual([gone?.activityKey]);
    expect(dispatch.outstanding).toBe(1);
    expect(kept.stream.outstanding.activity).toBe(1);
  });
});

describe('unowned work', () => {
  test('is asked for when a stream opens and when one that was full takes more', () => {
    const one = worker();
    expect(asked.calls).toContain('claim');
    asked.calls.length = 0;
    one.isFull = true;
    one.stream.send(Buffer.from([0x22, 0]));
    dispatch.workAppeared(HUB, 'activity');
    expect(asked.calls, 'nobody could take it').toEqual([]);
    one.stream.drained();
    expect(asked.calls).toContain('claim');
  });

  test('that was looked for in vain is not looked for again when a transport takes more', () => {
    const one = worker();
    lowerFlags(dispatch.slots);
    one.isFull = true;
    one.stream.send(Buffer.from([0x22, 0]));
    asked.calls.length = 0;
    one.stream.drained();
    expect([asked.calls, dispatch.slots.flagged()]).toEqual([[], []]);
  });

  test('is asked for when a slot gets free that nothing here waits for', () => {
    const one = worker({ maxConcurrentOrchestrationWorkItems: 1 });
    const resident = claim(1, [raised()]);
    asked.calls.length = 0;
    dispatch.workAppeared(HUB, 'orchestration');
    expect(asked.calls).toEqual([]);
    dispatch.takeLease(resident);
    expect(asked.calls).toEqual(['claim']);
    expect(one.turns).toHaveLength(1);
  });

  test('is asked for by workers of that hub only', () => {
    worker(undefined, 2);
    asked.calls.length = 0;
    dispatch.workAppeared(HUB, 'orchestration');
    expect(asked.calls).toEqual([]);
    expect(dispatch.slots.isFlagged(HUB, 'orchestration')).toBe(true);
  });
});

describe('an inbox that holds more than what was delivered', () => {
  test('is read when what is here was consumed', () => {
    const one = worker();
    const resident = claim(1, [raised()]);
    settle({ overflowing: [{ partition: 7, key: 1 }] });
    expect([one.turns.length, asked.calls.includes('fetch 1')]).toEqual([1, false]);
    dispatch.takeLease(resident);
    settle({ patches: [{ patch: turnPatch(resident, resident.messages), inserted: [] }] });
    expect(asked.calls).toContain('fetch 1');
  });

  test('is read on after its controls, also while nothing runs, until events come', () => {
    worker();
    const resident = claim(1, [raised()], { status: 'suspended' });
    const [first, last] = [control('suspend'), control('resume')];
    settle({ fetched: [{ partition: 7, key: 1, messages: [first], hasMore: true }] });
    expect(asked.calls).not.toContain('fetch 1');
    expect(resident.readyIn(0)).toBe(0);
    settle({ patches: [{ patch: controlPatch(resident, [first]), inserted: [] }] });
    expect(asked.calls).toContain('fetch 1');
    expect([resident.isSendable, resident.readyIn(0)]).toEqual([false, 0]);
    settle({ fetched: [{ partition: 7, key: 1, messages: [last, raised()], hasMore: true }] });
    asked.calls.length = 0;
    settle({ patches: [{ patch: controlPatch(resident, [last]), inserted: [] }] });
    expect([asked.calls, resident.readyIn(0)]).toEqual([[], null]);
  });

  test('is read at once when nothing is here', () => {
    worker();
    claim(1, []);
    settle({
      overflowing: [
        { partition: 7, key: 1 },
        { partition: 7, key: 9 },
      ],
    });
    expect(asked.calls).toContain('fetch 1');
  });
});

describe('a turn that was given back', () => {
  test('goes to another stream next', () => {
    const first = worker();
    const resident = claim(1, [raised()]);
    const second = worker();
    second.stream.outstanding.orchestration = 99;
    dispatch.abandons.add(1, first.stream);
    dispatch.takeLease(resident);
    resident.patched();
    dispatch.wake(resident);
    expect([first.turns.length, second.turns.length]).toEqual([1, 1]);
  });
});

describe('after each batch', () => {
  test('histories are evicted that the cache has no room for', () => {
    dispatch.close();
    dispatch = newDispatch({ historyCacheBytes: 100 });
    const state = (key: number) => instanceState({ key, hubId: HUB });
    const claimed = [1, 2].map((key) => ({ state: state(key), history: [Buffer.alloc(80)] }));
    settle({ claimed: claimed.map((one) => ({ ...one, messages: [], hasMore: false })) });
    expect([1, 2].map((key) => dispatch.residents.get(key)?.history === null)).toEqual([true, false]);
  });

  test('residents beyond the limit are given up until somebody rings', () => {
    for (let key = 1; key <= limits.residents; key++) dispatch.residents.add(instanceState({ key }), []);
    settle({});
    expect(asked.calls).toEqual([]);
    dispatch.residents.add(instanceState({ key: 200_001 }), []);
    settle({});
    expect(asked.calls).toEqual(['release 1 in never']);
  });

  test('everybody else is told, once for each', () => {
    settle({});
    settle({ delivered: [{ partition: 7, key: 9, message: raised() }] });
    expect(settled).toBe(2);
  });
});

test('an instance that memory was wrong about is forgotten: its slot is free, and nobody waits for it', async () => {
  const one = worker({ maxConcurrentOrchestrationWorkItems: 1 });
  const resident = claim(1, [raised()]);
  claim(2, [raised()]);
  resident.isPatching = true;
  const waiting = resident.whenSettled();
  dispatch.forget(resident);
  await waiting;
  expect([dispatch.holds(1), dispatch.knownMessages(1)]).toEqual([false, []]);
  expect(one.turns.map(tokenOf).map(({ key }) => key)).toEqual([1, 2]);
});

test('an incarnation that is over holds no slot, keeps nobody waiting and hears nothing more', async () => {
  const one = worker({ maxConcurrentActivityWorkItems: 1 });
  const resident = claim(1, [raised()]);
  settle({ activities: [newActivity(5), newActivity(6)] });
  dispatch.takeLease(claim(2, [raised()]));
  const waiting = must(dispatch.residents.get(2), 'the resident').whenSettled();
  dispatch.close();
  await waiting;
  expect([one.stream.outstanding.orchestration, resident.lease]).toEqual([0, undefined]);
  asked.calls.length = 0;
  worker(only({ activities: ['Other'] }));
  one.stream.closed();
  dispatch.trust(Clock.monotonicMs(), 1e9);
  expect([asked.calls, asked.released]).toEqual([[], []]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { after, instanceState, toolsAt } from '../../test/helpers/factories.ts';
import { must } from '../lib/assert.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { unframe } from '../protocol/framing.ts';
import { type InstanceId, instanceId } from './ids.ts';
import { type InstanceSnapshot } from './instance.ts';
import { isRewoundWith, rewindInstance, rewoundHistory } from './rewind.ts';

type Event = MessageInput<'HistoryEvent'>;

const state = instanceState({ status: 'failed', turn: 4 });
const request = { reason: 'why', executionId: 'f'.repeat(32), parentExecutionId: null };
const failure = { errorType: 'E', errorMessage: 'm' };

const childId = (taskId: number): InstanceId => instanceId(`c-${taskId}`);

/** What has become of a child, for whoever looks it up now. */
type Now = 'gone' | 'running' | 'completed' | 'terminated' | 'failed' | 'of somebody else';

function childNow(taskId: number, now: Now): InstanceSnapshot | undefined {
  if (now === 'gone') return undefined;
  const isOurs = now !== 'of somebody else';
  const parent = {
    partition: 7,
    key: isOurs ? state.key : 999,
    generation: 0,
    taskId,
    wire: Buffer.alloc(0),
  };
  return {
    ...instanceState({ id: childId(taskId), parent }),
    ...{ status: isOurs ? now : 'running', output: `"${now}"`, owner: null, input: null, failure: null },
    ...{ scheduledAt: null, completedAt: null },
  };
}

/** One thing that an orchestration asked for, and what came of it before the instance failed. */
type Step =
  | { readonly kind: 'task'; readonly came: 'nothing' | 'result' | 'failure' }
  | { readonly kind: 'timer'; readonly came: 'nothing' | 'result' }
  | { readonly kind: 'child'; readonly came: 'nothing' | 'result' | 'failure'; readonly now: Now }
  | { readonly kind: 'event' };

function asked(step: Step, id: number): Event {
  switch (step.kind) {
    case 'task':
      return { eventId: id, taskScheduled: { name: `T${id}`, input: { value: String(id) } } };
    case 'timer':
      return { eventId: id, timerCreated: { fireAt: after(100 + id) } };
    case 'child':
      return { eventId: id, subOrchestrationInstanceCreated: { instanceId: childId(id), name: `C${id}` } };
    case 'event':
      return { eventId: -1, eventRaised: { name: `e${id}` } };
  }
}

function answered(step: Step, id: number): Event[] {
  if (step.kind === 'event' || step.came === 'nothing') return [];
  const isGood = step.came === 'result';
  const result = { taskScheduledId: id, result: { value: '1' } };
  const bad = { taskScheduledId: id, failureDetails: failure };
  if (step.kind === 'timer') return [{ timerFired: { timerId: id, fireAt: after(100 + id) } }];
  if (step.kind === 'task') return [isGood ? { taskCompleted: result } : { taskFailed: bad }];
  return [isGood ? { subOrchestrationInstanceCompleted: result } : { subOrchestrationInstanceFailed: bad }];
}

const encode = (event: Event): Buffer => codec.encodeEvent({ eventId: -1, timestamp: after(1), ...event });

function historyOf(steps: readonly Step[]): Buffer[] {
  const started = {
    name: 'Order',
    orchestrationInstance: { instanceId: state.id, executionId: { value: state.executionId } },
  };
  const events: Event[] = [
    ...[{ orchestratorStarted: {} }, { executionStarted: started }],
    ...steps.map((step, id) => asked(step, id)),
    { orchestratorStarted: {} },
    ...steps.flatMap((step, id) => answered(step, id)),
    { executionCompleted: { orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED', failureDetails: failure } },
  ];
  return events.map(encode);
}

function rewind(steps: readonly Step[], history = historyOf(steps)) {
  const tools = toolsAt();
  const failed = { state, history };
  const childOf = (id: InstanceId): InstanceSnapshot | undefined => {
    const taskId = Number(id.slice(2));
    const step = must(steps[taskId], 'a step');
    return step.kind === 'child' ? childNow(taskId, step.now) : undefined;
  };
  const write = rewindInstance(failed, rewoundHistory(failed, tools), request, { childOf, tools });
  return { write, events: unframe(write.rewind.history).map((bytes) => codec.decodeEvent(bytes)) };
}

const now = fc.constantFrom<Now>('gone', 'running', 'completed', 'terminated', 'failed', 'of somebody else');
const came = fc.constantFrom('nothing' as const, 'result' as const, 'failure' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('task' as const), came }),
  fc.record({
    kind: fc.constant('timer' as const),
    came: fc.constantFrom('nothing' as const, 'result' as const),
  }),
  fc.record({ kind: fc.constant('child' as const), came, now }),
  fc.record({ kind: fc.constant('event' as const) }),
);
const steps = fc.array(step, { maxLength: 12 });

/** Ids of the steps that are so. */
const idsOf = (list: readonly Step[], isSo: (one: Step) => boolean): number[] =>
  list.flatMap((one, id) => (isSo(one) ? [id] : []));

describe('the history of a rewound instance', () => {
  test('is the old one without what failed and the end, and with a mark', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { write } = rewind(list);
        const isGone = (one: Step): boolean => one.kind === 'task' && one.came === 'failure';
        const kept = [
          ...[{ orchestratorStarted: {} }, undefined],
          ...list.map((one, id) => (isGone(one) ? [] : [asked(one, id)])).flat(),
          { orchestratorStarted: {} },
          ...list.flatMap((one, id) => ('came' in one && one.came === 'failure' ? [] : answered(one, id))),
        ];
        const frames = unframe(write.rewind.history);
        expect(frames).toHaveLength(kept.length + 1);
        for (const [n, event] of kept.entries()) if (event) expect(frames[n]).toEqual(encode(event));
        const mark = codec.decodeEvent(must(frames.at(-1), 'the mark'));
        expect(mark).toMatchObject({ eventId: -1, executionRewound: { reason: { value: 'why' } } });
      }),
    );
  });

  test('has a start of the new execution', () => {
    const { events, write } = rewind([]);
    expect(events[1]).toMatchObject({
      timestamp: after(1),
      executionStarted: {
        name: 'Order',
        orchestrationInstance: { instanceId: state.id, executionId: { value: request.executionId } },
      },
    });
    expect(write.rewind).toMatchObject({ executionId: request.executionId, turn: 4, key: state.key });
  });

  test('can be rewound again: marks of former rewinds stay', () => {
    const { write } = rewind([{ kind: 'event' }]);
    const again = [
      ...unframe(write.rewind.history),
      encode({ executionCompleted: { failureDetails: failure } }),
    ];
    const { events } = rewind([{ kind: 'event' }], again);
    expect(events.filter(({ eventType }) => eventType === 'executionRewound')).toHaveLength(2);
    expect(events.filter(({ eventType }) => eventType === 'executionStarted')).toHaveLength(1);
  });
});

describe('what is made again', () => {
  test('are the tasks and timers that nothing has answered, with what they were asked for', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { write } = rewind(list);
        const activities = write.rewind.pendingActivities;
        const open =
          (kind: Step['kind']) =>
          (one: Step): boolean =>
            one.kind === kind && 'came' in one && one.came === 'nothing';
        expect(activities.map(({ taskId }) => taskId)).toEqual(idsOf(list, open('task')));
        for (const { name, taskId, request: bytes, owned } of activities) {
          const { input, orchestrationInstance } = codec.decode('ActivityRequest', bytes);
          expect({ name, owned, input }).toEqual({
            ...{ name: `T${taskId}`, owned: false, input: { value: String(taskId) } },
          });
          expect(orchestrationInstance?.executionId?.value).toBe(request.executionId);
        }
        expect(write.timers).toHaveLength(idsOf(list, open('timer')).length);
      }),
    );
  });

  test('are children that are gone; of others only the results that their parent can’t have had', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { write } = rewind(list);
        const awaited =
          (...states: readonly Now[]) =>
          (one: Step): boolean =>
            one.kind === 'child' && one.came !== 'result' && states.includes(one.now);
        expect(write.instances?.map(({ id }) => id)).toEqual(idsOf(list, awaited('gone')).map(childId));
        const told = (write.messages ?? []).flatMap(({ message }) =>
          message.kind === 'childResult' ? [codec.decodeEvent(message.event)] : [],
        );
        const ids = told.map((event) =>
          event.eventType === 'subOrchestrationInstanceCompleted'
            ? event.subOrchestrationInstanceCompleted.taskScheduledId
            : event.eventType === 'subOrchestrationInstanceFailed'
              ? event.subOrchestrationInstanceFailed.taskScheduledId
              : -1,
        );
        expect(ids).toEqual(idsOf(list, awaited('completed', 'terminated', 'of somebody else')));
        for (const event of told) {
          const isGood = event.eventType === 'subOrchestrationInstanceCompleted';
          const taskId = ids[told.indexOf(event)] ?? -1;
          expect(isGood).toBe(awaited('completed')(must(list[taskId], 'a step')));
        }
      }),
    );
  });

  test('is a turn, though nothing is new', () => {
    const { write } = rewind([]);
    expect(write.messages?.map(({ message }) => message.kind)).toEqual(['wake']);
  });

  test('is nothing for a child that nobody waits for', () => {
    const created = { instanceId: 'c-0', name: 'C', tags: { FireAndForget: '' } };
    const history = [encode({ eventId: 0, subOrchestrationInstanceCreated: created })];
    const { children } = rewoundHistory({ state, history }, { codec });
    expect(children).toEqual([]);
  });
});

describe('a failed child is rewound with its parent', () => {
  test.each<[Now, boolean]>([
    ['failed', true],
    ['running', false],
    ['completed', false],
    ['gone', false],
    ['of somebody else', false],
  ])('one that is %s: %s', (is, isRewound) => {
    const failed = { state, history: historyOf([{ kind: 'child', came: 'failure', now: is }]) };
    const [child] = rewoundHistory(failed, { codec }).children;
    expect(isRewoundWith(failed, must(child, 'a child'), childNow(0, is))).toBe(isRewound);
  });

  test('and learns the new execution of its parent, in its start and in its row', () => {
    const parentInstance = {
      ...{ name: { value: 'Parent' }, taskScheduledId: 3 },
      orchestrationInstance: { instanceId: 'p', executionId: { value: 'old' } },
    };
    const parent = {
      ...{ partition: 1, key: 5, generation: 0, taskId: 3 },
      wire: codec.encode('ParentInstanceInfo', parentInstance),
    };
    const history = [encode({ executionStarted: { name: 'Child', parentInstance } })];
    const failed = { state: { ...state, parent }, history };
    const tools = toolsAt();
    const from = { ...request, parentExecutionId: 'new' };
    const { rewind: patch } = rewindInstance(failed, rewoundHistory(failed, tools), from, {
      ...{ childOf: () => undefined, tools },
    });
    const expected = {
      ...parentInstance,
      orchestrationInstance: { instanceId: 'p', executionId: { value: 'new' } },
    };
    const [started, mark] = unframe(patch.history).map((bytes) => codec.decodeEvent(bytes));
    expect(started).toMatchObject({ executionStarted: { name: 'Child', parentInstance: expected } });
    expect(mark).toMatchObject({ executionRewound: { parentExecutionId: { value: 'new' } } });
    expect(codec.decode('ParentInstanceInfo', must(patch.parentWire, 'the parent'))).toMatchObject(expected);
  });
});

test('the same instance at the same moment is rewound in the same way', () => {
  fc.assert(
    fc.property(steps, (list) => {
      expect(rewind(list)).toEqual(rewind(list));
    }),
  );
});

test('only failed instances are rewound', () => {
  const running = { state: { ...state, status: 'running' as const }, history: [] };
  const tools = toolsAt();
  expect(() =>
    rewindInstance(running, { kept: [], children: [] }, request, { childOf: () => undefined, tools }),
  ).toThrow('only failed instances');
});

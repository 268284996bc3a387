import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  after,
  answer,
  completing,
  inboxMessage,
  instanceState,
  microsAfter,
  raisedMessage,
  recorded,
  responseOf,
  startedMessage,
  toolsAt,
} from '../../test/helpers/factories.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { unframe } from '../protocol/framing.ts';
import { applyActions } from './apply-actions.ts';
import { type Message } from './message.ts';
import { compareTimes } from './time.ts';
import { buildTurn } from './turn.ts';

type Action = MessageInput<'OrchestratorAction'>;

const result = (taskScheduledId: number): Message =>
  inboxMessage('taskResult', { timestamp: after(taskScheduledId), taskCompleted: { taskScheduledId } });
const done = completing({ orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED' });

describe('a recorded turn', () => {
  test('is the inbound events as they were sent, then the outbound ones', () => {
    const messages = [startedMessage(), raisedMessage('a', after(1)), raisedMessage('b', after(1))];
    const state = instanceState({ turn: 0, status: 'pending' });
    const { turn, outcome } = answer(
      { actions: [{ id: 1, scheduleTask: { name: 'x' } }] },
      { state, messages },
    );
    expect(outcome.patch).toMatchObject({
      ...{ kind: 'turn', partition: 7, key: 100, turn: 0, status: 'running' },
      consumed: messages,
      updatedAt: microsAfter(10),
    });
    const history = 'history' in outcome.patch ? unframe(outcome.patch.history) : [];
    expect(history.slice(0, 4)).toEqual(turn.events);
    expect(recorded(outcome).map(({ eventType }) => eventType)).toEqual([
      'orchestratorStarted',
      'executionStarted',
      'eventRaised',
      'eventRaised',
      'taskScheduled',
    ]);
  });

  test('without actions makes nothing', () => {
    const { outcome } = answer({ actions: [] }, { messages: [result(1)] });
    expect(Object.keys(outcome)).toEqual(['patch']);
  });

  test('of a suspended instance leaves it suspended, and its actions are committed', () => {
    const state = instanceState({ status: 'suspended' });
    const { outcome } = answer({ actions: [{ id: 1, scheduleTask: { name: 'x' } }] }, { state });
    expect(outcome.patch).toMatchObject({ kind: 'turn', status: 'suspended' });
    expect(outcome.activities).toHaveLength(1);
  });

  test('that completes a suspended instance ends it', () => {
    const state = instanceState({ status: 'suspended' });
    expect(answer({ actions: [done] }, { state }).outcome.patch).toMatchObject({
      kind: 'end',
      status: 'completed',
    });
  });

  test('is never dated before its OrchestratorStarted, nor before what was recorded', () => {
    const { outcome } = answer({ actions: [done] }, { messages: [result(50)], tools: toolsAt(after(10)) });
    expect(recorded(outcome).at(-1)?.timestamp).toEqual(after(50, 100));
    const state = instanceState({ updatedAt: microsAfter(90) });
    const turn = buildTurn(instanceState(), [], { now: after(9), codec });
    const late = applyActions({ state, turn, started: Buffer.alloc(0) }, responseOf({}), toolsAt(after(10)));
    expect(late.patch).toMatchObject({ updatedAt: microsAfter(90) });
  });
});

describe('actions', () => {
  const actions: Action[] = [
    { id: 1, scheduleTask: { name: 'x' } },
    { id: 2, createTimer: { fireAt: after(60) } },
    { id: 3, createSubOrchestration: { name: 'y' } },
    { id: 4, sendEvent: { instance: { instanceId: 'other' }, name: 'z' } },
  ];

  test('beside a completion are executed, and ExecutionCompleted is last', () => {
    const { outcome } = answer({ actions: [{ ...done, id: -1 }, ...actions] });
    expect(recorded(outcome).map(({ eventId, eventType }) => [eventId, eventType])).toEqual([
      [-1, 'orchestratorStarted'],
      [1, 'taskScheduled'],
      [2, 'timerCreated'],
      [3, 'subOrchestrationInstanceCreated'],
      [4, 'eventSent'],
      [-1, 'executionCompleted'],
    ]);
    expect(outcome).toMatchObject({ activities: [{}], instances: [{}], messages: [{}] });
  });

  test('that the server does not know are passed over', () => {
    const bytes = codec.encode('OrchestratorResponse', { actions: [{ id: 1, scheduleTask: { name: 'x' } }] });
    const unknown = Buffer.from([0x12, 5, 0x08, 2, 0xfa, 0x06, 0]);
    const response = codec.decode('OrchestratorResponse', Buffer.concat([bytes, unknown]));
    expect(response.actions).toHaveLength(2);
    const state = instanceState();
    const turn = buildTurn(state, [], { now: after(9), codec });
    const outcome = applyActions({ state, turn, started: Buffer.alloc(0) }, response, toolsAt());
    expect(recorded(outcome).map(({ eventType }) => eventType)).toEqual([
      'orchestratorStarted',
      'taskScheduled',
    ]);
  });

  test('that rewind have no effect', () => {
    const { outcome } = answer({
      actions: [{ id: -1, rewindOrchestration: { newHistory: [{ eventId: 1 }] } }],
    });
    expect(outcome.patch.kind).toBe('turn');
    expect(recorded(outcome)).toHaveLength(1);
  });

  test('that can’t be carried out fail the orchestration, and nothing else of the turn happens', () => {
    const entity: Action = { id: 9, sendEntityMessage: { entityOperationSignaled: { operation: 'add' } } };
    const parent = { partition: 9, key: 55, generation: 2, taskId: 6, wire: Buffer.alloc(0) };
    const { outcome, turn } = answer(
      { actions: [...actions, entity, done], customStatus: { value: 'busy' } },
      { state: instanceState({ parent }), messages: [result(1)] },
    );
    expect(outcome.patch).toMatchObject({
      kind: 'end',
      status: 'failed',
      customStatus: 'busy',
      output: null,
    });
    expect(Object.keys(outcome)).toEqual(['patch', 'messages']);
    expect(outcome.messages).toMatchObject([{ to: { by: 'key', key: 55 } }]);
    const history = recorded(outcome);
    expect(history).toHaveLength(turn.events.length + 1);
    expect(history.at(-1)).toMatchObject({
      executionCompleted: {
        orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED',
        failureDetails: {
          errorMessage: "the request id '' of an entity operation is no GUID",
          isNonRetriable: true,
        },
      },
    });
  });
});

describe('an answer to a part of the turn', () => {
  const wake = inboxMessage('wake', {});
  const messages = [wake, result(1), wake, result(2), result(3)];

  test('consumes so many events and what stands before the next', () => {
    const { turn, outcome } = answer({ numEventsProcessed: { value: 1 } }, { messages });
    expect(outcome.patch).toMatchObject({ consumed: messages.slice(0, 3) });
    expect('history' in outcome.patch && unframe(outcome.patch.history)).toEqual(turn.events.slice(0, 2));
  });

  test.each([undefined, 0, -1, 3, 99])('consumes all when it says %s', (value) => {
    const { outcome } = answer(
      { ...(value !== undefined && { numEventsProcessed: { value } }) },
      { messages },
    );
    expect(outcome.patch).toMatchObject({ consumed: messages });
  });
});

describe('the custom status', () => {
  const state = instanceState({ customStatus: 'old' });

  test('is what the last answer says', () => {
    const customStatus = { value: 'new' };
    expect(answer({ customStatus }, { state }).outcome.patch).toMatchObject({ customStatus: 'new' });
    expect(answer({ customStatus, actions: [done] }, { state }).outcome.patch).toMatchObject({
      customStatus: 'new',
    });
  });

  test.each([null, { value: '' }])('is none when the answer says %j', (customStatus) => {
    expect(answer({ customStatus }, { state }).outcome.patch).toMatchObject({ customStatus: null });
  });

  test('stays when the first answer of a new generation says nothing', () => {
    const renewed = instanceState({ customStatus: 'old', generation: 1, turn: 5 });
    const first = answer({}, { state: renewed, messages: [startedMessage()] });
    expect(first.outcome.patch).toMatchObject({ customStatus: 'old' });
    expect(answer({}, { state: renewed, messages: [result(1)] }).outcome.patch).toMatchObject({
      customStatus: null,
    });
  });
});

describe('the trace context', () => {
  const old = codec.encode('OrchestrationTraceContext', { spanID: { value: 'old' } });
  const state = instanceState({ traceContext: old });

  test('is replaced by one with a span', () => {
    const sent = { spanID: { value: 'new' }, spanStartTime: after(3) };
    const { patch } = answer({ orchestrationTraceContext: sent }, { state }).outcome;
    const kept = patch.kind === 'turn' && patch.traceContext ? patch.traceContext : Buffer.alloc(0);
    expect(codec.decode('OrchestrationTraceContext', kept)).toEqual(sent);
  });

  test.each([null, {}, { spanID: { value: '' } }])(
    'is kept when the answer has %j',
    (orchestrationTraceContext) => {
      expect(answer({ orchestrationTraceContext }, { state }).outcome.patch).toMatchObject({
        traceContext: old,
      });
    },
  );
});

describe('whatever a worker answers', () => {
  const id = fc.integer({ min: -1, max: 40 });
  const moment = fc.record({ seconds: fc.integer(), nanos: fc.nat(999_999_999) });
  const completion = fc.constantFrom(
    'ORCHESTRATION_STATUS_COMPLETED',
    'ORCHESTRATION_STATUS_FAILED',
    'ORCHESTRATION_STATUS_TERMINATED',
    'ORCHESTRATION_STATUS_CONTINUED_AS_NEW',
  );
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ id, scheduleTask: fc.record({ name: fc.constantFrom('a', 'b') }) }) },
    { weight: 2, arbitrary: fc.record({ id, createTimer: fc.record({ fireAt: moment }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        id,
        createSubOrchestration: fc.record({
          instanceId: fc.constantFrom('', 'c', 'd'),
          name: fc.constant('e'),
        }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        id,
        sendEvent: fc.record({ instance: fc.record({ instanceId: fc.constantFrom('parent-1', 'f') }) }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ id, sendEntityMessage: fc.constant({ entityUnlockSent: {} }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ id, completeOrchestration: fc.record({ orchestrationStatus: completion }) }),
    },
  );
  const inbox = fc
    .array(
      fc.constantFrom(
        result,
        (i: number) => raisedMessage('r', after(i % 3)),
        () => inboxMessage('wake', {}),
      ),
    )
    .map((makers) => makers.map((make, i) => make(i)));

  test('the outcome is the same for the same inputs, and does not depend on the order of distinct ids', () => {
    const distinct = fc.uniqueArray(action, { selector: (one) => one.id });
    fc.assert(
      fc.property(distinct, inbox, fc.infiniteStream(fc.nat()), (actions, messages, random) => {
        const started = startedMessage().event;
        const shuffled = actions
          .map((one) => ({ one, at: random.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ one }) => one);
        const { outcome } = answer({ actions }, { messages, started });
        expect(answer({ actions: shuffled }, { messages, started }).outcome).toEqual(outcome);
      }),
    );
  });

  test('every scheduled task, timer and child is history and work, exactly once', () => {
    fc.assert(
      fc.property(fc.array(action), inbox, (actions, messages) => {
        const { outcome } = answer({ actions }, { messages });
        if (outcome.patch.kind === 'renew') return;
        const history = recorded(outcome);
        const idsOf = (type: string): number[] =>
          history.filter(({ eventType }) => eventType === type).map(({ eventId }) => eventId);
        expect(outcome.activities?.map(({ taskId }) => taskId) ?? []).toEqual(idsOf('taskScheduled'));
        expect(outcome.timers?.length ?? 0).toBe(idsOf('timerCreated').length);
        expect(outcome.instances?.map(({ parent }) => parent?.taskId) ?? []).toEqual(
          idsOf('subOrchestrationInstanceCreated'),
        );
      }),
    );
  });

  test('history goes forward, begins with OrchestratorStarted, and ends with at most one completion', () => {
    fc.assert(
      fc.property(fc.array(action), inbox, (actions, messages) => {
        const { outcome, turn } = answer({ actions }, { messages });
        if (outcome.patch.kind === 'renew') return;
        const history = recorded(outcome);
        expect(history[0]).toMatchObject({ eventType: 'orchestratorStarted', eventId: -1 });
        const outbound = history.slice(turn.events.length);
        for (const { timestamp } of outbound) {
          expect(timestamp && compareTimes(timestamp, turn.startedAt)).toBeGreaterThanOrEqual(0);
        }
        const completed = history.findIndex(({ eventType }) => eventType === 'executionCompleted');
        expect(completed).toBe(outcome.patch.kind === 'end' ? history.length - 1 : -1);
        expect(outcome.patch.updatedAt).toBeGreaterThanOrEqual(microsAfter(9));
      }),
    );
  });

  test('history ids are the action’s or -1', () => {
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        const { outcome } = answer({ actions });
        const allowed = new Set([-1, ...actions.map((one) => one.id ?? 0)]);
        for (const { eventId } of recorded(outcome)) expect(allowed).toContain(eventId);
      }),
    );
  });

  test('everything in the inbox of the turn is consumed', () => {
    fc.assert(
      fc.property(fc.array(action), inbox, (actions, messages) => {
        expect(answer({ actions }, { messages }).outcome.patch.consumed).toEqual(messages);
      }),
    );
  });
});

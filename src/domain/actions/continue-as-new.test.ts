import { describe, expect, test } from 'vitest';
import {
  after,
  answer,
  type Answer,
  completing,
  instanceState,
  microsAfter,
  raisedMessage,
  startedMessage,
} from '../../../test/helpers/factories.ts';
import { codec, type MessageInput } from '../../protocol/codec.ts';
import { eventTimestamp } from '../../protocol/framing.ts';
import { type AnyHistoryEvent } from '../../protocol/messages.ts';
import { type RenewPatch } from '../write.ts';

type Action = MessageInput<'OrchestratorAction'>;

function renew(
  completion: MessageInput<'CompleteOrchestrationAction'>,
  actions: Action[] = [],
  options: Answer = {},
) {
  const completed = completing({
    orchestrationStatus: 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW',
    ...completion,
  });
  const { outcome } = answer({ actions: [...actions, completed] }, options);
  const patch = outcome.patch as RenewPatch;
  expect(patch.kind).toBe('renew');
  return { outcome, patch, inbox: patch.inbox.map(({ event }) => codec.decodeEvent(event)) };
}

const raised = (
  name: string,
  timestamp?: { seconds: number; nanos: number },
): MessageInput<'HistoryEvent'> => ({
  eventId: 7,
  ...(timestamp && { timestamp }),
  eventRaised: { name },
});
const names = (events: AnyHistoryEvent[]): unknown[] =>
  events.flatMap((event) => (event.eventType === 'eventRaised' ? [event.eventRaised.name] : []));
const toItself = (id: number, name: string): Action => ({
  id,
  sendEvent: { instance: { instanceId: 'parent-1' }, name, data: { value: '2' } },
});

describe('a new generation', () => {
  test('begins with the same ExecutionStarted, but for input, execution and time', () => {
    const parentInstance = {
      taskScheduledId: 1,
      name: { value: 'P' },
      version: null,
      orchestrationInstance: { instanceId: 'p', executionId: null },
    };
    const kept = {
      tags: { a: 'b' },
      parentInstance,
      parentTraceContext: { traceParent: '00', spanID: '', traceState: null },
    };
    const started = startedMessage({
      ...kept,
      scheduledStartTimestamp: after(0),
      version: { value: '1' },
    }).event;
    const { patch, inbox } = renew({ result: { value: '2' } }, [], {
      started,
      state: instanceState({ generation: 4, version: '1' }),
    });
    expect(patch).toMatchObject({
      ...{ partition: 7, key: 100, turn: 1, status: 'running', generation: 5, version: '1', input: '2' },
      updatedAt: microsAfter(10),
    });
    expect(patch.inbox[0]).toMatchObject({ rank: 0, kind: 'started' });
    expect(inbox[0]).toEqual({
      eventId: -1,
      timestamp: after(10),
      eventType: 'executionStarted',
      executionStarted: {
        ...kept,
        name: 'Order',
        version: { value: '1' },
        input: { value: '2' },
        orchestrationInstance: { instanceId: 'parent-1', executionId: { value: patch.executionId } },
        scheduledStartTimestamp: null,
        orchestrationSpanID: null,
      },
    });
    expect(patch.executionId).toMatch(/^e0+1$/);
  });

  test('may have a new version', () => {
    const { patch, inbox } = renew({ newVersion: { value: '2' } }, [], {
      state: instanceState({ version: '1' }),
    });
    expect(patch.version).toBe('2');
    expect(inbox[0]).toMatchObject({ executionStarted: { version: { value: '2' } } });
  });

  test('stays suspended', () => {
    const { patch } = renew({}, [], { state: instanceState({ status: 'suspended' }) });
    expect(patch.status).toBe('suspended');
  });

  test('has no input when the result is empty', () => {
    const { patch, inbox } = renew({ result: { value: '' } });
    expect(patch.input).toBeNull();
    expect(inbox[0]).toMatchObject({ executionStarted: { input: null } });
  });

  test('can’t have a version that can’t be stored: the orchestration fails', () => {
    const newVersion = { value: '\0' };
    const { outcome } = answer({
      actions: [
        { id: 1, scheduleTask: { name: 'a' } },
        completing({ orchestrationStatus: 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW', newVersion }),
      ],
    });
    expect(outcome.patch).toMatchObject({ kind: 'end', status: 'failed' });
    expect(outcome.activities).toBeUndefined();
  });
});

describe('what is carried over', () => {
  test('is raised events only, as the server’s own, after ExecutionStarted', () => {
    const { patch, inbox } = renew({
      carryoverEvents: [
        raised('a', after(2)),
        { eventId: 1, timestamp: after(3), taskCompleted: { taskScheduledId: 1 } },
        raised('b', after(4)),
      ],
    });
    expect(patch.inbox.map(({ rank, kind }) => [rank, kind])).toEqual([
      [0, 'started'],
      [2, 'eventRaised'],
      [2, 'eventRaised'],
    ]);
    expect(inbox.slice(1)).toMatchObject([
      { eventId: -1, timestamp: after(2), eventRaised: { name: 'a' } },
      { eventId: -1, timestamp: after(4), eventRaised: { name: 'b' } },
    ]);
  });

  test('does not include events of the turn that the worker left out', () => {
    const messages = [raisedMessage('lost', after(2))];
    const { patch, inbox } = renew({}, [], { messages });
    expect(patch.consumed).toEqual(messages);
    expect(names(inbox)).toEqual([]);
  });

  test('comes before what the orchestration sent to itself, each with a time of its own', () => {
    const { patch, inbox, outcome } = renew({ carryoverEvents: [raised('a', after(10))] }, [
      toItself(1, 'b'),
      toItself(2, 'c'),
    ]);
    expect(names(inbox)).toEqual(['a', 'b', 'c']);
    expect(patch.inbox.slice(1).map(({ event }) => eventTimestamp(event))).toEqual([
      after(10),
      after(10, 100),
      after(10, 200),
    ]);
    expect(outcome.messages).toBeUndefined();
    expect(patch.updatedAt).toBe(microsAfter(10) + 1);
  });
});

test('all other actions are executed', () => {
  const { outcome } = renew({}, [
    { id: 1, scheduleTask: { name: 'a' } },
    { id: 2, createSubOrchestration: { name: 'b' } },
    { id: 3, sendEvent: { instance: { instanceId: 'other' }, name: 'c' } },
  ]);
  expect(outcome.activities).toHaveLength(1);
  expect(outcome.instances).toHaveLength(1);
  expect(outcome.messages).toMatchObject([{ to: { by: 'id', id: 'other' } }]);
});

import { describe, expect, test } from 'vitest';
import {
  after,
  inboxMessage,
  instanceState,
  microsAfter,
  raisedMessage,
  recordedIn,
  startedMessage,
  toolsAt,
} from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { type InstanceState } from './instance.ts';
import { applyControl } from './lifecycle.ts';
import { type Message } from './message.ts';

const suspend = inboxMessage('suspend', {
  timestamp: after(4),
  executionSuspended: { input: { value: 'hold' } },
});
const resume = inboxMessage('resume', { timestamp: after(6), executionResumed: { input: { value: 'go' } } });
const terminate = inboxMessage('terminate', {
  timestamp: after(7),
  executionTerminated: { input: { value: '"out"' }, recurse: false },
});
const suspension = suspend.event;
const parent = { partition: 9, key: 55, generation: 2, taskId: 6, wire: Buffer.alloc(0) };

function control(changes: Partial<InstanceState>, message: Message, held: readonly Message[] = []) {
  return applyControl(instanceState(changes), message, held, toolsAt(after(10)));
}

describe('suspending', () => {
  test.each(['pending', 'running'] as const)(
    'holds an instance that is %s, for the time being silently',
    (status) => {
      expect(control({ status, turn: status === 'pending' ? 0 : 1 }, suspend)).toEqual({
        patch: {
          ...{
            kind: 'control',
            partition: 7,
            key: 100,
            turn: status === 'pending' ? 0 : 1,
            status: 'suspended',
          },
          ...{ suspension, consumed: [suspend], updatedAt: microsAfter(10), inbox: [] },
        },
      });
    },
  );

  test('a second time changes nothing but is dealt with', () => {
    const again = inboxMessage('suspend', { executionSuspended: {} });
    expect(control({ status: 'suspended', suspension }, again).patch).toMatchObject({
      ...{ status: 'suspended', suspension, consumed: [again], updatedAt: microsAfter(0), inbox: [] },
    });
  });
});

describe('resuming', () => {
  test('delivers the suspension and its end as a pair in front of what was held', () => {
    expect(control({ status: 'suspended', suspension }, resume).patch).toEqual({
      ...{ kind: 'control', partition: 7, key: 100, turn: 1, status: 'running', suspension: null },
      ...{ consumed: [resume], updatedAt: microsAfter(10) },
      inbox: [
        { rank: 1, kind: 'suspensionPair', event: suspension },
        { rank: 1, kind: 'suspensionPair', event: resume.event },
      ],
    });
  });

  test('an instance that never ran leaves it pending', () => {
    expect(control({ status: 'suspended', suspension, turn: 0 }, resume).patch).toMatchObject({
      status: 'pending',
    });
  });

  test('an instance that is not suspended changes nothing but is dealt with', () => {
    expect(control({ status: 'running' }, resume).patch).toMatchObject({
      ...{ kind: 'control', status: 'running', consumed: [resume], inbox: [], updatedAt: microsAfter(0) },
    });
  });
});

describe('terminating', () => {
  test('ends the instance with the output that was given', () => {
    const { patch, messages } = control({ customStatus: 'busy' }, terminate);
    expect(patch).toMatchObject({
      ...{ kind: 'end', status: 'terminated', output: '"out"', failure: null, customStatus: 'busy' },
      ...{ consumed: [terminate], dropsActivities: true, updatedAt: microsAfter(10) },
    });
    expect(messages).toEqual([]);
  });

  test('is written into history by the server, in one legal turn', () => {
    expect(recordedIn(control({}, terminate).patch)).toEqual([
      { eventId: -1, timestamp: after(10), eventType: 'orchestratorStarted', orchestratorStarted: {} },
      codec.decodeEvent(terminate.event),
      {
        eventId: -1,
        timestamp: after(10),
        eventType: 'executionCompleted',
        executionCompleted: {
          orchestrationStatus: 'ORCHESTRATION_STATUS_TERMINATED',
          result: { value: '"out"' },
          failureDetails: null,
        },
      },
    ]);
  });

  test('an instance that never ran shows how it was started, but not what else was held', () => {
    const started = startedMessage();
    const held = [started, raisedMessage('a', after(2))];
    const { patch } = control({ turn: 0, status: 'pending' }, terminate, held);
    expect(recordedIn(patch).map(({ eventType }) => eventType)).toEqual([
      'orchestratorStarted',
      'executionStarted',
      'executionTerminated',
      'executionCompleted',
    ]);
    expect(patch.consumed).toEqual([started, terminate]);
  });

  test('an instance that waits for its scheduled start records no start', () => {
    const { patch } = control({ turn: 0, status: 'pending' }, terminate);
    expect(recordedIn(patch)[1]).toMatchObject({ eventType: 'executionTerminated' });
  });

  test.each([
    ['what was recorded', { updatedAt: microsAfter(20) }, terminate],
    ['the call', {}, inboxMessage('terminate', { timestamp: after(20), executionTerminated: {} })],
  ])('is later than %s, whatever the clock says', (_, changes, message) => {
    const { patch } = control(changes, message);
    expect(recordedIn(patch)[0]).toMatchObject({ timestamp: after(20, 100) });
    expect(patch.updatedAt).toBe(microsAfter(20) + 1);
  });

  test('with an empty output leaves none', () => {
    const message = inboxMessage('terminate', { executionTerminated: { input: { value: '' } } });
    expect(control({}, message).patch).toMatchObject({ output: null });
  });

  test('tells the parent', () => {
    const { messages } = control({ parent }, terminate);
    expect(messages).toMatchObject([
      { to: { by: 'key', partition: 9, key: 55, generation: 2 }, message: { kind: 'childResult' } },
    ]);
    expect(codec.decodeEvent(messages?.[0]?.message.event ?? Buffer.alloc(0))).toMatchObject({
      subOrchestrationInstanceFailed: {
        taskScheduledId: 6,
        failureDetails: { errorType: 'OrchestrationTerminated' },
      },
    });
  });

  test('recursively passes the same control on to all children', () => {
    const executionTerminated = { input: { value: '"out"' }, recurse: true };
    const recursive = inboxMessage('terminate', { executionTerminated });
    expect(control({}, recursive).messages).toEqual([
      {
        to: { by: 'parent', parentKey: 100 },
        message: { rank: -1, kind: 'terminate', event: recursive.event },
        isFromClient: false,
      },
    ]);
  });
});

test('what is no control is a bug', () => {
  expect(() => control({}, raisedMessage('a', after(1)))).toThrow(/eventRaised/);
});

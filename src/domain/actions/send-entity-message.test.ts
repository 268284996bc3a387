import { describe, expect, test } from 'vitest';
import { callAction, lockAction, signalAction, unlockAction } from '../../../test/helpers/entities.ts';
import { after, answer, inboxMessage, instanceState, recorded } from '../../../test/helpers/factories.ts';
import { codec, type MessageInput } from '../../protocol/codec.ts';
import { entityEventOf, senderOf } from '../entity-message.ts';
import { type InstanceState } from '../instance.ts';
import { ranks } from '../message.ts';

type Action = MessageInput<'OrchestratorAction'>;

function play(actions: readonly Action[], state: Partial<InstanceState> = {}) {
  const { outcome } = answer(
    { actions: [...actions] },
    { state: instanceState({ generation: 2, ...state }) },
  );
  const sent = (outcome.entityMessages ?? []).map(({ id, message, firesAt }) => ({
    ...{ id, kind: message.kind, rank: message.rank, firesAt, message },
    event: codec.decodeEvent(entityEventOf(message)),
  }));
  return { outcome, sent, last: recorded(outcome).at(-1) };
}

const requestId = '01234567-89ab-cdef-0123-456789abcdef';
const section = (isGranted: boolean, ...entities: string[]) => ({ id: 's', entities, isGranted });

describe('a signal', () => {
  test('is history as it was sent, and a message without its target', () => {
    const { sent, last } = play([signalAction(4, '@a@1', 'add', { requestId, input: { value: '7' } })]);
    expect(last).toMatchObject({
      eventId: 4,
      timestamp: after(10),
      entityOperationSignaled: {
        ...{ requestId, operation: 'add', input: { value: '7' }, targetInstanceId: { value: '@a@1' } },
      },
    });
    expect(sent).toMatchObject([
      {
        ...{ id: '@a@1', kind: 'signal', rank: ranks.arrived, firesAt: null },
        event: {
          eventId: -1,
          entityOperationSignaled: {
            requestId,
            operation: 'add',
            input: { value: '7' },
            targetInstanceId: null,
          },
        },
      },
    ]);
  });

  test('may wait for its time', () => {
    const later = { scheduledTime: after(60) };
    const past = { scheduledTime: after(1) };
    const { sent } = play([signalAction(1, '@a@1', 'x', later), signalAction(2, '@a@1', 'x', past)]);
    expect(sent.map(({ firesAt }) => firesAt)).toEqual([after(60).seconds * 1e6, null]);
  });
});

describe('a call', () => {
  test('is stamped with who called, whatever the action says (entities §0.3)', () => {
    const forged = { parentInstanceId: { value: 'other' }, parentExecutionId: { value: 'other' } };
    const { sent, last } = play([callAction(4, '@a@1', 'get', { requestId, ...forged })]);
    expect(last).toMatchObject({
      entityOperationCalled: { ...forged, targetInstanceId: { value: '@a@1' } },
    });
    expect(sent).toMatchObject([
      {
        ...{ id: '@a@1', kind: 'call', rank: ranks.arrived },
        event: {
          eventId: -1,
          entityOperationCalled: {
            ...{ requestId, operation: 'get', targetInstanceId: null },
            parentInstanceId: { value: 'parent-1' },
            parentExecutionId: { value: 'a'.repeat(32) },
          },
        },
      },
    ]);
    expect(sent[0] && senderOf(sent[0].message)).toEqual({ partition: 7, key: 100, generation: 2 });
  });

  test.each([
    ['goes first at an entity that the orchestration holds', true, '@a@1', ranks.fromHolder],
    ['waits at another entity', true, '@a@2', ranks.arrived],
    ['waits while the lock is not granted', false, '@a@1', ranks.arrived],
  ])('%s', (_, isGranted, target, rank) => {
    const { sent } = play([callAction(1, target, 'get')], { sections: [section(isGranted, '@a@1')] });
    expect(sent).toMatchObject([{ rank }]);
  });

  test('goes first as soon as the grant is in the turn', () => {
    const grant = inboxMessage('entityReply', { entityLockGranted: { criticalSectionId: 's' } });
    const state = instanceState({ sections: [section(false, '@a@1')] });
    const { outcome } = answer({ actions: [callAction(1, '@a@1', 'get')] }, { state, messages: [grant] });
    expect(outcome.entityMessages).toMatchObject([{ message: { rank: ranks.fromHolder } }]);
    expect(outcome.patch).toMatchObject({ sections: [section(true, '@a@1')] });
  });
});

describe('a lock', () => {
  test('is remembered until it is over', () => {
    const { outcome, last, sent } = play([lockAction(1, 's', '@b@1', '@a@1', '@b@1')]);
    expect(last).toMatchObject({ entityLockRequested: { lockSet: ['@b@1', '@a@1', '@b@1'] } });
    expect(sent).toMatchObject([{ id: '@a@1', kind: 'lockRequest' }]);
    expect(outcome.patch).toMatchObject({ sections: [section(false, '@b@1', '@a@1')] });
  });

  test('and its unlocks come to releases, each once', () => {
    const sections = [section(true, '@a@1', '@a@2')];
    const first = play([unlockAction(1, 's', '@a@1'), unlockAction(2, 's', '@a@1')], { sections });
    expect(first.sent).toMatchObject([{ id: '@a@1', kind: 'release', rank: ranks.control }]);
    expect(first.outcome.patch).toMatchObject({ sections: [section(true, '@a@2')] });
    expect(recorded(first.outcome)).toHaveLength(3);
    const both = play([unlockAction(1, 's', '@a@1'), unlockAction(2, 's', '@a@2')], { sections });
    expect(both.outcome.patch).toMatchObject({ sections: [] });
  });

  test.each([
    ['of an unknown section', unlockAction(1, 't', '@a@1'), true],
    ['of an entity that it doesn’t hold', unlockAction(1, 's', '@b@1'), true],
    ['of a section that was not granted', unlockAction(1, 's', '@a@1'), false],
  ])('is not over by an unlock %s', (_, action, isGranted) => {
    const { outcome, sent, last } = play([action], { sections: [section(isGranted, '@a@1')] });
    expect(sent).toEqual([]);
    expect(outcome.patch).toMatchObject({ sections: [section(isGranted, '@a@1')] });
    expect(last).toMatchObject({ eventType: 'entityUnlockSent' });
  });
});

describe('the end of an execution', () => {
  const ends = ['COMPLETED', 'FAILED', 'CONTINUED_AS_NEW'] as const;
  test.each(ends)('by %s releases what it holds, waits for and asks for in that very turn', (status) => {
    const sections = [section(true, '@a@1'), { id: 't', entities: ['@b@1'], isGranted: false }];
    const end = {
      id: 9,
      completeOrchestration: { orchestrationStatus: `ORCHESTRATION_STATUS_${status}` as const },
    };
    const { sent } = play([lockAction(1, 'u', '@c@1'), unlockAction(9, 's', '@a@1'), end], { sections });
    const released = sent.flatMap(({ kind, id }) => (kind === 'release' ? [id] : []));
    expect(released.toSorted()).toEqual(['@a@1', '@b@1', '@c@1']);
    expect(sent[0]?.kind).toBe('lockRequest');
  });
});

test.each<[string, Action]>([
  ['a request id that is no GUID', signalAction(1, '@a@1', 'x', { requestId: 'r' })],
  ['a target that is no entity', callAction(1, 'order', 'x')],
  ['no target', signalAction(1, '@a@1', 'x', { targetInstanceId: null })],
  ['a lock set with what is no entity', lockAction(1, 's', '@a@1', 'order')],
  ['an id that is too long', lockAction(1, 's', `@a@${'k'.repeat(100)}`)],
])('%s fails the orchestration, and nothing is sent but releases', (_, action) => {
  const held = [section(true, '@a@1')];
  const { outcome, sent } = play([signalAction(1, '@a@1', 'never'), { ...action, id: 2 }], {
    sections: held,
  });
  expect(outcome.patch).toMatchObject({ kind: 'end', status: 'failed' });
  expect(sent).toMatchObject([{ id: '@a@1', kind: 'release' }]);
});

test('an action of an unknown kind is left out', () => {
  const { outcome } = play([{ id: 1, sendEntityMessage: {} }]);
  expect(recorded(outcome)).toHaveLength(1);
});

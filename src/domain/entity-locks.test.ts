import { describe, expect, test } from 'vitest';
import {
  callMessage,
  entityState,
  holderNamed,
  lockMessage,
  releaseMessage,
  signalMessage,
} from '../../test/helpers/entity-factories.ts';
import { after, inboxMessage, instanceState, toolsAt } from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { applyRelease, lockEntity, releaseAll, requestLock, withGrants } from './entity-locks.ts';
import { entityEventOf, senderOf } from './entity-message.ts';
import { type LockHolder } from './instance.ts';
import { type Message, ranks } from './message.ts';
import { type EntityMessage } from './write.ts';

const orchestration = instanceState({ generation: 2 });
const lockSet = ['@a@1', '@counter@1', '@z@1'];

/** What the message says, decoded. */
function contentOf({ message }: Pick<EntityMessage, 'message'>): unknown {
  const event = codec.decodeEvent(entityEventOf(message));
  return event.eventType === 'entityLockRequested' ? event.entityLockRequested : event;
}

describe('a request', () => {
  test('goes to the first of its set, in the server’s order, with who asks', () => {
    const { messages, entityMessages } = requestLock(orchestration, 's', ['@b@1', '@a@1', '@b@1'], toolsAt());
    expect(messages).toEqual([]);
    expect(entityMessages).toMatchObject([
      { id: '@a@1', name: 'a', hubId: 1, ifOver: null, firesAt: null, message: { kind: 'lockRequest' } },
    ]);
    const [first] = entityMessages;
    expect(first && senderOf(first.message)).toEqual({ partition: 7, key: 100, generation: 2 });
    expect(first && contentOf(first)).toMatchObject({
      ...{ criticalSectionId: 's', lockSet: ['@a@1', '@b@1'], position: 0 },
      parentInstanceId: { value: 'parent-1' },
    });
  });

  test('of no entities is granted at once', () => {
    const { messages, entityMessages } = requestLock(orchestration, 's', [], toolsAt());
    expect(entityMessages).toEqual([]);
    expect(messages).toMatchObject([
      { to: { by: 'key', key: 100, generation: 2 }, message: { kind: 'entityReply' } },
    ]);
  });
});

describe('a lock', () => {
  const holder = holderNamed();

  test('holds the entity and goes on to the next', () => {
    const request = lockMessage(holder, { lockSet, position: 1 });
    const { patch, messages, entityMessages } = lockEntity(entityState(), request, toolsAt());
    expect(patch).toMatchObject({
      ...{ kind: 'entity', key: 500, turn: 3, isTurn: false, state: '1', dropsSignals: false },
      ...{ heldBy: holder, consumed: [request] },
    });
    expect(messages).toBeUndefined();
    expect(entityMessages).toMatchObject([{ id: '@z@1', ifOver: null, message: { kind: 'lockRequest' } }]);
    expect(contentOf(entityMessages?.[0] ?? { message: request as never })).toMatchObject({
      ...{ criticalSectionId: 'section', lockSet, position: 2 },
    });
  });

  test('of the last one is granted, or released for all if nobody lives who asked', () => {
    const request = lockMessage(holder, { lockSet, position: 2 });
    const { messages, entityMessages } = lockEntity(entityState(), request, toolsAt());
    expect(messages).toMatchObject([
      { to: { by: 'key', partition: 7, key: 100, generation: 2 }, message: { kind: 'entityReply' } },
    ]);
    const event = messages?.[0] && codec.decodeEvent(messages[0].message.event);
    expect(event).toMatchObject({ eventId: -1, entityLockGranted: { criticalSectionId: 'section' } });
    expect(entityMessages).toMatchObject(
      lockSet.map((id) => ({
        ...{ id, message: { rank: ranks.control, kind: 'release' } },
        ifOver: { partition: 7, key: 100, generation: 2 },
      })),
    );
  });

  test('makes the entity look modified, and never earlier than it was', () => {
    const late = entityState({ updatedAt: Number.MAX_SAFE_INTEGER });
    expect(lockEntity(late, lockMessage(), toolsAt()).patch.updatedAt).toBe(Number.MAX_SAFE_INTEGER);
    const updatedAt = lockEntity(entityState(), lockMessage(), toolsAt(after(20))).patch.updatedAt;
    expect(updatedAt).toBeGreaterThan(entityState().updatedAt);
  });
});

describe('a release', () => {
  const holder = holderNamed();
  const releasing = (heldBy: LockHolder | null, control: Message, held: readonly Message[] = []) =>
    applyRelease(entityState({ heldBy }), control, held, toolsAt()).patch;

  test('ends the hold of its section', () => {
    const control = releaseMessage(holder);
    expect(releasing(holder, control)).toMatchObject({ heldBy: null, consumed: [control], isTurn: false });
  });

  test.each<[string, LockHolder]>([
    ['another section', { ...holder, section: 'other' }],
    ['another orchestration', { ...holder, key: 101 }],
    ['another generation', { ...holder, generation: 3 }],
  ])('of %s ends nothing, and is consumed', (_, other) => {
    const control = releaseMessage(other);
    expect(releasing(holder, control)).toMatchObject({ heldBy: holder, consumed: [control] });
  });

  test('takes away what waits of its section, and nothing else', () => {
    const control = releaseMessage(holder);
    const waiting = lockMessage(holder);
    const others = [
      lockMessage({ ...holder, section: 'other' }),
      lockMessage({ ...holder, generation: 3 }),
      lockMessage({ ...holder, key: 101 }),
      callMessage(holder),
      signalMessage(),
    ];
    const patch = releasing(null, control, [...others, waiting]);
    expect(patch.heldBy).toBeNull();
    expect(patch.consumed).toEqual([control, waiting]);
  });

  test('of a request that waits goes once more to what it has locked on its way', () => {
    const waiting = lockMessage(holder, { lockSet: ['@a@1', '@b@1', '@counter@1', '@z@1'], position: 2 });
    const state = entityState({ heldBy: holderNamed(1) });
    const write = applyRelease(state, releaseMessage(holder), [waiting], toolsAt());
    expect(write.patch.heldBy).toEqual(holderNamed(1));
    expect(write.entityMessages).toMatchObject(
      ['@a@1', '@b@1'].map((id) => ({ id, ifOver: null, message: { rank: -1, kind: 'release' } })),
    );
    for (const { message } of write.entityMessages ?? []) {
      expect(senderOf(message)).toEqual({ partition: 7, key: 100, generation: 2 });
    }
  });

  test('by the end of an execution goes to every entity of every section', () => {
    const sections = [
      { id: 's', entities: ['@a@1', '@a@2'], isGranted: true },
      { id: 't', entities: ['@b@1'], isGranted: false },
    ];
    const sent = releaseAll(instanceState({ generation: 2, sections }), toolsAt());
    expect(sent).toMatchObject(
      ['@a@1', '@a@2', '@b@1'].map((id) => ({ id, ifOver: null, message: { rank: -1, kind: 'release' } })),
    );
    expect(sent.map(contentOf)).toMatchObject(
      ['s', 's', 't'].map((criticalSectionId) => ({ entityUnlockSent: { criticalSectionId } })),
    );
    for (const { message } of sent) expect(senderOf(message).generation).toBe(2);
  });
});

test('a section is granted by the grant of its id', () => {
  const sections = [
    { id: 's', entities: ['@a@1'], isGranted: false },
    { id: 't', entities: ['@b@1'], isGranted: false },
  ];
  const grant = inboxMessage('entityReply', { entityLockGranted: { criticalSectionId: 't' } });
  const other = inboxMessage('entityReply', { entityOperationCompleted: { requestId: 't' } });
  const granted = withGrants(sections, [other, signalMessage(), grant], codec);
  expect(granted.map(({ isGranted }) => isGranted)).toEqual([false, true]);
  expect(withGrants(granted.slice(1), [grant], codec)).toEqual(granted.slice(1));
});

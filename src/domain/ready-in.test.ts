import { expect, test } from 'vitest';
import { inboxMessage, raisedMessage, after, startedMessage } from '../../test/helpers/factories.ts';
import { type InstanceKind, type InstanceStatus, type LockHolder } from './instance.ts';
import { type Message } from './message.ts';
import { withSender } from './entity-message.ts';
import { readyIn } from './ready-in.ts';

const event = raisedMessage('a', after(1));
const unknown = inboxMessage('unknown', {});
const control = inboxMessage('terminate', { executionTerminated: {} });
const holder = { partition: 7, key: 100, generation: 2, id: 'parent-1', section: 'section' };
const signal = inboxMessage('signal', { entityOperationSignaled: { operation: 'add' } });
const request = inboxMessage('lockRequest', { entityLockRequested: { lockSet: ['@a@1'] } });
const release = inboxMessage('release', { entityUnlockSent: { criticalSectionId: 'section' } });

function callOf(generation: number): Message {
  const call = inboxMessage('call', { entityOperationCalled: { operation: 'get' } });
  return { ...call, event: withSender({ ...holder, generation }, call.event) };
}

interface Case {
  readonly says: string;
  readonly kind?: InstanceKind;
  readonly heldBy?: LockHolder | null;
  readonly status?: InstanceStatus;
  readonly turn?: number;
  readonly messages: readonly Message[];
  readonly hasMore?: boolean;
  readonly ready: number | null;
}

const cases: Case[] = [
  { says: 'with a message is ready after its back-off', messages: [event], ready: 500 },
  { says: 'without messages waits for the bell', messages: [], ready: null },
  {
    says: 'with messages that are not loaded is ready after its back-off',
    messages: [],
    hasMore: true,
    ready: 500,
  },
  { says: 'with only unknown kinds waits half a minute', messages: [unknown], ready: 30_000 },
  {
    says: 'with only unknown kinds in memory waits half a minute',
    messages: [unknown],
    hasMore: true,
    ready: 30_000,
  },
  { says: 'with a known kind among unknown ones is ready', messages: [unknown, event], ready: 500 },
  {
    says: 'that is scheduled for later waits for its start',
    turn: 0,
    status: 'pending',
    messages: [event],
    ready: null,
  },
  {
    says: 'that may start is ready',
    turn: 0,
    status: 'pending',
    messages: [startedMessage(), event],
    ready: 500,
  },
  {
    says: 'that is suspended waits for the bell',
    status: 'suspended',
    messages: [event],
    hasMore: true,
    ready: null,
  },
  { says: 'that has ended waits for the bell', status: 'failed', messages: [event], ready: null },
  {
    says: 'with a control is ready at once, even suspended',
    status: 'suspended',
    messages: [control],
    ready: 0,
  },
  {
    says: 'with a control is ready at once, even before its start',
    turn: 0,
    messages: [event, control],
    ready: 0,
  },
  { says: 'that is an entity is ready for operations', kind: 'entity', messages: [signal], ready: 500 },
  { says: 'that is an entity is ready for a lock', kind: 'entity', messages: [request, signal], ready: 500 },
  {
    says: 'that is an entity waits for the bell without messages',
    kind: 'entity',
    messages: [],
    ready: null,
  },
  {
    says: 'that is an entity with messages that are not loaded is ready after its back-off',
    ...{ kind: 'entity', heldBy: holder, messages: [], hasMore: true, ready: 500 },
  },
  {
    says: 'that is a held entity waits for the bell, whatever others want',
    ...{ kind: 'entity', heldBy: holder, messages: [signal, request, callOf(1)], ready: null },
  },
  {
    says: 'that is a held entity is ready for a call of its holder',
    ...{ kind: 'entity', heldBy: holder, messages: [signal, request, callOf(2)], ready: 500 },
  },
  {
    says: 'that is a held entity is ready at once for a release',
    ...{ kind: 'entity', heldBy: holder, messages: [release, signal], ready: 0 },
  },
  {
    says: 'that is an entity with only unknown kinds waits half a minute',
    ...{ kind: 'entity', messages: [unknown], ready: 30_000 },
  },
];

test.each(cases)(
  'an instance $says',
  ({
    kind = 'orchestration',
    heldBy = null,
    status = 'running',
    turn = 1,
    messages,
    hasMore = false,
    ready,
  }) => {
    expect(readyIn({ kind, heldBy, status, turn }, messages, hasMore, 500)).toBe(ready);
  },
);

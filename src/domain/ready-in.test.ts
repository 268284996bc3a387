import { expect, test } from 'vitest';
import { inboxMessage, raisedMessage, after, startedMessage } from '../../test/helpers/factories.ts';
import { type InstanceStatus } from './instance.ts';
import { type Message } from './message.ts';
import { readyIn } from './ready-in.ts';

const event = raisedMessage('a', after(1));
const unknown = inboxMessage('unknown', {});
const control = inboxMessage('terminate', { executionTerminated: {} });

interface Case {
  readonly says: string;
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
];

test.each(cases)(
  'an instance $says',
  ({ status = 'running', turn = 1, messages, hasMore = false, ready }) => {
    expect(readyIn({ status, turn }, messages, hasMore, 500)).toBe(ready);
  },
);

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  after,
  inboxMessage,
  instanceState,
  microsAfter,
  raisedMessage,
  startedMessage,
} from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { eventTimestamp } from '../protocol/framing.ts';
import { type Timestamp } from '../protocol/messages.ts';
import { limits } from './limits.ts';
import { type Message, ranks } from './message.ts';
import { compareTimes, fromMicros } from './time.ts';
import { buildTurn, type Turn } from './turn.ts';

const state = instanceState();

function turnOf(
  messages: readonly Message[],
  changes: Parameters<typeof instanceState>[0] = {},
  now = after(9),
): Turn {
  return buildTurn({ ...state, ...changes }, messages, { now, codec });
}

function types(turn: Turn): (string | undefined)[] {
  return turn.events.map((event) => codec.decodeEvent(event).eventType);
}

function times(turn: Turn): Timestamp[] {
  return turn.events.map((event) => eventTimestamp(event) ?? after(-1));
}

describe('a turn', () => {
  test('begins with OrchestratorStarted and shows the inbox in its order, bytes unchanged', () => {
    const pair = [
      inboxMessage('suspensionPair', { executionSuspended: {} }),
      inboxMessage('suspensionPair', { executionResumed: {} }),
    ];
    const messages = [startedMessage(), ...pair, raisedMessage('a', after(2)), raisedMessage('b', after(3))];
    const turn = turnOf(messages, { turn: 0, status: 'pending' });
    expect(codec.decodeEvent(turn.events[0] ?? Buffer.alloc(0))).toEqual({
      eventId: -1,
      timestamp: after(9),
      eventType: 'orchestratorStarted',
      orchestratorStarted: {},
    });
    expect(turn.startedAt).toEqual(after(9));
    expect(turn.events.slice(1)).toEqual(messages.map((message) => message.event));
    expect(turn.consumed).toEqual(messages);
  });

  test('consumes wakes and results of past generations without showing them', () => {
    const messages = [
      inboxMessage('wake', {}, { generation: 1 }),
      inboxMessage('taskResult', { taskCompleted: { taskScheduledId: 1 } }, { generation: 0 }),
      inboxMessage('timerFired', { timerFired: { timerId: 2 } }, { generation: 0 }),
      inboxMessage('childResult', { subOrchestrationInstanceCompleted: {} }, { generation: 0 }),
      inboxMessage('taskResult', { taskCompleted: { taskScheduledId: 3 } }, { generation: 1 }),
      raisedMessage('a', after(2), { generation: 0 }),
    ];
    const turn = turnOf(messages, { generation: 1 });
    expect(types(turn)).toEqual(['orchestratorStarted', 'taskCompleted', 'eventRaised']);
    expect(turn.consumed).toEqual(messages);
  });

  test('leaves kinds that it does not know and controls in the inbox', () => {
    const known = raisedMessage('a', after(2));
    const turn = turnOf([
      inboxMessage('suspend', { executionSuspended: {} }),
      inboxMessage('unknown', {}),
      known,
      inboxMessage('unknown', {}),
    ]);
    expect(turn.consumed).toEqual([known]);
    expect(types(turn)).toEqual(['orchestratorStarted', 'eventRaised']);
  });

  test.each([
    ['everything recorded', { updatedAt: microsAfter(20) }, []],
    ['the creation of the instance', { createdAt: microsAfter(20) }, []],
    ['a timer', {}, [inboxMessage('timerFired', { timerFired: {} }, { firesAt: microsAfter(20) })]],
    ['an event', {}, [inboxMessage('taskResult', { timestamp: after(20), taskCompleted: {} })]],
  ])('is later than %s, whatever the clock says (orchestrations §1.3)', (_, changes, messages) => {
    expect(turnOf(messages, changes).startedAt).toEqual(after(20, 100));
  });

  test('delivers at most 1000 messages', () => {
    const messages = Array.from({ length: limits.heldMessages + 5 }, (_, i) =>
      raisedMessage('a', after(1, i * 100)),
    );
    expect(turnOf(messages).consumed).toEqual(messages.slice(0, limits.heldMessages));
  });

  test('delivers at most 2 MiB, but always one message', () => {
    const large = (size: number): Message =>
      inboxMessage('taskResult', { taskCompleted: { result: { value: 'x'.repeat(size) } } });
    const [huge, half, rest] = [large(3 * 2 ** 20), large(2 ** 20), large(2 ** 20)];
    expect(turnOf([huge, half]).consumed).toEqual([huge]);
    expect(turnOf([half, huge]).consumed).toEqual([half]);
    expect(turnOf([half, rest]).consumed).toEqual([half]);
  });

  test('delivers no more than its work item has room for, but always one message', () => {
    const messages = [1, 2, 3].map((n) => raisedMessage('a', after(n)));
    const room = 2 * (messages[0]?.event.length ?? 0) + 32;
    const consumed = (maxBytes: number): number =>
      buildTurn(state, messages, { now: after(9), codec, maxBytes }).consumed.length;
    expect([room, room - 1, 0, -5].map(consumed)).toEqual([2, 1, 1, 1]);
  });

  test('never parts a suspension from its resumption', () => {
    const reason = { input: { value: 'x'.repeat(1_500_000) } };
    const pair = [
      inboxMessage('suspensionPair', { executionSuspended: reason }),
      inboxMessage('suspensionPair', { executionResumed: reason }),
    ];
    expect(turnOf([...pair, raisedMessage('a', after(2))]).consumed).toEqual(pair);
  });
});

describe('raised events', () => {
  test('that came at the same moment get distinct timestamps and keep everything else', () => {
    const messages = [
      raisedMessage('a', after(2)),
      raisedMessage('b', after(2)),
      raisedMessage('c', after(2, 50)),
    ];
    const turn = turnOf(messages);
    expect(times(turn).slice(1)).toEqual([after(2), after(2, 100), after(2, 200)]);
    expect(turn.events.slice(1).map((event) => codec.decodeEvent(event))).toMatchObject(
      ['a', 'b', 'c'].map((name) => ({ eventId: -1, eventRaised: { name, input: { value: '1' } } })),
    );
  });

  test('from before the last turn are put after it', () => {
    const turn = turnOf([raisedMessage('a', after(2))], { updatedAt: microsAfter(5) });
    expect(times(turn)).toEqual([after(9), after(5, 100)]);
  });

  test('that were carried over keep their old timestamps, unless they are equal', () => {
    const carried = { rank: ranks.carriedOver };
    const turn = turnOf(
      [
        raisedMessage('a', after(2), carried),
        raisedMessage('b', after(2), carried),
        raisedMessage('c', after(3)),
      ],
      { updatedAt: microsAfter(5) },
    );
    expect(times(turn).slice(1)).toEqual([after(2), after(2, 100), after(5, 100)]);
  });

  const moments = fc
    .record({ seconds: fc.nat(10), nanos: fc.nat(3) })
    .map((m) => after(m.seconds, m.nanos * 50));

  test('never have the same timestamp, whatever clocks said (orchestrations §1.26)', () => {
    const messages = fc
      .array(fc.tuple(fc.boolean(), moments))
      .map((drafts) =>
        drafts
          .map(([isCarried, time]) =>
            raisedMessage('a', time, { rank: isCarried ? ranks.carriedOver : ranks.arrived }),
          )
          .toSorted((a, b) => a.rank - b.rank || a.messageId - b.messageId),
      );
    fc.assert(
      fc.property(messages, fc.nat(10), moments, (inbox, updatedAfter, now) => {
        // Whatever was carried over was recorded before.
        const updatedAt = microsAfter(Math.max(updatedAfter, 11));
        const turn = turnOf(inbox, { updatedAt }, now);
        const seen = times(turn)
          .slice(1)
          .map(({ seconds, nanos }) => `${seconds}.${nanos}`);
        expect(new Set(seen).size).toBe(inbox.length);
        for (const time of times(turn).slice(1)) {
          expect(compareTimes(turn.startedAt, time)).toBeGreaterThan(0);
        }
        expect(compareTimes(turn.startedAt, fromMicros(updatedAt))).toBeGreaterThan(0);
        expect(compareTimes(turn.startedAt, now)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('are given the same timestamps again when the turn goes out again with more', () => {
    const messages = [
      raisedMessage('a', after(2)),
      raisedMessage('b', after(2)),
      raisedMessage('c', after(2)),
    ];
    const again = turnOf(messages, {}, after(30));
    expect(again.events.slice(1, 3)).toEqual(turnOf(messages.slice(0, 2)).events.slice(1));
  });
});

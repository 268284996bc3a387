import { expect, test } from 'vitest';
import {
  after,
  answer,
  instanceState,
  microsAfter,
  recorded,
  toolsAt,
} from '../../../test/helpers/factories.ts';
import { codec } from '../../protocol/codec.ts';
import { type Timestamp } from '../../protocol/messages.ts';

function timerOf(fireAt: Timestamp | null) {
  const { outcome } = answer(
    { actions: [{ id: 3, createTimer: { fireAt } }] },
    { state: instanceState({ generation: 2 }), tools: toolsAt(after(10)) },
  );
  const [timer] = outcome.timers ?? [];
  const fired = timer && codec.decodeEvent(timer.message.event);
  return { created: recorded(outcome).at(-1), timer, fired };
}

test('a timer says its exact time and fires no earlier', () => {
  const { created, timer, fired } = timerOf(after(60, 1100));
  expect(created).toMatchObject({
    eventId: 3,
    timestamp: after(10),
    timerCreated: { fireAt: after(60, 1100) },
  });
  expect(timer).toMatchObject({ partition: 7, key: 100, generation: 2, firesAt: microsAfter(60) + 2 });
  expect(timer?.message).toMatchObject({ rank: 3, kind: 'timerFired' });
  expect(fired).toMatchObject({
    eventId: -1,
    timestamp: after(60, 2000),
    timerFired: { timerId: 3, fireAt: after(60, 1100) },
  });
});

test('a timer in the past fires at once, at a moment that is not', () => {
  const { timer, fired } = timerOf(after(5));
  expect(timer?.firesAt).toBe(microsAfter(5));
  expect(fired).toMatchObject({ timestamp: after(10), timerFired: { fireAt: after(5) } });
});

test('a timer without a time fires at once', () => {
  expect(timerOf(null).fired).toMatchObject({ timerFired: { fireAt: after(10) } });
});

test.each([
  { seconds: 253_402_300_799, nanos: 999_999_900 },
  { seconds: -62_135_596_800, nanos: 0 },
  { seconds: Number.MAX_SAFE_INTEGER, nanos: 2_147_483_647 },
])('a timer at %j can be stored', (fireAt) => {
  const { timer, fired } = timerOf(fireAt);
  expect(Number.isSafeInteger(timer?.firesAt)).toBe(true);
  expect(fired).toMatchObject({ timerFired: { fireAt } });
});

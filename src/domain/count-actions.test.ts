import { expect, test } from 'vitest';
import { countActions, unpaidActions } from './count-actions.ts';
import { type Parent } from './instance.ts';
import { type MessageKind } from './message.ts';
import { type NewActivity, type Patch } from './write.ts';

function turn(...kinds: readonly (MessageKind | 'unknown')[]): Patch {
  const consumed = kinds.map((kind, messageId) => ({
    ...{ rank: 3, messageId, kind, generation: 0, event: Buffer.alloc(0), firesAt: null },
  }));
  return { kind: 'turn', consumed } as unknown as Patch;
}

test('an activity counts when it is scheduled and when its result is consumed', () => {
  const activities = [{}, {}] as NewActivity[];
  expect(Object.fromEntries(countActions({ patch: turn('started'), activities }))).toEqual({
    ...{ start: 1, activity: 2 },
  });
  expect(Object.fromEntries(countActions({ patch: turn('taskResult', 'taskResult') }))).toEqual({
    result: 2,
  });
});

test('results of children, timers and events count once; what the engine sends itself does not', () => {
  const patch = turn('childResult', 'timerFired', 'eventRaised', 'suspensionPair', 'wake', 'unknown');
  expect(Object.fromEntries(countActions({ patch }))).toEqual({ result: 1, timer: 1, event: 1 });
});

test('a write without a turn counts nothing', () => {
  expect(countActions({}).size).toBe(0);
  expect(countActions({ patch: { kind: 'fetch', partition: 1, key: 1 } }).size).toBe(0);
});

test('starts of clients, and events, were paid for by who called; children, later executions and all else were not', () => {
  const counts = countActions({
    patch: turn('started', 'eventRaised', 'timerFired'),
    activities: [{}] as NewActivity[],
  });
  const parent = {} as Parent;
  expect(unpaidActions(counts, { parent: null, generation: 0 })).toBe(2);
  expect(unpaidActions(counts, { parent: null, generation: 1 })).toBe(3);
  expect(unpaidActions(counts, { parent, generation: 0 })).toBe(3);
});

import { expect, test } from 'vitest';
import { codec } from '../protocol/codec.ts';
import {
  type Answer,
  chainScript,
  childrenScript,
  eventsScript,
  fanOutScript,
  mixedScript,
  timersScript,
  waitingScript,
} from './script.ts';
import { type Turn } from './work-item.ts';

function turn(results: number, lastTaskId: number): Turn {
  const none = Buffer.alloc(0);
  const isFirst = lastTaskId === 0;
  return { kind: 'orchestration', id: none, token: none, isFirst, isBare: false, results, lastTaskId };
}

/** What the actions are, such as `scheduleTask 1`. */
function described({ actions, isLast }: Answer): { actions: string[]; isLast: boolean } {
  const decoded = codec.decode('OrchestratorResponse', actions).actions;
  return {
    actions: decoded.map((action) => `${action.orchestratorActionType ?? ''} ${action.id}`),
    isLast,
  };
}

/** The name of the event that is waited for. */
function awaited({ actions, isLast, event }: Answer): string | undefined {
  expect([actions.length, isLast]).toEqual([0, false]);
  return event && codec.decode('RaiseEventRequest', event).name;
}

test('a chain calls one activity after the other and completes', () => {
  const script = chainScript(2);
  expect(described(script(turn(0, 0)))).toEqual({ actions: ['scheduleTask 1'], isLast: false });
  expect(described(script(turn(1, 1)))).toEqual({ actions: ['scheduleTask 2'], isLast: false });
  expect(described(script(turn(1, 2)))).toEqual({ actions: ['completeOrchestration 3'], isLast: true });
});

test('a fan-out calls all activities at once and completes when all results have come', () => {
  const script = fanOutScript(3);
  const first = described(script(turn(0, 0)));
  expect(first).toEqual({ actions: ['scheduleTask 1', 'scheduleTask 2', 'scheduleTask 3'], isLast: false });
  expect(described(script(turn(2, 3)))).toEqual({ actions: [], isLast: false });
  expect(described(script(turn(1, 1)))).toEqual({ actions: ['completeOrchestration 4'], isLast: true });
});

test('a mixed orchestration does something of everything, in two executions', () => {
  const script = mixedScript(1);
  const said = (news: Turn): string[] => described(script(news)).actions;
  expect(said(turn(0, 0))).toEqual(['scheduleTask 1']);
  expect(said(turn(1, 1))).toEqual(['createTimer 2']);
  expect(awaited(script(turn(1, 2)))).toBe('Go0');
  expect(said({ ...turn(0, 0), isFirst: false })).toEqual(['createSubOrchestration 3']);
  expect(described(script(turn(1, 3)))).toEqual({ actions: ['completeOrchestration 4'], isLast: true });
  expect(described(script({ ...turn(0, 0), isBare: true }))).toEqual({
    actions: ['completeOrchestration 1'],
    isLast: false,
  });
});

test('events are waited for one after the other, by names of their own', () => {
  const script = eventsScript(2);
  expect(awaited(script(turn(0, 0)))).toBe('Go1');
  expect(awaited(script(turn(1, 1)))).toBe('Go2');
  expect(described(script(turn(1, 2)))).toEqual({ actions: ['completeOrchestration 1'], isLast: true });
});

test('sub-orchestrations are called one after the other, and nothing but the parent counts', () => {
  const script = childrenScript(2);
  const child = script({ ...turn(0, 0), isBare: true });
  expect(described(child)).toEqual({ actions: ['completeOrchestration 1'], isLast: false });
  expect(described(script(turn(0, 0))).actions).toEqual(['createSubOrchestration 1']);
  expect(described(script(turn(1, 1))).actions).toEqual(['createSubOrchestration 2']);
  expect(described(script(turn(1, 2)))).toEqual({ actions: ['completeOrchestration 3'], isLast: true });
});

test('a timer is due by the number of its orchestration, and how late it fired is told', () => {
  const late: number[] = [];
  const due = 4_000_000_000_000;
  const script = timersScript({ dueMs: (number) => due + number, onFired: (ms) => late.push(due + ms) });
  const numbered = { ...turn(0, 0), id: Buffer.from('\x0a\x09bench-x-7') };
  const first = script(numbered);
  const [action] = codec.decode('OrchestratorResponse', first.actions).actions;
  expect(action).toMatchObject({ createTimer: { fireAt: { seconds: 4_000_000_000, nanos: 7_000_000 } } });
  expect([first.isLast, first.isWaiting]).toEqual([false, true]);
  const before = Date.now();
  expect(described(script({ ...numbered, ...turn(1, 1), id: numbered.id })).isLast).toBe(true);
  expect(late[0]).toBeGreaterThanOrEqual(before - 7);
  expect(late[0]).toBeLessThanOrEqual(Date.now() - 7);
});

test('a waiting orchestration has one timer, and nothing more is wanted of it', () => {
  expect(described(waitingScript()(turn(0, 0)))).toEqual({ actions: ['createTimer 1'], isLast: true });
});

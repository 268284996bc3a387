import { expect, test } from 'vitest';
import { codec } from '../protocol/codec.ts';
import { type Answer, chainScript, fanOutScript, mixedScript, waitingScript } from './script.ts';
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
  expect(script(turn(1, 2))).toMatchObject({ needsEvent: true, isLast: false });
  expect(said({ ...turn(0, 0), isFirst: false })).toEqual(['createSubOrchestration 3']);
  expect(described(script(turn(1, 3)))).toEqual({ actions: ['completeOrchestration 4'], isLast: true });
  expect(described(script({ ...turn(0, 0), isBare: true }))).toEqual({
    actions: ['completeOrchestration 1'],
    isLast: false,
  });
});

test('a waiting orchestration has one timer, and nothing more is wanted of it', () => {
  expect(described(waitingScript()(turn(0, 0)))).toEqual({ actions: ['createTimer 1'], isLast: true });
});

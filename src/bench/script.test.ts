import { expect, test } from 'vitest';
import { codec } from '../protocol/codec.ts';
import { type Answer, chainScript, fanOutScript } from './script.ts';
import { type Turn } from './work-item.ts';

function turn(results: number, lastTaskId: number): Turn {
  const none = Buffer.alloc(0);
  return { kind: 'orchestration', id: none, token: none, isFirst: lastTaskId === 0, results, lastTaskId };
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

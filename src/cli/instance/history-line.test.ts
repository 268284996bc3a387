import { expect, test } from 'vitest';
import { type MessageInput } from '../../protocol/codec.ts';
import { loadClientPackage } from '../../protocol/service.ts';
import { widthOf } from '../text.ts';
import { historyLine, historyTitles } from './history-line.ts';

const { responseSerialize, responseDeserialize } =
  loadClientPackage().TaskHubSidecarService.service.StreamInstanceHistory;

function lineOf(event: MessageInput<'HistoryEvent'>, width?: number): string {
  const timestamp = { seconds: 1_787_990_400, nanos: 123e6 };
  const [read] = responseDeserialize(
    responseSerialize({ events: [{ timestamp, eventId: -1, ...event }] }),
  ).events;
  if (!read) throw new Error('no event');
  return historyLine(7, read, width);
}

test('titles stand over their columns', () => {
  expect(historyTitles()).toBe('    #  TIME (UTC)          EVENT');
  expect(lineOf({ orchestratorStarted: {} })).toBe('    7  08-29 08:00:00.123  OrchestratorStarted');
});

test.each([
  [
    { eventId: 0, executionStarted: { name: 'Order', input: { value: '{"a":1}' } } },
    'ExecutionStarted     Order  {"a":1}',
  ],
  [{ eventId: 3, taskScheduled: { name: 'charge' } }, 'TaskScheduled        #3  charge'],
  [{ taskCompleted: { taskScheduledId: 3, result: { value: '"ok"' } } }, 'TaskCompleted        #3  "ok"'],
  [
    { taskFailed: { taskScheduledId: 0, failureDetails: { errorType: 'E', errorMessage: 'a\nb' } } },
    String.raw`TaskFailed           #0  E: a\nb`,
  ],
  [
    { eventId: 4, timerCreated: { fireAt: { seconds: 0, nanos: 0 } } },
    'TimerCreated         #4  1970-01-01 00:00:00.000Z',
  ],
  [
    { timerFired: { timerId: 4, fireAt: { seconds: 0, nanos: 0 } } },
    'TimerFired           #4  1970-01-01 00:00:00.000Z',
  ],
  [
    { eventId: 5, subOrchestrationInstanceCreated: { instanceId: 'child', name: 'Ship' } },
    'SubOrchestrationInstanceCreated  #5  Ship  child',
  ],
  [{ eventRaised: { name: 'Approved', input: { value: '1' } } }, 'EventRaised          Approved  1'],
  [{ executionSuspended: { input: { value: 'why' } } }, 'ExecutionSuspended   why'],
  [{ genericEvent: { data: { value: '\u001b[2J' } } }, String.raw`GenericEvent         \u001b[2J`],
  [
    { executionCompleted: { orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED', result: { value: '1' } } },
    'ExecutionCompleted   COMPLETED  1',
  ],
  [{}, '?'],
] satisfies [MessageInput<'HistoryEvent'>, string][])('%j', (event, shown) => {
  expect(lineOf(event)).toBe(`    7  08-29 08:00:00.123  ${shown}`);
});

test('a line fits the terminal, however much an event carries', () => {
  const line = lineOf({ eventRaised: { name: 'Approved', input: { value: '名'.repeat(1_000_000) } } }, 80);
  expect(widthOf(line)).toBeLessThanOrEqual(80);
  expect(line).toMatch(/名…$/);
});

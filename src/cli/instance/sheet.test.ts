import { expect, test } from 'vitest';
import { type MessageInput, codec } from '../../protocol/codec.ts';
import { instanceSheet } from './sheet.ts';

const created = { seconds: 1_787_990_400, nanos: 0 };
const now = 1_787_990_400_000 + 7_200_000;

function sheet(fields: MessageInput<'OrchestrationState'>, isFull = false): string {
  const bytes = codec.encode('OrchestrationState', {
    ...{ instanceId: 'order-17', name: 'Order', createdTimestamp: created, lastUpdatedTimestamp: created },
    ...fields,
  });
  return instanceSheet(codec.decode('OrchestrationState', bytes), { now, isFull });
}

test('what is absent has no line', () => {
  expect(sheet({})).toBe(
    [
      'Instance       order-17',
      'Name           Order',
      'Status         RUNNING',
      'Created        2026-08-29 08:00:00.000Z  (2h ago)',
      'Updated        2026-08-29 08:00:00.000Z  (2h ago)',
      '',
    ].join('\n'),
  );
});

test('everything there is has its line', () => {
  const text = sheet({
    orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED',
    version: { value: '' },
    scheduledStartTimestamp: { seconds: 1_788_090_400, nanos: 0 },
    completedTimestamp: { seconds: 1_787_990_402, nanos: 500e6 },
    executionId: { value: '0123' },
    parentInstanceId: { value: 'parent' },
    tags: { team: 'red', note: 'a\tb' },
    customStatus: { value: '"half"' },
    input: { value: '{"amount": 3}' },
    output: { value: '[\n1\n]' },
  });
  for (const line of [
    'Name           Order, version ""',
    'Scheduled      2026-08-30 11:46:40.000Z  (in 25h)',
    'Completed      2026-08-29 08:00:02.500Z  (119m ago, 2s after it was created)',
    'Execution      0123',
    'Parent         parent',
    String.raw`Tags           team=red` + '\n' + String.raw`               note=a\tb`,
    'Custom status  "half"',
    'Input          {"amount": 3}',
    'Output         [\n               1\n               ]',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

const failureDetails = {
  errorType: 'TaskFailed',
  errorMessage: 'charge failed',
  stackTrace: { value: 'TaskFailed: charge failed\n    at charge (shop.js:1)\n' },
  isNonRetriable: true,
  innerFailure: {
    errorType: 'CardDeclined',
    errorMessage: 'no\n\u001b[31mmoney',
    innerFailure: { errorType: '', errorMessage: 'bank closed' },
  },
};

test('a failure is shown with its causes', () => {
  expect(sheet({ orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED', failureDetails })).toContain(
    [
      'Failure        TaskFailed: charge failed',
      '               (not to be tried again)',
      '               caused by CardDeclined: no',
      String.raw`                 \u001b[31mmoney`,
      '                 caused by bank closed',
      '',
    ].join('\n'),
  );
});

test('stack traces are for the full sheet, without what was said already', () => {
  expect(sheet({ failureDetails })).not.toContain('shop.js');
  expect(sheet({ failureDetails }, true)).toContain(
    [
      'Failure        TaskFailed: charge failed',
      '               (not to be tried again)',
      '                     at charge (shop.js:1)',
      '               caused by CardDeclined: no',
    ].join('\n'),
  );
});

test('long texts are short unless all is wanted', () => {
  const customStatus = { value: `${'x'.repeat(1_000)}\n2\n3\n4\n5` };
  expect(sheet({ customStatus })).toMatch(/x{299}…\n {15}2\n {15}3\n {15}…\n/);
  expect(sheet({ customStatus }, true)).toContain('x'.repeat(1_000));
});

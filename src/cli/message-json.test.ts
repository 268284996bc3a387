import { expect, test } from 'vitest';
import { codec } from '../protocol/codec.ts';
import { toJson } from './message-json.ts';

test('an instance becomes plain JSON; what users named stays as it is', () => {
  const bytes = codec.encode('OrchestrationState', {
    instanceId: 'a',
    name: 'Order',
    orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED',
    createdTimestamp: { seconds: 1_787_990_400, nanos: 123_456_000 },
    input: { value: '{"seconds":1}' },
    tags: { value: 'x' },
    failureDetails: {
      errorType: 'E',
      properties: {
        value: { stringValue: 's' },
        list: {
          listValue: { values: [{ numberValue: 1 }, { nullValue: 'NULL_VALUE' }, { boolValue: true }] },
        },
        record: { structValue: { fields: { seconds: { numberValue: 1 }, nanos: { numberValue: 2 } } } },
      },
      innerFailure: { errorType: 'Inner' },
    },
  });
  expect(toJson(codec.decode('OrchestrationState', bytes))).toMatchObject({
    instanceId: 'a',
    version: null,
    orchestrationStatus: 'FAILED',
    createdTimestamp: '2026-08-29T08:00:00.123456Z',
    completedTimestamp: null,
    input: '{"seconds":1}',
    tags: { value: 'x' },
    failureDetails: {
      errorType: 'E',
      properties: { value: 's', list: [1, null, true], record: { seconds: 1, nanos: 2 } },
      innerFailure: { errorType: 'Inner', innerFailure: null },
    },
  });
});

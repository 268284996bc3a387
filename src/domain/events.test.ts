import { expect, test } from 'vitest';
import { after } from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { activityResult, raisedEvent, resumeControl, suspendControl, terminateControl } from './events.ts';

const now = after(1);

test('a raised event has its input as it was sent, also an empty one', () => {
  const [some, empty, none] = ['"a"', '', null].map((input) =>
    codec.decodeEvent(raisedEvent('E', input, now, codec)),
  );
  expect(some).toEqual({
    eventId: -1,
    timestamp: now,
    eventType: 'eventRaised',
    eventRaised: { name: 'E', input: { value: '"a"' } },
  });
  expect(empty).toMatchObject({ eventRaised: { input: { value: '' } } });
  expect(none).toMatchObject({ eventRaised: { input: null } });
});

test('controls carry what was asked for', () => {
  const events = [
    suspendControl('why', now, codec),
    resumeControl(null, now, codec),
    terminateControl({ output: 'out', recurse: true }, now, codec),
  ].map((event) => codec.decodeEvent(event));
  expect(events).toMatchObject([
    { eventId: -1, timestamp: now, executionSuspended: { input: { value: 'why' } } },
    { eventId: -1, timestamp: now, executionResumed: { input: null } },
    { eventId: -1, timestamp: now, executionTerminated: { input: { value: 'out' }, recurse: true } },
  ]);
});

test('an activity has failed when there are failure details, even without a message', () => {
  const failureDetails = codec.decode('TaskFailureDetails', Buffer.alloc(0));
  const event = codec.decodeEvent(activityResult({ result: { value: '1' }, failureDetails }, 7, now, codec));
  expect(event).toEqual({
    eventId: -1,
    timestamp: now,
    eventType: 'taskFailed',
    taskFailed: { taskScheduledId: 7, failureDetails },
  });
});

test('an activity that returned nothing has no result', () => {
  const results = [{ value: '' }, null, { value: '""' }].map((result) =>
    codec.decodeEvent(activityResult({ result, failureDetails: null }, 7, now, codec)),
  );
  expect(results).toMatchObject([
    { eventId: -1, taskCompleted: { taskScheduledId: 7, result: null } },
    { taskCompleted: { result: null } },
    { taskCompleted: { result: { value: '""' } } },
  ]);
});

test('failure details keep everything that the worker said', () => {
  const failureDetails = codec.decode(
    'TaskFailureDetails',
    codec.encode('TaskFailureDetails', {
      errorType: 'E',
      errorMessage: 'm',
      stackTrace: { value: '' },
      isNonRetriable: true,
      innerFailure: { errorType: 'Inner', properties: { code: { numberValue: 0 } } },
      properties: {
        none: { nullValue: 'NULL_VALUE' },
        list: { listValue: { values: [{ stringValue: '' }, { boolValue: false }] } },
        struct: { structValue: { fields: { a: { numberValue: 1.5 } } } },
      },
    }),
  );
  const event = codec.decodeEvent(activityResult({ result: null, failureDetails }, 7, now, codec));
  expect(event).toMatchObject({ taskFailed: { failureDetails } });
});

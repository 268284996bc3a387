import { expect, test } from 'vitest';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { activityWorkItem, entityWorkItem, healthPing } from '../protocol/framing.ts';
import { readWorkItem } from './work-item.ts';

type Event = MessageInput<'HistoryEvent'>;

const timestamp = { seconds: 1_700_000_000, nanos: 5 };
const orchestratorStarted: Event = { eventId: -1, timestamp, orchestratorStarted: {} };
const executionStarted: Event = { eventId: -1, timestamp, executionStarted: { name: 'Bench' } };

function taskCompleted(taskScheduledId: number): Event {
  return { eventId: -1, timestamp, taskCompleted: { taskScheduledId, result: { value: '1' } } };
}

function turn(pastEvents: Event[], newEvents: Event[]): Buffer {
  return codec.encode('WorkItem', {
    orchestratorRequest: { instanceId: 'one', executionId: { value: 'run' }, pastEvents, newEvents },
    completionToken: 'token',
  });
}

const id = Buffer.from('\x0a\x03one');
const token = Buffer.from('\x52\x05token');

test('the first turn is told by its new events', () => {
  expect(readWorkItem(turn([], [orchestratorStarted, executionStarted]))).toEqual({
    ...{ kind: 'orchestration', id, token },
    ...{ isFirst: true, isBare: true, results: 0, lastTaskId: 0 },
  });
});

test('results are counted among the new events only', () => {
  const past = [orchestratorStarted, executionStarted, taskCompleted(1)];
  expect(readWorkItem(turn(past, [orchestratorStarted, taskCompleted(2), taskCompleted(300)]))).toEqual({
    ...{ kind: 'orchestration', id, token },
    ...{ isFirst: false, isBare: false, results: 2, lastTaskId: 300 },
  });
});

test('an activity has the id of its instance and of its task', () => {
  const request = codec.encode('ActivityRequest', {
    name: 'Step',
    input: { value: '1' },
    orchestrationInstance: { instanceId: 'one', executionId: { value: 'run' } },
    taskId: 300,
  });
  expect(readWorkItem(activityWorkItem(request, 'token'))).toEqual({
    kind: 'activity',
    ...{ id, token, taskId: Buffer.from([0x28, 0xac, 0x02]) },
  });
});

test('answers of entities and events count like results; the step is the last digit of the id or name', () => {
  const requestId = '01234567-0000-4000-8000-000000000003';
  const completed: Event = { timestamp, entityOperationCompleted: { requestId, output: { value: '7' } } };
  const granted: Event = { timestamp, entityLockGranted: { criticalSectionId: requestId } };
  const raised: Event = { timestamp, eventRaised: { name: 'Go3', input: { value: '7' } } };
  for (const event of [completed, granted, raised]) {
    expect(readWorkItem(turn([executionStarted], [orchestratorStarted, event]))).toMatchObject({
      ...{ isFirst: false, results: 1, lastTaskId: 3 },
    });
  }
});

test('a batch has its token and as many operations as it holds', () => {
  const signal = codec.encodeEvent({ eventId: -1, timestamp, entityOperationSignaled: { operation: 'add' } });
  const batch = entityWorkItem({
    ...{ instanceId: '@one@1', executionId: 'run', state: '1', operations: [signal, signal, signal] },
    token: 'token',
  });
  expect(readWorkItem(batch)).toEqual({ kind: 'entity', token, operations: 3 });
});

test('a health ping is not answered', () => {
  expect(readWorkItem(healthPing)).toBeUndefined();
});

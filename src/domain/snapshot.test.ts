import { expect, test } from 'vitest';
import { after, instanceState, microsAfter } from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { type InstanceSnapshot } from './instance.ts';
import { toOrchestrationState } from './snapshot.ts';

function snapshot(changes: Partial<InstanceSnapshot> = {}): InstanceSnapshot {
  return {
    ...instanceState(),
    ...{ owner: null, input: null, output: null, failure: null, scheduledAt: null, completedAt: null },
    updatedAt: microsAfter(5),
    ...changes,
  };
}

test('a running instance shows what it is, and nothing that it has not', () => {
  expect(toOrchestrationState(snapshot(), codec)).toEqual({
    instanceId: 'parent-1',
    name: 'Order',
    version: null,
    orchestrationStatus: 'ORCHESTRATION_STATUS_RUNNING',
    scheduledStartTimestamp: null,
    createdTimestamp: after(0),
    lastUpdatedTimestamp: after(5),
    input: null,
    output: null,
    customStatus: null,
    failureDetails: null,
    executionId: { value: 'a'.repeat(32) },
    completedTimestamp: null,
    parentInstanceId: null,
    tags: {},
  });
});

test('a finished child shows everything', () => {
  const orchestrationInstance = { instanceId: 'p', executionId: { value: 'x' } };
  const wire = codec.encode('ParentInstanceInfo', { taskScheduledId: 1, orchestrationInstance });
  const changes: Partial<InstanceSnapshot> = {
    ...{ status: 'completed', version: '', input: '1', output: '2', customStatus: '3', tags: { a: 'b' } },
    ...{ scheduledAt: microsAfter(1), completedAt: microsAfter(4) + 1 },
    parent: { partition: 1, key: 2, generation: 0, taskId: 1, wire },
  };
  expect(toOrchestrationState(snapshot(changes), codec)).toMatchObject({
    orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED',
    version: { value: '' },
    input: { value: '1' },
    output: { value: '2' },
    customStatus: { value: '3' },
    tags: { a: 'b' },
    scheduledStartTimestamp: after(1),
    completedTimestamp: after(4, 1000),
    parentInstanceId: { value: 'p' },
  });
});

test('only a failed instance has failure details, whole', () => {
  const details = { errorType: 'E', errorMessage: 'm', innerFailure: { errorType: 'I' } };
  const failure = codec.encode('TaskFailureDetails', details);
  expect(toOrchestrationState(snapshot({ status: 'failed', failure }), codec)).toMatchObject({
    orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED',
    failureDetails: details,
  });
  expect(toOrchestrationState(snapshot({ status: 'running', failure }), codec).failureDetails).toBeNull();
});

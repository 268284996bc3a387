import { describe, expect, test } from 'vitest';
import {
  after,
  answer,
  completing,
  instanceState,
  microsAfter,
  recorded,
} from '../../../test/helpers/factories.ts';
import { codec, type MessageInput } from '../../protocol/codec.ts';
import { type Parent, type Tags } from '../instance.ts';

type Completion = MessageInput<'CompleteOrchestrationAction'>;

const parent: Parent = { partition: 9, key: 55, generation: 2, taskId: 6, wire: Buffer.alloc(0) };
const failureDetails = {
  errorType: 'E',
  errorMessage: 'm',
  stackTrace: { value: 'at x' },
  isNonRetriable: true,
  innerFailure: { errorType: 'I', errorMessage: 'i' },
  properties: { code: { numberValue: 7 } },
};

function complete(completions: Completion | Completion[], tags: Tags = null) {
  const actions = [completions].flat().map((action, id) => completing(action, 5 + id));
  const { outcome } = answer({ actions }, { state: instanceState({ parent, tags, customStatus: 'old' }) });
  const [message] = outcome.messages ?? [];
  const notice = message && codec.decodeEvent(message.message.event);
  return { patch: outcome.patch, message, notice, last: recorded(outcome).at(-1) };
}

describe('a completion', () => {
  test('ends the instance with its result, and history with ExecutionCompleted', () => {
    const { patch, last } = complete({
      orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED',
      result: { value: '"done"' },
    });
    expect(patch).toMatchObject({
      ...{ kind: 'end', partition: 7, key: 100, turn: 1, status: 'completed', output: '"done"' },
      ...{ failure: null, customStatus: null, dropsActivities: false, updatedAt: microsAfter(10) },
    });
    expect(last).toEqual({
      eventId: 5,
      timestamp: after(10),
      eventType: 'executionCompleted',
      executionCompleted: {
        orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED',
        result: { value: '"done"' },
        failureDetails: null,
      },
    });
  });

  test('with an empty result has none', () => {
    const { patch, last } = complete({
      orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED',
      result: { value: '' },
    });
    expect(patch).toMatchObject({ output: null });
    expect(last).toMatchObject({ executionCompleted: { result: null } });
  });

  test('that failed keeps its failure details and a result', () => {
    const { patch } = complete({
      orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED',
      result: { value: 'm' },
      failureDetails,
    });
    expect(patch).toMatchObject({ status: 'failed', output: 'm' });
    const failure = 'failure' in patch && patch.failure ? patch.failure : Buffer.alloc(0);
    expect(codec.decode('TaskFailureDetails', failure)).toMatchObject(failureDetails);
  });

  test.each([
    ['ORCHESTRATION_STATUS_TERMINATED', 'terminated'],
    ['ORCHESTRATION_STATUS_CANCELED', 'failed'],
    ['ORCHESTRATION_STATUS_RUNNING', 'failed'],
    ['ORCHESTRATION_STATUS_SUSPENDED', 'failed'],
  ] as const)('as %s ends the instance %s', (orchestrationStatus, status) => {
    expect(complete({ orchestrationStatus, result: { value: 'r' } }).patch).toMatchObject({
      status,
      output: 'r',
    });
  });

  test('that failed without details gets some', () => {
    const { last } = complete({
      orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED',
      result: { value: 'why' },
    });
    expect(last).toMatchObject({ executionCompleted: { failureDetails: { errorMessage: 'why' } } });
  });
});

describe('of several completions', () => {
  const done = { orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED' } as const;
  const renewed = { orchestrationStatus: 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW' } as const;
  const terminated = { orchestrationStatus: 'ORCHESTRATION_STATUS_TERMINATED' } as const;

  test('the first counts', () => {
    expect(complete([done, terminated]).patch).toMatchObject({ kind: 'end', status: 'completed' });
    expect(complete([renewed, done]).patch).toMatchObject({ kind: 'renew' });
  });

  test('a termination beats continue-as-new', () => {
    expect(complete([renewed, done, terminated]).patch).toMatchObject({ kind: 'end', status: 'terminated' });
  });
});

describe('the parent of a child', () => {
  test('gets its result, in the execution that asked for it', () => {
    const { message, notice } = complete({
      orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED',
      result: { value: '1' },
    });
    expect(message).toMatchObject({
      to: { by: 'key', partition: 9, key: 55, generation: 2 },
      message: { rank: 3, kind: 'childResult' },
      isFromClient: false,
    });
    expect(notice).toMatchObject({
      eventId: -1,
      timestamp: after(10),
      subOrchestrationInstanceCompleted: { taskScheduledId: 6, result: { value: '1' } },
    });
  });

  test('gets its failure word for word', () => {
    const { notice } = complete({ orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED', failureDetails });
    expect(notice).toMatchObject({
      eventId: -1,
      subOrchestrationInstanceFailed: { taskScheduledId: 6, failureDetails },
    });
  });

  test('is told of a termination as a failure that may be retried', () => {
    const { notice } = complete({
      orchestrationStatus: 'ORCHESTRATION_STATUS_TERMINATED',
      result: { value: 'why' },
    });
    expect(notice).toMatchObject({
      subOrchestrationInstanceFailed: {
        taskScheduledId: 6,
        failureDetails: {
          errorType: 'OrchestrationTerminated',
          errorMessage: expect.stringContaining('why') as string,
          isNonRetriable: false,
        },
      },
    });
  });

  test('hears nothing when the child goes on in a new generation', () => {
    expect(
      complete({ orchestrationStatus: 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW' }).message,
    ).toBeUndefined();
  });

  test('hears nothing of a fire-and-forget child', () => {
    const { message } = complete(
      { orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED' },
      { FireAndForget: '' },
    );
    expect(message).toBeUndefined();
  });
});

import {
  type OrchestrationContext,
  OrchestrationStatus,
  type RetryContext,
  RetryPolicy,
  VersionFailureStrategy,
  VersionMatchStrategy,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { output, useServer, wait } from './hub.ts';

const server = useServer();

/** An activity that fails until its n-th call and remembers when it was called. */
function failsUntil(success: number) {
  const calledAt: number[] = [];
  const run = () => {
    calledAt.push(Date.now());
    if (calledAt.length < success) throw new TypeError(`attempt ${calledAt.length} failed`);
    return calledAt.length;
  };
  return { run, calledAt };
}

test('a retry policy repeats a failing activity, each time after its delay', async () => {
  const hub = server.hub();
  const activity = failsUntil(3);
  const retry = new RetryPolicy({
    maxNumberOfAttempts: 5,
    firstRetryIntervalInMilliseconds: 200,
    backoffCoefficient: 2,
  });
  async function* persistent(context: OrchestrationContext) {
    return yield* wait(context.callActivity('flaky', undefined, { retry }));
  }
  await hub.work({ orchestrators: { persistent }, activities: { flaky: activity.run } });

  expect(output(await hub.run('persistent'))).toBe(3);

  const [first = 0, second = 0, third = 0] = activity.calledAt;
  expect(activity.calledAt).toHaveLength(3);
  expect(second - first).toBeGreaterThanOrEqual(200);
  expect(third - second).toBeGreaterThanOrEqual(400);
});

test('when every attempt is spent the orchestration fails with the last failure', async () => {
  const hub = server.hub();
  const activity = failsUntil(Infinity);
  const retry = new RetryPolicy({ maxNumberOfAttempts: 3, firstRetryIntervalInMilliseconds: 20 });
  async function* unlucky(context: OrchestrationContext) {
    return yield* wait(context.callActivity('broken', undefined, { retry }));
  }
  await hub.work({ orchestrators: { unlucky }, activities: { broken: activity.run } });

  const state = await hub.run('unlucky');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain('attempt 3 failed');
  expect(activity.calledAt).toHaveLength(3);
});

test('a retry policy repeats a failing sub-orchestration under the same id', async () => {
  const hub = server.hub();
  const ids: string[] = [];
  const activity = failsUntil(3);
  const retry = new RetryPolicy({ maxNumberOfAttempts: 3, firstRetryIntervalInMilliseconds: 20 });
  async function* parent(context: OrchestrationContext) {
    return yield* wait(context.callSubOrchestrator('child', undefined, { retry }));
  }
  async function* child(context: OrchestrationContext) {
    if (!context.isReplaying) ids.push(context.instanceId);
    return yield* wait(context.callActivity('flaky'));
  }
  await hub.work({ orchestrators: { parent, child }, activities: { flaky: activity.run } });

  expect(output(await hub.run('parent'))).toBe(3);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
});

test('retries of a child multiply the retries of its activities', async () => {
  const hub = server.hub();
  const activity = failsUntil(Infinity);
  const retry = new RetryPolicy({ maxNumberOfAttempts: 2, firstRetryIntervalInMilliseconds: 20 });
  async function* parent(context: OrchestrationContext) {
    return yield* wait(context.callSubOrchestrator('child', undefined, { retry }));
  }
  async function* child(context: OrchestrationContext) {
    return yield* wait(context.callActivity('broken', undefined, { retry }));
  }
  await hub.work({ orchestrators: { parent, child }, activities: { broken: activity.run } });

  const state = await hub.run('parent');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain('attempt 4 failed');
  expect(activity.calledAt).toHaveLength(4);
});

test('a retry handler sees each failure and may stop', async () => {
  const hub = server.hub();
  const activity = failsUntil(Infinity);
  const seen = new Map<number, string>();
  const retry = (context: RetryContext) => {
    seen.set(context.lastAttemptNumber, context.lastFailure.message);
    return context.lastAttemptNumber < 2 ? 20 : false;
  };
  async function* picky(context: OrchestrationContext) {
    return yield* wait(context.callActivity('broken', undefined, { retry }));
  }
  await hub.work({ orchestrators: { picky }, activities: { broken: activity.run } });

  const state = await hub.run('picky');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect([...seen]).toEqual([
    [1, 'attempt 1 failed'],
    [2, 'attempt 2 failed'],
  ]);
  expect(activity.calledAt).toHaveLength(2);
});

test('a failure that the policy does not handle is not retried', async () => {
  const hub = server.hub();
  const activity = failsUntil(Infinity);
  const retry = new RetryPolicy({
    maxNumberOfAttempts: 5,
    firstRetryIntervalInMilliseconds: 20,
    handleFailure: (failure) => failure.errorType !== 'TypeError',
  });
  async function* picky(context: OrchestrationContext) {
    return yield* wait(context.callActivity('broken', undefined, { retry }));
  }
  await hub.work({ orchestrators: { picky }, activities: { broken: activity.run } });

  expect((await hub.run('picky')).runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(activity.calledAt).toHaveLength(1);
});

test('an activity that no worker knows fails the call with its name in the text', async () => {
  const hub = server.hub();
  async function* hopeful(context: OrchestrationContext) {
    return yield* wait(context.callActivity('unheardOf'));
  }
  await hub.work({ orchestrators: { hopeful } });

  const state = await hub.run('hopeful');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain('unheardOf');
});

test('a failure that its worker calls final is not retried by the parent', async () => {
  const hub = server.hub();
  const retry = new RetryPolicy({ maxNumberOfAttempts: 10, firstRetryIntervalInMilliseconds: 60_000 });
  async function* hopeful(context: OrchestrationContext) {
    return yield* wait(context.callSubOrchestrator('child', undefined, { retry, version: '2.0.0' }));
  }
  // The package marks nothing but a foreign version as final.
  const versioning = {
    version: '1.0.0',
    matchStrategy: VersionMatchStrategy.Strict,
    failureStrategy: VersionFailureStrategy.Fail,
  };
  await hub.work({ orchestrators: { hopeful, child: () => 'never' }, options: { versioning } });

  const state = await hub.run('hopeful', undefined, { version: '1.0.0' });

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain('2.0.0');
});

test('an orchestrator that no worker knows fails with its name in the text', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { other: () => null } });

  const state = await hub.run('unheardOf');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain('unheardOf');
});

test('an orchestrator that throws fails with type, message and stack', async () => {
  const hub = server.hub();
  function throws(): never {
    throw new RangeError('out of range: "7" ∉ [1, 5]');
  }
  await hub.work({ orchestrators: { throws } });

  const state = await hub.run('throws');

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.errorType).toBe('RangeError');
  expect(state.failureDetails?.message).toBe('out of range: "7" ∉ [1, 5]');
  expect(state.failureDetails?.stackTrace).toContain('throws');
  expect(state.serializedOutput).toBeUndefined();
});

test('a caught failure lets the orchestration compensate in reverse order', async () => {
  const hub = server.hub();
  const done: string[] = [];
  async function* saga(context: OrchestrationContext) {
    const undo: string[] = [];
    try {
      for (const step of ['flight', 'hotel', 'car']) {
        yield* wait(context.callActivity('book', step));
        undo.unshift(step);
      }
      return 'booked';
    } catch {
      for (const step of undo) yield* wait(context.callActivity('cancel', step));
      return 'cancelled';
    }
  }
  const book = (_: unknown, step: string) => {
    if (step === 'car') throw new Error('no cars left');
    done.push(`book ${step}`);
  };
  const cancel = (_: unknown, step: string) => {
    done.push(`cancel ${step}`);
  };
  await hub.work({ orchestrators: { saga }, activities: { book, cancel } });

  expect(output(await hub.run('saga'))).toBe('cancelled');
  expect(done).toEqual(['book flight', 'book hotel', 'cancel hotel', 'cancel flight']);
});

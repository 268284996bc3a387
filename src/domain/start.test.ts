import { describe, expect, test } from 'vitest';
import { after, instanceState, microsAfter, toolsAt } from '../../test/helpers/factories.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { type OrchestrationIdReusePolicy, type OrchestrationStatus } from '../protocol/messages.ts';
import { type InstanceId, instanceId, partitionOf } from './ids.ts';
import { type InstanceStatus } from './instance.ts';
import { alreadyExists, buildInstance, checkIdReusePolicy, decideStart, restartedInstance } from './start.ts';

function policyOf(...names: string[]): OrchestrationIdReusePolicy {
  return { replaceableStatus: names.map((name) => `ORCHESTRATION_STATUS_${name}` as OrchestrationStatus) };
}

const everything = policyOf(
  'COMPLETED',
  'FAILED',
  'TERMINATED',
  'CANCELED',
  'PENDING',
  'RUNNING',
  'SUSPENDED',
);

describe('an id reuse policy', () => {
  test.each(['RUNNING', 'PENDING', 'SUSPENDED'])('that allows %s but not TERMINATED is refused', (status) => {
    expect(() => {
      checkIdReusePolicy(policyOf(status, 'COMPLETED'));
    }).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message:
          "Invalid reusable statuses: cannot exclude 'Terminated' while also allowing reuse of running instances",
      }),
    );
    checkIdReusePolicy(policyOf(status, 'TERMINATED'));
  });

  test('that allows only finished ones, or nothing, is fine', () => {
    checkIdReusePolicy(policyOf('COMPLETED', 'FAILED'));
    checkIdReusePolicy(policyOf());
    checkIdReusePolicy(null);
  });
});

describe('a start', () => {
  const terminal: InstanceStatus[] = ['completed', 'failed', 'terminated'];
  const living: InstanceStatus[] = ['pending', 'running', 'suspended'];

  test('creates an instance when nobody has the id', () => {
    for (const policy of [null, policyOf(), everything]) {
      expect(decideStart(undefined, policy)).toBe('create');
    }
  });

  test.each(terminal)('replaces an instance that is %s, unless the policy does not list it', (status) => {
    expect(decideStart(status, null)).toEqual({ replace: terminal });
    expect(decideStart(status, everything)).toEqual({ replace: terminal });
    expect(decideStart(status, policyOf(status.toUpperCase()))).toEqual({ replace: [status] });
    expect(decideStart(status, policyOf())).toBe('reject');
    expect(decideStart(status, policyOf('CANCELED'))).toBe('reject');
  });

  test.each(living)('is refused while the instance is %s, unless the policy lists it', (status) => {
    expect(decideStart(status, null)).toBe('reject');
    expect(decideStart(status, policyOf('TERMINATED'))).toBe('reject');
    expect(decideStart(status, everything)).toBe('terminateFirst');
  });

  test('that is refused says who holds the id', () => {
    const error = alreadyExists('order-1', 'running');
    expect(error.code).toBe('already_exists');
    expect(error.message).toMatch(/'order-1' already exists and is RUNNING/);
  });
});

describe('a new instance', () => {
  const parentTraceContext = { traceParent: '00-1-2-01', spanID: '2', traceState: { value: 'a=b' } };

  function build(request: MessageInput<'CreateInstanceRequest'>) {
    const wire = codec.encode('CreateInstanceRequest', { instanceId: 'order-1', name: 'Order', ...request });
    const decoded = codec.decode('CreateInstanceRequest', wire);
    const instance = buildInstance(decoded, { hubId: 3, ...toolsAt() });
    return { instance, started: codec.decodeEvent(instance.started) };
  }

  test('is what was asked for', () => {
    const asked = { version: { value: '' }, input: { value: '1' }, tags: { a: 'b' } };
    const { instance, started } = build({ ...asked, parentTraceContext });
    expect(instance).toMatchObject({
      ...{ hubId: 3, id: 'order-1', partition: partitionOf(3, 'order-1'), key: 1001, kind: 'orchestration' },
      ...{
        name: 'Order',
        version: '',
        input: '1',
        tags: { a: 'b' },
        parent: null,
        createdAt: microsAfter(10),
      },
      ...{ scheduledAt: null, owned: false, replaces: [], ifTaken: null },
    });
    expect(started).toEqual({
      eventId: -1,
      timestamp: after(10),
      eventType: 'executionStarted',
      executionStarted: {
        ...asked,
        name: 'Order',
        parentTraceContext,
        orchestrationInstance: { instanceId: 'order-1', executionId: { value: instance.executionId } },
        parentInstance: null,
        scheduledStartTimestamp: null,
        orchestrationSpanID: null,
      },
    });
  });

  test('without an id gets one', () => {
    const { instance } = build({ instanceId: '' });
    expect(instance.id).toMatch(/^e\d{31}$/);
    expect(instance.executionId).not.toBe(instance.id);
  });

  test('has the execution id that was given', () => {
    expect(build({ executionId: { value: 'mine' } }).instance.executionId).toBe('mine');
    expect(build({ executionId: { value: '' } }).instance.executionId).toMatch(/^e\d{31}$/);
  });

  test('with an empty input has none', () => {
    const { instance, started } = build({ input: { value: '' } });
    expect(instance).toMatchObject({ input: null, version: null, tags: null });
    expect(started).toMatchObject({ executionStarted: { input: null } });
  });

  test.each([{ seconds: 0, nanos: 0 }, after(10)])(
    'scheduled for %j starts at once',
    (scheduledStartTimestamp) => {
      const { instance, started } = build({ scheduledStartTimestamp });
      expect(instance.scheduledAt).toBeNull();
      expect(started).toMatchObject({ executionStarted: { scheduledStartTimestamp: null } });
    },
  );

  test('scheduled for later waits until then', () => {
    const { instance, started } = build({ scheduledStartTimestamp: after(60, 100) });
    expect(instance).toMatchObject({ scheduledAt: microsAfter(60) + 1, timerKey: 1002 });
    expect(started).toMatchObject({
      timestamp: after(10),
      executionStarted: { scheduledStartTimestamp: after(60, 100) },
    });
  });

  test.each([
    [{ instanceId: 'a'.repeat(101) }, /length/],
    [{ instanceId: '@a@b' }, /entity/],
    [{ name: '' }, /orchestrator name is empty/],
    [{ version: { value: '\0' } }, /version/],
    [{ tags: { a: '\0' } }, /tag/],
    [{ executionId: { value: '\0' } }, /execution id/],
  ])('is refused when it can’t be one (case %#)', (request, message) => {
    expect(() => build(request)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringMatching(message) as string,
      }),
    );
  });
});

// Contract §5.4.
describe('a restart', () => {
  const parent = { partition: 1, key: 5, generation: 0, taskId: 3, wire: Buffer.from('parent') };
  const old = {
    ...instanceState({ version: '', tags: { a: 'b' }, parent, generation: 4, customStatus: '"old"' }),
    ...{ status: 'completed' as const, input: '7', output: '8', failure: null, owner: null },
    ...{ scheduledAt: microsAfter(1), completedAt: microsAfter(2) },
  };
  const restarted = (id: InstanceId) => restartedInstance(old, id, { hubId: 1, ...toolsAt() });

  test('is a new instance from the current input, without parent and without a scheduled start', () => {
    const instance = restarted(old.id);
    expect(instance).toMatchObject({
      ...{ id: old.id, key: 1001, name: 'Order', version: '', input: '7', tags: { a: 'b' }, parent: null },
      ...{ scheduledAt: null, createdAt: microsAfter(10), partition: partitionOf(1, old.id), owned: false },
      executionId: `e${'1'.padStart(31, '0')}`,
    });
    expect(codec.decodeEvent(instance.started)).toMatchObject({
      ...{ eventId: -1, timestamp: after(10) },
      executionStarted: {
        ...{ name: 'Order', version: { value: '' }, input: { value: '7' }, tags: { a: 'b' } },
        ...{ parentInstance: null, scheduledStartTimestamp: null, parentTraceContext: null },
        orchestrationInstance: { instanceId: old.id, executionId: { value: instance.executionId } },
      },
    });
  });

  test('replaces whoever holds the id and has finished, and nobody else', () => {
    expect(restarted(old.id).replaces).toEqual(['completed', 'failed', 'terminated']);
  });

  test('under another id lies where that id belongs', () => {
    const id = instanceId('another');
    const { started, partition } = restarted(id);
    expect(partition).toBe(partitionOf(1, id));
    expect(codec.decodeEvent(started)).toMatchObject({
      executionStarted: { orchestrationInstance: { instanceId: id } },
    });
  });
});

import { describe, expect, test } from 'vitest';
import { after, countingIds, microsAfter } from '../../test/helpers/factories.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { type OrchestrationIdReusePolicy, type OrchestrationStatus } from '../protocol/messages.ts';
import { partitionOf } from './ids.ts';
import { type InstanceStatus } from './instance.ts';
import { alreadyExists, buildInstance, checkIdReusePolicy, decideStart } from './start.ts';

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
    const instance = buildInstance(decoded, { hubId: 3, now: after(10), ids: countingIds(), codec });
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

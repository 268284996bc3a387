import { expect, test } from 'vitest';
import { after, answer, instanceState, microsAfter, recorded } from '../../../test/helpers/factories.ts';
import { codec } from '../../protocol/codec.ts';
import { partitionOf } from '../ids.ts';

const child = {
  instanceId: 'child-1',
  name: 'Ship',
  version: { value: '' },
  input: { value: '{}' },
  tags: { a: 'b' },
  parentTraceContext: { traceParent: '00-1-2-01', spanID: '2', traceState: null },
};
const state = instanceState({ version: '1.0', generation: 3, tags: { of: 'parent' } });
const parentInstance = {
  taskScheduledId: 5,
  name: { value: 'Order' },
  version: { value: '1.0' },
  orchestrationInstance: { instanceId: 'parent-1', executionId: { value: 'a'.repeat(32) } },
};

function create(createSubOrchestration: object) {
  const { outcome } = answer({ actions: [{ id: 5, createSubOrchestration }] }, { state });
  const [instance] = outcome.instances ?? [];
  const taken = instance?.ifTaken && codec.decodeEvent(instance.ifTaken.message.event);
  return { outcome, instance, taken, last: recorded(outcome).at(-1) };
}

test('a child is history and an instance, with only what the action said', () => {
  const { instance, last } = create(child);
  expect(last).toMatchObject({ eventId: 5, timestamp: after(10), subOrchestrationInstanceCreated: child });
  expect(instance).toMatchObject({
    ...{ hubId: 1, id: 'child-1', partition: partitionOf(1, 'child-1'), key: 1001, kind: 'orchestration' },
    ...{ name: 'Ship', version: '', input: '{}', tags: { a: 'b' }, owned: false, scheduledAt: null },
    parent: { partition: 7, key: 100, generation: 3, taskId: 5 },
    createdAt: microsAfter(10),
    replaces: ['completed', 'failed', 'terminated'],
  });
  expect(codec.decode('ParentInstanceInfo', instance?.parent?.wire ?? Buffer.alloc(0))).toEqual(
    parentInstance,
  );
});

test('a child’s first event names its parent', () => {
  const { instance } = create(child);
  const { instanceId, ...rest } = child;
  expect(codec.decodeEvent(instance?.started ?? Buffer.alloc(0))).toEqual({
    eventId: -1,
    timestamp: after(10),
    eventType: 'executionStarted',
    executionStarted: {
      ...rest,
      parentInstance,
      orchestrationInstance: { instanceId, executionId: { value: instance?.executionId } },
      scheduledStartTimestamp: null,
      orchestrationSpanID: null,
    },
  });
});

test('a child without a version has none, whatever its parent’s is', () => {
  expect(create({ ...child, version: null }).instance?.version).toBeNull();
});

test('a child whose id is held fails in the eyes of this execution of the parent', () => {
  const { instance, taken } = create(child);
  expect(instance?.ifTaken).toMatchObject({
    to: { by: 'key', partition: 7, key: 100, generation: 3 },
    message: { rank: 3, kind: 'childResult' },
    isFromClient: false,
  });
  expect(taken).toMatchObject({
    eventId: -1,
    subOrchestrationInstanceFailed: {
      taskScheduledId: 5,
      failureDetails: {
        errorType: 'OrchestrationAlreadyExists',
        errorMessage: expect.stringContaining("'child-1'") as string,
      },
    },
  });
});

test('nobody hears of a fire-and-forget child whose id is held', () => {
  expect(create({ ...child, tags: { FireAndForget: '' } }).instance?.ifTaken).toBeNull();
});

test('a child without an id gets one of the execution and the action', () => {
  const { instance, last } = create({ name: 'Ship' });
  expect(instance?.id).toBe(`${'a'.repeat(32)}:0005`);
  expect(last).toMatchObject({ subOrchestrationInstanceCreated: { instanceId: instance?.id } });
});

test('a child with its parent’s own id is refused by the parent, not by the store', () => {
  const { outcome } = create({ ...child, instanceId: 'parent-1' });
  expect(outcome.instances).toBeUndefined();
  expect(outcome.messages).toMatchObject([{ to: { by: 'key', key: 100 }, message: { kind: 'childResult' } }]);
});

test.each([
  [{ instanceId: 'a'.repeat(513) }, /length of 513 bytes/],
  [{ instanceId: 'a\0' }, /NUL/],
  [{ instanceId: '@counter@1' }, /entity/],
  [{ name: '' }, /orchestrator name .* is empty/],
  [{ name: 'a\0' }, /orchestrator name contains a NUL/],
  [{ version: { value: '\0' } }, /version contains a NUL/],
  [{ tags: { '\0': '' } }, /tag contains a NUL/],
  [{ tags: { a: 'x'.repeat(16_384) } }, /tags have a length of 16385 bytes/],
])('a child that can’t exist fails its parent (case %#)', (wrong, message) => {
  const { outcome, last } = create({ ...child, ...wrong });
  expect(outcome.instances).toBeUndefined();
  expect(outcome.patch).toMatchObject({ kind: 'end', status: 'failed' });
  expect(last).toMatchObject({
    executionCompleted: { failureDetails: { errorMessage: expect.stringMatching(message) as string } },
  });
});

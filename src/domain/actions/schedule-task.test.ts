import { expect, test } from 'vitest';
import { answer, instanceState, recorded } from '../../../test/helpers/factories.ts';
import { codec } from '../../protocol/codec.ts';

const parentTraceContext = {
  traceParent: '00-1-2-01',
  spanID: '2',
  traceState: { value: 'a=b' },
};
const task = {
  name: 'Charge',
  version: { value: '2' },
  input: { value: '[1]' },
  tags: { a: 'b' },
  parentTraceContext,
};

test('an activity is history and work, with everything that the action said', () => {
  const { outcome } = answer({ actions: [{ id: 4, scheduleTask: task }] });
  expect(recorded(outcome).at(-1)).toMatchObject({ eventId: 4, taskScheduled: task });
  expect(outcome.activities).toMatchObject([
    {
      ...{ partition: 7, key: 100, generation: 0, hubId: 1, taskId: 4, owned: false },
      ...{ name: 'Charge', version: '2', effectiveVersion: '2' },
    },
  ]);
  expect(codec.decode('ActivityRequest', outcome.activities?.[0]?.request ?? Buffer.alloc(0))).toEqual({
    ...task,
    taskId: 4,
    orchestrationInstance: { instanceId: 'parent-1', executionId: { value: 'a'.repeat(32) } },
  });
});

test('an activity without a version is matched by its orchestration’s, which it is not sent', () => {
  const { outcome } = answer(
    { actions: [{ id: 4, scheduleTask: { name: 'Charge' } }] },
    { state: instanceState({ version: '3.0.0' }) },
  );
  const [activity] = outcome.activities ?? [];
  expect(activity).toMatchObject({ version: null, effectiveVersion: '3.0.0' });
  expect(codec.decode('ActivityRequest', activity?.request ?? Buffer.alloc(0)).version).toBeNull();
});

test('an explicit empty version stays one', () => {
  const { outcome } = answer(
    { actions: [{ id: 4, scheduleTask: { name: 'Charge', version: { value: '' } } }] },
    { state: instanceState({ version: '3.0.0' }) },
  );
  expect(outcome.activities).toMatchObject([{ version: '', effectiveVersion: '' }]);
});

test('an id may be used twice: both are work', () => {
  const scheduleTask = { name: 'Charge' };
  const { outcome } = answer({
    actions: [
      { id: 4, scheduleTask },
      { id: 4, scheduleTask },
    ],
  });
  expect(new Set(outcome.activities?.map(({ activityKey }) => activityKey)).size).toBe(2);
});

test.each([
  [{ name: 'a\0' }, /activity name contains a NUL/],
  [{ name: 'a'.repeat(1025) }, /length of 1025/],
  [{ name: 'a', version: { value: '\0' } }, /version contains a NUL/],
  [{ name: 'a', tags: { a: '\0' } }, /tag contains a NUL/],
  [{ name: 'a', tags: { a: 'x'.repeat(16_384) } }, /tags have a length of 16385 bytes/],
])('what can’t be stored fails the orchestration (case %#)', (scheduleTask, message) => {
  const { outcome } = answer({ actions: [{ id: 4, scheduleTask }] });
  expect(outcome.activities).toBeUndefined();
  expect(recorded(outcome).at(-1)).toMatchObject({
    executionCompleted: { failureDetails: { errorMessage: expect.stringMatching(message) as string } },
  });
});

import { expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import { complete, createChild, fail } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

test('an unknown id is OK without a state (orchestrations §1.11)', async () => {
  await expect(hub().client.call('GetInstance', { instanceId: 'nobody' })).resolves.toEqual({
    exists: false,
    orchestrationState: null,
  });
});

// §15.
test.each(['@counter@1', 'é', 'x'.repeat(600)])(
  'an id that no orchestration can have is unknown: %s',
  async (instanceId) => {
    expect(await hub().find(instanceId)).toBeNull();
  },
);

test('inputs and outputs are shown only when asked for; everything else always', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '1' } });
  await worker.play([complete('2')], { customStatus: { value: '"done"' } });
  await orders.completed(id);
  expect(await orders.find(id, true)).toMatchObject({ input: { value: '1' }, output: { value: '2' } });
  expect(await orders.find(id, false)).toMatchObject({
    orchestrationStatus: statusNamed('COMPLETED'),
    input: null,
    output: null,
    customStatus: { value: '"done"' },
    failureDetails: null,
  });
});

test('failure details are shown as they were given, at any depth, without asking for payloads', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const failureDetails = {
    errorType: 'Outer',
    errorMessage: '',
    stackTrace: { value: 'at line 1\nat line 2' },
    isNonRetriable: true,
    properties: { code: { numberValue: 42 }, nothing: { nullValue: 'NULL_VALUE' as const } },
    innerFailure: { errorType: 'Inner', errorMessage: 'in', innerFailure: { errorType: 'Innermost' } },
  };
  await worker.play([fail(failureDetails)]);
  await orders.completed(id);
  expect(await orders.find(id, false)).toMatchObject({
    orchestrationStatus: statusNamed('FAILED'),
    failureDetails,
  });
});

// Not at dispatch.
test('the status is PENDING while the first turn is out, and changes together with the custom status (orchestrations §1.14)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const item = await worker.turn();
  expect(await orders.status(id)).toBe(statusNamed('PENDING'));
  await worker.answer(item, [], { customStatus: { value: '"half"' } });
  expect(await orders.get(id)).toMatchObject({
    orchestrationStatus: statusNamed('RUNNING'),
    customStatus: { value: '"half"' },
  });
});

// §3.2: Java and Go send "" for none. §8.1: every turn says it anew.
test('a custom status goes when a turn has none, or an empty one', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  for (const customStatus of [null, { value: '' }]) {
    await orders.raise(id, 'go');
    await worker.play([], { customStatus: { value: '"on"' } });
    expect((await orders.get(id)).customStatus).toEqual({ value: '"on"' });
    await orders.raise(id, 'go');
    await worker.play([], { customStatus });
    expect((await orders.get(id)).customStatus).toBeNull();
  }
});

test('times tell creation, the last change and the end (orchestrations §1.11)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const created = await orders.get(id);
  await worker.play([]);
  const running = await orders.get(id);
  await orders.raise(id, 'go');
  await worker.play([complete()]);
  const ended = await orders.completed(id);
  const at = (state: typeof ended): number[] =>
    [state.createdTimestamp, state.lastUpdatedTimestamp, state.completedTimestamp].map((time) =>
      time ? time.seconds * 1e6 + Math.round(time.nanos / 1e3) : 0,
    );
  const [[createdAt = 0], [, runningAt = 0, notEnded], [stillCreatedAt, updatedAt = 0, endedAt = 0]] = [
    at(created),
    at(running),
    at(ended),
  ];
  expect(stillCreatedAt).toBe(createdAt);
  expect(runningAt).toBeGreaterThan(createdAt);
  expect(notEnded).toBe(0);
  expect(updatedAt).toBeGreaterThan(runningAt);
  expect(endedAt).toBeLessThanOrEqual(updatedAt);
  expect(endedAt).toBeGreaterThan(runningAt);
});

test('a child names its parent', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const parent = await orders.start();
  const child = `${parent}:child`;
  await worker.play([createChild(1, { instanceId: child })]);
  expect(await orders.get(child)).toMatchObject({
    name: 'Child',
    orchestrationStatus: statusNamed('PENDING'),
    parentInstanceId: { value: parent },
  });
});

test('an instance is known in its own hub only', async () => {
  const [mine, yours] = [hub(), hub()];
  const id = await mine.start();
  expect(await yours.find(id)).toBeNull();
  await yours.start({ instanceId: id, name: 'Other' });
  expect((await mine.get(id)).name).toBe('Order');
});

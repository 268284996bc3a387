import { describe, expect, test } from 'vitest';
import { limits } from '../../src/domain/limits.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { callAction, findEntity, signal, signalAction, stateOf, success } from '../helpers/entities.ts';
import {
  type Action,
  complete,
  continueAsNew,
  createChild,
  eventOf,
  fail,
  PATIENCE_MS,
  scheduleTask,
  type ScriptedWorker,
  sendEvent,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { historyOf } from './history.ts';

// Both sides of what callers may send: at the limit all is well, one beyond it the call is refused and
// changes nothing, or what a worker asks for fails with the limit in its text.

const PAYLOAD_BYTES = 1024 * 1024;
const ID_LENGTH = 120;
const { hub } = useServer({ maxPayloadMb: 1, maxInstanceIdLength: ID_LENGTH, maxDeliveryAttempts: 1 });

/** So many bytes of UTF-8 in fewer characters. */
interface Payload {
  readonly value: string;
}
const text = (bytes: number): Payload => ({ value: 'é'.repeat(1000) + 'x'.repeat(bytes - 2000) });
const [most, tooMuch] = [text(PAYLOAD_BYTES), text(PAYLOAD_BYTES + 1)];
const PATIENCE = { timeout: PATIENCE_MS };
const SETTING = 'PERDURA_MAX_PAYLOAD_MB';

async function running(orders: TestHub, worker: ScriptedWorker): Promise<string> {
  const id = await orders.start();
  await worker.play([]);
  return id;
}

describe('a payload of a client', () => {
  const cases = [
    { rpc: 'RaiseEvent', of: (input: Payload) => ({ name: 'e', input }) },
    { rpc: 'SuspendInstance', of: (reason: Payload) => ({ reason }) },
    { rpc: 'ResumeInstance', of: (reason: Payload) => ({ reason }) },
    { rpc: 'TerminateInstance', of: (output: Payload) => ({ output }) },
  ] as const;
  test.each(cases)('may have so many bytes: $rpc', async ({ rpc, of }) => {
    const orders = hub();
    const id = await running(orders, await orders.worker());
    const before = [await orders.get(id), await historyOf(orders, id)];
    await orders.refuses(rpc, { instanceId: id, ...of(tooMuch) }, 'INVALID_ARGUMENT', SETTING);
    expect([await orders.get(id), await historyOf(orders, id)]).toEqual(before);
    await orders.client.call(rpc, { instanceId: id, ...of(most) });
  });

  test('may have so many bytes: StartInstance', async () => {
    const orders = hub();
    const request = { instanceId: 'a', name: 'Order', input: tooMuch };
    await orders.refuses('StartInstance', request, 'INVALID_ARGUMENT', SETTING);
    expect(await orders.find('a')).toBeNull();
    await orders.start({ ...request, input: most });
    expect((await orders.get('a')).input).toEqual(most);
  });

  test('may have so many bytes: RewindInstance', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([fail({ errorType: 'E', errorMessage: 'm' })]);
    await orders.completed(id);
    const request = { instanceId: id, reason: tooMuch };
    await orders.refuses('RewindInstance', request, 'INVALID_ARGUMENT', SETTING);
    expect(await orders.status(id)).toBe(statusNamed('FAILED'));
    await orders.client.call('RewindInstance', { ...request, reason: most });
  });

  test('may have so many bytes: SignalEntity', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const request = { instanceId: '@a@1', name: 'set', input: tooMuch };
    await orders.refuses('SignalEntity', request, 'INVALID_ARGUMENT', SETTING);
    await signal(orders, '@a@1', 'set', { input: most });
    expect((await worker.playBatch('1')).operations).toEqual(['set']);
  });

  test('may have so many bytes: SkipGracefulOrchestrationTerminations', async () => {
    const orders = hub();
    const ids = [await orders.start(), await orders.start()];
    const request = { instanceBatch: { instanceIds: ids }, reason: tooMuch };
    await orders.refuses('SkipGracefulOrchestrationTerminations', request, 'INVALID_ARGUMENT', SETTING);
    expect(await orders.status(ids[0] ?? '')).toBe(statusNamed('PENDING'));
    await orders.client.call('SkipGracefulOrchestrationTerminations', { ...request, reason: most });
    for (const id of ids) expect((await orders.completed(id)).output).toEqual(most);
  });
});

describe('a payload of a worker', () => {
  type Make = (payload: Payload) => Action;
  const actions: readonly (readonly [what: string, make: Make])[] = [
    ['input of the activity', (input) => scheduleTask(1, 'A', { input })],
    ['input of the sub-orchestration', (input) => createChild(1, { input })],
    ['data of the event', ({ value }) => sendEvent(1, 'nobody', 'e', value)],
    ['input of the signal', (input) => signalAction(1, '@a@1', 'set', { input })],
    ['input of the call', (input) => callAction(1, '@a@1', 'set', { input })],
    ['output of the orchestration', ({ value }) => complete(value)],
    ['output of the orchestration', ({ value }) => continueAsNew(value)],
    [
      'reason of the termination',
      (reason) => ({ id: 1, terminateOrchestration: { instanceId: 'nobody', reason } }),
    ],
  ];
  test.each(actions)('fails the orchestration when it is larger: %s', async (what, make) => {
    const orders = hub();
    const worker = await orders.worker();
    const [good, bad] = [await orders.start(), await orders.start({ name: 'Bad' })];
    for (let n = 0; n < 2; n++) {
      const item = await worker.turn();
      await worker.answer(item, [make(item.instanceId === good ? most : tooMuch)]);
    }
    expect(await orders.status(good)).not.toBe(statusNamed('FAILED'));
    const { orchestrationStatus, failureDetails } = await orders.completed(bad);
    expect([orchestrationStatus, failureDetails?.errorType]).toEqual([
      statusNamed('FAILED'),
      'PayloadTooLarge',
    ]);
    expect(failureDetails?.errorMessage).toContain(`the ${what} has ${PAYLOAD_BYTES + 1} bytes`);
    expect(failureDetails?.errorMessage).toContain(SETTING);
  });

  test('fails the orchestration when it is larger: custom status', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([], { customStatus: most });
    expect((await orders.get(id)).customStatus).toEqual(most);
    await orders.raise(id, 'e');
    await worker.play([], { customStatus: tooMuch });
    expect((await orders.completed(id)).failureDetails?.errorMessage).toContain('the custom status has');
  });

  test('is a failure of the activity when its result is larger', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    await worker.play([scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
    for (let n = 0; n < 2; n++) {
      const item = await worker.activity();
      await worker.completeActivity(item, { result: item.request.name === 'A' ? most : tooMuch });
    }
    const types: (string | undefined)[] = [];
    while (types.length < 2) {
      const turn = await worker.play([]);
      types.push(...turn.news.filter((type) => type !== 'orchestratorStarted'));
      if (!turn.news.includes('taskFailed')) continue;
      const { taskFailed } = eventOf(turn, 'taskFailed');
      expect(taskFailed.failureDetails?.errorMessage).toContain('the result of the activity has');
      expect(taskFailed.failureDetails?.isNonRetriable).toBe(true);
    }
    expect(types.toSorted()).toEqual(['taskCompleted', 'taskFailed']);
  });

  test('fails the batch of an entity when it is its state', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    await worker.play([callAction(1, '@a@1', 'first'), callAction(2, '@a@2', 'second')]);
    for (let n = 0; n < 2; n++) {
      const item = await worker.batch();
      const entityState = item.instanceId === '@a@1' ? most : tooMuch;
      await worker.completeBatch(item, { results: [success()], entityState });
    }
    const replies = [await worker.play([]), await worker.play([])].flatMap(
      ({ request }) => request.newEvents,
    );
    const failed = replies.find((event) => event.eventType === 'entityOperationFailed');
    expect(failed?.entityOperationFailed.failureDetails?.errorMessage).toContain("the entity's state has");
    expect(await stateOf(orders, '@a@1')).toBe(most.value);
    expect(await findEntity(orders, '@a@2')).toBeNull();
  });

  test('fails one operation of an entity when it is its result; the others count', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    await worker.play([1, 2, 3].map((n) => callAction(n, '@a@1', `op ${n}`)));
    const results = [most, tooMuch, { value: '3' }].map((result) => ({ success: { result } }));
    const item = await worker.batch();
    await worker.completeBatch(item, { results, entityState: { value: 'all' } });
    const replies: string[] = [];
    while (replies.length < 3) {
      for (const event of (await worker.play([])).request.newEvents) {
        if (event.eventType === 'entityOperationCompleted') replies.push('done');
        if (event.eventType !== 'entityOperationFailed') continue;
        replies.push(event.entityOperationFailed.failureDetails?.errorMessage ?? '');
      }
    }
    expect(replies).toEqual(['done', expect.stringContaining('the result of the operation has'), 'done']);
    expect(await stateOf(orders, '@a@1')).toBe('all');
  });

  test('is left out when an entity sends it: the batch and its other actions count (entities §1.7)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@a@1', 'act');
    const signals = [tooMuch, most].map((input, n) => ({
      sendSignal: { instanceId: `@b@${n}`, name: 'set', input },
    }));
    const starts = [tooMuch, most].map((input, n) => ({
      startNewOrchestration: { instanceId: `o-${n}`, name: 'Order', input },
    }));
    await worker.playBatch('acted', { actions: [...signals, ...starts] });
    expect(await worker.batch()).toMatchObject({ instanceId: '@b@1', operations: ['set'] });
    expect(await worker.turn()).toMatchObject({ instanceId: 'o-1' });
    expect(await orders.find('o-0')).toBeNull();
    expect(await findEntity(orders, '@b@0')).toBeNull();
    expect(await stateOf(orders, '@a@1')).toBe('acted');
  });
});

describe('an instance id', () => {
  test('may be as long as is set', async () => {
    const orders = hub();
    const request = { instanceId: 'i'.repeat(ID_LENGTH + 1), name: 'Order' };
    await orders.refuses('StartInstance', request, 'INVALID_ARGUMENT', 'PERDURA_MAX_INSTANCE_ID_LENGTH');
    expect(await orders.find(request.instanceId)).toBeNull();
    const instanceId = 'i'.repeat(ID_LENGTH);
    expect(await orders.start({ instanceId })).toBe(instanceId);
    await orders.raise(instanceId, 'e');
    expect(await orders.status(instanceId)).toBe(statusNamed('PENDING'));
  });

  test('of an entity too', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = (length: number): string => `@a@${'k'.repeat(length - 3)}`;
    const request = { instanceId: id(ID_LENGTH + 1), name: 'set' };
    await orders.refuses('SignalEntity', request, 'INVALID_ARGUMENT', 'PERDURA_MAX_INSTANCE_ID_LENGTH');
    await signal(orders, id(ID_LENGTH), 'set');
    await worker.playBatch('1');
    await expect.poll(() => stateOf(orders, id(ID_LENGTH)), PATIENCE).toBe('1');
  });
});

test('tags may have 16 KiB together, and a name 1,024 characters', async () => {
  const orders = hub();
  const tags = (bytes: number) => ({ a: 'x'.repeat(bytes - 2), b: '' });
  const name = 'n'.repeat(limits.nameLength);
  for (const wrong of [{ tags: tags(limits.tagsBytes + 1) }, { name: `${name}n` }]) {
    const request = { instanceId: 'a', name, ...wrong };
    const length = `at most ${'tags' in wrong ? limits.tagsBytes : limits.nameLength}`;
    await orders.refuses('StartInstance', request, 'INVALID_ARGUMENT', length);
    expect(await orders.find('a')).toBeNull();
  }
  await orders.start({ instanceId: 'a', name, tags: tags(limits.tagsBytes) });
  expect((await orders.get('a')).tags).toEqual(tags(limits.tagsBytes));
});

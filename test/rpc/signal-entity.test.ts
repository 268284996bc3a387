import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { codec } from '../../src/protocol/codec.ts';
import { callRaw, TestHub } from '../helpers/client.ts';
import { findEntity, signal, stateOf } from '../helpers/entities.ts';
import { fromNow, type ScriptedWorker } from '../helpers/scripted-worker.ts';
import { startTestServer, useServer } from '../helpers/server.ts';

const { hub, server } = useServer();

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Names of the next operations, until so many have come, however they are batched. */
async function operations(worker: ScriptedWorker, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) seen.push(...(await worker.playBatch('0')).operations);
  return seen;
}

// §1.2.
describe('a signal', () => {
  test('needs neither an entity nor a worker, and waits for both', async () => {
    const orders = hub();
    await signal(orders, '@counter@1', 'add', { input: { value: '5' } });
    expect(await findEntity(orders, '@counter@1')).toBeNull();
    const worker = await orders.worker();
    const batch = await worker.playBatch('5');
    expect(batch).toMatchObject({ instanceId: '@counter@1', state: null, operations: ['add'] });
    expect(batch.request.operationRequests).toMatchObject([
      { entityOperationSignaled: { operation: 'add', input: { value: '5' } } },
    ]);
    await expect.poll(() => stateOf(orders, '@counter@1')).toBe('5');
  });

  test('and the next ones of one client come in order, once each', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const names = Array.from({ length: 30 }, (_, i) => `op-${i}`);
    const seen = operations(worker, names.length);
    for (const name of names) await signal(orders, '@counter@1', name);
    expect(await seen).toEqual(names);
  });

  test('to one key is none to another: keys are case-sensitive, may be empty and hold @ (entities §1.1)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const ids = ['@counter@a', '@counter@A', '@counter@', '@counter@a@b', '@counter@ü\u{1f600}'];
    for (const id of ids) await signal(orders, id, 'set');
    const seen: string[] = [];
    while (seen.length < ids.length) seen.push((await worker.playBatch('1')).instanceId);
    expect(seen.toSorted()).toEqual(ids.toSorted());
  });

  test('wakes an entity that was deleted, which begins anew', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add');
    await worker.playBatch('1');
    await signal(orders, '@counter@1', 'delete');
    await worker.playBatch(null);
    await expect.poll(() => findEntity(orders, '@counter@1')).toBeNull();
    await signal(orders, '@counter@1', 'add');
    expect((await worker.batch()).state).toBeNull();
  });

  test('stays in its task hub', async () => {
    const [mine, yours] = [hub(), hub()];
    const [worker, other] = [await mine.worker(), await yours.worker()];
    await signal(mine, '@counter@1', 'add');
    await signal(yours, '@counter@1', 'other');
    expect((await worker.playBatch('1')).operations).toEqual(['add']);
    expect((await other.playBatch('2')).operations).toEqual(['other']);
    await expect.poll(() => stateOf(mine, '@counter@1')).toBe('1');
  });
});

// §1.2: SDKs repeat calls whose answer was lost, with the same bytes.
describe('a repeated request', () => {
  test('is carried out once: one after the other, at the same time, and after it was done', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const requestId = randomUUID();
    await Promise.all(Array.from({ length: 10 }, () => signal(orders, '@counter@1', 'add', { requestId })));
    await signal(orders, '@counter@1', 'add', { requestId });
    expect((await worker.playBatch('1')).operations).toEqual(['add']);
    await signal(orders, '@counter@1', 'add', { requestId: requestId.toUpperCase() });
    await signal(orders, '@counter@1', 'last');
    expect((await worker.batch()).operations).toEqual(['last']);
  });

  test('is carried out once when it came to two replicas', async () => {
    const orders = hub();
    const second = await startTestServer({ databaseUrl: server().databaseUrl });
    const there = new TestHub(second.endpoint, orders.name);
    const worker = await orders.worker();
    const requestIds = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(
      requestIds.flatMap((requestId) =>
        [orders, there].map((at) => signal(at, '@counter@1', requestId, { requestId })),
      ),
    );
    const seen = await operations(worker, requestIds.length);
    await signal(there, '@counter@1', 'last');
    seen.push(...(await operations(worker, 1)));
    expect(seen.toSorted()).toEqual([...requestIds, 'last'].toSorted());
    there.close();
    await second.close();
  });

  test('is carried out once when it is delayed', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const request = { requestId: randomUUID(), scheduledTime: fromNow(300) };
    await Promise.all([1, 2, 3].map(() => signal(orders, '@counter@1', 'later', request)));
    expect((await worker.playBatch('1')).operations).toEqual(['later']);
    await signal(orders, '@counter@1', 'last');
    expect((await worker.batch()).operations).toEqual(['last']);
  });

  test('for another entity is another one', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const requestId = randomUUID();
    await signal(orders, '@counter@1', 'add', { requestId });
    await signal(orders, '@counter@2', 'add', { requestId });
    const seen = [(await worker.playBatch('1')).instanceId, (await worker.playBatch('1')).instanceId];
    expect(seen.toSorted()).toEqual(['@counter@1', '@counter@2']);
  });
});

describe('request ids', () => {
  test('that are GUIDs are kept as they are; others are replaced (entities §0.1)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const kept = randomUUID().toUpperCase();
    for (const requestId of [kept, '', 'not-a-guid', 'not-a-guid']) {
      await signal(orders, '@counter@1', 'add', { requestId });
    }
    const ids: string[] = [];
    while (ids.length < 4) {
      for (const event of (await worker.playBatch('1')).request.operationRequests) {
        expect(event).toMatchObject({ eventId: -1, eventType: 'entityOperationSignaled' });
        expect(event.timestamp?.seconds).toBeGreaterThan(1_700_000_000);
        if (event.eventType === 'entityOperationSignaled') ids.push(event.entityOperationSignaled.requestId);
      }
    }
    expect(ids[0]).toBe(kept);
    for (const id of ids.slice(1)) expect(id).toMatch(guid);
    expect(new Set(ids).size).toBe(4);
  });
});

describe('a scheduled signal', () => {
  test('comes not before its time, and once', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const due = Date.now() + 700;
    const scheduledTime = fromNow(due - Date.now());
    await signal(orders, '@counter@1', 'later', { scheduledTime });
    await signal(orders, '@counter@1', 'now');
    expect((await worker.playBatch('1')).operations).toEqual(['now']);
    const batch = await worker.playBatch('2');
    expect(Date.now()).toBeGreaterThanOrEqual(due - 1);
    expect(batch.request.operationRequests).toMatchObject([
      { entityOperationSignaled: { operation: 'later', scheduledTime } },
    ]);
    await pause(300);
    expect(worker.count('entity')).toBe(0);
  });

  test.each([
    ['in the past', -3_600_000],
    ['now', 0],
  ])('%s comes at once', async (_, ms) => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'add', { scheduledTime: fromNow(ms) });
    expect((await worker.batch()).operations).toEqual(['add']);
  });

  test('makes its entity only when it comes', async () => {
    const orders = hub();
    await signal(orders, '@counter@1', 'later', { scheduledTime: fromNow(3_600_000) });
    expect(await findEntity(orders, '@counter@1')).toBeNull();
    const { entities } = await orders.client.call('QueryEntities', { query: { includeTransient: true } });
    expect(entities).toEqual([]);
  });
});

// §1.1: the limit of DTS, with a text that SDKs look for.
describe('ids', () => {
  const longest = `@counter@${'k'.repeat(91)}`;

  test('of a hundred characters are allowed, longer ones refused', async () => {
    const orders = hub();
    await signal(orders, longest, 'add');
    const request = { instanceId: `${longest}k`, name: 'add', requestId: randomUUID() };
    await orders.refuses('SignalEntity', request, 'INVALID_ARGUMENT', 'length');
  });

  test.each(['', 'counter', '@counter', '@@key', 'counter@1', '@a\0b@1', '@counter@\0'])(
    'that are no entity’s are refused: %j',
    async (instanceId) => {
      const request = { instanceId, name: 'add', requestId: randomUUID() };
      await hub().refuses('SignalEntity', request, 'INVALID_ARGUMENT', 'id');
    },
  );

  test('with broken characters are refused', async () => {
    const orders = hub();
    const bytes = codec.encode('SignalEntityRequest', { instanceId: '@counter@1', name: 'add' });
    bytes[bytes.indexOf('1')] = 0xff;
    const { code } = await callRaw(orders.endpoint, 'SignalEntity', bytes);
    expect(code).not.toBe(0);
  });

  test('without a name of the operation are refused', async () => {
    const request = { instanceId: '@counter@1', name: '', requestId: randomUUID() };
    await hub().refuses('SignalEntity', request, 'INVALID_ARGUMENT', 'operation');
  });
});

test('an input may hold anything, or be absent', async () => {
  const orders = hub();
  const worker = await orders.worker();
  await signal(orders, '@counter@1', 'nul', { input: { value: 'a\0b' } });
  await signal(orders, '@counter@1', 'empty', { input: { value: '' } });
  await signal(orders, '@counter@1', 'none');
  const inputs: unknown[] = [];
  while (inputs.length < 3) {
    const { request } = await worker.playBatch('1');
    inputs.push(
      ...request.operationRequests.map((event) =>
        event.eventType === 'entityOperationSignaled' ? event.entityOperationSignaled.input : '?',
      ),
    );
  }
  expect(inputs).toEqual([{ value: 'a\0b' }, { value: '' }, null]);
});

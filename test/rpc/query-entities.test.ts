import { describe, expect, test } from 'vitest';
import { type Message, type MessageInput } from '../../src/protocol/codec.ts';
import { must } from '../../src/lib/assert.ts';
import { type TestHub } from '../helpers/client.ts';
import { findEntity, lockAction, signal } from '../helpers/entities.ts';
import { fromNow } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

async function page(
  { client }: TestHub,
  query: MessageInput<'EntityQuery'> = {},
): Promise<Message<'QueryEntitiesResponse'>> {
  return client.call('QueryEntities', { query });
}

/** Ids of all pages. */
async function idsOf(orders: TestHub, query: MessageInput<'EntityQuery'> = {}): Promise<string[]> {
  const ids: string[] = [];
  let token: string | undefined;
  do {
    const continuationToken = token === undefined ? null : { value: token };
    const { entities, continuationToken: next } = await page(orders, { ...query, continuationToken });
    ids.push(...entities.map(({ instanceId }) => instanceId));
    expect(['', '0', token]).not.toContain(next?.value ?? 'end');
    token = next?.value;
  } while (token !== undefined);
  return ids;
}

/** A hub with entities that have a state of their id. */
async function withEntities(...ids: string[]): Promise<TestHub> {
  const orders = hub();
  const worker = await orders.worker();
  for (const id of ids) {
    await signal(orders, id, 'set');
    await worker.playBatch(`state of ${id}`);
  }
  await expect.poll(async () => (await idsOf(orders)).length).toBe(ids.length);
  worker.cancel();
  await worker.ended;
  return orders;
}

const five = ['@account@1', '@counter@10', '@counter@9', '@counter@a', '@counterfoil@1'];

// §1.2.
describe('entities', () => {
  test('come in order of their ids, with their states only when asked for', async () => {
    const orders = await withEntities(...five.toReversed());
    const { entities, continuationToken } = await page(orders, { includeState: true });
    expect(continuationToken).toBeNull();
    expect(entities.map(({ instanceId }) => instanceId)).toEqual(five);
    expect(entities[0]).toMatchObject({
      ...{ backlogQueueSize: 0, lockedBy: null, serializedState: { value: 'state of @account@1' } },
      lastModifiedTime: { seconds: expect.any(Number) as unknown },
    });
    const without = await page(orders);
    expect(without.entities.map(({ serializedState }) => serializedState)).toEqual(five.map(() => null));
  });

  test('of another hub are not found, nor orchestrations', async () => {
    await withEntities('@counter@1');
    const orders = hub();
    await orders.start();
    expect(await page(orders)).toMatchObject({ entities: [], continuationToken: null });
    expect(await orders.client.call('QueryEntities', {})).toMatchObject({ entities: [] });
  });
});

describe('a prefix', () => {
  test.each([
    [undefined, five],
    ['', five],
    ['@counter@', five.slice(1, 4)],
    ['counter@', five.slice(1, 4)],
    ['@counter', five.slice(1)],
    ['@counter@1', ['@counter@10']],
    ['@COUNTER@', []],
    ['@counter@A', []],
    ['@', five],
    ['%', []],
  ])('of %j finds %j', async (prefix, expected) => {
    const orders = await withEntities(...five);
    const query = prefix === undefined ? {} : { instanceIdStartsWith: { value: prefix } };
    expect(await idsOf(orders, query)).toEqual(expected);
  });
});

describe('pages', () => {
  test.each([1, 2, 3, 5, 100])('of %i bring all, without a token that means something else', async (size) => {
    const orders = await withEntities(...five);
    expect(await idsOf(orders, { pageSize: { value: size } })).toEqual(five);
    const { entities } = await page(orders, { pageSize: { value: size } });
    expect(entities).toHaveLength(Math.min(size, five.length));
  });

  test('go on after entities that were removed meanwhile', async () => {
    const orders = await withEntities(...five);
    const first = await page(orders, { pageSize: { value: 2 } });
    await orders.client.call('PurgeInstances', { instanceId: '@counter@10' });
    const token = must(first.continuationToken, 'a token');
    const rest = await page(orders, { continuationToken: token });
    expect(rest.entities.map(({ instanceId }) => instanceId)).toEqual(five.slice(2));
  });

  test('with large states stay below what one message may have', async () => {
    const orders = hub();
    const worker = await orders.worker();
    for (let n = 0; n < 4; n++) {
      await signal(orders, `@large@${n}`, 'set');
      await worker.playBatch('x'.repeat(1_200_000));
    }
    const query = { includeState: true, instanceIdStartsWith: { value: '@large@' } };
    await expect.poll(() => findEntity(orders, '@large@3')).not.toBeNull();
    const { entities, continuationToken } = await page(orders, query);
    expect(entities.length).toBeLessThan(4);
    expect(continuationToken).not.toBeNull();
    expect(await idsOf(orders, query)).toEqual([0, 1, 2, 3].map((n) => `@large@${n}`));
  });

  test.each(['nonsense', 'AAAA', '@counter@1'])('after the token %j are refused', async (value) => {
    const query = { continuationToken: { value } };
    await hub().refuses('QueryEntities', { query }, 'INVALID_ARGUMENT', 'token');
  });

  test('after a token of another hub are refused', async () => {
    const orders = await withEntities(...five);
    const { continuationToken } = await page(orders, { pageSize: { value: 1 } });
    await hub().refuses('QueryEntities', { query: { continuationToken } }, 'INVALID_ARGUMENT', 'token');
  });
});

describe('times', () => {
  test('of the last modification select, inclusive on both ends', async () => {
    const orders = await withEntities('@counter@1', '@counter@2');
    const at = must((await findEntity(orders, '@counter@1'))?.lastModifiedTime, 'a time');
    const found = (query: MessageInput<'EntityQuery'>): Promise<string[]> => idsOf(orders, query);
    expect(await found({ lastModifiedFrom: at, lastModifiedTo: at })).toEqual(['@counter@1']);
    expect(await found({ lastModifiedFrom: at })).toEqual(['@counter@1', '@counter@2']);
    expect(await found({ lastModifiedFrom: fromNow(60_000) })).toEqual([]);
    expect(await found({ lastModifiedTo: fromNow(-60_000) })).toEqual([]);
  });
});

describe('transient entities', () => {
  test('those with a lock or messages alone are shown when asked for; those with nothing never', async () => {
    const orders = await withEntities('@counter@1', '@deleted@1');
    const worker = await orders.worker();
    await signal(orders, '@deleted@1', 'delete');
    await worker.playBatch(null);
    await orders.start();
    await worker.play([lockAction(1, 's', '@locked@1')]);
    const { instanceId } = await worker.turn();
    worker.cancel();
    await worker.ended;
    await signal(orders, '@queued@1', 'waits');
    expect(await idsOf(orders)).toEqual(['@counter@1']);
    const { entities } = await page(orders, { includeTransient: true, includeState: true });
    expect(entities).toMatchObject([
      { instanceId: '@counter@1' },
      { instanceId: '@locked@1', lockedBy: { value: instanceId }, serializedState: null },
      { instanceId: '@queued@1', backlogQueueSize: 1 },
    ]);
  });
});

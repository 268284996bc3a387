import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Request } from '../../src/grpc/client.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { complete, createChild, fail } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

type Query = NonNullable<Request<'QueryInstances'>['query']>;

async function page(orders: TestHub, query: Query | null = {}) {
  const { orchestrationState, continuationToken } = await orders.client.call('QueryInstances', { query });
  return {
    states: orchestrationState,
    ids: orchestrationState.map(({ instanceId }) => instanceId),
    continuationToken,
  };
}

/** Follows the tokens to the end. */
async function pages(orders: TestHub, query: Query, sizes: readonly number[] = []): Promise<string[][]> {
  const found: string[][] = [];
  let token: Query['continuationToken'] = query.continuationToken ?? null;
  for (let at = 0; ; at++) {
    const maxInstanceCount = sizes[at] ?? query.maxInstanceCount ?? 0;
    const { ids, continuationToken } = await page(orders, {
      ...query,
      ...{ continuationToken: token, maxInstanceCount },
    });
    found.push(ids);
    if (!continuationToken) return found;
    token = continuationToken;
  }
}

async function startMany(orders: TestHub, count: number, prefix = ''): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await orders.start({ instanceId: `${prefix}${randomUUID()}` }));
  return ids;
}

// §6.1.
test('instances come oldest first, and the last page has no token', async () => {
  const orders = hub();
  const ids = await startMany(orders, 7);
  expect(await pages(orders, { maxInstanceCount: 3 })).toEqual([
    ids.slice(0, 3),
    ids.slice(3, 6),
    ids.slice(6),
  ]);
  expect(await pages(orders, { maxInstanceCount: 7 })).toEqual([ids]);
  expect((await page(orders, null)).ids).toEqual(ids);
});

test('a token goes on with another page size', async () => {
  const orders = hub();
  const ids = await startMany(orders, 21);
  const first = await page(orders, { maxInstanceCount: 5 });
  const second = await page(orders, { maxInstanceCount: 5, continuationToken: first.continuationToken });
  const rest = await pages(orders, { continuationToken: second.continuationToken }, [4, 4, 4]);
  expect(rest.map((found) => found.length)).toEqual([4, 4, 3]);
  expect([...first.ids, ...second.ids, ...rest.flat()]).toEqual(ids);
});

test('instances that come and go between pages disturb nothing', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const ids = await startMany(orders, 4);
  await Promise.all(ids.map(() => worker.play([complete()])));
  const first = await page(orders, { maxInstanceCount: 2 });
  await orders.client.call('PurgeInstances', { instanceId: ids[1] ?? '' });
  const late = await orders.start();
  const rest = await pages(orders, { maxInstanceCount: 2, continuationToken: first.continuationToken });
  expect([...first.ids, ...rest.flat()]).toEqual([...ids, late]);
});

test.each([0, -5, 2 ** 31 - 1])('a page size of %i is no reason to fail', async (maxInstanceCount) => {
  const orders = hub();
  const ids = await startMany(orders, 2);
  expect((await page(orders, { maxInstanceCount })).ids).toEqual(ids);
});

describe('filters', () => {
  test('by status', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const [a = '', b = '', c = '', d = ''] = await startMany(orders, 4);
    for (let i = 0; i < 3; i++) {
      const item = await worker.turn();
      const failure = { errorType: 'E', errorMessage: 'm' };
      await worker.answer(
        item,
        item.instanceId === a ? [complete()] : item.instanceId === b ? [fail(failure)] : [],
      );
    }
    await worker.turn();
    const found = async (...names: Parameters<typeof statusNamed>[0][]): Promise<string[]> =>
      (await page(orders, { runtimeStatus: names.map(statusNamed) })).ids;
    expect(await found('COMPLETED')).toEqual([a]);
    expect(await found('COMPLETED', 'FAILED')).toEqual([a, b]);
    expect(await found('RUNNING')).toEqual([c]);
    expect(await found('PENDING')).toEqual([d]);
    expect((await page(orders, { runtimeStatus: ['ORCHESTRATION_STATUS_CANCELED'] })).ids).toEqual([]);
  });

  test('by time of creation, both ends included', async () => {
    const orders = hub();
    const ids = await startMany(orders, 3);
    const { states } = await page(orders);
    const [, second] = states.map(({ createdTimestamp }) => createdTimestamp);
    const from = { createdTimeFrom: second ?? null };
    const to = { createdTimeTo: second ?? null };
    expect((await page(orders, from)).ids).toEqual(ids.slice(1));
    expect((await page(orders, to)).ids).toEqual(ids.slice(0, 2));
    expect((await page(orders, { ...from, ...to })).ids).toEqual(ids.slice(1, 2));
    const far = { seconds: 253402300799, nanos: 999999999 };
    expect(
      (await page(orders, { createdTimeTo: far, createdTimeFrom: { seconds: -62135596800 } })).ids,
    ).toEqual(ids);
    expect((await page(orders, { createdTimeFrom: far })).ids).toEqual([]);
  });

  test('by prefix: as it is, without wildcards and with case', async () => {
    const orders = hub();
    const ids = await startMany(orders, 2, 'a_b%');
    await startMany(orders, 1, 'axb');
    await startMany(orders, 1, 'A_B%');
    const found = async (value: string): Promise<string[]> =>
      (await page(orders, { instanceIdPrefix: { value } })).ids;
    expect(await found('a_b%')).toEqual(ids);
    expect(await found('a_')).toEqual(ids);
    expect(await found('')).toHaveLength(4);
    expect(await found('%')).toEqual([]);
    await orders.refuses(
      'QueryInstances',
      { query: { instanceIdPrefix: { value: '\0' } } },
      'INVALID_ARGUMENT',
      'NUL',
    );
  });

  test('names of task hubs in the query mean nothing', async () => {
    const [mine, yours] = [hub(), hub()];
    const ids = await startMany(mine, 1);
    expect((await page(mine, { taskHubNames: [{ value: yours.name }] })).ids).toEqual(ids);
    expect((await page(yours, { taskHubNames: [{ value: mine.name }] })).ids).toEqual([]);
  });
});

test('inputs and outputs are shown only when asked for; children are found like all others', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '1' } });
  await worker.play([createChild(1, { instanceId: `${id}:c`, input: { value: '2' } })]);
  await worker.play([complete('3')]);
  await orders.completed(`${id}:c`);
  const [, hidden] = (await page(orders)).states;
  expect(hidden).toMatchObject({ instanceId: `${id}:c`, input: null, output: null });
  const [parent, child] = (await page(orders, { fetchInputsAndOutputs: true })).states;
  expect(parent).toMatchObject({ input: { value: '1' } });
  expect(child).toMatchObject({
    input: { value: '2' },
    output: { value: '3' },
    parentInstanceId: { value: id },
  });
});

// §13.6.
test('a page of large instances is cut short before SDKs refuse it, and goes on', async () => {
  const orders = hub();
  const value = 'x'.repeat(900_000);
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) ids.push(await orders.start({ input: { value } }));
  const found = await pages(orders, { fetchInputsAndOutputs: true });
  expect(found.flat()).toEqual(ids);
  expect(Math.max(...found.map((some) => some.length))).toBeLessThanOrEqual(3);
});

test('a token of another hub, of another call or of nobody is refused', async () => {
  const [mine, yours] = [hub(), hub()];
  await startMany(mine, 2);
  const { continuationToken } = await page(mine, { maxInstanceCount: 1 });
  const words = 'continuation token';
  await yours.refuses('QueryInstances', { query: { continuationToken } }, 'INVALID_ARGUMENT', words);
  await mine.refuses('ListInstanceIds', { lastInstanceKey: continuationToken }, 'INVALID_ARGUMENT', words);
  const forged = ['0', 'é', 'x'.repeat(100_000), Buffer.from('["c",1]').toString('base64url'), 'bm9uc2Vuc2U'];
  for (const value of forged) {
    await mine.refuses(
      'QueryInstances',
      { query: { continuationToken: { value } } },
      'INVALID_ARGUMENT',
      words,
    );
  }
  expect((await page(mine, { continuationToken: { value: '' } })).ids).toHaveLength(2);
});

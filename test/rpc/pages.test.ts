import { describe, expect, test } from 'vitest';
import { type TestHub } from '../helpers/client.ts';
import { useServer } from '../helpers/server.ts';

// Pages of many instances: sizes that nobody can mean, and tokens that this server never gave.

const { hub } = useServer();
/** More than the largest page has room for. */
const MANY = 1_120;

async function startMany(orders: TestHub, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `i-${String(n).padStart(5, '0')}`);
  await Promise.all(ids.map((instanceId) => orders.start({ instanceId })));
  return ids;
}

async function endAll(orders: TestHub, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += 500) {
    await orders.client.call('SkipGracefulOrchestrationTerminations', {
      instanceBatch: { instanceIds: ids.slice(at, at + 500) },
    });
  }
}

const token = (...parts: readonly unknown[]): { value: string } => ({
  value: Buffer.from(JSON.stringify(parts)).toString('base64url'),
});

/** Sizes that clients ask for, and how many rows of very many they get. */
const sizes = [
  [-(2 ** 31), 100],
  [-1, 100],
  [0, 100],
  [1, 1],
  [999, 999],
  [1_000, 1_000],
  [1_001, 1_000],
  [2 ** 31 - 1, 1_000],
] as const;

test('absurd page sizes give pages that have a bound, and tokens that go on to the end', async () => {
  const orders = hub();
  const ids = await startMany(orders, MANY);
  await endAll(orders, ids);
  for (const [size, rows] of sizes) {
    const query = { maxInstanceCount: size };
    const first = await orders.client.call('QueryInstances', { query });
    expect(first.orchestrationState, `a query for ${size}`).toHaveLength(rows);
    const list = await orders.client.call('ListInstanceIds', { pageSize: size });
    expect(list.instanceIds, `a list of ${size}`).toHaveLength(rows);
    if (rows < 999) continue;
    const { continuationToken, orchestrationState } = first;
    const last = await orders.client.call('QueryInstances', { query: { ...query, continuationToken } });
    const seen = [...orchestrationState, ...last.orchestrationState].map(({ instanceId }) => instanceId);
    expect(seen.toSorted()).toEqual(ids);
    expect(last.continuationToken).toBeNull();
    const rest = await orders.client.call('ListInstanceIds', {
      ...{ pageSize: size, lastInstanceKey: list.lastInstanceKey },
    });
    expect([...list.instanceIds, ...rest.instanceIds].toSorted()).toEqual(ids);
    const end = await orders.client.call('ListInstanceIds', { lastInstanceKey: rest.lastInstanceKey });
    expect(end).toEqual({ instanceIds: [], lastInstanceKey: null });
  }
});

describe('a token is refused', () => {
  test('that another hub, another call or nobody gave', async () => {
    const [mine, yours] = [hub(), hub()];
    for (const orders of [mine, yours]) await endAll(orders, await startMany(orders, 3));
    const { continuationToken } = await mine.client.call('QueryInstances', {
      query: { maxInstanceCount: 1 },
    });
    const { lastInstanceKey } = await mine.client.call('ListInstanceIds', { pageSize: 1 });
    const words = 'continuation token';
    const refuses = async (orders: TestHub, value: { value: string } | null): Promise<void> => {
      const query = { continuationToken: value };
      await orders.refuses('QueryInstances', { query }, 'INVALID_ARGUMENT', words);
    };
    const refusesKey = (orders: TestHub, value: { value: string } | null): Promise<void> =>
      orders.refuses('ListInstanceIds', { lastInstanceKey: value }, 'INVALID_ARGUMENT', words);
    await refuses(yours, continuationToken);
    await refusesKey(yours, lastInstanceKey);
    await refuses(mine, lastInstanceKey);
    await refusesKey(mine, continuationToken);
    const kept = (continuationToken?.value ?? '').slice(0, -3);
    const forged = [kept, '0', ' ', '\u{1F511}', 'AAAA', '-_-_', 'x'.repeat(1_000_000)].map((value) => ({
      value,
    }));
    for (const value of [...forged, token(), token('c'), token('c', {}, [], null), token('e', 1, 2, {})]) {
      await refuses(mine, value);
      await refusesKey(mine, value);
    }
  });

  test('or, forged with the right hub, names a position and shows nothing that a first page would not', async () => {
    const orders = hub();
    await endAll(orders, await startMany(orders, 3));
    const { continuationToken } = await orders.client.call('QueryInstances', {
      query: { maxInstanceCount: 1 },
    });
    const { value = '' } = continuationToken ?? {};
    const [, hubId] = JSON.parse(Buffer.from(value, 'base64url').toString()) as unknown[];
    const most = Number.MAX_SAFE_INTEGER;
    const pageAfter = async (position: { value: string }): Promise<number> => {
      const query = { continuationToken: position };
      return (await orders.client.call('QueryInstances', { query })).orchestrationState.length;
    };
    const listAfter = async (position: { value: string }): Promise<number> =>
      (await orders.client.call('ListInstanceIds', { lastInstanceKey: position })).instanceIds.length;
    expect(await pageAfter(token('c', hubId, 0, 0, 0))).toBe(3);
    expect(await pageAfter(token('c', hubId, most, most, most))).toBe(0);
    expect(await listAfter(token('e', hubId, 0, ''))).toBe(3);
    expect(await listAfter(token('e', hubId, most, '\u{10FFFF}'.repeat(100)))).toBe(0);
  });
});

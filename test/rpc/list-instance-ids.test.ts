import { expect, test } from 'vitest';
import { type Request } from '../../src/grpc/client.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { complete, fail } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

/** Starts and ends instances one after the other; every second one fails. */
async function endMany(orders: TestHub, count: number): Promise<string[]> {
  const worker = await orders.worker();
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = await orders.start();
    await worker.play([i % 2 === 0 ? complete() : fail({ errorType: 'E', errorMessage: 'm' })]);
    await orders.completed(id);
    ids.push(id);
  }
  return ids;
}

const list = (orders: TestHub, request: Request<'ListInstanceIds'> = {}) =>
  orders.client.call('ListInstanceIds', request);

// §6.2.
test('finished instances come by time of completion; every page with any has a key (entities §0.10)', async () => {
  const orders = hub();
  const ids = await endMany(orders, 5);
  await orders.start();
  const first = await list(orders, { pageSize: 2, lastInstanceKey: { value: '' } });
  expect(first.instanceIds).toEqual(ids.slice(0, 2));
  const second = await list(orders, { pageSize: 3, lastInstanceKey: first.lastInstanceKey });
  expect(second.instanceIds).toEqual(ids.slice(2));
  expect(second.lastInstanceKey?.value).toBeTruthy();
  const third = await list(orders, { lastInstanceKey: second.lastInstanceKey });
  expect(third).toEqual({ instanceIds: [], lastInstanceKey: null });
});

test('statuses and times of completion are filters', async () => {
  const orders = hub();
  const ids = await endMany(orders, 4);
  const failed = await list(orders, { runtimeStatus: [statusNamed('FAILED'), statusNamed('RUNNING')] });
  expect(failed.instanceIds).toEqual([ids[1], ids[3]]);
  const { completedTimestamp: at } = await orders.get(ids[1] ?? '');
  expect((await list(orders, { completedTimeFrom: at })).instanceIds).toEqual(ids.slice(1));
  expect((await list(orders, { completedTimeTo: at })).instanceIds).toEqual(ids.slice(0, 2));
});

test.each([0, -1, 2 ** 31 - 1])('a page size of %i is no reason to fail', async (pageSize) => {
  const orders = hub();
  const ids = await endMany(orders, 2);
  expect((await list(orders, { pageSize })).instanceIds).toEqual(ids);
});

test('a key of another hub or of nobody is refused', async () => {
  const [mine, yours] = [hub(), hub()];
  await endMany(mine, 1);
  const { lastInstanceKey } = await list(mine);
  await yours.refuses('ListInstanceIds', { lastInstanceKey }, 'INVALID_ARGUMENT', 'continuation token');
  const forged = Buffer.from(JSON.stringify(['e', 1, 5, 'a\0b'])).toString('base64url');
  for (const value of ['nonsense', forged]) {
    await mine.refuses('ListInstanceIds', { lastInstanceKey: { value } }, 'INVALID_ARGUMENT');
  }
});

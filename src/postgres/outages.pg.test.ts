import { startProxy, type Proxy } from '../../test/helpers/proxy.ts';
import {
  commit,
  count,
  expect,
  inboxOf,
  instanceRow,
  newInstance,
  raise,
  type Replica,
  start,
  test as storeTest,
  turn,
  until,
} from '../../test/helpers/store.ts';

const test = storeTest.extend<{ proxy: Proxy }>({
  proxy: async ({ databaseUrl }, use) => {
    const proxy = await startProxy(databaseUrl);
    await use(proxy);
    proxy.close();
  },
});

/** Cuts every connection and waits until the store has noticed: before that a batch would be ambiguous. */
async function cutOff(proxy: Proxy, { store }: Replica): Promise<void> {
  proxy.cut();
  const isAway = (): Promise<boolean> =>
    store.renew().then(
      () => false,
      () => true,
    );
  await until(isAway, 'the outage');
  // The lane's connection ended in the same moment: one round of the event loop tells it.
  await new Promise((resolve) => setImmediate(resolve));
}

test('a COMMIT whose answer is lost ends the incarnation: it is not probed and not sent again', async ({
  open,
  hubId,
  db,
  proxy,
}) => {
  const replica = await open({ databaseUrl: proxy.url });
  const a = await start(replica, hubId, 'a');
  const b = await start(replica, hubId, 'b');
  proxy.swallowReplies();
  const inFlight = Promise.allSettled([
    replica.store.commit({ messages: [raise(hubId, a.id, 'x')] }),
    replica.store.commit({ instances: [newInstance(replica, hubId, 'c')] }),
    replica.store.commit({ patch: turn(replica, b.key) }),
  ]);
  await until(async () => (await count(db, 'instances')) === 3, 'the commit');
  const queued = Promise.allSettled([
    replica.store.commit({ messages: [raise(hubId, a.id, 'y')] }),
    replica.store.claimEngineWork(1),
    replica.store.claimActivities({ hubId, filter: 'everything', limit: 1 }),
  ]);
  proxy.cut();
  proxy.restore();
  const codes = (results: readonly PromiseSettledResult<unknown>[]): unknown[] =>
    results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : 'ok'));
  expect(codes(await inFlight)).toEqual(['unknown', 'unknown', 'unavailable']);
  expect(codes(await queued)).toEqual(['unavailable', 'unavailable', 'unavailable']);
  expect(replica.deaths).toEqual(['ambiguous']);
  expect(replica.memory.residents.size, 'memory learned nothing').toBe(2);
  expect(await inboxOf(db, a.key), 'sent once').toEqual(['started a', 'x']);
  expect(await instanceRow(db, b.key)).toMatchObject({ turn: 1 });
  const late = replica.store.commit({ messages: [raise(hubId, a.id, 'z')] });
  await expect(late).rejects.toMatchObject({ code: 'unavailable' });
});

test('what is written while the database is away is committed when it is back', async ({
  open,
  hubId,
  db,
  proxy,
}) => {
  const replica = await open({ databaseUrl: proxy.url });
  const { key, id } = await start(replica, hubId, 'a');
  await cutOff(proxy, replica);
  const write = Promise.all([
    commit(replica, { messages: [raise(hubId, id, 'x')] }),
    commit(replica, { patch: turn(replica, key) }),
    replica.store.claimActivities({ hubId, filter: 'everything', limit: 1 }),
  ]);
  await expect(replica.store.readHistory({ partition: 0, key })).rejects.toMatchObject({
    code: 'unavailable',
  });
  proxy.restore();
  await write;
  expect(await instanceRow(db, key)).toMatchObject({ turn: 1 });
  expect(await inboxOf(db, key)).toEqual(['x']);
  expect(replica.deaths).toEqual([]);
});

test('a replica that was declared dead while the database was away notices before it writes', async ({
  open,
  hubId,
  db,
  proxy,
}) => {
  const replica = await open({ databaseUrl: proxy.url });
  const { key } = await start(replica, hubId, 'a');
  await cutOff(proxy, replica);
  await db.query('delete from replicas');
  const write = replica.store.commit({ patch: turn(replica, key) });
  proxy.restore();
  await expect(write).rejects.toMatchObject({ code: 'unavailable' });
  expect(replica.deaths).toEqual(['fenced']);
  expect(await instanceRow(db, key)).toMatchObject({ turn: 0 });
});

test('the queue of the lane is bounded while the database is away', async ({ open, hubId, proxy }) => {
  const replica = await open({ databaseUrl: proxy.url });
  await cutOff(proxy, replica);
  const big = Buffer.alloc(100 * 1024 * 1024);
  const first = [1, 2].map((i) =>
    replica.store.commit({ instances: [newInstance(replica, hubId, `big-${i}`, { started: big })] }),
  );
  const third = replica.store.commit({ instances: [newInstance(replica, hubId, 'big-3', { started: big })] });
  await expect(third).rejects.toMatchObject({ code: 'resource_exhausted' });
  replica.store.abort('enough');
  const results = await Promise.allSettled(first);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(replica.deaths).toEqual(['enough']);
});

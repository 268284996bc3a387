import { commit, expect, type Replica, start, test, turn } from '../../test/helpers/store.ts';

const MB = 1024 * 1024;

/** An instance with a history row of each of these sizes. */
async function recorded(replica: Replica, hubId: number, sizes: readonly number[]) {
  const instance = await start(replica, hubId, 'a');
  for (const size of sizes) {
    await commit(replica, { patch: turn(replica, instance.key, { history: Buffer.alloc(size, 'h') }) });
  }
  return instance;
}

test('a page has the rows after a turn, about so many bytes of them', async ({ open, hubId }) => {
  const replica = await open();
  const instance = await recorded(replica, hubId, [MB, MB, 100, 2 * MB, 3 * MB, 7]);
  const turns = async (after: number) => {
    const page = await replica.store.readHistoryPage(instance, after);
    return page?.rows.map(({ turn: n, events }) => [n, events.length]);
  };
  expect(await turns(0)).toEqual([
    [1, MB],
    [2, MB],
    [3, 100],
    [4, 2 * MB],
  ]);
  expect(await turns(3)).toEqual([
    [4, 2 * MB],
    [5, 3 * MB],
  ]);
  expect(await turns(5)).toEqual([[6, 7]]);
  expect(await turns(6)).toEqual([]);
});

test('a row that is larger than a page is a page of its own', async ({ open, hubId }) => {
  const replica = await open();
  const instance = await recorded(replica, hubId, [9 * MB, 10]);
  const page = await replica.store.readHistoryPage(instance, 0);
  expect(page?.rows.map(({ turn: n }) => n)).toEqual([1]);
  expect(page?.turn).toBe(2);
});

test('very many small rows come in several pages, none left out', async ({ open, hubId, db }) => {
  const replica = await open();
  const instance = await recorded(replica, hubId, [1]);
  await db.query(
    `insert into history (partition, instance_key, turn, events)
     select partition, instance_key, n, events from history, generate_series(2, 4500) n`,
  );
  const seen: number[] = [];
  let pages = 0;
  for (let after = 0; ; pages++) {
    const rows = (await replica.store.readHistoryPage(instance, after))?.rows ?? [];
    if (rows.length === 0) break;
    seen.push(...rows.map(({ turn: n }) => n));
    after = seen.at(-1) ?? 0;
  }
  expect(pages).toBe(3);
  expect(seen).toEqual(Array.from({ length: 4500 }, (_, n) => n + 1));
});

test('a page tells which execution it is of; an instance that is gone has none', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  const read = () => replica.store.readHistoryPage(instance, 0);
  expect(await read()).toEqual({ executionId: instance.executionId, turn: 0, rows: [] });
  await commit(replica, { patch: turn(replica, instance.key) });
  expect(await read()).toMatchObject({ executionId: instance.executionId, turn: 1, rows: [{ turn: 1 }] });
  await db.query('delete from instances');
  expect(await read()).toBeUndefined();
});

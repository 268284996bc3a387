import { commit, expect, held, raise, start, test } from '../../test/helpers/store.ts';
import { limits } from '../domain/limits.ts';

/** Residents, each of which holds so many messages, as after a suspension. */
const RESIDENTS = 150;
const HELD = 400;

test('the cost of a closing read does not grow with what other residents hold', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const ids = Array.from({ length: RESIDENTS }, (_, i) => `i${i}`);
  const instances = await Promise.all(ids.map((id) => start(replica, hubId, id)));
  await db.query(
    `insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
     select partition, instance_key, 3, nextval('message_ids'), 4, 0, 'x'
       from instances, generate_series(1, ${HELD})`,
  );
  await db.query('analyze');
  await Promise.all(
    instances.map(({ partition, key }) => commit(replica, { patch: { kind: 'fetch', partition, key } })),
  );
  const began = performance.now();
  await Promise.all(instances.map(({ id }) => commit(replica, { messages: [raise(hubId, id, 'y')] })));
  expect(performance.now() - began, 'ms').toBeLessThan(1_500);
  for (const { key } of instances) expect(replica.memory.knownMessages(key)).toHaveLength(HELD + 2);
});

test('where fetches of one batch are cut, a control of whoever holds messages already is not', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const [big, busy] = [await start(replica, hubId, 'big'), await start(replica, hubId, 'busy')];
  const insert = (key: number, rank: number, event: Buffer): Promise<unknown> =>
    db.query(
      `insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
       select partition, instance_key, $2, nextval('message_ids'), 4, 0, $3 from instances where instance_key = $1`,
      [key, rank, event],
    );
  await insert(big.key, 3, Buffer.alloc(limits.loadedBytes));
  await insert(busy.key, 3, Buffer.from('event'));
  await insert(busy.key, -1, Buffer.from('control'));
  const fetch = ({ partition, key }: typeof big): Promise<unknown> =>
    commit(replica, { patch: { kind: 'fetch', partition, key } });
  await Promise.all([commit(replica, {}), ...[big, busy].map(fetch)]);
  expect(held(replica, busy.key)).toEqual(['control', 'started busy']);
  expect(replica.memory.all('fetched').map(({ hasMore }) => hasMore)).toEqual([true, true]);
  await fetch(busy);
  expect(held(replica, busy.key)).toEqual(['control', 'started busy', 'event']);
});

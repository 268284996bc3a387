import { type Pool } from 'pg';
import { describe } from 'vitest';
import {
  claimEntities,
  entityKey,
  entityPatch,
  entityRow,
  ofKind,
  toEntity,
} from '../../test/helpers/entity-store.ts';
import { commit, count, expect, inboxOf, type Replica, test } from '../../test/helpers/store.ts';
import { type EntityFilter } from '../domain/store.ts';
import { partitionOf } from '../domain/ids.ts';

/** Rows that one step looks at. */
const STEP = 2_000;

/** Many entities without anything, untouched for an hour. */
async function fill(db: Pool, hubId: number, names: readonly string[]): Promise<void> {
  await db.query(
    `insert into instances (partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, status,
                            created_at, updated_at)
     select partition, n, $1, 1, id, 0, '', 'e', 0, now() - interval '1 hour', now() - interval '1 hour'
       from unnest($2::text[], $3::int4[]) with ordinality t(id, partition, n)`,
    [hubId, names, names.map((name) => partitionOf(hubId, name))],
  );
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `@e@${String(i).padStart(5, '0')}`);

/** Removes what is empty, in as many steps as it takes. */
async function clean({ store }: Replica, hubId: number): Promise<{ removed: number; steps: number }> {
  const sum = { removed: 0, steps: 0 };
  let after: string | undefined = '';
  while (after !== undefined) {
    const { removed, last }: Awaited<ReturnType<typeof store.cleanEntities>> = await store.cleanEntities(
      hubId,
      after,
    );
    sum.removed += removed;
    sum.steps++;
    after = last;
  }
  return sum;
}

describe('cleaning', () => {
  test('removes entities without anything in bounded steps, of one hub', async ({ open, hubId, db }) => {
    const one = await open();
    await fill(db, hubId, numbered(STEP + 5));
    expect(await clean(one, hubId + 1)).toEqual({ removed: 0, steps: 1 });
    expect(await clean(one, hubId)).toEqual({ removed: STEP + 5, steps: 2 });
    expect(await count(db, 'instances')).toBe(0);
  });

  test('leaves what has a state, a lock, a message, a timer, an owner, a bell, or was touched just now', async ({
    open,
    hubId,
    db,
  }) => {
    const one = await open();
    await fill(db, hubId, numbered(8));
    const ids = numbered(8);
    const change = (n: number, set: string): Promise<unknown> =>
      db.query(`update instances set ${set} where instance_id = $1`, [ids[n]]);
    await change(0, `output = ''`);
    await change(1, `held_by = '{}'`);
    await change(2, `owner = ${one.store.replicaId}`);
    await change(3, `ready_at = now() + interval '1 hour'`);
    await change(4, `updated_at = now()`);
    const later = { firesAt: (Math.floor(Date.now() / 1000) + 3600) * 1e6 };
    await commit(one, { entityMessages: [toEntity(one, { hubId, id: ids[5] ?? '' }, 'later', later)] });
    await commit(one, { entityMessages: [toEntity(one, { hubId, id: ids[6] ?? '' }, 'now')] });
    await change(6, `ready_at = null`);
    expect(await clean(one, hubId)).toMatchObject({ removed: 1 });
    expect(await entityRow(db, ids[7] ?? '')).toBeUndefined();
  });

  test('never takes a signal that comes at the same time', async ({ open, hubId, db }) => {
    const [one, other] = [await open(), await open()];
    const ids = numbered(200);
    for (let round = 0; round < 5; round++) {
      await db.query('truncate instances, inbox');
      await fill(db, hubId, ids);
      const sent = ids.map((id) => commit(other, { entityMessages: [toEntity(other, { hubId, id }, id)] }));
      await Promise.all([clean(one, hubId), ...sent]);
      for (const id of ids) expect(await inboxOf(db, await entityKey(db, id))).toEqual([id]);
    }
    expect([...one.deaths, ...other.deaths]).toEqual([]);
  });

  test('forgets requests of clients after a while, not before', async ({ open, hubId, db }) => {
    const one = await open();
    const ids = ['old', 'new'];
    await commit(one, {
      entityMessages: ids.map((requestId) => toEntity(one, { hubId, id: '@a@1' }, 'x', { requestId })),
    });
    await db.query(`update signals set sent_at = sent_at - interval '1 hour' where request like 'old %'`);
    expect(await one.store.forgetRequests()).toBe(1);
    expect(await one.store.forgetRequests()).toBe(0);
    const again = ids.map((requestId) =>
      toEntity(one, { hubId, id: '@a@1' }, `${requestId} again`, { requestId }),
    );
    await commit(one, { entityMessages: again });
    expect(await inboxOf(db, await entityKey(db, '@a@1'))).toEqual(['x', 'x', 'old again']);
  });
});

describe('a query', () => {
  const everything: Omit<EntityFilter, 'hubId'> = {
    ...{ prefix: '', from: 0, to: 4e15, includesTransient: true, withState: true, maxBytes: 1_000 },
  };

  test('goes along the ids in bounded steps, past what doesn’t match', async ({ open, hubId, db }) => {
    const one = await open();
    await fill(db, hubId, numbered(STEP + 10));
    await db.query(`update instances set output = 'x' where instance_id in ('@e@00003', '@e@02005')`);
    const filter = { hubId, ...everything };
    const first = await one.store.findEntities(filter, '', 100);
    expect(first.matches.map(({ id }) => id)).toEqual(['@e@00003']);
    const next = await one.store.findEntities(filter, first.last ?? '', 100);
    expect(next).toMatchObject({
      matches: [{ id: '@e@02005', state: 'x', hasState: true }],
      last: undefined,
    });
  });

  test('brings at least one state, and not more than fit', async ({ open, hubId, db }) => {
    const one = await open();
    await fill(db, hubId, numbered(4));
    await db.query(`update instances set output = decode(repeat('61', 600), 'hex')`);
    const filter = { hubId, ...everything };
    const step = await one.store.findEntities(filter, '', 100);
    expect(step).toMatchObject({ matches: [{ id: '@e@00000' }], last: '@e@00000' });
    const without = await one.store.findEntities({ ...filter, withState: false }, '', 3);
    expect(without.matches).toHaveLength(3);
    expect(without.matches[0]?.state).toBeNull();
  });
});

test('locks are orphaned when the execution that holds them is over', async ({ open, hubId, db }) => {
  const one = await open();
  const holders = numbered(3).map((id) => ({ id: `@lock${id}`, section: 's' }));
  await db.query(
    `insert into instances (partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, status,
                            created_at, updated_at)
     values (1, 1, $1, 0, 'lives', 2, '', 'o', 0, now(), now()),
            (1, 2, $1, 0, 'over', 0, '', 'o', 1, now(), now())`,
    [hubId],
  );
  await commit(one, { entityMessages: holders.map(({ id }) => toEntity(one, { hubId, id }, 'x')) });
  await claimEntities(one, hubId);
  const heldBy = [
    { partition: 1, key: 1, generation: 2 },
    { partition: 1, key: 1, generation: 1 },
    { partition: 1, key: 2, generation: 0 },
  ];
  for (const [n, { id, section }] of holders.entries()) {
    const sender = heldBy[n] ?? { partition: 0, key: 0, generation: 0 };
    const patch = entityPatch(one, await entityKey(db, id), { heldBy: { ...sender, id: 'parent', section } });
    await commit(one, { patch });
  }
  const { matches, last } = await one.store.findOrphanedLocks(hubId, '');
  expect(matches.map(({ id }) => id)).toEqual([holders[1]?.id, holders[2]?.id]);
  expect(matches[0]?.heldBy).toEqual({ ...heldBy[1], id: 'parent', section: 's' });
  expect(last).toBeUndefined();
});

test('only operations count as waiting', async ({ open, hubId }) => {
  const one = await open();
  await commit(one, {
    entityMessages: [
      toEntity(one, { hubId, id: '@a@1' }, 'x'),
      toEntity(one, { hubId, id: '@a@1' }, '', ofKind('call', 'c')),
      toEntity(one, { hubId, id: '@a@1' }, '', ofKind('lockRequest', 'l')),
    ],
  });
  const id = toEntity(one, { hubId, id: '@a@1' }, '').id;
  expect(await one.store.readEntity(hubId, id, true)).toMatchObject({
    backlog: 2,
    hasState: false,
    state: null,
  });
});

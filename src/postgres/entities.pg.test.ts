import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import {
  claimEntities,
  entityKey,
  entityPatch,
  entityRow,
  ofKind,
  toEntity,
} from '../../test/helpers/entity-store.ts';
import { commit, count, end, expect, held, inboxOf, start, test, until } from '../../test/helpers/store.ts';
import { ranks } from '../domain/message.ts';
import { type LockHolder } from '../domain/instance.ts';

const holder: LockHolder = { partition: 1, key: 5, generation: 0, id: 'parent', section: 's' };
const release = (text: string) => ofKind('release', text, ranks.control);
/** So far from now, in microseconds. */
const micros = (seconds: number): number => (Math.floor(Date.now() / 1000) + seconds) * 1e6;

describe('a message for an entity', () => {
  test('makes it, rings and waits in the inbox', async ({ open, hubId, db }) => {
    const one = await open();
    await commit(one, { entityMessages: [toEntity(one, { hubId, id: '@Counter@1' }, 'a')] });
    expect(await entityRow(db, '@Counter@1')).toMatchObject({
      owner: null,
      is_due: true,
      engine_work: false,
    });
    expect(one.memory.all('spilled')).toEqual([{ hubId, item: 'entity' }]);
    expect(await claimEntities(one, hubId)).toBe(1);
    expect(held(one, await entityKey(db, '@Counter@1'))).toEqual(['a']);
    expect(one.memory.all('claimed')).toMatchObject([
      { state: { kind: 'entity', name: 'counter', entityState: null, heldBy: null } },
    ]);
  });

  test('is handed over to an owner of this replica, without a bell', async ({ open, hubId, db }) => {
    const one = await open();
    await commit(one, { entityMessages: [toEntity(one, { hubId, id: '@a@1' }, 'a')] });
    await claimEntities(one, hubId);
    await commit(one, {
      entityMessages: ['b', 'c'].map((text) => toEntity(one, { hubId, id: '@a@1' }, text)),
    });
    expect(held(one, await entityKey(db, '@a@1'))).toEqual(['a', 'b', 'c']);
    expect(await entityRow(db, '@a@1')).toMatchObject({ owner: one.store.replicaId, is_due: null });
  });

  test('rings at the owner when that is another replica', async ({ open, hubId, db }) => {
    const [one, other] = [await open(), await open()];
    await commit(one, { entityMessages: [toEntity(one, { hubId, id: '@a@1' }, 'a')] });
    await claimEntities(one, hubId);
    await commit(other, { entityMessages: [toEntity(other, { hubId, id: '@a@1' }, 'b')] });
    const key = await entityKey(db, '@a@1');
    expect(other.memory.all('rung')).toMatchObject([{ key, owner: one.store.replicaId }]);
    await commit(one, { patch: { kind: 'fetch', partition: one.memory.get(key).partition, key } });
    expect(held(one, key)).toEqual(['a', 'b']);
  });

  test('that any replica handles is claimed as engine work', async ({ open, hubId, db }) => {
    const one = await open();
    for (const [id, message] of [
      ['@a@1', ofKind('lockRequest', 'lock')],
      ['@a@2', release('release')],
    ] as const) {
      await commit(one, { entityMessages: [toEntity(one, { hubId, id }, '', message)] });
      expect(await entityRow(db, id)).toMatchObject({ engine_work: true });
    }
    expect(one.memory.all('spilled')).toEqual([
      { hubId, item: 'engine' },
      { hubId, item: 'engine' },
    ]);
    expect(await one.store.claimEngineWork(10)).toBe(2);
  });

  test('in the future waits among the timers and does not ring', async ({ open, hubId, db }) => {
    const one = await open();
    await commit(one, {
      entityMessages: [toEntity(one, { hubId, id: '@a@1' }, 'a', { firesAt: micros(3600) })],
    });
    expect(await entityRow(db, '@a@1')).toMatchObject({ is_due: null });
    expect(await count(db, 'timers')).toBe(1);
    expect(await count(db, 'inbox')).toBe(0);
  });
});

describe('two lanes', () => {
  test('that send to the same new entities lose nothing, keep each sender’s order and never deadlock', async ({
    open,
    hubId,
    db,
  }) => {
    const replicas = [await open(), await open()];
    const ids = Array.from({ length: 20 }, (_, i) => `@new@${i}`);
    const rounds = 25;
    await Promise.all(
      replicas.map(async (replica, side) => {
        for (let round = 0; round < rounds; round++) {
          const order = (round + side) % 2 === 0 ? ids : ids.toReversed();
          const writes = order.map((id) => ({
            entityMessages: [toEntity(replica, { hubId, id }, `${side}/${round}`)],
          }));
          await Promise.all(writes.map((write) => commit(replica, write)));
          if (round % 10 === 5) await claimEntities(replica, hubId);
        }
      }),
    );
    expect(replicas.flatMap(({ deaths }) => deaths)).toEqual([]);
    expect(await count(db, 'instances')).toBe(ids.length);
    for (const id of ids) {
      const inbox = await inboxOf(db, await entityKey(db, id));
      for (const side of [0, 1]) {
        expect(inbox.filter((text) => text.startsWith(`${side}/`))).toEqual(
          Array.from({ length: rounds }, (_, round) => `${side}/${round}`),
        );
      }
    }
  });

  test('that make the same entities in opposite orders never wait for each other in a circle', async ({
    open,
    hubId,
    db,
  }) => {
    const replicas = [await open(), await open()];
    for (let round = 0; round < 30; round++) {
      const ids = Array.from({ length: 40 }, (_, i) => `@new-${round}@${i}`);
      const requestId = randomUUID();
      await Promise.all(
        replicas.map((replica, side) =>
          commit(replica, {
            entityMessages: (side === 0 ? ids : ids.toReversed()).map((id) =>
              toEntity(replica, { hubId, id }, 'x', { requestId }),
            ),
          }),
        ),
      );
    }
    expect(await count(db, 'instances')).toBe(30 * 40);
    expect(await count(db, 'inbox')).toBe(30 * 40);
    for (const { store } of replicas) store.abort('its statistics are wanted');
    await db.query('select pg_stat_clear_snapshot()');
    const { rows } = await db.query<{ deadlocks: number }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });

  test('that send the same requests send each once', async ({ open, hubId, db }) => {
    const replicas = [await open(), await open()];
    const requests = Array.from({ length: 100 }, (_, i) => `request-${i}`);
    await Promise.all(
      replicas.flatMap((replica, side) =>
        (side === 0 ? requests : requests.toReversed()).flatMap((requestId) =>
          [null, micros(3600)].map((firesAt) => {
            const id = firesAt === null ? '@now@1' : '@later@1';
            const message = toEntity(replica, { hubId, id }, requestId, { requestId, firesAt });
            return commit(replica, {
              entityMessages: [message, { ...message, newKey: replica.store.ids.key() }],
            });
          }),
        ),
      ),
    );
    expect((await inboxOf(db, await entityKey(db, '@now@1'))).toSorted()).toEqual(requests.toSorted());
    expect(await count(db, 'timers')).toBe(requests.length);
    expect(await count(db, 'signals')).toBe(2 * requests.length);
  });
});

describe('a release that is sent only if an execution is over', () => {
  test('is decided by what the same batch has recorded', async ({ open, hubId, db }) => {
    const one = await open();
    const parents = await Promise.all(['ends', 'lives'].map((id) => start(one, hubId, id)));
    const toRelease = parents.map(({ partition, key, id }) =>
      toEntity(one, { hubId, id: `@${id}@1` }, 'r', {
        ...release('r'),
        ifOver: { partition, key, generation: 0 },
      }),
    );
    const results = [
      commit(one, { patch: end(one, parents[0]?.key ?? 0) }),
      ...toRelease.map((message) => commit(one, { entityMessages: [message] })),
    ];
    await Promise.all(results);
    expect(await inboxOf(db, await entityKey(db, '@ends@1'))).toEqual(['r']);
    expect(await inboxOf(db, await entityKey(db, '@lives@1'))).toEqual([]);
  });

  test('is decided under the lock of the execution: its end at another replica is waited for', async ({
    open,
    hubId,
    db,
  }) => {
    const [one, other] = [await open(), await open()];
    const parent = await start(one, hubId, 'parent');
    const to = { by: 'key', partition: parent.partition, key: parent.key, generation: 0 } as const;
    const grant = { rank: ranks.arrived, kind: 'entityReply', event: Buffer.from('grant') } as const;
    const ifOver = { partition: parent.partition, key: parent.key, generation: 0 };
    const client = await db.connect();
    await client.query('begin');
    await client.query('update instances set status = 1, owner = null where instance_key = $1', [parent.key]);
    const granting = commit(other, {
      messages: [{ to, message: grant, isFromClient: false }],
      entityMessages: [toEntity(other, { hubId, id: '@a@1' }, 'r', { ...release('r'), ifOver })],
    });
    await until(async () => {
      const { rowCount } = await db.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
      return rowCount === 1;
    }, 'the wait for the lock');
    await client.query('commit');
    client.release();
    expect((await granting).messages).toEqual([[]]);
    expect(await inboxOf(db, await entityKey(db, '@a@1'))).toEqual(['r']);
  });

  test('of another generation is sent', async ({ open, hubId, db }) => {
    const one = await open();
    const { partition, key } = await start(one, hubId, 'parent');
    const ifOver = { partition, key, generation: 1 };
    await commit(one, {
      entityMessages: [toEntity(one, { hubId, id: '@a@1' }, 'r', { ...release('r'), ifOver })],
    });
    expect(await inboxOf(db, await entityKey(db, '@a@1'))).toEqual(['r']);
  });
});

describe('what happened to an entity', () => {
  test('is recorded: state, lock, turn, and the messages that it took', async ({ open, hubId, db }) => {
    const one = await open();
    await commit(one, {
      entityMessages: ['a', 'b'].map((text) => toEntity(one, { hubId, id: '@a@1' }, text)),
    });
    await claimEntities(one, hubId);
    const key = await entityKey(db, '@a@1');
    const consumed = one.memory.get(key).messages.slice(0, 1);
    await commit(one, { patch: entityPatch(one, key, { consumed, heldBy: holder, state: 'ü\0' }) });
    const row = await entityRow(db, '@a@1');
    expect(row).toMatchObject({ turn: 1, held_by: holder, attempts: 0 });
    expect(row?.output?.toString()).toBe('ü\0');
    expect(await inboxOf(db, key)).toEqual(['b']);
    await commit(one, { patch: entityPatch(one, key, { isTurn: false, state: null }) });
    expect(await entityRow(db, '@a@1')).toMatchObject({ turn: 1, held_by: null, output: null });
  });

  test('is stale when its turn is over, its messages are gone or another replica owns it', async ({
    open,
    hubId,
    db,
  }) => {
    const [one, other] = [await open(), await open()];
    await commit(one, { entityMessages: [toEntity(one, { hubId, id: '@a@1' }, 'a')] });
    await claimEntities(one, hubId);
    const key = await entityKey(db, '@a@1');
    const patch = entityPatch(one, key);
    expect(await other.store.commit({ patch })).toEqual({ outcome: 'stale' });
    expect(await one.store.commit({ patch: { ...patch, turn: 7 } })).toEqual({ outcome: 'stale' });
    await commit(one, { patch });
    expect(await one.store.commit({ patch: { ...patch, turn: 1 } })).toEqual({ outcome: 'stale' });
  });

  test('by a purge takes all signals, also those that memory doesn’t hold, and delayed ones', async ({
    open,
    hubId,
    db,
  }) => {
    const [one, other] = [await open(), await open()];
    await commit(one, { entityMessages: [toEntity(one, { hubId, id: '@a@1' }, 'a')] });
    await claimEntities(one, hubId);
    const later = toEntity(other, { hubId, id: '@a@1' }, 'later', { firesAt: micros(3600) });
    await commit(other, { entityMessages: [toEntity(other, { hubId, id: '@a@1' }, 'unknown'), later] });
    await commit(other, {
      entityMessages: [
        toEntity(other, { hubId, id: '@a@1' }, '', ofKind('call', 'call')),
        toEntity(other, { hubId, id: '@a@2' }, 'kept', { firesAt: micros(3600) }),
      ],
    });
    const key = await entityKey(db, '@a@1');
    await commit(one, { patch: entityPatch(one, key, { state: null, dropsSignals: true }) });
    expect(await inboxOf(db, key)).toEqual(['call']);
    expect(await count(db, 'timers')).toBe(1);
  });
});

test('what a dead replica owned is freed with its lock requests as engine work', async ({
  open,
  hubId,
  db,
}) => {
  const [dead, one] = [await open(), await open()];
  for (const id of ['@a@1', '@a@2']) {
    await commit(dead, { entityMessages: [toEntity(dead, { hubId, id }, 'a')] });
  }
  await claimEntities(dead, hubId);
  const lock = toEntity(dead, { hubId, id: '@a@1' }, '', ofKind('lockRequest', 'lock'));
  await commit(dead, { entityMessages: [lock] });
  dead.store.abort('dies');
  await db.query('delete from replicas where replica_id = $1', [dead.store.replicaId]);
  expect(await one.store.free()).toBe(2);
  expect(await entityRow(db, '@a@1')).toMatchObject({ owner: null, is_due: true, engine_work: true });
  expect(await entityRow(db, '@a@2')).toMatchObject({ owner: null, is_due: true, engine_work: false });
});

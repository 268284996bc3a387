import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { type Message } from '../../src/protocol/codec.ts';
import { schema } from '../helpers/database.ts';
import { type TestHub } from '../helpers/client.ts';
import { holding, isFree } from '../helpers/critical-sections.ts';
import { holderOf, signal } from '../helpers/entities.ts';
import { complete, fromNow } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub, server } = useServer();

type Cleaned = Message<'CleanEntityStorageResponse'>;

/** As SDKs do: until there is no token. */
async function clean(
  { client }: TestHub,
  request: { readonly removeEmptyEntities?: boolean; readonly releaseOrphanedLocks?: boolean },
): Promise<Pick<Cleaned, 'emptyEntitiesRemoved' | 'orphanedLocksReleased'>> {
  const sum = { emptyEntitiesRemoved: 0, orphanedLocksReleased: 0 };
  let continuationToken: Cleaned['continuationToken'] = null;
  do {
    const cleaned: Cleaned = await client.call('CleanEntityStorage', { ...request, continuationToken });
    sum.emptyEntitiesRemoved += cleaned.emptyEntitiesRemoved;
    sum.orphanedLocksReleased += cleaned.orphanedLocksReleased;
    continuationToken = cleaned.continuationToken;
  } while (continuationToken !== null);
  return sum;
}

async function query(statement: string): Promise<unknown[]> {
  const db = new Client({ connectionString: server().databaseUrl });
  await db.connect();
  try {
    await db.query(`set search_path to ${schema}`);
    return (await db.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await db.end();
  }
}

/** As if nothing had happened to any entity for long. */
async function age(): Promise<void> {
  await query(`update instances set updated_at = updated_at - interval '1 hour' where kind = 1`);
}

// §1.2.
describe('empty entities', () => {
  test('are removed once nothing has happened to them for a while; those with anything stay', async () => {
    const orders = hub();
    const worker = await orders.worker();
    for (const id of ['@empty@1', '@empty@2', '@full@1']) {
      await signal(orders, id, 'set');
      await worker.playBatch(id === '@full@1' ? '1' : null);
    }
    await holding(orders, worker, 's', '@locked@1');
    worker.cancel();
    await worker.ended;
    await signal(orders, '@queued@1', 'waits');
    await signal(orders, '@delayed@1', 'later', { scheduledTime: fromNow(1_500) });
    const hubId = await query(`select hub_id from hubs where name = '${orders.name}'`);
    const inHub = `kind = 1 and hub_id = ${String((hubId[0] as { hub_id: number }).hub_id)}`;
    await expect
      .poll(() => query(`select 1 from instances where ${inHub} and instance_id ~ 'empty' and owner is null`))
      .toHaveLength(2);
    expect(await clean(orders, { removeEmptyEntities: true })).toMatchObject({ emptyEntitiesRemoved: 0 });
    await age();
    expect(await clean(orders, {})).toEqual({ emptyEntitiesRemoved: 0, orphanedLocksReleased: 0 });
    expect(await clean(orders, { removeEmptyEntities: true })).toMatchObject({ emptyEntitiesRemoved: 2 });
    const left = await query(`select instance_id as id from instances where ${inHub} order by instance_id`);
    expect(left).toEqual(['@delayed@1', '@full@1', '@locked@1', '@queued@1'].map((id) => ({ id })));
    const batches = await orders.worker({
      request: { workItemFilters: { entities: [{ name: 'delayed' }, { name: 'empty' }] } },
    });
    expect((await batches.playBatch('1')).operations).toEqual(['later']);
    await signal(orders, '@empty@1', 'again');
    expect((await batches.batch()).state).toBeNull();
  });
});

describe('orphaned locks', () => {
  test('are normally not there: locks that somebody holds stay', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const turn = await holding(orders, worker, 's', '@a@1');
    const nothing = { emptyEntitiesRemoved: 0, orphanedLocksReleased: 0 };
    expect(await clean(orders, { releaseOrphanedLocks: true })).toEqual(nothing);
    expect(await holderOf(orders, '@a@1')).toBe(turn.instanceId);
    await worker.answer(turn, [complete()]);
    await isFree(orders, worker, '@a@1');
    expect(await clean(orders, { releaseOrphanedLocks: true })).toEqual(nothing);
  });

  test('are released when the holder is gone for whatever reason', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const { instanceId } = await holding(orders, worker, 's', '@a@1', '@a@2');
    // As if its execution had ended without releases, which the server never does.
    await query(`update instances set generation = 7 where instance_id = '${instanceId}'`);
    await signal(orders, '@a@1', 'waits');
    const { orphanedLocksReleased } = await clean(orders, { releaseOrphanedLocks: true });
    expect(orphanedLocksReleased).toBe(2);
    expect((await worker.batch()).operations).toEqual(['waits']);
    await expect.poll(() => holderOf(orders, '@a@2')).toBeUndefined();
  });
});

test.each(['nonsense', 'AAAA'])('a token that is none is refused: %j', async (value) => {
  const request = { continuationToken: { value }, removeEmptyEntities: true };
  await hub().refuses('CleanEntityStorage', request, 'INVALID_ARGUMENT', 'token');
});

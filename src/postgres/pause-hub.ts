import { setTimeout as pause } from 'node:timers/promises';
import { type Client } from 'pg';
import { encodeHints } from './hint-text.ts';
import { channelOf } from './listen.ts';
import { type StoreAddress } from './pool.ts';
import { deleteReplica, listReplicas } from './replicas.ts';
import { query, sql } from './sql.ts';

/** Servers that live notice within so long that their incarnation is over. */
const NOTICE_MS = 15_000;
const LOOK_MS = 50;

/**
 * All replicas of the store begin anew, after the batches that they had begun, and pass over what is marked. Returns how
 * many did not in time.
 */
export async function pauseHub(client: Client, store: StoreAddress): Promise<number> {
  const before = await query(client, listReplicas());
  // One at a time, as `deleteExpiredReplica`.
  for (const { replica_id: replicaId } of before) await query(client, deleteReplica(replicaId));
  await tellReplicas(client, store);
  const awaited = before.filter(({ is_expired: isExpired }) => !isExpired).map(({ address }) => address);
  const deadline = performance.now() + NOTICE_MS;
  for (;;) {
    const back = (await query(client, listReplicas())).map(({ address }) => address);
    const missing = awaited.filter((address) => countOf(back, address) < countOf(awaited, address));
    if (missing.length === 0 || performance.now() > deadline) return missing.length;
    await pause(LOOK_MS);
  }
}

/** Processes that serve together have one address. */
function countOf(addresses: readonly string[], wanted: string): number {
  return addresses.filter((address) => address === wanted).length;
}

/** That hubs came or went, and that timers and work may have come with them. */
export async function tellReplicas(client: Client, { schema }: StoreAddress): Promise<void> {
  const replicas = await query(client, listReplicas());
  const hints = encodeHints(0, [
    { kind: 'hubs' },
    { kind: 'work', hubId: 0, item: 'engine' },
    ...replicas.map(({ replica_id: owner }) => ({ kind: 'timers', owner }) as const),
  ]);
  for (const text of hints) {
    await query(client, sql`select pg_notify(${channelOf(schema)}::text, ${text}::text)`);
  }
}

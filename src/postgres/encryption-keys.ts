// Which keys a store's payloads are, or may be, sealed with. Who registers looks first: a server that lacks one of them
// could not read what others wrote, and one that seals with a key that a living server lacks would write what that one
// can't read. Both are refused, so a rollout in the wrong order stops instead of breaking. All of this is serialized by
// one lock, which is held for as long as a registration takes.

import { type Client } from 'pg';
import { StartupError } from '../lib/startup-error.ts';
import { type Micros } from '../domain/time.ts';
import { byteas, texts } from './arrays.ts';
import { CLEAR, type KeyRing } from './key-ring.ts';
import { query, type Statement, sql } from './sql.ts';

const FILE = 'PERDURA_ENCRYPTION_KEYS_FILE';

function lockKeys(): Statement {
  return sql`lock table encryption_keys in share row exclusive mode`;
}

interface KeyRow {
  readonly key_id: string;
  readonly fingerprint: Buffer;
}

function listKeys(): Statement<KeyRow> {
  return sql`
    select key_id,
           fingerprint
      from encryption_keys
     order by key_id
     limit 10000`;
}

function useKeys(keys: readonly KeyRow[]): Statement {
  return sql`
    insert into encryption_keys (key_id, fingerprint, used_at)
    select key_id, fingerprint, clock_timestamp()
      from unnest(${texts(keys, (k) => k.key_id)}::text[],
                  ${byteas(keys, (k) => k.fingerprint)}::bytea[]) t(key_id, fingerprint)
        on conflict (key_id) do update
       set used_at = excluded.used_at`;
}

function findLacking(keyId: string): Statement<{ address: string }> {
  return sql`
    select address
      from replicas
     where expires_at > clock_timestamp()
       and not coalesce(${keyId}::text = any(key_ids), false)
     order by started_at
     limit 1`;
}

/** In its order, for the row of a server. */
export function idsOf(ring: KeyRing): readonly string[] {
  return ring.sealing === undefined ? [CLEAR, ...ring.ids] : ring.ids;
}

/**
 * In the transaction that begins to write with this ring. Rejects with a `StartupError` when that is not safe: a key
 * that is in use is not in the ring, or another one under its id, or a living server lacks the one that seals.
 */
export async function registerRing(client: Client, ring: KeyRing): Promise<void> {
  await query(client, lockKeys());
  for (const { key_id: id, fingerprint } of await query(client, listKeys())) {
    if (!ring.has(id)) {
      throw new StartupError(
        `payloads in the database are sealed with the encryption key '${id}', which is not in the key ring: add it (${FILE}), or re-seal them where it is ("perdura encryption rotate")`,
      );
    }
    if (ring.fingerprint(id)?.equals(fingerprint) !== true) {
      throw new StartupError(
        `the encryption key '${id}' is not the one that sealed payloads in the database under that id`,
      );
    }
  }
  const { sealing } = ring;
  if (sealing === undefined) return;
  const [lacking] = await query(client, findLacking(sealing));
  if (lacking) {
    throw new StartupError(
      `the server ${lacking.address} does not have the encryption key '${sealing}', and could not read what is sealed with it: give it to every server behind their first key before it becomes the first (one that is gone counts for 15 seconds)`,
    );
  }
  const fingerprint = ring.fingerprint(sealing) ?? Buffer.alloc(0);
  await query(client, useKeys([{ key_id: sealing, fingerprint }]));
}

/** Before rows of one store are committed in another, they are in use there. */
export async function bringKeys(source: Client, target: Client): Promise<void> {
  const keys = await query(source, listKeys());
  if (keys.length === 0) return;
  await query(target, lockKeys());
  await query(target, useKeys(keys));
}

/** When the lock was had, and the servers that seal with another key than this one (undefined: that seal at all). */
export async function findOtherWriters(
  client: Client,
  keyId: string | undefined,
): Promise<{ readonly at: Micros; readonly addresses: readonly string[] }> {
  await query(client, sql`begin`);
  await query(client, lockKeys());
  const rows = await query(
    client,
    sql<{ at: Micros; address: string | null }>`
    select clock_timestamp() as at,
           r.address
      from (select 1) one
      left join replicas r
        on coalesce(r.key_ids[1], ${CLEAR}) <> ${keyId ?? CLEAR}::text
     limit 10000`,
  );
  await query(client, sql`commit`);
  return {
    at: rows[0]?.at ?? 0,
    addresses: rows.flatMap(({ address }) => (address === null ? [] : [address])),
  };
}

/** Keys that nothing is sealed with, and nobody has begun to seal with since `before`. Returns their ids. */
export async function forgetKeys(client: Client, kept: readonly string[], before: Micros): Promise<string[]> {
  await query(client, sql`begin`);
  await query(client, lockKeys());
  const gone = await query(
    client,
    sql<{ key_id: string }>`
    delete from encryption_keys e
     where e.key_id <> all(${texts(kept, (id) => id)}::text[])
       and e.used_at < to_timestamp(0) + ${before}::int8 * interval '1 microsecond'
       and not exists (select 1
                         from replicas r
                        where r.key_ids[1] = e.key_id)
    returning e.key_id`,
  );
  await query(client, sql`commit`);
  return gone.map(({ key_id: id }) => id);
}

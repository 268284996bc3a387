import { findOtherWriters, forgetKeys, registerRing } from './encryption-keys.ts';
import { type KeyRing } from './key-ring.ts';
import { payloadTables } from './payload-columns.ts';
import { countPayloads, type Usage } from './payload-usage.ts';
import { resealTable, type Resealing } from './reseal.ts';
import { query, sql } from './sql.ts';
import { type NamedAddress, StoreClients } from './store-clients.ts';
import { Vault } from './vault.ts';

export interface Rotated {
  /** Values that were sealed anew, or made clear. */
  readonly values: number;
  /** Left as they are, because they can't be read. */
  readonly unreadable: number;
  /** What is not as it should be. */
  readonly left: readonly Usage[];
  /** Servers that write it: they seal with another key than the ring, or not at all. */
  readonly writers: readonly string[];
  /** Keys that nothing needs any more. */
  readonly forgotten: readonly string[];
}

/** While servers change rows, some get behind a pass: soon there are few. */
const MOST_PASSES = 10;

export async function statusOf(store: NamedAddress): Promise<Usage[]> {
  await using clients = new StoreClients();
  return await countPayloads(await clients.of(store));
}

/**
 * Seals everything in a store with the first key of the ring, or makes it clear where that seals nothing. Rejects with a
 * `StartupError` when a key that is in use is not in the ring, or a server could not read the result.
 */
export async function rotateKeys(
  store: NamedAddress,
  ring: KeyRing,
  onProgress: Resealing['onProgress'],
): Promise<Rotated> {
  await using clients = new StoreClients();
  const client = await clients.of(store);
  await query(client, sql`begin`);
  await registerRing(client, ring);
  await query(client, sql`commit`);
  const resealing = { client, ring, vault: new Vault(ring), onProgress };
  const kept = ring.sealing === undefined ? [] : [ring.sealing];
  let values = 0;
  for (let pass = 1; ; pass++) {
    const done = await passOver(resealing);
    values += done.values;
    // Before the count: whoever begins to write after it is seen by the clean-up.
    const { at, addresses: writers } = await findOtherWriters(client, ring.sealing);
    const usage = await countPayloads(client);
    const left = usage.filter(({ keyId }) => keyId !== (ring.sealing ?? null));
    const isOver = left.length === 0 || writers.length > 0 || done.values === 0 || pass === MOST_PASSES;
    if (!isOver) continue;
    const used = left.flatMap(({ keyId }) => (keyId === null ? [] : [keyId]));
    const forgotten = await forgetKeys(client, [...kept, ...used], at);
    return { values, unreadable: done.unreadable, left, writers, forgotten };
  }
}

async function passOver(resealing: Resealing): Promise<{ values: number; unreadable: number }> {
  let [values, unreadable] = [0, 0];
  for (const table of payloadTables) {
    const done = await resealTable(resealing, table);
    values += done.values;
    unreadable += done.unreadable;
  }
  return { values, unreadable };
}

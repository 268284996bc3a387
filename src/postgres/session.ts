import { Client, type ClientConfig, DatabaseError } from 'pg';
import { unavailable } from '../domain/errors.ts';
import { type Renewal } from '../domain/store.ts';
import { must } from '../lib/assert.ts';
import { StartupError } from '../lib/startup-error.ts';
import { idsOf, registerRing } from './encryption-keys.ts';
import { type KeyRing } from './key-ring.ts';
import { findMovingHubs } from './hubs.ts';
import {
  deleteExpiredReplica,
  deleteReplica,
  inheritActivities,
  insertReplica,
  listReplicas,
  readTimeline,
  renewReplica,
} from './replicas.ts';
import { query, sql } from './sql.ts';

export interface Inheritance {
  readonly replicaIds: readonly number[];
  readonly activityKeys: readonly number[];
}

/**
 * The connection of a replica's lease: renewals never wait behind anything else. It is made anew when it breaks; then
 * the call that noticed fails, and the next one tries again.
 */
export class Session {
  readonly #config: ClientConfig;
  #client: Promise<Client> | undefined;
  #isClosed = false;

  constructor(config: ClientConfig) {
    // A black hole must not outlast the lease.
    this.#config = { ...config, query_timeout: 7_000, connectionTimeoutMillis: 5_000 };
  }

  /**
   * Takes the place of incarnations that are over: their rows go in the transaction that brings ours. Rejects with a
   * `StartupError` when the key ring doesn't fit.
   */
  async register(
    me: number,
    about: { readonly address: string; readonly version: string; readonly keyRing: KeyRing },
    from?: Inheritance,
  ): Promise<void> {
    await this.#run(async (client) => {
      await query(client, sql`begin`);
      for (const replicaId of from?.replicaIds ?? []) await query(client, deleteReplica(replicaId));
      await registerRing(client, about.keyRing);
      await query(client, insertReplica(me, about, idsOf(about.keyRing)));
      if (from) await query(client, inheritActivities(from.replicaIds, me, from.activityKeys));
      await query(client, sql`commit`);
    });
  }

  async renew(me: number): Promise<Renewal> {
    return this.#run(async (client) => {
      const [renewed] = await query(client, renewReplica(me));
      const replicas = await query(client, listReplicas());
      return {
        isAlive: renewed !== undefined,
        databaseNow: renewed?.database_now ?? 0,
        replicas: replicas.map((row) => ({
          replicaId: row.replica_id,
          address: row.address,
          isExpired: row.is_expired,
        })),
        timeline: await timelineOf(client),
      };
    });
  }

  /** Read when we are registered: whoever moves a hub marks it first, and then deletes the rows of all replicas. */
  async movingHubs(): Promise<ReadonlyMap<number, string>> {
    const rows = await this.#run((client) => query(client, findMovingHubs()));
    return new Map(rows.map(({ hub_id: hubId, name }) => [hubId, name]));
  }

  async reap(): Promise<number[]> {
    const expired = (await this.#run((client) => query(client, listReplicas()))).filter(
      (row) => row.is_expired,
    );
    const gone: number[] = [];
    for (const { replica_id: replicaId } of expired) {
      const rows = await this.#run((client) => query(client, deleteExpiredReplica(replicaId)));
      gone.push(...rows.map((row) => row.replica_id));
    }
    return gone;
  }

  /** Waits for the batches of that replica that have begun. */
  async bury(replicaId: number): Promise<void> {
    await this.#run((client) => query(client, deleteReplica(replicaId)));
  }

  async nextKeyBlock(): Promise<number> {
    const [row] = await this.#run((client) =>
      query(client, sql<{ block: number }>`select nextval('keys') as block`),
    );
    return must(row, 'the next value of a sequence').block;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  async #run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw unavailable('this incarnation of the server is over');
    const connecting = (this.#client ??= this.#open());
    try {
      return await work(await connecting);
    } catch (error) {
      // Whatever it was, the next call begins on a fresh connection.
      if (this.#client === connecting) this.#client = undefined;
      void connecting.then((client) => client.end()).catch(() => undefined);
      throw error instanceof StartupError ? error : unavailable('the database is not available', error);
    }
  }

  #open(): Promise<Client> {
    const opening: Promise<Client> = this.#connect(() => {
      if (this.#client === opening) this.#client = undefined;
    });
    return opening;
  }

  async #connect(onError: () => void): Promise<Client> {
    const client = new Client(this.#config);
    client.on('error', onError);
    await client.connect();
    return client;
  }
}

/** 0 where the server doesn't tell (some managed ones hide their log positions). */
async function timelineOf(client: Client): Promise<number> {
  try {
    const [row] = await query(client, readTimeline());
    return row ? Number.parseInt(row.timeline, 16) : 0;
  } catch (error) {
    if (error instanceof DatabaseError && error.severity === 'ERROR') return 0;
    throw error;
  }
}

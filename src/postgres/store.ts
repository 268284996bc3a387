// The PostgreSQL store of one incarnation. For its users:
//
//   const store = await openStore({ databaseUrl, schema, poolSize, address, version, residency, onHint, onDead, onBatch, log });
//
// registers a new row in `replicas` (with `inherits`, in the transaction that deletes the former incarnation's row and
// re-owns the activities that its streams still hold) and gives a `Store` with:
//   ids            keys from blocks of the sequence `keys`, and execution ids
//   abort(reason)  ends the incarnation at once: everything is rejected for ever; `onDead` is called
//   close()        orderly: what is queued is committed, the row deleted, what is left freed
// `residency` is asked while a batch is built and told when it has committed; `onDead` is called once, also by itself
// ('ambiguous': a COMMIT without an answer, 'fenced': declared dead, 'failover', 'a bug in the lane'). The caller renews
// (`renew()` every few seconds); the store renews by itself only after a reconnect and when the fence refused a batch.
//
// Connections: the lane · the session (renewals) · the listener (hints) · a pool for reads.

import { Pool, type ClientConfig, type PoolClient } from 'pg';
import { SchedulerError, unavailable } from '../domain/errors.ts';
import { type Ids } from '../domain/ids.ts';
import { type Hint, type Renewal, type Residency, type Store } from '../domain/store.ts';
import { type ReleasedActivity, type ReleasePatch } from '../domain/write.ts';
import { StartupError } from '../lib/startup-error.ts';
import { type Logger } from '../telemetry/log.ts';
import { type ActivityRow } from './activities.ts';
import { claimEngineWork, type ClaimedRow, claimInstances } from './claims.ts';
import { findDead } from './free.ts';
import { HeldIds } from './held-ids.ts';
import { findDeletedHubs, findInstancesOf, forgetHub, toKey } from './hubs.ts';
import { type KeyRing, noKeys } from './key-ring.ts';
import { Keys } from './keys.ts';
import { Lane } from './lane.ts';
import { Listener } from './listen.ts';
import { type Surroundings } from './parts.ts';
import {
  claimActivitiesPlan,
  claimPlan,
  cleanEntitiesPlan,
  deleteInstancesPlan,
  disownPlan,
  freePlan,
} from './plans.ts';
import { connectionSettings } from './pool.ts';
import { Reads } from './reads.ts';
import { type Inheritance, Session } from './session.ts';
import { type Statement } from './sql.ts';
import { Vault } from './vault.ts';
import { limits } from '../domain/limits.ts';

export interface StoreOptions {
  readonly databaseUrl: string;
  readonly schema: string;
  /** Connections for reads. */
  readonly poolSize: number;
  /** Where others find this replica; for people only. */
  readonly address: string;
  readonly version: string;
  readonly residency: Residency;
  readonly onHint: (hints: readonly Hint[]) => void;
  readonly onDead: (reason: string) => void;
  /** Told of every committed batch: its writes, how long it took, how long its first write had waited. */
  readonly onBatch?: (size: number, ms: number, queuedMs: number) => void;
  /** The incarnations whose place this one takes, and the activities that workers still hold from them. */
  readonly inherits?: Inheritance | undefined;
  /** Told the id before it is registered: what is left of an attempt that fails after that. */
  readonly onRegister?: (replicaId: number) => void;
  /** With what payloads are sealed and opened; none when unset. */
  readonly keyRing?: KeyRing | undefined;
  readonly log: Logger;
}

export interface OpenStore extends Store {
  readonly ids: Ids;
  /** Connections for reads, and reads that wait for one. */
  readonly connections: { readonly busy: number; readonly idle: number; readonly waiting: number };
  /** Ends this incarnation at once; nothing is waited for. */
  abort(reason: string): void;
}

/**
 * Statements look up rows by key; the right plan is always a nested loop over an index. A plan made while a table was
 * small would scan it whole, and stay when it has grown.
 */
const plannerSettings = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/** Reads are small: one that takes longer is lost, perhaps with its connection. */
const READ_TIMEOUT_MS = 12_000;

/** What can't be read is claimed again so often: a server that has the key may have come. */
const SET_ASIDE_MS = 60_000;

/** Nobody owns it for a while, and nothing of it is written over. */
function setAside({ partition, instance_key: key, turn, attempts }: ClaimedRow): ReleasePatch {
  return { kind: 'release', partition, key, turn, attempts, readyInMs: SET_ASIDE_MS };
}

function setActivityAside(row: ActivityRow): ReleasedActivity {
  const { partition, instance_key: key, activity_key: activityKey, hub_id: hubId, attempt } = row;
  return { partition, key, activityKey, hubId, attempt, isOwn: true, readyInMs: SET_ASIDE_MS };
}

/** Registers a new incarnation. Rejects when the database can't be reached, or its payloads need other keys. */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  const { databaseUrl: url, schema, residency, log, onHint } = options;
  const config = connectionSettings({ url, schema }, plannerSettings);
  const session = new Session(config);
  let listener: Listener | undefined;
  try {
    const ids = await Keys.open(() => session.nextKeyBlock());
    const me = ids.key();
    listener = await Listener.open({ config, schema, me, onHint, log });
    options.onRegister?.(me);
    const { address, version, keyRing = noKeys } = options;
    await session.register(me, { address, version, keyRing }, options.inherits);
    const movingHubs = await session.movingHubs();
    const { timeline } = await session.renew(me);
    const opened = { config, session, ids, me, listener, timeline, movingHubs, residency };
    return new PostgresStore(options, opened);
  } catch (error) {
    listener?.destroy();
    await session.close();
    throw error instanceof SchedulerError || error instanceof StartupError
      ? error
      : unavailable('the database is not available', error);
  }
}

interface Opened {
  readonly config: ClientConfig;
  readonly session: Session;
  readonly ids: Keys;
  readonly me: number;
  readonly listener: Listener;
  readonly timeline: number;
  readonly movingHubs: Store['movingHubs'];
  readonly residency: Residency;
}

class PostgresStore extends Reads implements OpenStore {
  readonly replicaId: number;
  readonly ids: Ids;
  readonly movingHubs: Store['movingHubs'];
  readonly #session: Session;
  readonly #listener: Listener;
  readonly #lane: Lane;
  readonly #pool: Pool;
  /** Of the pool. */
  readonly #connections: ReadonlySet<PoolClient>;
  readonly #around: Surroundings;
  readonly #log: Logger;
  readonly #onDead: (reason: string) => void;
  readonly #timeline: number;
  #isOver = false;

  constructor(options: StoreOptions, opened: Opened) {
    const { config, session, ids, me, listener, timeline, movingHubs, residency } = opened;
    const { log, poolSize, onBatch } = options;
    const pool = new Pool({ ...config, max: poolSize, query_timeout: READ_TIMEOUT_MS });
    const connections = new Set<PoolClient>();
    pool.on('connect', (client) => connections.add(client));
    pool.on('remove', (client) => connections.delete(client));
    pool.on('error', (error) => {
      log.debug({ err: error }, 'an idle connection broke');
    });
    const vault = new Vault(options.keyRing ?? noKeys);
    super(pool, me, vault);
    this.#log = log;
    this.#connections = connections;
    this.replicaId = me;
    this.ids = ids;
    this.movingHubs = movingHubs;
    this.#pool = pool;
    this.#session = session;
    this.#listener = listener;
    this.#timeline = timeline;
    this.#onDead = options.onDead;
    this.#around = { me, residency, held: new HeldIds(), vault };
    this.#lane = new Lane({
      ...this.#around,
      ...{ config, log },
      renew: () => this.#isStillAlive(),
      onDead: (reason) => {
        this.#over(reason);
      },
      onBatch: onBatch ?? (() => undefined),
    });
  }

  get connections(): OpenStore['connections'] {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  readonly commit: Store['commit'] = (write) => this.#lane.commit(write);

  readonly claimInstances: Store['claimInstances'] = (claim) =>
    this.#claim(claimInstances(this.replicaId, claim));

  readonly claimEngineWork: Store['claimEngineWork'] = (limit) =>
    this.#claim(claimEngineWork(this.replicaId, limit));

  async #claim(statement: Statement<ClaimedRow>): Promise<number> {
    const { count, unreadable } = await this.#lane.run(() => claimPlan(statement, this.#around));
    for (const { row, error } of unreadable) {
      const { instance_id: instanceId, hub_id: hubId } = row;
      this.#log.error({ err: error, instanceId, hubId }, 'an instance is set aside: it is tried again later');
    }
    await Promise.all(unreadable.map(({ row }) => this.commit({ patch: setAside(row) })));
    return count;
  }

  readonly claimActivities: Store['claimActivities'] = async (claim) => {
    const { count, unreadable } = await this.#lane.run(() => claimActivitiesPlan(claim, this.#around));
    for (const { row, error } of unreadable) {
      const { name, hub_id: hubId } = row;
      this.#log.error(
        { err: error, activity: name, hubId },
        'an activity is set aside: it is tried again later',
      );
    }
    if (unreadable.length > 0) {
      await this.commit({ releasedActivities: unreadable.map(({ row }) => setActivityAside(row)) });
    }
    return count;
  };

  async free(): Promise<number> {
    for (const { owner } of await this.rows(findDead())) {
      const freed = await this.#lane.run(() => freePlan(owner, this.#around));
      if (freed > 0) return freed;
    }
    return 0;
  }

  readonly disown: Store['disown'] = (instance) => this.#lane.run(() => disownPlan(instance, this.#around));

  readonly purge: Store['purge'] = (instances) =>
    this.#lane.run(() => deleteInstancesPlan(instances, 'finished'));

  readonly cleanEntities: Store['cleanEntities'] = (hubId, after) =>
    this.#lane.run(() => cleanEntitiesPlan(hubId, after));

  async sweepDeletedHubs(): Promise<number> {
    for (const { hub_id: hubId } of await this.rows(findDeletedHubs())) {
      const found = await this.rows(findInstancesOf(hubId, limits.freeRows));
      const keys = found.map(toKey);
      if (keys.length > 0) return this.#lane.run(() => deleteInstancesPlan(keys, 'all'));
      await this.rows(forgetHub(hubId));
    }
    return 0;
  }

  async renew(): Promise<Renewal> {
    const renewal = await this.#session.renew(this.replicaId);
    this.#listener.hasOthers = renewal.replicas.length > 1;
    return renewal;
  }

  readonly reap: Store['reap'] = () => this.#session.reap();

  hint(hints: readonly Hint[]): void {
    this.#listener.send(hints);
  }

  abort(reason: string): void {
    this.#lane.die(reason);
    this.#over(reason);
  }

  async close(): Promise<void> {
    await this.#lane.retire();
    await this.#session.bury(this.replicaId);
    // Without a fence: this replica is dead by now, and its id is never used again.
    const step = (): Promise<number> => this.#lane.run(() => freePlan(this.replicaId, this.#around), false);
    while ((await step()) > 0);
    this.#isOver = true;
    await this.#lane.close();
    await this.#listener.flush();
    await this.#closeConnections();
  }

  /** After a reconnect or a refused fence: neither dead nor on a database that may have forgotten what memory knows. */
  async #isStillAlive(): Promise<boolean> {
    const { isAlive, timeline } = await this.renew();
    return isAlive && timeline === this.#timeline;
  }

  #over(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#closeConnections();
    // Whoever waits for a read learns now that it won't be answered.
    for (const client of this.#connections) client.connection.stream.destroy();
    this.#onDead(reason);
  }

  async #closeConnections(): Promise<void> {
    this.markOver();
    this.#listener.destroy();
    await Promise.all([this.#session.close(), this.#pool.end()]);
  }
}

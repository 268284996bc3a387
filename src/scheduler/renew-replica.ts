import { Clock } from '../dispatch/clock.ts';
import { type Context } from './context.ts';
import { freeDead } from './sweep.ts';

/** How long a replica's lease lives; half of it is how long work is handed out without a renewal (ownership.md §2). */
export const REPLICA_TTL_MS = 15_000;

/** What the renewals of one incarnation have seen. */
export interface RenewalMemory {
  readonly clock: Clock;
  /** Monotonic moment since when every renewal has succeeded in time. */
  steadySinceMs: number;
  lastSentMs: number;
  timeline: number | undefined;
}

/**
 * Renews this replica's lease, learns the database's clock and the other replicas, and buries the dead. A replica may
 * bury others only after a whole lease time of timely renewals of its own, so that an outage of the database longer
 * than a lease kills nobody. Returns how many replicas were buried.
 */
export async function renewReplica(context: Context, memory: RenewalMemory): Promise<number> {
  const { store, dispatch, quotas, startOver, log } = context;
  const sentMs = Clock.monotonicMs();
  const renewal = await store.renew();
  if (!renewal.isAlive) {
    startOver('this replica was declared dead: its lease had run out');
    return 0;
  }
  if (memory.timeline !== undefined && memory.timeline !== renewal.timeline) {
    startOver('the database was failed over to another timeline');
    return 0;
  }
  memory.timeline = renewal.timeline;
  memory.clock.learn(renewal.databaseNow, sentMs, Clock.monotonicMs());
  if (sentMs - memory.lastSentMs > REPLICA_TTL_MS / 2) memory.steadySinceMs = sentMs;
  memory.lastSentMs = sentMs;
  const living = renewal.replicas.filter((replica) => !replica.isExpired).map(({ replicaId }) => replicaId);
  dispatch.timers.assign(store.replicaId, living);
  quotas.shareAmong(living.length, sentMs);
  dispatch.trust(sentMs, REPLICA_TTL_MS / 2);
  store.hint([{ kind: 'echo', owner: store.replicaId }]);
  if (living.length === renewal.replicas.length || sentMs - memory.steadySinceMs < REPLICA_TTL_MS) return 0;
  const buried = await store.reap();
  if (buried.length > 0) log.warn({ replicas: buried }, 'replicas are gone: their lease had run out');
  await freeDead(context);
  return buried.length;
}

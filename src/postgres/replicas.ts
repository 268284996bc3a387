import { type Micros } from '../domain/time.ts';
import { int8s, texts } from './arrays.ts';
import { type Statement, sql } from './sql.ts';

/** How long a replica lives after its last renewal. */
const TTL_SECONDS = 15;

/** First statement of every writing transaction: aborts unless this incarnation is alive (ownership.md §2). */
export function fence(me: number): Statement<unknown> {
  return sql`
    select 1 / count(*)
      from (select 1
              from replicas
             where replica_id = ${me}::int8
               and expires_at > clock_timestamp()
               for key share) s`;
}

export function insertReplica(
  me: number,
  { address, version }: { readonly address: string; readonly version: string },
  keyIds: readonly string[],
): Statement {
  return sql`
    insert into replicas (replica_id, address, version, key_ids, expires_at)
    values (${me}::int8, ${address}, ${version}, ${texts(keyIds, (id) => id)}::text[],
            clock_timestamp() + ${TTL_SECONDS}::float8 * interval '1 s')`;
}

/** An update, never an upsert: no row means that this incarnation was declared dead. */
export function renewReplica(me: number): Statement<{ database_now: Micros }> {
  return sql`
    update replicas
       set expires_at = clock_timestamp() + ${TTL_SECONDS}::float8 * interval '1 s'
     where replica_id = ${me}::int8
    returning clock_timestamp() as database_now`;
}

export interface ReplicaRow {
  readonly replica_id: number;
  readonly address: string;
  readonly is_expired: boolean;
}

export function listReplicas(): Statement<ReplicaRow> {
  return sql`
    select replica_id,
           address,
           expires_at <= clock_timestamp() as is_expired
      from replicas
     order by replica_id
     limit 10000`;
}

export interface ReplicaLife {
  readonly address: string;
  readonly version: string;
  /** Since the last renewal. */
  readonly silent_seconds: number;
  readonly is_expired: boolean;
}

export function describeReplicas(): Statement<ReplicaLife> {
  return sql`
    select address,
           version,
           extract(epoch from clock_timestamp() - expires_at)::float8 + ${TTL_SECONDS}::float8 as silent_seconds,
           expires_at <= clock_timestamp() as is_expired
      from replicas
     order by started_at
     limit 10000`;
}

/** The number of the history line that the server writes: a failover raises it at once (a checkpoint's comes later). */
export function readTimeline(): Statement<{ timeline: string }> {
  return sql`
    select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline`;
}

/**
 * Waits for the running batches of whom it deletes: of one at a time, because such a batch may wait in turn for another
 * expired replica's row. Carries no fence: only absence entitles to anything.
 */
export function deleteExpiredReplica(replicaId: number): Statement<{ replica_id: number }> {
  return sql`
    delete from replicas
     where replica_id = ${replicaId}::int8
       and expires_at < clock_timestamp()
    returning replica_id`;
}

export function deleteReplica(replicaId: number): Statement {
  return sql`
    delete from replicas
     where replica_id = ${replicaId}::int8`;
}

/** Long activities are not run twice because their replica began anew (decisions 14). */
export function inheritActivities(
  from: readonly number[],
  to: number,
  activityKeys: readonly number[],
): Statement {
  return sql`
    update activities a
       set owner = ${to}::int8
      from (select partition, instance_key, activity_key
              from activities
             where owner = any(${int8s(from, (id) => id)}::int8[])
               and activity_key = any(${int8s(activityKeys, (key) => key)}::int8[])
             order by partition, instance_key, activity_key
               for update) mine
     where a.partition = mine.partition
       and a.instance_key = mine.instance_key
       and a.activity_key = mine.activity_key`;
}

import { type InstanceKey } from '../domain/ids.ts';
import { type Claim, type ClaimedActivity } from '../domain/store.ts';
import { type ActivityCompletion, type NewActivity, type ReleasedActivity } from '../domain/write.ts';
import { bools, byteas, int2s, int4s, int8s, texts } from './arrays.ts';
import { filterColumns } from './claim-filter.ts';
import { type Statement, sql } from './sql.ts';
import { type Vault, type Writer } from './vault.ts';

export function insertActivities({ me, vault }: Writer, activities: readonly NewActivity[]): Statement {
  return sql`
    insert into activities (partition, instance_key, activity_key, generation, task_id, hub_id, name, version,
                            effective_version, owner, not_before, request)
    select partition, instance_key, activity_key, generation, task_id, hub_id, name, version, effective_version,
           owner, clock_timestamp(), request
      from unnest(${int4s(activities, (a) => a.partition)}::int4[],
                  ${int8s(activities, (a) => a.key)}::int8[],
                  ${int8s(activities, (a) => a.activityKey)}::int8[],
                  ${int4s(activities, (a) => a.generation)}::int4[],
                  ${int4s(activities, (a) => a.taskId)}::int4[],
                  ${int4s(activities, (a) => a.hubId)}::int4[],
                  ${texts(activities, (a) => a.name)}::text[],
                  ${texts(activities, (a) => a.version)}::text[],
                  ${texts(activities, (a) => a.effectiveVersion)}::text[],
                  ${int8s(activities, (a) => (a.owned ? me : null))}::int8[],
                  ${byteas(activities, (a) => vault.seal('request', a.request))}::bytea[])
           t(partition, instance_key, activity_key, generation, task_id, hub_id, name, version, effective_version,
             owner, request)
     order by partition, instance_key, activity_key`;
}

/** Of rewound instances: where the task has no row any more. Unowned. */
export function insertMissingActivities(
  vault: Vault,
  activities: readonly NewActivity[],
): Statement<{ hub_id: number }> {
  return sql`
    insert into activities (partition, instance_key, activity_key, generation, task_id, hub_id, name, version,
                            effective_version, not_before, request)
    select t.partition, t.instance_key, t.activity_key, t.generation, t.task_id, t.hub_id, t.name, t.version,
           t.effective_version, clock_timestamp(), t.request
      from unnest(${int4s(activities, (a) => a.partition)}::int4[],
                  ${int8s(activities, (a) => a.key)}::int8[],
                  ${int8s(activities, (a) => a.activityKey)}::int8[],
                  ${int4s(activities, (a) => a.generation)}::int4[],
                  ${int4s(activities, (a) => a.taskId)}::int4[],
                  ${int4s(activities, (a) => a.hubId)}::int4[],
                  ${texts(activities, (a) => a.name)}::text[],
                  ${texts(activities, (a) => a.version)}::text[],
                  ${texts(activities, (a) => a.effectiveVersion)}::text[],
                  ${byteas(activities, (a) => vault.seal('request', a.request))}::bytea[])
           t(partition, instance_key, activity_key, generation, task_id, hub_id, name, version, effective_version,
             request)
     where not exists (select 1
                         from activities a
                        where a.partition = t.partition
                          and a.instance_key = t.instance_key
                          and a.generation = t.generation
                          and a.task_id = t.task_id)
     order by t.partition, t.instance_key, t.activity_key
    returning hub_id`;
}

interface CompletedColumns {
  /** Places in the list, from 1. */
  readonly ns: readonly number[];
  /** Null when the execution is over and nobody was told. */
  readonly message_ids: readonly (number | null)[];
  readonly activity_owners: readonly (number | null)[];
  readonly generations: readonly number[];
  readonly owners: readonly (number | null)[];
  readonly kinds: readonly (number | null)[];
}

/** The completions that were first, as parallel arrays: half of all writes are completions, and a row each costs more. */
export type CompletedRow = CompletedColumns | { readonly [Column in keyof CompletedColumns]: null };

/**
 * The delete decides who was first; the result is inserted from what was deleted, joined with the living instance of
 * that generation. `isHeld`: residents, which need no bell. One completion per activity: `n` counts from 1.
 */
export function completeActivities(
  { me, vault }: Writer,
  completions: readonly ActivityCompletion[],
  isHeld: (key: number) => boolean,
): Statement<CompletedRow> {
  return sql`
    with gone as (
      delete from activities a
       using (select a.partition, a.instance_key, a.activity_key, c.is_held, c.event, c.n
                from unnest(${int4s(completions, (c) => c.partition)}::int4[],
                            ${int8s(completions, (c) => c.key)}::int8[],
                            ${int8s(completions, (c) => c.activityKey)}::int8[],
                            ${int4s(completions, (c) => c.hubId)}::int4[],
                            ${bools(completions, (c) => isHeld(c.key))}::bool[],
                            ${byteas(completions, (c) => vault.seal('message', c.event))}::bytea[])
                     with ordinality c(partition, instance_key, activity_key, hub_id, is_held, event, n)
                join activities a using (partition, instance_key, activity_key)
               where a.hub_id = c.hub_id
               order by a.partition, a.instance_key, a.activity_key
                 for update of a) p
       where (a.partition, a.instance_key, a.activity_key) = (p.partition, p.instance_key, p.activity_key)
      returning a.partition, a.instance_key, a.activity_key, a.owner as activity_owner, a.generation, a.hub_id,
                p.is_held, p.event, p.n),
    numbered as materialized (
      select r.*,
             case when r.instance_kind is not null then nextval('message_ids') end as message_id
        from (select g.*, i.owner, i.kind as instance_kind
                from gone g
                left join instances i
                  on (i.partition, i.instance_key, i.generation) = (g.partition, g.instance_key, g.generation)
                 and i.status in (0, 6, 7)
               order by g.n) r),
    sent as (
      insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
      select partition, instance_key, 3, message_id, 2, generation, event
        from numbered
       where message_id is not null
       order by message_id),
    rung as (
      update instances i
         set ready_at = least(i.ready_at, clock_timestamp())
        from (select distinct partition, instance_key
                from numbered
               where message_id is not null
                 and (not is_held or owner is distinct from ${me}::int8)) r
       where (i.partition, i.instance_key) = (r.partition, r.instance_key))
    select array_agg(n) as ns, array_agg(message_id) as message_ids, array_agg(activity_owner) as activity_owners,
           array_agg(generation) as generations, array_agg(owner) as owners, array_agg(instance_kind) as kinds
      from (select n, message_id, activity_owner, generation, owner, instance_kind from numbered order by n) r`;
}

export interface ReleasedRow {
  readonly hub_id: number;
  readonly activity_key: number;
  readonly former_owner: number;
  readonly is_ready: boolean;
}

/** Back to the queue, unless somebody completed it meanwhile. */
export function releaseActivities(me: number, released: readonly ReleasedActivity[]): Statement<ReleasedRow> {
  return sql`
    update activities a
       set owner = null,
           attempt = mine.attempt,
           not_before = clock_timestamp() + mine.ready_in_ms * interval '1 ms'
      from (select a.partition, a.instance_key, a.activity_key, a.owner, t.attempt, t.ready_in_ms
              from unnest(${int4s(released, (r) => r.partition)}::int4[],
                          ${int8s(released, (r) => r.key)}::int8[],
                          ${int8s(released, (r) => r.activityKey)}::int8[],
                          ${int4s(released, (r) => r.hubId)}::int4[],
                          ${bools(released, (r) => r.isOwn)}::bool[],
                          ${int2s(released, (r) => Math.min(r.attempt, 32_767))}::int2[],
                          ${int8s(released, (r) => Math.ceil(r.readyInMs))}::int8[])
                   t(partition, instance_key, activity_key, hub_id, is_own, attempt, ready_in_ms)
              join activities a
                on a.partition = t.partition
               and a.instance_key = t.instance_key
               and a.activity_key = t.activity_key
             where a.hub_id = t.hub_id
               and (a.owner is not distinct from ${me}::int8
                    or not t.is_own and a.owner is not null and a.attempt = t.attempt)
             order by a.partition, a.instance_key, a.activity_key
               for update of a) mine
     where a.partition = mine.partition
       and a.instance_key = mine.instance_key
       and a.activity_key = mine.activity_key
    returning a.hub_id,
              a.activity_key,
              mine.owner as former_owner,
              mine.ready_in_ms <= 0 as is_ready`;
}

/** Of each, in order: has this replica got it? */
export function readOwned(
  me: number,
  activities: readonly (InstanceKey & { readonly activityKey: number })[],
): Statement<{ is_mine: boolean }> {
  return sql`
    select a.activity_key is not null as is_mine
      from unnest(${int4s(activities, (a) => a.partition)}::int4[],
                  ${int8s(activities, (a) => a.key)}::int8[],
                  ${int8s(activities, (a) => a.activityKey)}::int8[])
           with ordinality t(partition, instance_key, activity_key, n)
      left join activities a
        on a.partition = t.partition
       and a.instance_key = t.instance_key
       and a.activity_key = t.activity_key
       and a.owner is not distinct from ${me}::int8
     order by t.n`;
}

/** Of terminated instances: what no replica has leased. What runs may finish; its result is ignored. */
export function dropQueuedActivities(instances: readonly InstanceKey[]): Statement {
  return sql`
    delete from activities a
     using (select q.partition, q.instance_key, q.activity_key
              from unnest(${int4s(instances, (i) => i.partition)}::int4[],
                          ${int8s(instances, (i) => i.key)}::int8[]) t(partition, instance_key)
              join activities q
                on q.partition = t.partition
               and q.instance_key = t.instance_key
             where q.owner is null
             order by q.partition, q.instance_key, q.activity_key
               for update of q) gone
     where a.partition = gone.partition
       and a.instance_key = gone.instance_key
       and a.activity_key = gone.activity_key`;
}

export interface ActivityRow {
  readonly partition: number;
  readonly instance_key: number;
  readonly activity_key: number;
  readonly generation: number;
  readonly task_id: number;
  readonly hub_id: number;
  readonly name: string;
  readonly version: string | null;
  readonly effective_version: string | null;
  readonly attempt: number;
  readonly request: Buffer;
}

export function claimActivities(me: number, { hubId, filter, limit }: Claim): Statement<ActivityRow> {
  const { takesAll, names, versions, ignoresCase } = filterColumns(filter);
  return sql`
    update activities
       set owner = ${me}::int8
     where ctid = any(array(
           select a.ctid
             from activities a
            where a.hub_id = ${hubId}::int4
              and a.owner is null
              and a.not_before <= (select clock_timestamp())
              and (${takesAll}::bool
                   or exists (select 1
                                from unnest(${names}::text[], ${versions}::text[], ${ignoresCase}::bool[])
                                     f(name, version, ignores_case)
                               where (f.name = a.name
                                      or f.ignores_case and lower(f.name collate "C") = lower(a.name collate "C"))
                                 and (f.version is null or f.version = coalesce(a.effective_version, ''))))
            order by a.not_before
            limit ${limit}::int8
              for update skip locked))
    returning partition, instance_key, activity_key, generation, task_id, hub_id, name, version, effective_version,
              attempt, request`;
}

/** Throws an `UnreadablePayloadError`. */
export function toClaimedActivity(row: ActivityRow, vault: Vault): ClaimedActivity {
  const { partition, generation, name, version, attempt } = row;
  return {
    ...{ partition, generation, name, version, attempt },
    request: vault.open('request', row.request),
    key: row.instance_key,
    activityKey: row.activity_key,
    taskId: row.task_id,
    hubId: row.hub_id,
    effectiveVersion: row.effective_version,
    owned: true,
  };
}

/** The newest one, for completions without a token (contract §12.2). */
export function findActivity(
  { partition, key }: InstanceKey,
  taskId: number,
): Statement<{ activity_key: number }> {
  return sql`
    select activity_key
      from activities
     where partition = ${partition}::int4
       and instance_key = ${key}::int8
       and task_id = ${taskId}::int4
     order by activity_key desc
     limit 1`;
}

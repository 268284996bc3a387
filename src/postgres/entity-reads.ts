import { type EntityFilter } from '../domain/store.ts';
import { type LockHolder } from '../domain/instance.ts';
import { type InstanceId, partitionOf } from '../domain/ids.ts';
import { type Micros } from '../domain/time.ts';
import { timestamps } from './arrays.ts';
import { type Statement, sql } from './sql.ts';

/** Rows that one step looks at. */
const STEP_ROWS = 2_000;

export interface EntityRow {
  readonly instance_id: string;
  readonly partition: number;
  readonly instance_key: number;
  readonly updated_at: Micros;
  readonly held_by: LockHolder | null;
  readonly has_state: boolean;
  readonly state: Buffer | null;
  /** Operations that wait. */
  readonly backlog: number;
}

export function readEntity(hubId: number, id: InstanceId, withState: boolean): Statement<EntityRow> {
  return sql`
    select i.instance_id, i.partition, i.instance_key, i.updated_at, i.held_by, i.output is not null as has_state,
           case when ${withState}::bool then i.output end as state,
           (select count(*)
              from inbox x
             where x.partition = i.partition
               and x.instance_key = i.instance_key
               and x.kind in (8, 9))::int4 as backlog
      from instances i
     where i.partition = ${partitionOf(hubId, id)}::int4
       and i.hub_id = ${hubId}::int4
       and i.instance_id = ${id}::text
       and i.kind = 1`;
}

/** `instance_id` null: nothing matched in this step. */
export type EntityStepRow = (EntityRow | { readonly [Name in keyof EntityRow]: null }) & {
  readonly last_looked_at: string | null;
  readonly is_full: boolean;
  readonly matches: number;
};

/** One step along the entities of a hub in order of their ids: at most `most` matches, as many as fit. */
export function stepByEntityId(
  { hubId, prefix, from, to, includesTransient, withState, maxBytes }: EntityFilter,
  after: string,
  most: number,
): Statement<EntityStepRow> {
  return sql`
    with looked_at as materialized (
      select i.partition, i.instance_key, i.instance_id, i.updated_at, i.held_by, i.output is not null as has_state,
             case when ${withState}::bool then coalesce(octet_length(i.output), 0) else 0 end as bytes,
             i.updated_at >= (${moment(from)}::timestamptz[])[1]
             and i.updated_at <= (${moment(to)}::timestamptz[])[1]
             and (i.output is not null
                  or ${includesTransient}::bool
                     and (i.held_by is not null
                          or exists (select 1
                                       from inbox x
                                      where x.partition = i.partition
                                        and x.instance_key = i.instance_key))) as is_match
        from instances i
       where i.hub_id = ${hubId}::int4
         and i.kind = 1
         and i.instance_id > ${after}::text
         and i.instance_id >= ${prefix}::text
         and i.instance_id < ${`${prefix}\u{10ffff}`}::text
       order by i.instance_id
       limit ${STEP_ROWS}::int8),
    picked as (
      select *, row_number() over (order by instance_id) as n,
             sum(bytes) over (order by instance_id rows unbounded preceding) as all_bytes
        from looked_at
       where is_match
       order by instance_id
       limit ${most}::int8)
    select p.instance_id, p.partition, p.instance_key, p.updated_at, p.held_by, p.has_state,
           case when ${withState}::bool then (select i.output
                                                from instances i
                                               where i.partition = p.partition
                                                 and i.instance_key = p.instance_key) end as state,
           (select count(*)
              from inbox x
             where (x.partition, x.instance_key) = (p.partition, p.instance_key)
               and x.kind in (8, 9))::int4 as backlog,
           e.last_looked_at, e.is_full, (select count(*) from picked)::int4 as matches
      from (select max(instance_id) as last_looked_at, count(*) = ${STEP_ROWS}::int8 as is_full
              from looked_at) e
      left join picked p
        on p.n = 1
        or p.all_bytes <= ${maxBytes}::int8
     order by p.n`;
}

/** Entities without anything, untouched for a while, among the next ones of a hub; see `deleteVoid`. */
export function deleteVoidEntities(
  hubId: number,
  after: string,
): Statement<{ last_looked_at: string | null; is_full: boolean; removed: number }> {
  return sql`
    with looked_at as materialized (
      select i.ctid as place, i.instance_id
        from instances i
       where i.hub_id = ${hubId}::int4
         and i.kind = 1
         and i.instance_id > ${after}::text
       order by i.instance_id
       limit ${STEP_ROWS}::int8),
    gone as (
      delete from instances
       where ctid = any(array(
             select i.ctid
               from looked_at l
               join instances i
                 on i.ctid = l.place
              where i.output is null
                and i.held_by is null
                and i.owner is null
                and i.ready_at is null
                and i.updated_at < clock_timestamp() - interval '1 minute'
                and not exists (select 1
                                  from inbox x
                                 where x.partition = i.partition
                                   and x.instance_key = i.instance_key)
                and not exists (select 1
                                  from timers t
                                 where t.instance_key = i.instance_key)
                for update of i skip locked))
      returning 1)
    select (select max(instance_id) from looked_at) as last_looked_at,
           (select count(*) from looked_at) = ${STEP_ROWS}::int8 as is_full,
           (select count(*) from gone)::int4 as removed`;
}

/** Entities held by an execution that is over. */
export function findOrphanedLocks(
  hubId: number,
  after: string,
): Statement<{
  instance_id: string | null;
  held_by: LockHolder | null;
  last_looked_at: string | null;
  is_full: boolean;
}> {
  return sql`
    with looked_at as materialized (
      select i.instance_id, i.held_by
        from instances i
       where i.hub_id = ${hubId}::int4
         and i.kind = 1
         and i.instance_id > ${after}::text
       order by i.instance_id
       limit ${STEP_ROWS}::int8)
    select o.instance_id, o.held_by, e.last_looked_at, e.is_full
      from (select max(instance_id) as last_looked_at, count(*) = ${STEP_ROWS}::int8 as is_full
              from looked_at) e
      left join looked_at o
        on o.held_by is not null
       and not exists (select 1
                         from instances i
                        where i.partition = (o.held_by ->> 'partition')::int4
                          and i.instance_key = (o.held_by ->> 'key')::int8
                          and i.generation = (o.held_by ->> 'generation')::int4
                          and i.status in (0, 6, 7))`;
}

/** Requests so old that nobody repeats them any more. */
export function forgetRequests(limit: number): Statement<{ removed: number }> {
  return sql`
    with gone as (
      delete from signals
       where ctid = any(array(
             select ctid
               from signals
              where sent_at < clock_timestamp() - interval '10 minutes'
              order by sent_at
              limit ${limit}::int8
                for update skip locked))
      returning 1)
    select count(*)::int4 as removed
      from gone`;
}

function moment(micros: Micros): Buffer {
  return timestamps([micros], (at) => at);
}

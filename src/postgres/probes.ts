import { type InstanceKind } from '../domain/instance.ts';
import { type Statement, sql } from './sql.ts';

/** Bells that have rung longer than this were not heard. */
const UNHEARD_SECONDS = 2;

/** Living hubs with unowned work that is due: two or three index probes per hub. `kind` 2 is an activity. */
export function findClaimable(): Statement<{ hub_id: number; kind: number }> {
  return sql`
    select h.hub_id,
           k.kind
      from hubs h
     cross join (values (0), (1), (2)) k(kind)
     where h.deleted_at is null
       and case when k.kind < 2
                then exists (select 1
                               from instances i
                              where i.hub_id = h.hub_id
                                and i.kind = k.kind::int2
                                and i.owner is null
                                and i.ready_at <= (select clock_timestamp()))
                else exists (select 1
                               from activities a
                              where a.hub_id = h.hub_id
                                and a.owner is null
                                and a.not_before <= (select clock_timestamp()))
           end
     limit 10000`;
}

export interface ProbeRow {
  readonly engine_work: boolean;
  readonly stored_chunks: boolean;
}

export function probeQueues(me: number): Statement<ProbeRow> {
  return sql`
    select exists (select 1
                     from instances
                    where owner is null
                      and engine_work
                      and ready_at <= (select clock_timestamp())) as engine_work,
           exists (select 1
                     from completions
                    where replica_id = ${me}::int8) as stored_chunks`;
}

export interface RungRow {
  readonly partition: number;
  readonly instance_key: number;
  readonly owner: number;
}

/** Owned rows whose bell nobody has answered. */
export function findUnheard(limit: number): Statement<RungRow> {
  return sql`
    select partition,
           instance_key,
           owner
      from instances
     where owner is not null
       and ready_at < (select clock_timestamp() - ${UNHEARD_SECONDS}::float8 * interval '1 s')
     order by ready_at
     limit ${limit}::int8`;
}

export interface BacklogRow {
  readonly name: string;
  readonly kind: InstanceKind | 'activity';
  readonly count: number;
  readonly oldest_seconds: number;
}

/** Counts stop at 100,000 for each hub and kind. */
export function readBacklog(): Statement<BacklogRow> {
  return sql`
    select h.name,
           case k.kind when 0 then 'orchestration' when 1 then 'entity' else 'activity' end as kind,
           q.count,
           extract(epoch from clock_timestamp() - q.oldest)::float8 as oldest_seconds
      from hubs h
     cross join (values (0), (1), (2)) k(kind)
     cross join lateral (
           select count(*) as count, min(since) as oldest
             from (select since
                     from (select i.ready_at as since
                             from instances i
                            where k.kind < 2
                              and i.hub_id = h.hub_id
                              and i.kind = k.kind::int2
                              and i.owner is null
                              and i.ready_at <= (select clock_timestamp())
                            union all
                           select a.not_before
                             from activities a
                            where k.kind = 2
                              and a.hub_id = h.hub_id
                              and a.owner is null
                              and a.not_before <= (select clock_timestamp())) due
                    limit 100000) counted) q
     where h.deleted_at is null
       and q.count > 0`;
}

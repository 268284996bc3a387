// Quotas stand in the settings of a hub's row, which a hub takes along to another store.

import { type MeasuredQuota, type QuotaChanges } from '../domain/quota.ts';
import { type Statement, sql } from './sql.ts';

/** Partitions from one, inclusive, to another, exclusive. */
interface Slice {
  readonly from: number;
  readonly to: number;
}

export interface QuotaRow {
  readonly hub_id: number;
  readonly name: string;
  readonly quotas: Readonly<Record<string, unknown>>;
}

export function findQuotas(): Statement<QuotaRow> {
  return sql`
    select hub_id,
           name,
           settings -> 'quotas' as quotas
      from hubs
     where deleted_at is null
       and settings -> 'quotas' <> '{}'::jsonb`;
}

/** Nothing is returned when the hub is gone, or on its way to another store: it would be lost on the way. */
export function changeQuotas(hubId: number, changes: QuotaChanges): Statement<{ hub_id: number }> {
  const set = Object.fromEntries(changes);
  const taken = [...changes].flatMap(([name, value]) => (value === undefined ? [name] : []));
  return sql`
    update hubs
       set settings = jsonb_set(
             settings,
             '{quotas}',
             (coalesce(settings -> 'quotas', '{}') || ${JSON.stringify(set)}::text::jsonb) - ${taken}::text[])
     where hub_id = ${hubId}::int4
       and deleted_at is null
       and moving_to is null
    returning hub_id`;
}

/** What a hub uses of a quota; of instances and bytes in some partitions, of work that waits up to a little over `limit`. */
export function measureQuota(
  quota: MeasuredQuota,
  hubId: number,
  slice: Slice,
  limit: number,
): Statement<{ used: number }> {
  switch (quota) {
    case 'instances':
      return countInstances(hubId, slice);
    case 'bytes':
      return sumBytes(hubId, slice);
    case 'pending':
      return countPending(hubId, limit + 1);
  }
}

/** By the index on ids alone. */
function countInstances(hubId: number, { from, to }: Slice): Statement<{ used: number }> {
  return sql`
    select count(*) as used
      from instances
     where hub_id = ${hubId}::int4
       and partition >= ${from}::int4
       and partition < ${to}::int4`;
}

/** Bytes as they are stored: pg_column_size does not unpack. Messages and activities are few beside what has ended. */
function sumBytes(hubId: number, { from, to }: Slice): Statement<{ used: number }> {
  return sql`
    select (select coalesce(sum(history_bytes
                                + coalesce(pg_column_size(input), 0)
                                + coalesce(pg_column_size(output), 0)
                                + coalesce(pg_column_size(custom_status), 0)
                                + coalesce(pg_column_size(suspension), 0)
                                + coalesce(pg_column_size(failure), 0)), 0)
              from instances
             where hub_id = ${hubId}::int4
               and partition >= ${from}::int4
               and partition < ${to}::int4)::int8
         + (select coalesce(sum(pg_column_size(m.event)), 0)
              from inbox m
              join instances i using (partition, instance_key)
             where i.hub_id = ${hubId}::int4
               and m.partition >= ${from}::int4
               and m.partition < ${to}::int4)::int8
         + (select coalesce(sum(pg_column_size(t.event)), 0)
              from timers t
              join instances i using (partition, instance_key)
             where i.hub_id = ${hubId}::int4
               and t.partition >= ${from}::int4
               and t.partition < ${to}::int4)::int8
         + (select coalesce(sum(pg_column_size(request)), 0)
              from activities
             where hub_id = ${hubId}::int4
               and partition >= ${from}::int4
               and partition < ${to}::int4)::int8 as used`;
}

/** What no replica has taken, as the backlog of the metrics counts it. The index wants to be told each kind. */
function countPending(hubId: number, atMost: number): Statement<{ used: number }> {
  return sql`
    select count(*) as used
      from (select 1
              from instances
             where hub_id = ${hubId}::int4
               and kind = 0
               and owner is null
               and ready_at <= (select clock_timestamp())
            union all
            select 1
              from instances
             where hub_id = ${hubId}::int4
               and kind = 1
               and owner is null
               and ready_at <= (select clock_timestamp())
            union all
            select 1
              from activities
             where hub_id = ${hubId}::int4
               and owner is null
               and not_before <= (select clock_timestamp())
             limit ${atMost}::int8) counted`;
}

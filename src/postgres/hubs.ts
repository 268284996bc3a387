import { type InstanceKey } from '../domain/ids.ts';
import { type Micros } from '../domain/time.ts';
import { type Statement, sql } from './sql.ts';

export interface HubRow {
  readonly hub_id: number;
  readonly name: string;
  readonly created_at: Micros;
}

export function findHub(name: string): Statement<{ hub_id: number }> {
  return sql`
    select hub_id
      from hubs
     where name = ${name}
       and deleted_at is null`;
}

export function listHubs(): Statement<HubRow> {
  return sql`
    select hub_id,
           name,
           created_at
      from hubs
     where deleted_at is null
     order by name
     limit 100000`;
}

/** Nothing is returned when it is there already. */
export function insertHub(name: string): Statement<{ hub_id: number }> {
  return sql`
    insert into hubs (name)
    values (${name})
        on conflict (name) where deleted_at is null do nothing
    returning hub_id`;
}

export function markHubDeleted(name: string): Statement<{ hub_id: number }> {
  return sql`
    update hubs
       set deleted_at = clock_timestamp()
     where name = ${name}
       and deleted_at is null
    returning hub_id`;
}

/** A replica that has not yet heard may still write for a while: the row of the hub stays as long. */
export function forgetHub(hubId: number): Statement {
  return sql`
    delete from hubs
     where hub_id = ${hubId}::int4
       and deleted_at < clock_timestamp() - interval '1 h'`;
}

export function findDeletedHubs(): Statement<{ hub_id: number }> {
  return sql`
    select hub_id
      from hubs
     where deleted_at is not null
     order by hub_id
     limit 1000`;
}

/** Some instances of a hub, by the index on ids, which is partition by partition. */
export function findInstancesOf(
  hubId: number,
  limit: number,
): Statement<{ partition: number; instance_key: number }> {
  return sql`
    select i.partition,
           i.instance_key
      from generate_series(0, 255) p(partition)
     cross join lateral (
           select partition, instance_key
             from instances
            where partition = p.partition
              and hub_id = ${hubId}::int4
            limit ${limit}::int8) i
     limit ${limit}::int8`;
}

export const toKey = (row: { partition: number; instance_key: number }): InstanceKey => ({
  partition: row.partition,
  key: row.instance_key,
});

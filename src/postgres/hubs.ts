import { type InstanceKey } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { type Micros } from '../domain/time.ts';
import { type Statement, sql } from './sql.ts';

export interface HubRow {
  readonly hub_id: number;
  readonly name: string;
  readonly created_at: Micros;
  readonly is_moving: boolean;
}

export interface PlaceCount {
  readonly store: string;
  readonly names: number;
}

export interface PlaceRow {
  readonly store: string;
  readonly place_id: number;
}

export function findHub(name: string): Statement<{ hub_id: number; is_moving: boolean }> {
  return sql`
    select hub_id,
           moving_to is not null as is_moving
      from hubs
     where name = ${name}
       and deleted_at is null`;
}

export function listHubs(): Statement<HubRow> {
  return sql`
    select hub_id,
           name,
           created_at,
           moving_to is not null as is_moving
      from hubs
     where deleted_at is null
     order by name
     limit ${limits.listedHubs}::int8`;
}

/** Nothing is returned when it is there already, or when its place is used up. */
export function insertHub(name: string, placeId: number): Statement<{ hub_id: number }> {
  return sql`
    insert into hubs (name, place_id)
    values (${name}, ${placeId}::int8)
        on conflict do nothing
    returning hub_id`;
}

/** A hub from before there were places takes its own. */
export function takePlace(hubId: number, placeId: number): Statement {
  return sql`
    update hubs
       set place_id = ${placeId}::int8
     where hub_id = ${hubId}::int4
       and deleted_at is null
       and place_id is null
       and not exists (select 1 from hubs where place_id = ${placeId}::int8)`;
}

export function findHubOfPlace(placeId: number): Statement<{ hub_id: number }> {
  return sql`
    select hub_id
      from hubs
     where place_id = ${placeId}::int8`;
}

/** Those that have gone are among them for a while: whoever served them may not have heard. */
export function findMovingHubs(): Statement<{ hub_id: number; name: string }> {
  return sql`
    select hub_id,
           name
      from hubs
     where moving_to is not null`;
}

export function markHubDeleted(name: string): Statement<{ place_id: number | null }> {
  return sql`
    update hubs
       set deleted_at = clock_timestamp()
     where name = ${name}
       and deleted_at is null
       and moving_to is null
    returning place_id`;
}

/** In the default store: a hub that lives there without a place gets none elsewhere. */
export function insertPlace(name: string, store: string, defaultStore: string): Statement {
  return sql`
    insert into hub_places (name, store)
    select ${name},
           case
             when exists (select 1 from hubs where name = ${name} and deleted_at is null) then ${defaultStore}
             else ${store}
           end
        on conflict (name) do nothing`;
}

export function findPlace(name: string): Statement<PlaceRow> {
  return sql`
    select store,
           place_id
      from hub_places
     where name = ${name}`;
}

export function deletePlace(name: string, placeId: number): Statement<{ name: string }> {
  return sql`
    delete from hub_places
     where name = ${name}
       and place_id = ${placeId}::int8
    returning name`;
}

/** Which stores names of task hubs belong to, and how many. */
export function countPlaces(): Statement<PlaceCount> {
  return sql`
    select store,
           count(*) as names
      from hub_places
     group by store
     order by store`;
}

/** Which of the tables that tell are there: a schema may be empty, or older than places. */
export function findHubTables(): Statement<{ has_hubs: boolean; has_places: boolean }> {
  return sql`
    select to_regclass('hubs') is not null as has_hubs,
           to_regclass('hub_places') is not null as has_places`;
}

export function findAnyHub(): Statement<{ has_some: boolean }> {
  return sql`
    select exists (select 1 from hubs where deleted_at is null) as has_some`;
}

/** What tells that a store has been the default one of somebody. */
export function findOwnHubs(): Statement<{ has_some: boolean }> {
  return sql`
    select exists (select 1 from hub_places)
        or exists (select 1 from hubs where place_id is null and deleted_at is null) as has_some`;
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

// The marks of a task hub that moves from one store to another (move-hub.ts). An attempt is known by the place that its
// hub will have in the new store: whoever writes a row for it there first, the hub that has arrived or the word that it
// will never come, has decided.

import { type Statement, sql } from './sql.ts';

export interface LivingHub {
  readonly hub_id: number;
  readonly place_id: number | null;
  readonly moving_to: string | null;
  readonly moving_place: number | null;
}

export function findLiving(name: string): Statement<LivingHub> {
  return sql`
    select hub_id,
           place_id,
           moving_to,
           moving_place
      from hubs
     where name = ${name}
       and deleted_at is null`;
}

/** In the default store. */
export function nextPlace(): Statement<{ place_id: number }> {
  return sql`
    select nextval(pg_get_serial_sequence('hub_places', 'place_id')) as place_id`;
}

/** Nothing is returned when the hub is gone, or when somebody else moves it. */
export function markMoving(
  { hub_id: hubId, moving_place: former }: LivingHub,
  to: string,
  place: number,
): Statement<{ hub_id: number }> {
  return sql`
    update hubs
       set moving_to = ${to},
           moving_place = ${place}::int8
     where hub_id = ${hubId}::int4
       and deleted_at is null
       and moving_place is not distinct from ${former}::int8
    returning hub_id`;
}

export function unmarkMoving(hubId: number, place: number): Statement<{ hub_id: number }> {
  return sql`
    update hubs
       set moving_to = null,
           moving_place = null
     where hub_id = ${hubId}::int4
       and deleted_at is null
       and moving_place = ${place}::int8
    returning hub_id`;
}

/** Of the hub that was left behind: its rows go in bounded steps, as those of a deleted one. */
export function markMoved(hubId: number, place: number): Statement {
  return sql`
    update hubs
       set deleted_at = clock_timestamp()
     where hub_id = ${hubId}::int4
       and deleted_at is null
       and moving_place = ${place}::int8`;
}

/** In the new store; with its settings and the time at which it was made. */
export function insertMovedHub(
  name: string,
  place: number,
  { settings, created_at: createdAt }: HubDetails,
): Statement<{ hub_id: number }> {
  return sql`
    insert into hubs (name, place_id, settings, created_at)
    values (${name}, ${place}::int8, ${settings}::text::jsonb, ${createdAt}::text::timestamptz)
    returning hub_id`;
}

export interface HubDetails {
  readonly settings: string;
  readonly created_at: string;
}

export function findDetails(hubId: number): Statement<HubDetails> {
  return sql`
    select settings::text as settings,
           created_at::text as created_at
      from hubs
     where hub_id = ${hubId}::int4`;
}

/** In the new store: the hub of that place has arrived, or never will. Waits for who is about to decide; nothing is returned when it was decided. */
export function decideArrival(place: number, hasArrived: boolean): Statement<{ place_id: number }> {
  return sql`
    insert into hub_arrivals (place_id, has_arrived)
    values (${place}::int8, ${hasArrived}::bool)
        on conflict do nothing
    returning place_id`;
}

export function findArrival(place: number): Statement<{ has_arrived: boolean }> {
  return sql`
    select has_arrived
      from hub_arrivals
     where place_id = ${place}::int8`;
}

/** Whether this user may do what it takes to bring a hub here. */
export function findMoveRights(): Statement<{ owns_keys: boolean; may_stage: boolean }> {
  return sql`
    select pg_has_role(relowner, 'usage') as owns_keys,
           has_database_privilege(current_database(), 'temp') as may_stage
      from pg_class
     where oid = 'keys'::regclass`;
}

/** In the default store. */
export function insertMovedPlace(name: string, store: string, place: number): Statement {
  return sql`
    insert into hub_places (name, store, place_id) overriding system value
    values (${name}, ${store}, ${place}::int8)`;
}

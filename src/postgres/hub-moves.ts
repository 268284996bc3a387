// The marks of a task hub that moves from one store to another (move-hub.ts). What a move is known by is the place that
// its hub will have in the new store: of one place a store makes one hub, so whoever writes a row for it there first,
// the hub or the word that it will never come, has decided.

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

export function findMark(hubId: number): Statement<Pick<LivingHub, 'moving_place'>> {
  return sql`
    select moving_place
      from hubs
     where hub_id = ${hubId}::int4
       and deleted_at is null`;
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

/** In the new store: no hub will come for that place. Waits for one that is about to. */
export function refusePlace(name: string, place: number): Statement {
  return sql`
    insert into hubs (name, place_id, moving_place, deleted_at)
    values (${name}, ${place}::int8, ${place}::int8, clock_timestamp())
        on conflict (place_id) where place_id is not null do nothing`;
}

/** Whether a hub came for that place, even if it has been deleted since. */
export function findArrived(place: number): Statement<{ has_arrived: boolean }> {
  return sql`
    select exists (select 1
                     from hubs
                    where place_id = ${place}::int8
                      and moving_place is distinct from place_id) as has_arrived`;
}

/** In the default store. */
export function insertMovedPlace(name: string, store: string, place: number): Statement {
  return sql`
    insert into hub_places (name, store, place_id) overriding system value
    values (${name}, ${store}, ${place}::int8)`;
}

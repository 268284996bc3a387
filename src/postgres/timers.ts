import { type InstanceKey } from '../domain/ids.ts';
import { type Micros } from '../domain/time.ts';
import { messageKinds } from '../domain/message.ts';
import { type DueTimer, type NewTimer } from '../domain/write.ts';
import { bools, byteas, int2s, int4s, int8s, timestamps } from './arrays.ts';
import { type Statement, sql } from './sql.ts';
import { type Vault } from './vault.ts';

/** Only where the instance is: the timer of a start in the future exists only if that start won its id. */
export function insertTimers(vault: Vault, timers: readonly NewTimer[]): Statement {
  return sql`
    insert into timers (partition, fires_at, timer_key, instance_key, generation, kind, rank, event)
    select t.partition, t.fires_at, t.timer_key, t.instance_key, t.generation, t.kind, t.rank, t.event
      from unnest(${int4s(timers, (t) => t.partition)}::int4[],
                  ${timestamps(timers, (t) => t.firesAt)}::timestamptz[],
                  ${int8s(timers, (t) => t.timerKey)}::int8[],
                  ${int8s(timers, (t) => t.key)}::int8[],
                  ${int4s(timers, (t) => t.generation)}::int4[],
                  ${int2s(timers, (t) => messageKinds[t.message.kind])}::int2[],
                  ${int2s(timers, (t) => t.message.rank)}::int2[],
                  ${byteas(timers, (t) => vault.sealMessage(t.message))}::bytea[])
           t(partition, fires_at, timer_key, instance_key, generation, kind, rank, event)
     where exists (select 1
                     from instances i
                    where i.partition = t.partition
                      and i.instance_key = t.instance_key)
     order by t.partition, t.fires_at, t.timer_key`;
}

/**
 * Timers of executions that are over: all of an ended instance, those of older generations of a renewed one. Looked up
 * without the partition: with it, a plan made on an empty table might read all timers of the partition.
 */
export function deleteTimers(over: readonly (InstanceKey & { readonly before: number })[]): Statement {
  return sql`
    delete from timers t
     using (select o.partition, o.fires_at, o.timer_key
              from unnest(${int8s(over, (i) => i.key)}::int8[],
                          ${int4s(over, (i) => i.before)}::int4[]) e(instance_key, before)
              join timers o
                on o.instance_key = e.instance_key
               and o.generation < e.before
             order by o.partition, o.fires_at, o.timer_key
               for update of o) gone
     where t.partition = gone.partition
       and t.fires_at = gone.fires_at
       and t.timer_key = gone.timer_key`;
}

/** A message made of a timer; `event` only where this replica hands it over in memory. `message_id` null: nobody there. */
export interface FiredRow {
  /** Its place in the list, from 1. */
  readonly n: number;
  readonly message_id: number | null;
  readonly partition: number;
  readonly instance_key: number;
  readonly generation: number;
  readonly rank: number;
  readonly kind: number;
  /** Only of timerFired (kind 3). */
  readonly fires_at: Micros | null;
  readonly event: Buffer | null;
  readonly owner: number | null;
  readonly hub_id: number | null;
  readonly instance_kind: number | null;
}

type IsHeld = (key: number) => boolean;

/** The delete decides between two pollers; the database's clock decides what is due. `held`: residents, not rung. */
export function fireTimers(me: number, due: readonly DueTimer[], isHeld: IsHeld): Statement<FiredRow> {
  return sql`
    with gone as (
      delete from timers t
       using (select t.partition, t.fires_at, t.timer_key, d.is_held, d.n
                from unnest(${int4s(due, (t) => t.partition)}::int4[],
                            ${timestamps(due, (t) => t.firesAt)}::timestamptz[],
                            ${int8s(due, (t) => t.timerKey)}::int8[],
                            ${bools(due, (t) => isHeld(t.key))}::bool[])
                     with ordinality d(partition, fires_at, timer_key, is_held, n)
                join timers t using (partition, fires_at, timer_key)
               where t.fires_at <= clock_timestamp()
               order by t.partition, t.fires_at, t.timer_key
                 for update of t) p
       where (t.partition, t.fires_at, t.timer_key) = (p.partition, p.fires_at, p.timer_key)
      returning t.partition, t.fires_at, t.timer_key, t.instance_key, t.generation, t.kind, t.rank, t.event, p.is_held,
                p.n),
    numbered as materialized (
      select r.n, r.partition, r.instance_key, r.generation, r.kind, r.rank, r.event, r.is_held, r.owner, r.hub_id,
             r.instance_kind, case when r.kind = 3 then r.fires_at end as fires_at,
             case when r.hub_id is not null then nextval('message_ids') end as message_id
        from (select g.n, g.partition, g.fires_at, g.instance_key, g.generation, g.kind, g.rank, g.event, g.is_held,
                     i.owner, i.hub_id, i.kind as instance_kind
                from gone g
                left join instances i
                  on (i.partition, i.instance_key, i.generation) = (g.partition, g.instance_key, g.generation)
                 and i.status in (0, 6, 7)
               order by g.fires_at, g.timer_key) r),
    sent as (
      insert into inbox (partition, instance_key, rank, message_id, kind, generation, fires_at, event)
      select partition, instance_key, rank, message_id, kind, generation, fires_at, event
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
    select n, message_id, partition, instance_key, generation, rank, kind, fires_at, owner, hub_id, instance_kind,
           case when owner = ${me}::int8 then event end as event
      from numbered
     order by message_id`;
}

export interface TimerRow {
  readonly partition: number;
  readonly instance_key: number;
  readonly timer_key: number;
  readonly fires_at: Micros;
  readonly generation: number;
  readonly kind: number;
}

/** Bounded for each partition as well as in all, soonest first. There is no low-water mark: a late commit is seen. */
export function readTimers(
  partitions: readonly number[],
  withinMs: number,
  most: number,
): Statement<TimerRow> {
  return sql`
    select t.partition, t.instance_key, t.timer_key, t.fires_at, t.generation, t.kind
      from unnest(${int4s(partitions, (p) => p)}::int4[]) p(partition)
     cross join lateral (
           select due.partition, due.instance_key, due.timer_key, due.fires_at, due.generation, due.kind
             from timers due
            where due.partition = p.partition
              and due.fires_at <= (select clock_timestamp() + ${withinMs}::float8 * interval '1 ms')
            order by due.fires_at, due.timer_key
            limit ${most}::int8) t
     order by t.fires_at, t.timer_key
     limit ${most}::int8`;
}

// What belonged to replicas that are gone. The list of the dead is read first and in a statement of its own: ids are
// never reused, so it can't become wrong, while a `not in` beside the lock freed rows of a living replica.

import { type InstanceKey } from '../domain/ids.ts';
import { int4s, int8s } from './arrays.ts';
import { type Statement, sql } from './sql.ts';

/** Owners without a row in `replicas`. Hops from owner to owner through the indexes: costs a probe per owner. */
export function findDead(): Statement<{ owner: number }> {
  return sql`
    with recursive owners(source, owner) as (
      (select 1, min(owner) from instances where owner is not null
       union all
       select 2, min(owner) from activities where owner is not null
       union all
       select 3, min(replica_id) from completions)
      union all
      select o.source,
             case o.source
               when 1 then (select min(i.owner) from instances i where i.owner is not null and i.owner > o.owner)
               when 2 then (select min(a.owner) from activities a where a.owner is not null and a.owner > o.owner)
               else (select min(c.replica_id) from completions c where c.replica_id > o.owner)
             end
        from owners o
       where o.owner is not null)
    select distinct owner
      from owners o
     where owner is not null
       and not exists (select 1
                         from replicas r
                        where r.replica_id = o.owner)
     order by owner
     limit 1000`;
}

export function lockInstancesOf(
  dead: number,
  limit: number,
): Statement<{ partition: number; instance_key: number }> {
  return sql`
    select partition,
           instance_key
      from instances
     where owner = ${dead}::int8
     order by partition, instance_key
     limit ${limit}::int8
       for no key update`;
}

export interface FreedRow {
  readonly hub_id: number;
  readonly kind: number;
  readonly engine_work: boolean;
  readonly is_ready: boolean;
}

/** A statement after the lock, so that it sees the messages of senders that held it. */
export function freeInstances(dead: number, instances: readonly InstanceKey[]): Statement<FreedRow> {
  return sql`
    update instances i
       set owner = null,
           ready_at = coalesce(i.ready_at, case when exists (select 1
                                                               from inbox x
                                                              where x.partition = i.partition
                                                                and x.instance_key = i.instance_key)
                                                then clock_timestamp() end),
           engine_work = i.engine_work or exists (select 1
                                                    from inbox x
                                                   where x.partition = i.partition
                                                     and x.instance_key = i.instance_key
                                                     and (x.rank < 0 or x.kind = 10))
      from unnest(${int4s(instances, (i) => i.partition)}::int4[], ${int8s(instances, (i) => i.key)}::int8[])
           t(partition, instance_key)
     where i.partition = t.partition
       and i.instance_key = t.instance_key
       and i.owner is not distinct from ${dead}::int8
    returning i.hub_id,
              i.kind,
              i.engine_work,
              i.ready_at is not null as is_ready`;
}

export function freeActivities(dead: number, limit: number): Statement<{ hub_id: number }> {
  return sql`
    update activities
       set owner = null
     where ctid = any(array(
           select ctid
             from activities
            where owner = ${dead}::int8
            order by partition, instance_key, activity_key
            limit ${limit}::int8
              for update skip locked))
    returning hub_id`;
}

/** Their senders were answered; the items go out again. */
export function deleteStoredFor(dead: number, limit: number): Statement<{ token: string }> {
  return sql`
    delete from completions
     where ctid = any(array(
           select ctid
             from completions
            where replica_id = ${dead}::int8
            limit ${limit}::int8))
    returning token`;
}

import { type InstanceKey } from '../domain/ids.ts';
import { int4s, int8s, texts } from './arrays.ts';
import { type Statement, sql } from './sql.ts';

export interface IdTarget {
  readonly partition: number;
  readonly hubId: number;
  readonly id: string;
}

/** The rows that a batch changes or rings. */
export interface LockTargets {
  readonly keys: readonly InstanceKey[];
  readonly ids: readonly IdTarget[];
  readonly parents: readonly number[];
}

/**
 * The one lock statement of a batch, over own and foreign rows in the order that every replica keeps. It comes before
 * everything that looks at these rows, so that what follows sees what they became (ownership.md §3).
 */
export function lockInstances({ keys, ids, parents }: LockTargets): Statement<unknown> {
  if (ids.length + parents.length === 0) return lockByKey(keys);
  return sql`
    select 1
      from (select partition, instance_key
              from unnest(${int4s(keys, (k) => k.partition)}::int4[], ${int8s(keys, (k) => k.key)}::int8[])
                   t(partition, instance_key)
            union
            select named.partition, named.instance_key
              from unnest(${int4s(ids, (t) => t.partition)}::int4[],
                          ${int4s(ids, (t) => t.hubId)}::int4[],
                          ${texts(ids, (t) => t.id)}::text[]) t(partition, hub_id, instance_id)
              join instances named
                on named.partition = t.partition
               and named.hub_id = t.hub_id
               and named.instance_id = t.instance_id
            union
            select child.partition, child.instance_key
              from unnest(${int8s(parents, (key) => key)}::int8[]) t(parent_key)
              join instances child
                on child.parent_key = t.parent_key) target
      join instances i
        on i.partition = target.partition
       and i.instance_key = target.instance_key
     order by i.partition, i.instance_key
       for no key update of i`;
}

/** Nearly all batches name rows by their keys alone, and this takes half of the time for few of them. */
function lockByKey(keys: readonly InstanceKey[]): Statement<unknown> {
  return sql`
    select count(*)
      from (select 1
              from unnest(${int4s(keys, (k) => k.partition)}::int4[], ${int8s(keys, (k) => k.key)}::int8[])
                   t(partition, instance_key)
              join instances i
                on i.partition = t.partition
               and i.instance_key = t.instance_key
             order by i.partition, i.instance_key
               for no key update of i) locked`;
}

import { type InstanceKey } from '../domain/ids.ts';
import { type EndPatch, type TurnPatch } from '../domain/write.ts';
import { byteas, int4s, int8s } from './arrays.ts';
import { type Statement, sql } from './sql.ts';

/** One row per recorded turn. Its key is the last guard against two writers. */
export function insertHistory(patches: readonly (TurnPatch | EndPatch)[]): Statement {
  return sql`
    insert into history (partition, instance_key, turn, events)
    select partition, instance_key, turn, events
      from unnest(${int4s(patches, (p) => p.partition)}::int4[],
                  ${int8s(patches, (p) => p.key)}::int8[],
                  ${int4s(patches, (p) => p.turn + 1)}::int4[],
                  ${byteas(patches, (p) => p.history)}::bytea[]) t(partition, instance_key, turn, events)
     order by partition, instance_key`;
}

export function deleteHistory(instances: readonly InstanceKey[]): Statement {
  return sql`
    delete from history h
     using unnest(${int4s(instances, (i) => i.partition)}::int4[], ${int8s(instances, (i) => i.key)}::int8[])
           t(partition, instance_key)
     where h.partition = t.partition
       and h.instance_key = t.instance_key`;
}

export interface HistoryRow {
  readonly instance_key: number;
  readonly events: Buffer;
}

export function readHistory(instances: readonly InstanceKey[]): Statement<HistoryRow> {
  return sql`
    select h.instance_key,
           h.events
      from unnest(${int4s(instances, (i) => i.partition)}::int4[], ${int8s(instances, (i) => i.key)}::int8[])
           t(partition, instance_key)
      join history h
        on h.partition = t.partition
       and h.instance_key = t.instance_key
     order by h.instance_key, h.turn`;
}

import { type InstanceKey } from '../domain/ids.ts';
import { byteas, int4s, int8s } from './arrays.ts';
import { type Statement, sql } from './sql.ts';
import { type Vault } from './vault.ts';

type Recorded = InstanceKey & { readonly turn: number };

/** One row per recorded turn. Its key is the last guard against two writers. */
export function insertHistory(
  vault: Vault,
  patches: readonly (Recorded & { readonly history: Buffer })[],
): Statement {
  return sql`
    insert into history (partition, instance_key, turn, events)
    select partition, instance_key, turn, events
      from unnest(${int4s(patches, (p) => p.partition)}::int4[],
                  ${int8s(patches, (p) => p.key)}::int8[],
                  ${int4s(patches, (p) => p.turn + 1)}::int4[],
                  ${byteas(patches, (p) => vault.seal('history', p.history))}::bytea[]) t(partition, instance_key, turn, events)
     order by partition, instance_key`;
}

/** What was recorded up to that turn. */
export function deleteHistory(recorded: readonly Recorded[]): Statement {
  return sql`
    delete from history h
     using unnest(${int4s(recorded, (r) => r.partition)}::int4[],
                  ${int8s(recorded, (r) => r.key)}::int8[],
                  ${int4s(recorded, (r) => r.turn)}::int4[]) t(partition, instance_key, turn)
     where h.partition = t.partition
       and h.instance_key = t.instance_key
       and h.turn <= t.turn`;
}

export interface HistoryRow {
  readonly instance_key: number;
  readonly events: Buffer;
}

/** Of the execution that is current when it is read: an instance without rows has one without a turn. */
export interface HistoryPageRow {
  readonly execution_id: string;
  readonly recorded: number;
  readonly turn: number | null;
  readonly events: Buffer | null;
}

export function readHistoryPage(
  { partition, key }: InstanceKey,
  afterTurn: number,
  maxBytes: number,
): Statement<HistoryPageRow> {
  return sql`
    select i.execution_id, i.turn as recorded, h.turn, h.events
      from instances i
      left join lateral (
           select turn, events
             from (select r.turn, r.events, octet_length(r.events) as bytes,
                          sum(octet_length(r.events)) over (order by r.turn rows unbounded preceding) as all_bytes
                     from history r
                    where r.partition = i.partition
                      and r.instance_key = i.instance_key
                      and r.turn > ${afterTurn}::int4
                    order by r.turn
                    limit 2000) p
            where p.all_bytes - p.bytes < ${maxBytes}::int8) h
        on true
     where i.partition = ${partition}::int4
       and i.instance_key = ${key}::int8
     order by h.turn`;
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

// Claims take rows by ctid, so that a row that somebody else has locked or is just changing is skipped: its bell stays
// (ownership.md §3). What was claimed is loaded by the statements after it, which see every message of its senders.

import { type InstanceKind } from '../domain/instance.ts';
import { type Claim } from '../domain/store.ts';
import { int4s, int8s } from './arrays.ts';
import { kindCode } from './codes.ts';
import { filterColumns } from './claim-filter.ts';
import { type StateRow } from './instances.ts';
import { type Statement, sql } from './sql.ts';

export type ClaimedRow = StateRow & { readonly history_bytes: number };

export function claimInstances(
  me: number,
  { hubId, kind, filter, limit }: Claim & { readonly kind: InstanceKind },
): Statement<ClaimedRow> {
  const { takesAll, names, versions, ignoresCase } = filterColumns(filter);
  return sql`
    update instances
       set owner = ${me}::int8,
           ready_at = null,
           engine_work = false
     where ctid = any(array(
           select i.ctid
             from instances i
            where i.hub_id = ${hubId}::int4
              and i.kind = ${kindCode(kind)}::int2
              and i.owner is null
              and i.ready_at <= (select clock_timestamp())
              and (${takesAll}::bool
                   or exists (select 1
                                from unnest(${names}::text[], ${versions}::text[], ${ignoresCase}::bool[])
                                     f(name, version, ignores_case)
                               where (f.name = i.name
                                      or f.ignores_case and lower(f.name collate "C") = lower(i.name collate "C"))
                                 and (f.version is null or f.version = coalesce(i.version, ''))))
            order by i.ready_at
            limit ${limit}::int8
              for update skip locked))
    returning partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, version, tags,
              parent_partition, parent_key, parent_generation, parent_task_id, parent, created_at, status, turn,
              attempts, custom_status, suspension, trace_context, is_rewound, updated_at, history_bytes, sections,
              held_by, case when kind = 1 then output end as entity_state`;
}

/** What the engine itself handles needs no worker: taken by any replica, without a filter. */
export function claimEngineWork(me: number, limit: number): Statement<ClaimedRow> {
  return sql`
    update instances
       set owner = ${me}::int8,
           ready_at = null,
           engine_work = false
     where ctid = any(array(
           select i.ctid
             from instances i
            where i.owner is null
              and i.engine_work
              and i.ready_at <= (select clock_timestamp())
            order by i.ready_at
            limit ${limit}::int8
              for update skip locked))
    returning partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, version, tags,
              parent_partition, parent_key, parent_generation, parent_task_id, parent, created_at, status, turn,
              attempts, custom_status, suspension, trace_context, is_rewound, updated_at, history_bytes, sections,
              held_by, case when kind = 1 then output end as entity_state`;
}

/** Gives back what a claim took beyond what it may load at once. */
export function giveBack(me: number, instances: readonly ClaimedRow[]): Statement {
  return sql`
    update instances i
       set owner = null,
           ready_at = clock_timestamp(),
           engine_work = exists (select 1
                                   from inbox x
                                  where x.partition = i.partition
                                    and x.instance_key = i.instance_key
                                    and (x.rank < 0 or x.kind = 10))
      from unnest(${int4s(instances, (i) => i.partition)}::int4[], ${int8s(instances, (i) => i.instance_key)}::int8[])
           t(partition, instance_key)
     where i.partition = t.partition
       and i.instance_key = t.instance_key
       and i.owner is not distinct from ${me}::int8`;
}

// Changes of instances by their owner. Each names its guard: this replica owns the row and `turn` is what memory
// believes. A count that is not right divides by zero, which aborts the pipelined transaction.
//
// Owners are compared by "is not distinct from" wherever rows are named by their keys: with "=" the planner, which plans
// once and while the tables are empty, goes through the index on owners, all residents for every row of the batch.

import { type InstanceKey } from '../domain/ids.ts';
import {
  type ControlPatch,
  type EndPatch,
  type FetchPatch,
  type ReleasePatch,
  type RenewPatch,
  type Rewind,
  type TurnPatch,
} from '../domain/write.ts';
import { byteas, int2s, int4s, int8s, texts, timestamps } from './arrays.ts';
import { statusCodes } from './codes.ts';
import { type Statement, sql } from './sql.ts';
import { type Writer } from './vault.ts';

export function recordTurns({ me, vault }: Writer, patches: readonly TurnPatch[]): Statement<unknown> {
  return sql`
    with recorded as (
      update instances i
         set status = t.status,
             turn = i.turn + 1,
             attempts = 0,
             custom_status = t.custom_status,
             trace_context = t.trace_context,
             sections = t.sections::jsonb,
             history_bytes = i.history_bytes + t.bytes,
             updated_at = t.updated_at
        from unnest(${int4s(patches, (p) => p.partition)}::int4[],
                    ${int8s(patches, (p) => p.key)}::int8[],
                    ${int4s(patches, (p) => p.turn)}::int4[],
                    ${int2s(patches, (p) => statusCodes[p.status])}::int2[],
                    ${byteas(patches, (p) => vault.sealText('custom_status', p.customStatus))}::bytea[],
                    ${byteas(patches, (p) => p.traceContext)}::bytea[],
                    ${texts(patches, ({ sections }) => (sections.length > 0 ? JSON.stringify(sections) : null))}::text[],
                    ${int4s(patches, (p) => p.history.length)}::int4[],
                    ${timestamps(patches, (p) => p.updatedAt)}::timestamptz[])
             t(partition, instance_key, turn, status, custom_status, trace_context, sections, bytes, updated_at)
       where i.partition = t.partition
         and i.instance_key = t.instance_key
         and i.owner is not distinct from ${me}::int8
         and i.turn = t.turn
      returning 1)
    select 1 / (count(*) = ${patches.length}::int4)::int
      from recorded`;
}

export function recordEnds({ me, vault }: Writer, patches: readonly EndPatch[]): Statement<unknown> {
  return sql`
    with ended as (
      update instances i
         set status = t.status,
             turn = i.turn + 1,
             attempts = 0,
             owner = null,
             ready_at = null,
             engine_work = false,
             custom_status = t.custom_status,
             output = t.output,
             failure = t.failure,
             suspension = null,
             sections = null,
             history_bytes = i.history_bytes + t.bytes,
             updated_at = t.updated_at,
             completed_at = t.updated_at
        from unnest(${int4s(patches, (p) => p.partition)}::int4[],
                    ${int8s(patches, (p) => p.key)}::int8[],
                    ${int4s(patches, (p) => p.turn)}::int4[],
                    ${int2s(patches, (p) => statusCodes[p.status])}::int2[],
                    ${byteas(patches, (p) => vault.sealText('custom_status', p.customStatus))}::bytea[],
                    ${byteas(patches, (p) => vault.sealText('output', p.output))}::bytea[],
                    ${byteas(patches, (p) => vault.sealNullable('failure', p.failure))}::bytea[],
                    ${int4s(patches, (p) => p.history.length)}::int4[],
                    ${timestamps(patches, (p) => p.updatedAt)}::timestamptz[])
             t(partition, instance_key, turn, status, custom_status, output, failure, bytes, updated_at)
       where i.partition = t.partition
         and i.instance_key = t.instance_key
         and i.owner is not distinct from ${me}::int8
         and i.turn = t.turn
      returning 1)
    select 1 / (count(*) = ${patches.length}::int4)::int
      from ended`;
}

export function recordRenewals({ me, vault }: Writer, patches: readonly RenewPatch[]): Statement<unknown> {
  return sql`
    with renewed as (
      update instances i
         set status = t.status,
             turn = i.turn + 1,
             attempts = 0,
             generation = t.generation,
             execution_id = t.execution_id,
             version = t.version,
             input = t.input,
             custom_status = t.custom_status,
             trace_context = null,
             sections = null,
             is_rewound = false,
             history_bytes = 0,
             updated_at = t.updated_at
        from unnest(${int4s(patches, (p) => p.partition)}::int4[],
                    ${int8s(patches, (p) => p.key)}::int8[],
                    ${int4s(patches, (p) => p.turn)}::int4[],
                    ${int2s(patches, (p) => statusCodes[p.status])}::int2[],
                    ${int4s(patches, (p) => p.generation)}::int4[],
                    ${texts(patches, (p) => p.executionId)}::text[],
                    ${texts(patches, (p) => p.version)}::text[],
                    ${byteas(patches, (p) => vault.sealText('input', p.input))}::bytea[],
                    ${byteas(patches, (p) => vault.sealText('custom_status', p.customStatus))}::bytea[],
                    ${timestamps(patches, (p) => p.updatedAt)}::timestamptz[])
             t(partition, instance_key, turn, status, generation, execution_id, version, input, custom_status,
               updated_at)
       where i.partition = t.partition
         and i.instance_key = t.instance_key
         and i.owner is not distinct from ${me}::int8
         and i.turn = t.turn
      returning 1)
    select 1 / (count(*) = ${patches.length}::int4)::int
      from renewed`;
}

export function recordControls({ me, vault }: Writer, patches: readonly ControlPatch[]): Statement<unknown> {
  return sql`
    with changed as (
      update instances i
         set status = t.status,
             suspension = t.suspension,
             updated_at = t.updated_at
        from unnest(${int4s(patches, (p) => p.partition)}::int4[],
                    ${int8s(patches, (p) => p.key)}::int8[],
                    ${int4s(patches, (p) => p.turn)}::int4[],
                    ${int2s(patches, (p) => statusCodes[p.status])}::int2[],
                    ${byteas(patches, (p) => vault.sealNullable('suspension', p.suspension))}::bytea[],
                    ${timestamps(patches, (p) => p.updatedAt)}::timestamptz[])
             t(partition, instance_key, turn, status, suspension, updated_at)
       where i.partition = t.partition
         and i.instance_key = t.instance_key
         and i.owner is not distinct from ${me}::int8
         and i.turn = t.turn
      returning 1)
    select 1 / (count(*) = ${patches.length}::int4)::int
      from changed`;
}

/** Of a failed instance nobody is the owner: its guard is its status. */
export function recordRewinds(rewinds: readonly Rewind[]): Statement<{ hub_ids: readonly number[] | null }> {
  return sql`
    with rewound as (
      update instances i
         set status = 0,
             turn = i.turn + 1,
             attempts = 0,
             execution_id = t.execution_id,
             ready_at = clock_timestamp(),
             output = null,
             failure = null,
             parent = t.parent,
             trace_context = null,
             is_rewound = true,
             history_bytes = t.bytes,
             updated_at = t.updated_at,
             completed_at = null
        from unnest(${int4s(rewinds, (r) => r.partition)}::int4[],
                    ${int8s(rewinds, (r) => r.key)}::int8[],
                    ${int4s(rewinds, (r) => r.turn)}::int4[],
                    ${texts(rewinds, (r) => r.executionId)}::text[],
                    ${byteas(rewinds, (r) => r.parentWire)}::bytea[],
                    ${int4s(rewinds, (r) => r.history.length)}::int4[],
                    ${timestamps(rewinds, (r) => r.updatedAt)}::timestamptz[])
             t(partition, instance_key, turn, execution_id, parent, bytes, updated_at)
       where i.partition = t.partition
         and i.instance_key = t.instance_key
         and i.status = 3
         and i.turn = t.turn
      returning i.hub_id)
    select 1 / (count(*) = ${rewinds.length}::int4)::int as guard,
           array_agg(distinct hub_id) as hub_ids
      from rewound`;
}

/** Guard: all of them live. Their rows are locked, so none ends before this transaction does. */
export function expectLiving(instances: readonly InstanceKey[]): Statement<unknown> {
  return sql`
    select 1 / (count(*) = ${instances.length}::int4)::int
      from unnest(${int4s(instances, (i) => i.partition)}::int4[], ${int8s(instances, (i) => i.key)}::int8[])
           t(partition, instance_key)
      join instances i
        on i.partition = t.partition
       and i.instance_key = t.instance_key
     where i.status in (0, 6, 7)`;
}

/** What a release leaves behind that is worth claiming at once, as parallel arrays. */
export interface ReleasedRow {
  readonly hub_ids: readonly number[] | null;
  readonly kinds: readonly number[] | null;
  readonly engine_work: readonly boolean[] | null;
}

/** The bell that rang since the owner last looked is kept, whatever the owner thinks. */
export function recordReleases(me: number, patches: readonly ReleasePatch[]): Statement<ReleasedRow> {
  return sql`
    with released as (
      update instances i
         set owner = null,
             ready_at = coalesce(i.ready_at, clock_timestamp() + t.ready_in_ms * interval '1 ms'),
             engine_work = i.engine_work or exists (select 1
                                                      from inbox x
                                                     where x.partition = i.partition
                                                       and x.instance_key = i.instance_key
                                                       and x.rank < 0),
             attempts = t.attempts
        from unnest(${int4s(patches, (p) => p.partition)}::int4[],
                    ${int8s(patches, (p) => p.key)}::int8[],
                    ${int4s(patches, (p) => p.turn)}::int4[],
                    ${int8s(patches, (p) => (p.readyInMs === null ? null : Math.ceil(p.readyInMs)))}::int8[],
                    ${int2s(patches, (p) => Math.min(p.attempts, 32_767))}::int2[])
             t(partition, instance_key, turn, ready_in_ms, attempts)
       where i.partition = t.partition
         and i.instance_key = t.instance_key
         and i.owner is not distinct from ${me}::int8
         and i.turn = t.turn
      returning i.hub_id, i.kind, i.engine_work, i.ready_at)
    select 1 / (count(*) = ${patches.length}::int4)::int as guard,
           array_agg(hub_id) filter (where ready_at <= clock_timestamp()) as hub_ids,
           array_agg(kind) filter (where ready_at <= clock_timestamp()) as kinds,
           array_agg(engine_work) filter (where ready_at <= clock_timestamp()) as engine_work
      from released`;
}

/** What rang is read by the next statement: one that waited for the lock would still see the old inbox. */
export function clearBells(me: number, patches: readonly FetchPatch[]): Statement {
  return sql`
    update instances i
       set ready_at = null,
           engine_work = false
      from unnest(${int4s(patches, (p) => p.partition)}::int4[], ${int8s(patches, (p) => p.key)}::int8[])
           t(partition, instance_key)
     where i.partition = t.partition
       and i.instance_key = t.instance_key
       and i.owner is not distinct from ${me}::int8
       and i.ready_at is not null`;
}

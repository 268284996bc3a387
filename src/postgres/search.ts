// Looking for instances. A filter may match few of a million, so a search goes along an index in steps and says where it
// stopped: no statement is longer than a step, whatever the filter. `rows`: how many rows the step looks at.

import { type InstanceKey } from '../domain/ids.ts';
import { type InstanceStatus, isTerminal } from '../domain/instance.ts';
import {
  type CompletedFilter,
  type CompletedPosition,
  type CreatedFilter,
  type CreatedPosition,
} from '../domain/store.ts';
import { type Micros } from '../domain/time.ts';
import { int2s, int4s, int8s, timestamps } from './arrays.ts';
import { statusCodes } from './codes.ts';
import { type SnapshotRow } from './instances.ts';
import { type Statement, sql } from './sql.ts';

interface StepRow {
  readonly is_match: boolean;
  /** On the last row: whether others may follow. */
  readonly is_full: boolean;
}

export interface CreatedRow extends StepRow {
  readonly partition: number;
  readonly instance_key: number;
  readonly created_at: Micros;
}

/** One step: the matching orchestrations among the next rows in order of creation, and the last row looked at. */
export function stepByCreation(
  filter: CreatedFilter,
  after: CreatedPosition | undefined,
  rows: number,
): Statement<CreatedRow> {
  return filter.statuses.some(isTerminal)
    ? stepOverAll(filter, after, rows)
    : stepOverOpen(filter, after, rows);
}

/** The same, where none that has ended is wanted, along an index of its own: a statement can't be put together from pieces. */
function stepOverOpen(
  { hubId, from, to, statuses, prefix }: CreatedFilter,
  after: CreatedPosition | undefined,
  rows: number,
): Statement<CreatedRow> {
  return sql`
    with looked_at as materialized (
      select i.partition, i.instance_key, i.created_at,
             i.status = any(${codes(statuses)}::int2[]) and starts_with(i.instance_id, ${prefix}) as is_match
        from instances i
       where - i.hub_id = - ${hubId}::int4
         and i.completed_at is null
         and i.kind = 0
         and i.created_at >= (${moment(from)}::timestamptz[])[1]
         and i.created_at <= (${moment(to)}::timestamptz[])[1]
         and (i.created_at, i.instance_key) > ((${moment(after?.createdAt ?? 0)}::timestamptz[])[1],
                                               ${after?.key ?? 0}::int8)
       order by i.created_at, i.instance_key
       limit ${rows}::int8)
    select partition, instance_key, created_at, is_match, is_full
      from (select partition, instance_key, created_at, is_match, count(*) over () = ${rows}::int8 as is_full,
                   row_number() over (order by created_at desc, instance_key desc) = 1 as is_last
              from looked_at) l
     where is_match
        or is_last
     order by created_at, instance_key`;
}

function stepOverAll(
  { hubId, from, to, statuses, prefix }: CreatedFilter,
  after: CreatedPosition | undefined,
  rows: number,
): Statement<CreatedRow> {
  return sql`
    with looked_at as materialized (
      select i.partition, i.instance_key, i.created_at,
             i.kind = 0
             and i.status = any(${codes(statuses)}::int2[])
             and starts_with(i.instance_id, ${prefix}) as is_match
        from instances i
       where i.hub_id + 0 = ${hubId}::int4
         and i.created_at >= (${moment(from)}::timestamptz[])[1]
         and i.created_at <= (${moment(to)}::timestamptz[])[1]
         and (i.created_at, i.instance_key) > ((${moment(after?.createdAt ?? 0)}::timestamptz[])[1],
                                               ${after?.key ?? 0}::int8)
       order by i.created_at, i.instance_key
       limit ${rows}::int8)
    select partition, instance_key, created_at, is_match, is_full
      from (select partition, instance_key, created_at, is_match, count(*) over () = ${rows}::int8 as is_full,
                   row_number() over (order by created_at desc, instance_key desc) = 1 as is_last
              from looked_at) l
     where is_match
        or is_last
     order by created_at, instance_key`;
}

export interface CompletedRow extends StepRow {
  readonly instance_id: string;
  readonly completed_at: Micros;
}

/** The same in order of completion, then of ids. */
export function stepByCompletion(
  { hubId, from, to, statuses }: CompletedFilter,
  after: CompletedPosition | undefined,
  rows: number,
): Statement<CompletedRow> {
  return sql`
    with looked_at as materialized (
      select i.instance_id, i.completed_at, i.kind = 0 and i.status = any(${codes(statuses)}::int2[]) as is_match
        from instances i
       where i.hub_id = ${hubId}::int4
         and i.completed_at is not null
         and i.completed_at >= (${moment(from)}::timestamptz[])[1]
         and i.completed_at <= (${moment(to)}::timestamptz[])[1]
         and (i.completed_at, i.instance_id) > ((${moment(after?.completedAt ?? 0)}::timestamptz[])[1],
                                                ${after?.id ?? ''}::text)
       order by i.completed_at, i.instance_id
       limit ${rows}::int8)
    select instance_id, completed_at, is_match, is_full
      from (select instance_id, completed_at, is_match, count(*) over () = ${rows}::int8 as is_full,
                   row_number() over (order by completed_at desc, instance_id desc) = 1 as is_last
              from looked_at) l
     where is_match
        or is_last
     order by completed_at, instance_id`;
}

function codes(statuses: readonly InstanceStatus[]): Buffer {
  return int2s(statuses, (status) => statusCodes[status]);
}

/** A timestamptz, to the microsecond. */
function moment(micros: Micros): Buffer {
  return timestamps([micros], (at) => at);
}

/** The rows of these keys in the order asked, while all their payloads together have so many bytes; at least one. */
export function readFound(
  keys: readonly InstanceKey[],
  withPayloads: boolean,
  maxBytes: number,
): Statement<SnapshotRow> {
  return sql`
    select partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, version, tags,
           parent_partition, parent_key, parent_generation, parent_task_id, parent, created_at, status, scheduled_at,
           updated_at, completed_at, custom_status, failure, turn, is_rewound,
           case when ${withPayloads}::bool then input end as input,
           case when ${withPayloads}::bool then output end as output
      from (select i.*, s.bytes, t.n,
                   sum(s.bytes) over (order by t.n rows unbounded preceding) as all_bytes
              from unnest(${int4s(keys, (k) => k.partition)}::int4[], ${int8s(keys, (k) => k.key)}::int8[])
                   with ordinality t(partition, instance_key, n)
              join instances i
                on i.partition = t.partition
               and i.instance_key = t.instance_key
             cross join lateral (
                   select 500 + octet_length(i.instance_id) + octet_length(i.name) + octet_length(i.execution_id)
                          + coalesce(octet_length(i.version), 0) + coalesce(octet_length(i.tags::text), 0)
                          + coalesce(octet_length(i.parent), 0)
                          + coalesce(octet_length(i.custom_status), 0) + coalesce(octet_length(i.failure), 0)
                          + case when ${withPayloads}::bool
                                 then coalesce(octet_length(i.input), 0) + coalesce(octet_length(i.output), 0)
                                 else 0 end as bytes) s) found
     where all_bytes <= ${maxBytes}::int8
        or n = 1
     order by n`;
}

/** Finished children of these instances, whose children may be looked for in turn. */
export function findFinishedChildren(
  parents: readonly InstanceKey[],
  limit: number,
): Statement<{ partition: number; instance_key: number }> {
  return sql`
    select i.partition, i.instance_key
      from unnest(${int8s(parents, (p) => p.key)}::int8[]) t(parent_key)
      join instances i
        on i.parent_key = t.parent_key
     where i.completed_at is not null
     order by i.partition, i.instance_key
     limit ${limit}::int8`;
}

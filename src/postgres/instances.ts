import { instanceId, type InstanceId, type InstanceKey, partitionOf } from '../domain/ids.ts';
import {
  type InstanceIdentity,
  type InstanceSnapshot,
  type InstanceState,
  type LockHolder,
  type Parent,
  type Section,
  type Tags,
} from '../domain/instance.ts';
import { type Micros } from '../domain/time.ts';
import { type NewInstance } from '../domain/write.ts';
import { byteas, int2s, int4s, int8s, texts, timestamps } from './arrays.ts';
import { kindCode, kindOf, statusCodes, statusOf } from './codes.ts';
import { type Statement, sql } from './sql.ts';
import { type Vault, type Writer } from './vault.ts';

/**
 * Ids decide: of several starts of one id the first wins. The first message is sent by key, so only winners get it.
 *
 * Nothing starts in a hub that is deleted. Its row need not be locked for that: a start that still saw it living was
 * called before the deletion was answered, and so may count as before it. What it made is swept like the rest.
 */
export function insertInstances(
  { me, vault }: Writer,
  instances: readonly NewInstance[],
): Statement<{ instance_key: number }> {
  return sql`
    insert into instances (partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, version,
                           status, owner, ready_at, input, tags, parent_partition, parent_key, parent_generation,
                           parent_task_id, parent, created_at, updated_at, scheduled_at)
    select partition, instance_key, hub_id, kind, instance_id, 0, execution_id, name, version,
           6, owner, case when owner is null and scheduled_at is null then clock_timestamp() end, input, tags::jsonb,
           parent_partition, parent_key, parent_generation, parent_task_id, parent, created_at, created_at, scheduled_at
      from unnest(${int4s(instances, (i) => i.partition)}::int4[],
                  ${int8s(instances, (i) => i.key)}::int8[],
                  ${int4s(instances, (i) => i.hubId)}::int4[],
                  ${int2s(instances, (i) => kindCode(i.kind))}::int2[],
                  ${texts(instances, (i) => i.id)}::text[],
                  ${texts(instances, (i) => i.executionId)}::text[],
                  ${texts(instances, (i) => i.name)}::text[],
                  ${texts(instances, (i) => i.version)}::text[],
                  ${int8s(instances, (i) => (i.owned && i.scheduledAt === null ? me : null))}::int8[],
                  ${byteas(instances, (i) => vault.sealText('input', i.input))}::bytea[],
                  ${texts(instances, (i) => (i.tags === null ? null : JSON.stringify(i.tags)))}::text[],
                  ${int4s(instances, (i) => i.parent?.partition ?? null)}::int4[],
                  ${int8s(instances, (i) => i.parent?.key ?? null)}::int8[],
                  ${int4s(instances, (i) => i.parent?.generation ?? null)}::int4[],
                  ${int4s(instances, (i) => i.parent?.taskId ?? null)}::int4[],
                  ${byteas(instances, (i) => i.parent?.wire ?? null)}::bytea[],
                  ${timestamps(instances, (i) => i.createdAt)}::timestamptz[],
                  ${timestamps(instances, (i) => i.scheduledAt)}::timestamptz[])
           with ordinality
           t(partition, instance_key, hub_id, kind, instance_id, execution_id, name, version, owner, input, tags,
             parent_partition, parent_key, parent_generation, parent_task_id, parent, created_at, scheduled_at, n)
     where exists (select 1
                     from hubs h
                    where h.hub_id = t.hub_id
                      and h.deleted_at is null)
     order by hub_id, partition, instance_id, n
        on conflict (hub_id, partition, instance_id) do nothing
    returning instance_key`;
}

/** Makes room for starts that replace a finished holder of their id; its rows go with it. */
export function deleteNamesakes(instances: readonly NewInstance[]): Statement {
  return sql`
    with gone as (
      delete from instances i
       using unnest(${int4s(instances, (i) => i.partition)}::int4[],
                    ${int4s(instances, (i) => i.hubId)}::int4[],
                    ${texts(instances, (i) => i.id)}::text[],
                    ${int4s(instances, replacedStatuses)}::int4[]) t(partition, hub_id, instance_id, replaces)
       where i.partition = t.partition
         and i.hub_id = t.hub_id
         and i.instance_id = t.instance_id
         and t.replaces & (1 << i.status::int4) <> 0
      returning i.partition, i.instance_key),
    history_gone as (
      delete from history h
       using gone g
       where h.partition = g.partition
         and h.instance_key = g.instance_key),
    inbox_gone as (
      delete from inbox x
       using gone g
       where x.partition = g.partition
         and x.instance_key = g.instance_key),
    activities_gone as (
      delete from activities a
       using gone g
       where a.partition = g.partition
         and a.instance_key = g.instance_key)
    delete from timers t
     using gone g
     where t.instance_key = g.instance_key`;
}

/** A bit for each status that may be replaced. */
function replacedStatuses({ replaces }: NewInstance): number {
  return replaces.reduce((bits, status) => bits | (1 << statusCodes[status]), 0);
}

interface IdentityRow {
  readonly partition: number;
  readonly instance_key: number;
  readonly hub_id: number;
  readonly kind: number;
  readonly instance_id: string;
  readonly generation: number;
  readonly execution_id: string;
  readonly name: string;
  readonly version: string | null;
  readonly tags: Tags;
  readonly parent_partition: number | null;
  readonly parent_key: number | null;
  readonly parent_generation: number | null;
  readonly parent_task_id: number | null;
  readonly parent: Buffer | null;
  readonly created_at: Micros;
}

/** As a claim returns it. */
export interface StateRow extends IdentityRow {
  readonly status: number;
  readonly turn: number;
  readonly attempts: number;
  readonly custom_status: Buffer | null;
  readonly suspension: Buffer | null;
  readonly sections: readonly Section[] | null;
  readonly held_by: LockHolder | null;
  readonly entity_state: Buffer | null;
  readonly trace_context: Buffer | null;
  readonly is_rewound: boolean;
  readonly updated_at: Micros;
}

/** Throws an `UnreadablePayloadError`. */
export function toState(row: StateRow, vault: Vault): InstanceState {
  const { turn, attempts } = row;
  return {
    ...toIdentity(row),
    ...{ turn, attempts },
    suspension: vault.openNullable('suspension', row.suspension),
    status: statusOf(row.status),
    customStatus: vault.openText('custom_status', row.custom_status),
    traceContext: row.trace_context,
    updatedAt: row.updated_at,
    isRewound: row.is_rewound,
    sections: row.sections ?? [],
    heldBy: row.held_by,
    entityState: vault.openText('output', row.entity_state),
  };
}

function toIdentity(row: IdentityRow): InstanceIdentity {
  const { partition, generation, name, version, tags } = row;
  return {
    ...{ partition, generation, name, version, tags },
    key: row.instance_key,
    hubId: row.hub_id,
    id: instanceId(row.instance_id),
    kind: kindOf(row.kind),
    executionId: row.execution_id,
    parent: toParent(row),
    createdAt: row.created_at,
  };
}

function toParent(row: IdentityRow): Parent | null {
  const {
    parent_partition: partition,
    parent_key: key,
    parent_generation: generation,
    parent_task_id: taskId,
  } = row;
  const { parent: wire } = row;
  if (partition === null || key === null || generation === null || taskId === null || wire === null) {
    return null;
  }
  return { partition, key, generation, taskId, wire };
}

export interface SnapshotRow extends IdentityRow {
  readonly owner: number | null;
  readonly status: number;
  readonly input: Buffer | null;
  readonly output: Buffer | null;
  readonly custom_status: Buffer | null;
  readonly failure: Buffer | null;
  readonly scheduled_at: Micros | null;
  readonly updated_at: Micros;
  readonly completed_at: Micros | null;
  readonly turn: number;
  readonly is_rewound: boolean;
}

export interface WantedInstance {
  readonly hubId: number;
  readonly id: InstanceId;
}

/** `with_payloads` false leaves the big columns out, so that a look at a status does not read them from disk. */
export function readInstances(
  wanted: readonly WantedInstance[],
  withPayloads: boolean,
): Statement<SnapshotRow> {
  return sql`
    select i.partition, i.instance_key, i.hub_id, i.kind, i.instance_id, i.generation, i.execution_id, i.name,
           i.version, i.tags, i.parent_partition, i.parent_key, i.parent_generation, i.parent_task_id, i.parent,
           i.created_at, i.owner, i.status, i.scheduled_at, i.updated_at, i.completed_at, i.custom_status, i.failure,
           i.turn, i.is_rewound,
           case when ${withPayloads}::bool then i.input end as input,
           case when ${withPayloads}::bool then i.output end as output
      from unnest(${int4s(wanted, (w) => partitionOf(w.hubId, w.id))}::int4[],
                  ${int4s(wanted, (w) => w.hubId)}::int4[],
                  ${texts(wanted, (w) => w.id)}::text[]) t(partition, hub_id, instance_id)
      join instances i
        on i.partition = t.partition
       and i.hub_id = t.hub_id
       and i.instance_id = t.instance_id`;
}

/** Payloads are opened by whoever looks at them: one that can't be read concerns nobody else. */
export function toSnapshot(row: SnapshotRow, vault: Vault): InstanceSnapshot {
  return {
    ...toIdentity(row),
    owner: row.owner,
    status: statusOf(row.status),
    get input() {
      return vault.openText('input', row.input);
    },
    get output() {
      return vault.openText('output', row.output);
    },
    get customStatus() {
      return vault.openText('custom_status', row.custom_status);
    },
    get failure() {
      return vault.openNullable('failure', row.failure);
    },
    scheduledAt: row.scheduled_at,
    updatedAt: row.updated_at,
    completedAt: row.completed_at,
    turn: row.turn,
    isRewound: row.is_rewound,
  };
}

/** Rows with everything that hangs on them: all when their hub is deleted, otherwise only finished ones. */
export function deleteInstances(
  instances: readonly InstanceKey[],
  which: 'all' | 'finished',
): Statement<{ instance_key: number }> {
  return sql`
    with gone as (
      delete from instances i
       using unnest(${int4s(instances, (i) => i.partition)}::int4[], ${int8s(instances, (i) => i.key)}::int8[])
             t(partition, instance_key)
       where i.partition = t.partition
         and i.instance_key = t.instance_key
         and (i.completed_at is not null or ${which === 'all'}::bool)
      returning i.partition, i.instance_key),
    history_gone as (
      delete from history h
       using gone g
       where h.partition = g.partition
         and h.instance_key = g.instance_key),
    inbox_gone as (
      delete from inbox x
       using gone g
       where x.partition = g.partition
         and x.instance_key = g.instance_key),
    activities_gone as (
      delete from activities a
       using gone g
       where a.partition = g.partition
         and a.instance_key = g.instance_key),
    timers_gone as (
      delete from timers t
       using gone g
       where t.instance_key = g.instance_key)
    select instance_key
      from gone`;
}

// Messages for entities. An entity is made by what is first sent to it, so its row is inserted where it is missing and
// the message joined with whatever row stands there then. Rows that existed when the batch began are locked by then;
// one that came into being since is too young to be cleaned away.
//
// What is asked of other rows is asked by joins: a subquery under an `or` is planned as a table that is read whole. What
// a statement itself has claimed is asked for by just that, which is hashed: of a join nobody knows how it is planned.

import { type EntityMessage, type EntityPatch } from '../domain/write.ts';
import { messageKinds } from '../domain/message.ts';
import { type InstanceKey } from '../domain/ids.ts';
import { bools, byteas, int2s, int4s, int8s, texts, timestamps } from './arrays.ts';
import { type Sending } from './inbox.ts';
import { type Statement, sql } from './sql.ts';

type Messages = readonly EntityMessage[];

/** Of one entity the first message makes it. Statuses of entities are always "running". */
export function insertEntities(messages: Messages): Statement {
  return sql`
    insert into instances (partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, status,
                           created_at, updated_at)
    select partition, instance_key, hub_id, 1, instance_id, 0, '', name, 0, created_at, created_at
      from unnest(${int4s(messages, (m) => m.partition)}::int4[],
                  ${int8s(messages, (m) => m.newKey)}::int8[],
                  ${int4s(messages, (m) => m.hubId)}::int4[],
                  ${texts(messages, (m) => m.id)}::text[],
                  ${texts(messages, (m) => m.name)}::text[],
                  ${timestamps(messages, (m) => m.createdAt)}::timestamptz[])
           with ordinality t(partition, instance_key, hub_id, instance_id, name, created_at, n)
     order by hub_id, partition, instance_id, n
        on conflict (hub_id, partition, instance_id) do nothing`;
}

function requestOf({ requestId, id }: EntityMessage): string | null {
  return requestId === null ? null : `${requestId} ${id}`;
}

/**
 * Messages that are due, each for its entity. What is in the future: `delayToEntities`. Of all messages for one request,
 * in this batch and in others, one claims it, and only that is sent. `held`, one per message: its target is resident here
 * and stays so.
 */
export function sendToEntities(me: number, messages: Messages, held: readonly boolean[]): Sending {
  return sql`
    with messages as materialized (
      select * from unnest(${int4s(messages, (m) => m.partition)}::int4[], ${int4s(messages, (m) => m.hubId)}::int4[],
                    ${texts(messages, (m) => m.id)}::text[], ${int2s(messages, (m) => m.message.rank)}::int2[],
                    ${int2s(messages, (m) => messageKinds[m.message.kind])}::int2[],
                    ${byteas(messages, (m) => m.message.event)}::bytea[],
                    ${bools(held, (isHeld) => isHeld)}::bool[], ${texts(messages, requestOf)}::text[],
                    ${int8s(messages, (m) => m.newKey)}::int8[],
                    ${int4s(messages, (m) => m.ifOver?.partition ?? null)}::int4[],
                    ${int8s(messages, (m) => m.ifOver?.key ?? null)}::int8[],
                    ${int4s(messages, (m) => m.ifOver?.generation ?? null)}::int4[])
             with ordinality m(partition, hub_id, instance_id, rank, kind, event, is_held, request, claim,
                               over_partition, over_key, over_generation, n)),
    claimed as (
      insert into signals (hub_id, request, claim)
      select hub_id, request, claim from messages where request is not null order by hub_id, request
          on conflict (hub_id, request) do nothing
      returning claim),
    numbered as materialized (
      select f.*, nextval('message_ids') as message_id
        from (select m.n, m.rank, m.kind, m.event, m.is_held, i.partition, i.instance_key, i.generation, i.owner, i.hub_id
                from messages m
                join instances i using (partition, hub_id, instance_id)
                left join instances o
                  on (o.partition, o.instance_key) = (m.over_partition, m.over_key)
                 and o.generation = m.over_generation
                 and o.status in (0, 6, 7)
               where (m.request is null or m.claim in (select claim from claimed))
                 and o.instance_key is null
               order by m.n) f),
    sent as (
      insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
      select partition, instance_key, rank, message_id, kind, generation, event
        from numbered
       order by message_id),
    rung as (
      update instances i
         set ready_at = least(i.ready_at, clock_timestamp()),
             engine_work = i.engine_work or r.is_for_engine
        from (select partition, instance_key, bool_or(rank < 0 or kind = 10) as is_for_engine
                from numbered
               where not is_held or owner is distinct from ${me}::int8
               group by partition, instance_key) r
       where (i.partition, i.instance_key) = (r.partition, r.instance_key))
    select array_agg(n) as ns, array_agg(message_id) as message_ids, array_agg(partition) as partitions,
           array_agg(instance_key) as instance_keys, array_agg(generation) as generations, array_agg(owner) as owners,
           array_agg(hub_id) as hub_ids, array_agg(1) as instance_kinds
      from (select * from numbered order by n) r`;
}

/** A delayed message that waits in `timers`; `n` is its place in the list, from 1. */
export interface DelayedRow {
  readonly n: number;
  readonly partition: number;
  readonly instance_key: number;
}

/** The same for messages that wait in `timers`. */
export function delayToEntities(messages: Messages): Statement<DelayedRow> {
  return sql`
    with messages as materialized (
      select * from unnest(${int4s(messages, (m) => m.partition)}::int4[], ${int4s(messages, (m) => m.hubId)}::int4[],
                    ${texts(messages, (m) => m.id)}::text[], ${int2s(messages, (m) => m.message.rank)}::int2[],
                    ${int2s(messages, (m) => messageKinds[m.message.kind])}::int2[],
                    ${byteas(messages, (m) => m.message.event)}::bytea[],
                    ${timestamps(messages, (m) => m.firesAt)}::timestamptz[],
                    ${texts(messages, requestOf)}::text[], ${int8s(messages, (m) => m.newKey)}::int8[])
             with ordinality m(partition, hub_id, instance_id, rank, kind, event, fires_at, request, claim, n)),
    claimed as (
      insert into signals (hub_id, request, claim)
      select hub_id, request, claim from messages where request is not null order by hub_id, request
          on conflict (hub_id, request) do nothing
      returning claim),
    delayed as materialized (
      select m.n, m.fires_at, m.claim, m.kind, m.rank, m.event, i.partition, i.instance_key, i.generation
        from messages m
        join instances i using (partition, hub_id, instance_id)
       where m.request is null
          or m.claim in (select claim from claimed)),
    waiting as (
      insert into timers (partition, fires_at, timer_key, instance_key, generation, kind, rank, event)
      select partition, fires_at, claim, instance_key, generation, kind, rank, event
        from delayed
       order by partition, fires_at, claim),
    touched as (
      update instances i
         set updated_at = i.updated_at
        from (select distinct partition, instance_key from delayed) d
       where (i.partition, i.instance_key) = (d.partition, d.instance_key))
    select n, partition, instance_key
      from delayed`;
}

export function recordEntities(me: number, patches: readonly EntityPatch[]): Statement<unknown> {
  return sql`
    with recorded as (
      update instances i
         set turn = i.turn + t.turns,
             attempts = case when t.turns = 0 then i.attempts else 0 end,
             output = t.state,
             held_by = t.held_by::jsonb,
             updated_at = t.updated_at
        from unnest(${int4s(patches, (p) => p.partition)}::int4[],
                    ${int8s(patches, (p) => p.key)}::int8[],
                    ${int4s(patches, (p) => p.turn)}::int4[],
                    ${int4s(patches, (p) => (p.isTurn ? 1 : 0))}::int4[],
                    ${byteas(patches, (p) => (p.state === null ? null : Buffer.from(p.state)))}::bytea[],
                    ${texts(patches, (p) => (p.heldBy ? JSON.stringify(p.heldBy) : null))}::text[],
                    ${timestamps(patches, (p) => p.updatedAt)}::timestamptz[])
             t(partition, instance_key, turn, turns, state, held_by, updated_at)
       where i.partition = t.partition
         and i.instance_key = t.instance_key
         and i.owner is not distinct from ${me}::int8
         and i.turn = t.turn
      returning 1)
    select 1 / (count(*) = ${patches.length}::int4)::int
      from recorded`;
}

/** Of purged entities, memory's as well as those that it doesn't hold. */
export function deleteSignals(entities: readonly InstanceKey[]): Statement {
  return sql`
    delete from inbox x
     using unnest(${int4s(entities, (e) => e.partition)}::int4[], ${int8s(entities, (e) => e.key)}::int8[])
           t(partition, instance_key)
     where x.partition = t.partition
       and x.instance_key = t.instance_key
       and x.kind = 8`;
}

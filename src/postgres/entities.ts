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
import { type ColumnsOf, type SentRow } from './inbox.ts';
import { type Statement, sql } from './sql.ts';
import { type Vault, type Writer } from './vault.ts';

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

/** What every statement that sends them is given of messages, a column each. */
function columnsOf(vault: Vault, messages: Messages) {
  return {
    hubs: int4s(messages, (m) => m.hubId),
    ranks: int2s(messages, (m) => m.message.rank),
    kinds: int2s(messages, (m) => messageKinds[m.message.kind]),
    events: byteas(messages, (m) => vault.sealMessage(m.message)),
    requests: texts(messages, requestOf),
    claims: int8s(messages, (m) => m.newKey),
  };
}

/** The entities of messages, a column each, and of each message which of these it is for, from 1. */
function targetsOf(messages: Messages, held: readonly boolean[]) {
  const targets: EntityMessage[] = [];
  const areHeld: boolean[] = [];
  const known = new Map<string, number>();
  const numbers = messages.map((message, i) => {
    const name = `${message.hubId}/${message.id}`;
    const number = known.get(name) ?? targets.push(message);
    known.set(name, number);
    areHeld[number - 1] = held[i] ?? false;
    return number;
  });
  return {
    numbers: int4s(numbers, (number) => number),
    partitions: int4s(targets, (t) => t.partition),
    targetHubs: int4s(targets, (t) => t.hubId),
    ids: texts(targets, (t) => t.id),
    areHeld: bools(areHeld, (isHeld) => isHeld),
  };
}

/** What is sent only if an orchestration is over: which one, a column each, and the message's place in the list. */
function conditionsOf(messages: Messages) {
  const conditions = messages.flatMap(({ ifOver }, i) => (ifOver ? [{ ...ifOver, n: i + 1 }] : []));
  return {
    senderPartitions: int4s(conditions, (c) => c.partition),
    senderKeys: int8s(conditions, (c) => c.key),
    generations: int4s(conditions, (c) => c.generation),
    places: int8s(conditions, (c) => c.n),
  };
}

/** A message that found its entity; `n` is its place in the list, from 1. */
export type SentToEntity = Pick<SentRow, 'n' | 'message_id' | 'instance_key' | 'owner'>;

/** The same as parallel arrays: most writes send one, and a row each costs more. */
type SentToEntities = { readonly ns: null } | ColumnsOf<SentToEntity>;

export function forEachToEntity(sent: SentToEntities, visit: (row: SentToEntity) => void): void {
  if (sent.ns === null) return;
  const { message_ids, instance_keys, owners } = sent;
  sent.ns.forEach((n, at) => {
    const owner = owners[at] ?? null;
    visit({ n, message_id: message_ids[at] ?? 0, instance_key: instance_keys[at] ?? 0, owner });
  });
}

/**
 * Messages that are due, each for its entity, whose row is looked up once for all of its messages. What is in the future:
 * `delayToEntities`. Of all messages for one request, in this batch and in others, one claims it, and only that is sent.
 * `held`, one per message: its target is resident here and stays so.
 */
export function sendToEntities(
  { me, vault }: Writer,
  messages: Messages,
  held: readonly boolean[],
): Statement<SentToEntities> {
  const { numbers, partitions, targetHubs, ids, areHeld } = targetsOf(messages, held);
  const { senderPartitions, senderKeys, generations, places } = conditionsOf(messages);
  const { hubs, ranks, kinds, events, requests, claims } = columnsOf(vault, messages);
  return sql`
    with targets as materialized (
      select array_agg(partition) as partitions, array_agg(coalesce(instance_key, 0)) as keys,
             array_agg(coalesce(owner, 0)) as owners, array_agg(is_held) as are_held
        from (select t.partition, t.is_held, i.instance_key, i.owner
                from unnest(${partitions}::int4[], ${targetHubs}::int4[], ${ids}::text[], ${areHeld}::bool[])
                     with ordinality t(partition, hub_id, instance_id, is_held, n)
                left join instances i using (partition, hub_id, instance_id)
               order by t.n) r),
    messages as materialized (
      select * from unnest(${numbers}::int4[], ${hubs}::int4[], ${ranks}::int2[], ${kinds}::int2[], ${events}::bytea[],
                           ${requests}::text[], ${claims}::int8[])
                    with ordinality m(target, hub_id, rank, kind, event, request, claim, n)),
    claimed as (
      insert into signals (hub_id, request, claim)
      select hub_id, request, claim from messages where request is not null order by hub_id, request
          on conflict (hub_id, request) do nothing returning claim),
    numbered as materialized (
      select f.*, nextval('message_ids') as message_id
        from (select n, target, (select keys from targets)[target] as instance_key, rank, kind, event from messages
               where (request is null or claim in (select claim from claimed))
                 and n not in (
                     select n from unnest(${senderPartitions}::int4[], ${senderKeys}::int8[], ${generations}::int4[],
                                          ${places}::int8[]) c(partition, instance_key, generation, n)
                       join instances o using (partition, instance_key, generation) where o.status in (0, 6, 7))
               order by n) f
       where instance_key <> 0),
    sent as (
      insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
      select (select partitions from targets)[target], instance_key, rank, message_id, kind, 0, event from numbered
       order by message_id),
    rung as (
      update instances i
         set ready_at = least(i.ready_at, clock_timestamp()), engine_work = i.engine_work or r.is_for_engine
        from (select target, instance_key, bool_or(rank < 0 or kind = 10) as is_for_engine from numbered
               where not (select are_held from targets)[target] or (select owners from targets)[target] <> ${me}::int8
               group by target, instance_key) r
       where (i.partition, i.instance_key) = ((select partitions from targets)[r.target], r.instance_key))
    select array_agg(n) as ns, array_agg(message_id) as message_ids, array_agg(instance_key) as instance_keys,
           array_agg(nullif((select owners from targets)[target], 0)) as owners
      from (select * from numbered order by n) r`;
}

/** A delayed message that waits in `timers`; `n` is its place in the list, from 1. */
export interface DelayedRow {
  readonly n: number;
  readonly partition: number;
  readonly instance_key: number;
}

/** The same for messages that wait in `timers`. */
export function delayToEntities(vault: Vault, messages: Messages): Statement<DelayedRow> {
  const { hubs, ranks, kinds, events, requests, claims } = columnsOf(vault, messages);
  return sql`
    with messages as materialized (
      select * from unnest(${int4s(messages, (m) => m.partition)}::int4[], ${hubs}::int4[],
                    ${texts(messages, (m) => m.id)}::text[], ${ranks}::int2[], ${kinds}::int2[], ${events}::bytea[],
                    ${timestamps(messages, (m) => m.firesAt)}::timestamptz[], ${requests}::text[], ${claims}::int8[])
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

export function recordEntities({ me, vault }: Writer, patches: readonly EntityPatch[]): Statement<unknown> {
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
                    ${byteas(patches, (p) => vault.sealText('output', p.state))}::bytea[],
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

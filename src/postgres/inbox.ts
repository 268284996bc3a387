import { type InstanceKey } from '../domain/ids.ts';
import { type MessageDraft, messageKinds } from '../domain/message.ts';
import { type SentMessage } from '../domain/write.ts';
import { bools, byteas, int2s, int4s, int8s, texts } from './arrays.ts';
import { type IdTarget } from './lock.ts';
import { type Statement, sql } from './sql.ts';
import { type Writer } from './vault.ts';

/** A message for one life of an instance, wherever it stands in the batch. */
export interface KeyedMessage extends InstanceKey {
  /** Null: whatever generation lives. */
  readonly generation: number | null;
  readonly message: MessageDraft;
  /** Its target is resident here and stays so, or begins with this message: no bell. */
  readonly isHeld: boolean;
  /** Sent only if this instance does not exist: the start that would have made it did not win its id. */
  readonly unless: InstanceKey | null;
}

/** A message that found its target; `n` is its place in the list, from 1. */
export interface SentRow {
  readonly n: number;
  readonly message_id: number;
  readonly partition: number;
  readonly instance_key: number;
  readonly generation: number;
  readonly owner: number | null;
  readonly hub_id: number;
  readonly instance_kind: number;
}

/** Rows as parallel arrays. */
export type ColumnsOf<Row> = {
  readonly [Column in keyof Row as `${Column & string}s`]: readonly Row[Column][];
};

/** The messages that found their target, as parallel arrays: most writes send one, and a row each costs more. */
export type SentColumns = ColumnsOf<SentRow> | { readonly [Column in keyof ColumnsOf<SentRow>]: null };

export type Sending = Statement<SentColumns>;

export function forEachSent(sent: SentColumns, visit: (row: SentRow) => void): void {
  if (sent.ns === null) return;
  const { message_ids, partitions, instance_keys, generations, owners, hub_ids, instance_kinds } = sent;
  sent.ns.forEach((n, at) => {
    visit({
      n,
      message_id: message_ids[at] ?? 0,
      partition: partitions[at] ?? 0,
      instance_key: instance_keys[at] ?? 0,
      generation: generations[at] ?? 0,
      owner: owners[at] ?? null,
      hub_id: hub_ids[at] ?? 0,
      instance_kind: instance_kinds[at] ?? 0,
    });
  });
}

/**
 * Messages are numbered in the order of the list: an insert through a join would number them in the order of the plan.
 * Whoever is not resident here is rung; the bell of a new instance (rank 0) was set by its insert.
 */
export function sendByKey({ me, vault }: Writer, messages: readonly KeyedMessage[]): Sending {
  return sql`
    with numbered as materialized (
      select f.n, f.rank, f.kind, f.event, f.is_held, f.partition, f.instance_key, f.generation, f.owner, f.hub_id,
             f.instance_kind, nextval('message_ids') as message_id
        from (select m.n, m.rank, m.kind, m.event, m.is_held, i.partition, i.instance_key, i.generation, i.owner,
                     i.hub_id, i.kind as instance_kind
                from unnest(${int4s(messages, (m) => m.partition)}::int4[],
                            ${int8s(messages, (m) => m.key)}::int8[],
                            ${int4s(messages, (m) => m.generation)}::int4[],
                            ${int2s(messages, (m) => m.message.rank)}::int2[],
                            ${int2s(messages, (m) => messageKinds[m.message.kind])}::int2[],
                            ${byteas(messages, (m) => vault.sealMessage(m.message))}::bytea[],
                            ${bools(messages, (m) => m.isHeld)}::bool[],
                            ${int4s(messages, (m) => m.unless?.partition ?? null)}::int4[],
                            ${int8s(messages, (m) => m.unless?.key ?? null)}::int8[])
                     with ordinality m(partition, instance_key, generation, rank, kind, event, is_held,
                                       unless_partition, unless_key, n)
                join instances i on (i.partition, i.instance_key) = (m.partition, m.instance_key)
                left join instances u on (u.partition, u.instance_key) = (m.unless_partition, m.unless_key)
               where i.status in (0, 6, 7)
                 and (m.generation is null or m.generation = i.generation)
                 and u.instance_key is null
               order by m.n) f),
    sent as (
      insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
      select partition, instance_key, rank, message_id, kind, generation, event
        from numbered
       order by message_id),
    rung as (
      update instances i
         set ready_at = least(i.ready_at, clock_timestamp()),
             engine_work = i.engine_work or r.is_control
        from (select partition, instance_key, bool_or(rank < 0) as is_control
                from numbered
               where not is_held
                  or (rank <> 0 and owner is distinct from ${me}::int8)
               group by partition, instance_key) r
       where i.partition = r.partition
         and i.instance_key = r.instance_key)
    select array_agg(n) as ns, array_agg(message_id) as message_ids, array_agg(partition) as partitions,
           array_agg(instance_key) as instance_keys, array_agg(generation) as generations, array_agg(owner) as owners,
           array_agg(hub_id) as hub_ids, array_agg(instance_kind) as instance_kinds
      from (select * from numbered order by n) r`;
}

/**
 * To whoever lives under an id. Resolved once more here: an id whose row was being replaced found nobody when the
 * batch locked, and a start of this very batch made its row since. What this batch doesn't hold yet and another one does
 * came into being meanwhile: it is passed over, as if the message had come before it. To wait for it would be to lock out
 * of order.
 */
export function sendById(
  { me, vault }: Writer,
  messages: readonly (IdTarget & { readonly message: MessageDraft })[],
): Sending {
  return sql`
    with found as materialized (
      select m.n, m.rank, m.kind, m.event, i.partition, i.instance_key, i.generation, i.owner, i.hub_id,
             i.kind as instance_kind
        from unnest(${int4s(messages, (m) => m.partition)}::int4[],
                    ${int4s(messages, (m) => m.hubId)}::int4[],
                    ${texts(messages, (m) => m.id)}::text[],
                    ${int2s(messages, (m) => m.message.rank)}::int2[],
                    ${int2s(messages, (m) => messageKinds[m.message.kind])}::int2[],
                    ${byteas(messages, (m) => vault.sealMessage(m.message))}::bytea[])
             with ordinality m(partition, hub_id, instance_id, rank, kind, event, n)
        join instances i
          on i.partition = m.partition
         and i.hub_id = m.hub_id
         and i.instance_id = m.instance_id
       where i.status in (0, 6, 7)
       order by i.partition, i.instance_key
         for no key update of i skip locked),
    numbered as materialized (
      select f.n, f.rank, f.kind, f.event, f.partition, f.instance_key, f.generation, f.owner, f.hub_id,
             f.instance_kind, nextval('message_ids') as message_id
        from (select n, rank, kind, event, partition, instance_key, generation, owner, hub_id, instance_kind
                from found
               order by n) f),
    sent as (
      insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
      select partition, instance_key, rank, message_id, kind, generation, event
        from numbered
       order by message_id),
    rung as (
      update instances i
         set ready_at = least(i.ready_at, clock_timestamp()),
             engine_work = i.engine_work or r.is_control
        from (select partition, instance_key, bool_or(rank < 0) as is_control
                from numbered
               where owner is distinct from ${me}::int8
               group by partition, instance_key) r
       where i.partition = r.partition
         and i.instance_key = r.instance_key)
    select array_agg(n) as ns, array_agg(message_id) as message_ids, array_agg(partition) as partitions,
           array_agg(instance_key) as instance_keys, array_agg(generation) as generations, array_agg(owner) as owners,
           array_agg(hub_id) as hub_ids, array_agg(instance_kind) as instance_kinds
      from (select * from numbered order by n) r`;
}

/** To every living child of an instance, likewise; residents among them are locked and rung like the others are. */
export function sendToChildren(
  { me, vault }: Writer,
  messages: readonly { readonly parentKey: number; readonly message: MessageDraft }[],
): Sending {
  return sql`
    with found as materialized (
      select m.n, m.rank, m.kind, m.event, i.partition, i.instance_key, i.generation, i.owner, i.hub_id,
             i.kind as instance_kind
        from unnest(${int8s(messages, (m) => m.parentKey)}::int8[],
                    ${int2s(messages, (m) => m.message.rank)}::int2[],
                    ${int2s(messages, (m) => messageKinds[m.message.kind])}::int2[],
                    ${byteas(messages, (m) => vault.sealMessage(m.message))}::bytea[])
             with ordinality m(parent_key, rank, kind, event, n)
        join instances i
          on i.parent_key = m.parent_key
       where i.status in (0, 6, 7)
       order by i.partition, i.instance_key
         for no key update of i skip locked),
    numbered as materialized (
      select f.n, f.rank, f.kind, f.event, f.partition, f.instance_key, f.generation, f.owner, f.hub_id,
             f.instance_kind, nextval('message_ids') as message_id
        from (select n, rank, kind, event, partition, instance_key, generation, owner, hub_id, instance_kind
                from found
               order by n, partition, instance_key) f),
    sent as (
      insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
      select partition, instance_key, rank, message_id, kind, generation, event
        from numbered
       order by message_id),
    rung as (
      update instances i
         set ready_at = least(i.ready_at, clock_timestamp()),
             engine_work = i.engine_work or r.is_control
        from (select partition, instance_key, bool_or(rank < 0) as is_control
                from numbered
               where owner is distinct from ${me}::int8
               group by partition, instance_key) r
       where i.partition = r.partition
         and i.instance_key = r.instance_key)
    select array_agg(n) as ns, array_agg(message_id) as message_ids, array_agg(partition) as partitions,
           array_agg(instance_key) as instance_keys, array_agg(generation) as generations, array_agg(owner) as owners,
           array_agg(hub_id) as hub_ids, array_agg(instance_kind) as instance_kinds
      from (select * from numbered order by n) r`;
}

/** Guard: all of them were still there. `consumers`: whose inbox it was, one per message. */
export function deleteConsumed(
  consumers: readonly InstanceKey[],
  consumed: readonly Pick<SentMessage, 'rank' | 'messageId'>[],
): Statement<unknown> {
  return sql`
    with gone as (
      delete from inbox x
       using unnest(${int4s(consumers, (c) => c.partition)}::int4[],
                    ${int8s(consumers, (c) => c.key)}::int8[],
                    ${int2s(consumed, (c) => c.rank)}::int2[],
                    ${int8s(consumed, (c) => c.messageId)}::int8[])
             t(partition, instance_key, rank, message_id)
       where x.partition = t.partition
         and x.instance_key = t.instance_key
         and x.rank = t.rank
         and x.message_id = t.message_id
      returning 1)
    select 1 / (count(*) = ${consumed.length}::int4)::int
      from gone`;
}

/** What is left in the inbox of ended instances. */
export function deleteInboxes(instances: readonly InstanceKey[]): Statement {
  return sql`
    delete from inbox x
     using unnest(${int4s(instances, (i) => i.partition)}::int4[], ${int8s(instances, (i) => i.key)}::int8[])
           t(partition, instance_key)
     where x.partition = t.partition
       and x.instance_key = t.instance_key`;
}

/** Results that were addressed to older generations: of activities (2), timers (3), children (5) and entities (11). */
export function deleteOldResults(
  renewed: readonly (InstanceKey & { readonly generation: number })[],
): Statement {
  return sql`
    delete from inbox x
     using unnest(${int4s(renewed, (r) => r.partition)}::int4[],
                  ${int8s(renewed, (r) => r.key)}::int8[],
                  ${int4s(renewed, (r) => r.generation)}::int4[]) t(partition, instance_key, generation)
     where x.partition = t.partition
       and x.instance_key = t.instance_key
       and x.generation < t.generation
       and x.kind in (2, 3, 5, 11)`;
}

import { UnreadablePayloadError } from '../domain/errors.ts';
import { type InstanceKey } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { type Message, ranks } from '../domain/message.ts';
import { type Micros } from '../domain/time.ts';
import { type SentMessage } from '../domain/write.ts';
import { bools, int2s, int4s, int8s } from './arrays.ts';
import { messageKindOf } from './codes.ts';
import { type Statement, sql } from './sql.ts';
import { type Vault } from './vault.ts';

export interface InboxRow {
  readonly instance_key: number;
  readonly rank: number;
  readonly message_id: number;
  readonly kind: number;
  readonly generation: number;
  readonly fires_at: Micros | null;
  readonly event: Buffer;
}

/** An inbox to read: its first `most` messages that are not `known`. */
export interface WantedInbox extends InstanceKey {
  readonly most: number;
  /**
   * Without what the same transaction has inserted: that is in memory. While its bell is silent, only what goes before all
   * that arrived: a read that was cut may have left some of it, and what arrived waits for the next fetch then.
   */
  readonly ofOthers: boolean;
  readonly known: readonly number[];
}

/** More than any. */
const EVERY_RANK = 32_767;

/**
 * The first messages of each of my instances that memory doesn't hold, in inbox order; fewer, but at least one, when
 * they have more bytes than a resident holds. All together, in the order of their keys, are cut as soon as they have as
 * many bytes as may be loaded. Not cut is what goes before what arrived (a resume, a start), where memory holds something
 * already: without it that might never run, and so nothing more would be fetched.
 *
 * Each row is compared with what is known of its own instance alone: behind `offset 0` that is cut out once an instance,
 * not once a row.
 */
export function readInboxes(me: number, wanted: readonly WantedInbox[]): Statement<InboxRow> {
  const ends: number[] = [];
  let end = 0;
  for (const { known } of wanted) ends.push((end += known.length));
  const at = wanted.map(({ known }, i) => ({ from: (ends[i] ?? 0) - known.length + 1, to: ends[i] ?? 0 }));
  const known = wanted.flatMap((w) => w.known);
  return sql`
    select instance_key, rank, message_id, kind, generation, fires_at, event
      from (select x.*, t.known_from <= t.known_to as has_known,
                   sum(octet_length(x.event)) over (order by x.instance_key, x.rank, x.message_id
                                                    rows unbounded preceding) as all_bytes
              from unnest(${int4s(wanted, (w) => w.partition)}::int4[],
                          ${int8s(wanted, (w) => w.key)}::int8[],
                          ${int8s(wanted, (w) => w.most)}::int8[],
                          ${int4s(at, (a) => a.from)}::int4[],
                          ${int4s(at, (a) => a.to)}::int4[],
                          ${bools(wanted, (w) => w.ofOthers)}::bool[])
                   t(partition, instance_key, most, known_from, known_to, of_others)
              join instances i
                on i.partition = t.partition
               and i.instance_key = t.instance_key
               and i.owner is not distinct from ${me}::int8
             cross join lateral (
                   select (${int8s(known, (id) => id)}::int8[])[t.known_from:t.known_to] as ids,
                          case when t.of_others then pg_current_xact_id()::xid end as own,
                          case when t.of_others and i.ready_at is null then ${ranks.arrived}::int2
                               else ${EVERY_RANK}::int2
                          end as below
                   offset 0) k
             cross join lateral (
                   select m.instance_key, m.rank, m.message_id, m.kind, m.generation, m.fires_at, m.event,
                          sum(octet_length(m.event)) over (order by m.rank, m.message_id rows unbounded preceding) as bytes
                     from inbox m
                    where m.partition = t.partition
                      and m.instance_key = t.instance_key
                      and m.rank < k.below
                      and m.message_id <> all(k.ids)
                      and m.xmin is distinct from k.own
                    order by m.rank, m.message_id
                    limit t.most) x
             where x.bytes - octet_length(x.event) < ${limits.heldBytes}::int8) r
     where all_bytes - octet_length(event) < ${limits.loadedBytes}::int8
        or has_known and rank < ${ranks.arrived}::int2
     order by instance_key, rank, message_id`;
}

interface Inbox {
  readonly messages: Message[];
  /** As they are stored: that is what the read was cut by. */
  bytes: number;
  /** Why it ends before a message that is there. */
  unreadable: UnreadablePayloadError | undefined;
}

/** What one read of inboxes brought. */
export class Inboxes {
  readonly #vault: Vault;
  readonly #found = new Map<number, Inbox>();
  #bytes = 0;
  /** Where all together were cut, if they were. */
  #cutKey = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  add(row: InboxRow): void {
    const { instance_key: key, event } = row;
    if (this.#bytes < limits.loadedBytes) this.#cutKey = key;
    this.#bytes += event.length;
    const found = this.#found.get(key) ?? { messages: [], bytes: 0, unreadable: undefined };
    this.#found.set(key, found);
    // What comes after one that can't be read must not go before it.
    if (found.unreadable) return;
    try {
      found.messages.push(this.#open(row));
      found.bytes += event.length;
    } catch (error) {
      if (!(error instanceof UnreadablePayloadError)) throw error;
      found.unreadable = error;
    }
  }

  #open({
    rank,
    message_id: messageId,
    kind: code,
    generation,
    event,
    fires_at: firesAt,
  }: InboxRow): Message {
    const kind = messageKindOf(code);
    return { rank, messageId, kind, generation, event: this.#vault.openMessage({ kind, event }), firesAt };
  }

  of(key: number): readonly Message[] {
    return this.#found.get(key)?.messages ?? [];
  }

  /** Why the inbox of an instance can't be read on, if so. */
  whyUnreadable(key: number): UnreadablePayloadError | undefined {
    return this.#found.get(key)?.unreadable;
  }

  /** Those with a message that can't be read. */
  unreadable(): number[] {
    return [...this.#found].flatMap(([key, { unreadable }]) => (unreadable ? [key] : []));
  }

  /** Whether an inbox may hold more than a read of `most + 1` rows brought. */
  mayHaveMore(key: number, most: number): boolean {
    if (this.#bytes >= limits.loadedBytes && key >= this.#cutKey) return true;
    const found = this.#found.get(key);
    if (!found) return false;
    return found.messages.length > most || found.bytes >= limits.heldBytes || found.unreadable !== undefined;
  }
}

/** Which of these rows are still there, in the order asked. */
export function readPending(sent: readonly SentMessage[]): Statement<{ is_there: boolean }> {
  return sql`
    select exists (select 1
                     from inbox x
                    where x.partition = t.partition
                      and x.instance_key = t.instance_key
                      and x.rank = t.rank
                      and x.message_id = t.message_id) as is_there
      from unnest(${int4s(sent, (s) => s.partition)}::int4[],
                  ${int8s(sent, (s) => s.key)}::int8[],
                  ${int2s(sent, (s) => s.rank)}::int2[],
                  ${int8s(sent, (s) => s.messageId)}::int8[])
           with ordinality t(partition, instance_key, rank, message_id, n)
     order by t.n`;
}

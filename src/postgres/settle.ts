import { UnreadablePayloadError } from '../domain/errors.ts';
import { type InstanceKey, instanceId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { type Message, type MessageDraft, ranks } from '../domain/message.ts';
import { type BatchResult, type FetchedInbox } from '../domain/store.ts';
import {
  type ActivityCompletion,
  type EntityMessage,
  type FetchPatch,
  type NewTimer,
  type Patch,
  type SentMessage,
} from '../domain/write.ts';
import { type CompletedRow } from './activities.ts';
import { unreachable } from '../lib/assert.ts';
import { kindOf, messageKindOf } from './codes.ts';
import { type DelayedRow, type SentToEntity } from './entities.ts';
import { type HeldIds } from './held-ids.ts';
import { type SentRow } from './inbox.ts';
import { Inboxes, type InboxRow } from './inbox-reads.ts';
import { keepBytes } from './keep-bytes.ts';
import { type Outgoing, type Parts } from './parts.ts';
import { type FiredRow } from './timers.ts';
import { type Vault, type Writer } from './vault.ts';

type Item = BatchResult['spilled'][number]['item'];

/**
 * Turns the rows of a batch into what memory must learn. Filled while rows arrive, read only after COMMIT. Each list of
 * hints holds a thing once.
 */
export class Settlement {
  readonly #me: number;
  readonly #vault: Vault;
  readonly #parts: Parts;
  readonly #won = new Set<number>();
  readonly #started: { instance: BatchResult['started'][number]['instance']; started: Message }[] = [];
  #delivered: (InstanceKey & { message: Message })[] = [];
  readonly #found: Inboxes;
  /** Residents to which a timer fired whose event can't be read. */
  readonly #unreadable = new Set<number>();
  readonly #rung = new Map<number, BatchResult['rung'][number]>();
  readonly #spilled = new Map<string, BatchResult['spilled'][number]>();
  readonly #delayed: NewTimer[] = [];
  readonly #storedFor = new Set<number>();
  readonly #ended: BatchResult['ended'][number][] = [];
  /** Instances whose inbox is read whole by the batch itself: what it inserted for them is found by that. */
  readonly #fetched: ReadonlySet<number>;

  constructor({ me, vault }: Writer, parts: Parts) {
    this.#me = me;
    this.#vault = vault;
    this.#found = new Inboxes(vault);
    this.#parts = parts;
    this.#fetched = new Set(parts.fetches.map(({ key }) => key));
  }

  won(key: number): void {
    this.#won.add(key);
  }

  spill(hubId: number, item: Item): void {
    this.#spilled.set(`${hubId}/${item}`, { hubId, item });
  }

  sentByKey(row: SentRow, outgoing: Outgoing): void {
    const message = toInserted(row, outgoing.message);
    if (outgoing.starts) {
      if (row.owner === this.#me) this.#started.push({ instance: outgoing.starts, started: message });
      else this.spill(row.hub_id, kindOf(row.instance_kind));
    } else if (outgoing.inserted) outgoing.inserted.push(message);
    else this.#sent(row, message, outgoing.sent);
  }

  sentElsewhere(row: SentRow, draft: MessageDraft, sent: SentMessage[]): void {
    this.#sent(row, toInserted(row, draft), sent);
  }

  #sent(row: SentRow, message: Message, sent: SentMessage[] | undefined): void {
    const { partition, instance_key: key } = row;
    sent?.push({ partition, key, rank: message.rank, messageId: message.messageId });
    this.#route(row, message, message.rank < 0 ? 'engine' : kindOf(row.instance_kind));
  }

  sentToEntity(row: SentToEntity, { partition, hubId, message }: EntityMessage): void {
    const isForEngine = message.rank < 0 || message.kind === 'lockRequest';
    const inserted = toInserted({ message_id: row.message_id, generation: 0 }, message);
    this.#route({ ...row, partition, hub_id: hubId }, inserted, isForEngine ? 'engine' : 'entity');
  }

  delayed(row: DelayedRow, { message, firesAt, newKey }: EntityMessage): void {
    const { partition, instance_key: key } = row;
    if (firesAt === null) return;
    this.#delayed.push({ partition, key, timerKey: newKey, generation: 0, firesAt, message });
  }

  /** Hands a row to memory, or remembers whom it rang. */
  #route(
    row: Pick<SentRow, 'partition' | 'instance_key' | 'owner' | 'hub_id'>,
    message: Message,
    item: Item,
  ): void {
    const { partition, instance_key: key, owner, hub_id: hubId } = row;
    if (owner === null) this.spill(hubId, item);
    else if (owner !== this.#me) this.#rung.set(key, { partition, key, owner });
    else if (!this.#fetched.has(key)) this.#delivered.push({ partition, key, message });
  }

  /** An activity has been answered or given back; its owner, when that is another replica, doesn't know. */
  activityEnded(activityKey: number, owner: number | null): void {
    if (owner !== null && owner !== this.#me) this.#ended.push({ owner, activityKey });
  }

  completed(row: CompletedRow): void {
    if (row.ns === null) return;
    const { message_ids: messageIds, activity_owners: activityOwners, generations, owners, kinds } = row;
    row.ns.forEach((n, at) => {
      const draft = this.#parts.completionDrafts[n - 1];
      const completion = this.#parts.completions[n - 1];
      if (!draft || !completion) return;
      draft.isCompleted = true;
      this.activityEnded(completion.activityKey, activityOwners[at] ?? null);
      const messageId = messageIds[at] ?? null;
      const kind = kinds[at] ?? null;
      if (messageId === null || kind === null) return;
      const generation = generations[at] ?? 0;
      this.#resultSent(completion, { messageId, generation, kind, owner: owners[at] ?? null });
    });
  }

  #resultSent(
    completion: ActivityCompletion,
    sent: { readonly messageId: number; readonly generation: number; kind: number; owner: number | null },
  ): void {
    const { partition, key, hubId } = completion;
    const { messageId, generation, owner } = sent;
    const event = keepBytes(completion.event);
    const message: Message = { rank: 3, messageId, kind: 'taskResult', generation, event, firesAt: null };
    this.#route({ partition, instance_key: key, owner, hub_id: hubId }, message, kindOf(sent.kind));
  }

  fired(row: FiredRow): void {
    const draft = this.#parts.dueDrafts[row.n - 1];
    if (draft) draft.firedTimers++;
    const { message_id: messageId, rank, generation, hub_id, instance_kind } = row;
    if (messageId === null || hub_id === null || instance_kind === null) return;
    const kind = messageKindOf(row.kind);
    const event = this.#firedEvent(row, kind);
    if (!event) return;
    const firesAt = row.fires_at;
    this.#route(
      { ...row, hub_id },
      { rank, messageId, kind, generation, event, firesAt },
      kindOf(instance_kind),
    );
  }

  #firedEvent({ event, instance_key: key }: FiredRow, kind: Message['kind']): Buffer | undefined {
    try {
      return event === null ? Buffer.alloc(0) : this.#vault.openMessage({ kind, event });
    } catch (error) {
      if (!(error instanceof UnreadablePayloadError)) throw error;
      this.#unreadable.add(key);
      return undefined;
    }
  }

  stored(replicaId: number): void {
    this.#storedFor.add(replicaId);
  }

  /** A row that a fetch or a closing read found. */
  found(row: InboxRow): void {
    this.#found.add(row);
  }

  /** To be called once, after COMMIT. */
  result(held: HeldIds, mostFor: (instance: InstanceKey) => number): BatchResult {
    const parts = this.#parts;
    this.#fillDrafts();
    const overflowing = this.#overflowing(mostFor);
    this.#leaveToFetch(overflowing, mostFor);
    this.#deliverClosing();
    const changed = this.#changed(held);
    return {
      patches: parts.patches,
      started: this.#started,
      claimed: [],
      claimedActivities: [],
      activities: parts.activities.filter((activity) => activity.owned),
      timers: this.#writtenTimers(),
      delivered: this.#delivered.sort((a, b) => compare(a.message, b.message)),
      fetched: parts.fetches.map((fetch) => this.#fetch(fetch, mostFor(fetch))),
      overflowing,
      rung: [...this.#rung.values()],
      spilled: [...this.#spilled.values()],
      changed,
      ended: this.#ended,
      storedFor: [...this.#storedFor],
      unreadable: [...new Set([...this.#unreadable, ...this.#found.unreadable()])],
    };
  }

  #fillDrafts(): void {
    const { instances, instanceDrafts, chunks, chunkDrafts, activities } = this.#parts;
    instances.forEach(({ key }, i) =>
      instanceDrafts[i]?.instances.push(this.#won.has(key) ? 'won' : 'taken'),
    );
    chunks.forEach(({ replicaId }, i) => {
      const draft = chunkDrafts[i];
      if (draft) draft.isStored = this.#storedFor.has(replicaId);
    });
    for (const activity of activities) if (!activity.owned) this.spill(activity.hubId, 'activity');
  }

  /** Without those of starts that did not win their id. */
  #writtenTimers(): BatchResult['timers'] {
    const { instances } = this.#parts;
    const timers = [...this.#parts.timers, ...this.#delayed];
    if (timers.length === 0 || instances.length === this.#won.size) return timers;
    const lost = new Set(instances.map(({ key }) => key).filter((key) => !this.#won.has(key)));
    return timers.filter(({ key }) => !lost.has(key));
  }

  /**
   * A closing read that was cut off: what it left out is left to the next fetch, and with it what this batch sent after
   * it. Only what goes before all that arrived is held at once, where the read was not cut before that (`readInboxes`):
   * where memory held something already.
   */
  #leaveToFetch(overflowing: readonly InstanceKey[], mostFor: (instance: InstanceKey) => number): void {
    if (overflowing.length === 0) return;
    const lastHeld = new Map(
      overflowing.map((instance) => [
        instance.key,
        mostFor(instance) < limits.heldMessages ? ranks.arrived - 1 : -Infinity,
      ]),
    );
    this.#delivered = this.#delivered.filter(
      ({ key, message }) => message.rank <= (lastHeld.get(key) ?? Infinity),
    );
  }

  /** What others sent to instances that this batch sent to: it goes before that by the order of the inbox. */
  #deliverClosing(): void {
    for (const { partition, key } of this.#parts.closing.values()) {
      for (const message of this.#found.of(key)) this.#delivered.push({ partition, key, message });
    }
  }

  #overflowing(mostFor: (instance: InstanceKey) => number): InstanceKey[] {
    return [...this.#parts.closing.values()].filter((instance) =>
      this.#found.mayHaveMore(instance.key, mostFor(instance)),
    );
  }

  #fetch({ partition, key }: FetchPatch, most: number): FetchedInbox {
    const messages = this.#found.of(key).slice(0, most);
    return { partition, key, messages, hasMore: this.#found.mayHaveMore(key, most) };
  }

  #changed(held: HeldIds): BatchResult['changed'] {
    const changed: { hubId: number; id: ReturnType<typeof instanceId> }[] = [];
    for (const { patch } of this.#parts.patches) {
      const known = isAwaited(patch) ? held.byKey(patch.key) : undefined;
      if (known) changed.push({ hubId: known.hubId, id: instanceId(known.id) });
    }
    return changed;
  }
}

/** Calls wait for an instance to have started, for its end, and for its controls to be applied; not for its turns. */
function isAwaited(patch: Patch): boolean {
  switch (patch.kind) {
    case 'turn':
    case 'renew':
      return patch.turn === 0;
    case 'end':
    case 'control':
      return true;
    case 'entity':
      return patch.dropsSignals;
    case 'release':
    case 'fetch':
      return false;
    default:
      return unreachable(patch);
  }
}

function compare(a: Message, b: Message): number {
  return a.rank - b.rank || a.messageId - b.messageId;
}

function toInserted(
  row: Pick<SentRow, 'message_id' | 'generation'>,
  { rank, kind, event }: MessageDraft,
): Message {
  const { message_id: messageId, generation } = row;
  return { rank, messageId, kind, generation, event: keepBytes(event), firesAt: null };
}

/** How many messages a fetch may bring beyond what memory holds: room for controls is always left. */
export function roomFor(known: number): number {
  return Math.max(limits.heldMessages - known, 32);
}

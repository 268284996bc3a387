import { type InstanceKey } from '../domain/ids.ts';
import { type Message, type MessageDraft, ranks } from '../domain/message.ts';
import { type Residency } from '../domain/store.ts';
import {
  type ActivityCompletion,
  type ControlPatch,
  type DueTimer,
  type EntityMessage,
  type EntityPatch,
  type EndPatch,
  type FetchPatch,
  type NewActivity,
  type NewInstance,
  type NewMessage,
  type NewTimer,
  type Patch,
  type ReleasedActivity,
  type ReleasePatch,
  type RenewPatch,
  type Rewind,
  type SentMessage,
  type StoredChunk,
  type TakenChunk,
  type TurnPatch,
  type Write,
} from '../domain/write.ts';
import { unreachable } from '../lib/assert.ts';
import { type HeldIds } from './held-ids.ts';
import { type KeyedMessage } from './inbox.ts';
import { type IdTarget } from './lock.ts';
import { type Writer } from './vault.ts';

/** What became of a write, filled in as rows arrive. */
export interface Draft {
  readonly outcome: 'committed';
  /** Filled only when the write has instances. */
  readonly instances: ('won' | 'taken')[];
  /** Filled only when the write has messages. */
  readonly messages: SentMessage[][];
  isCompleted: boolean;
  isStored: boolean;
  firedTimers: number;
}

/** A message and where its row is reported: to its write, as its patch's own, or as the first message of a start. */
export interface Outgoing extends KeyedMessage {
  readonly sent: SentMessage[] | undefined;
  readonly inserted: Message[] | undefined;
  readonly starts: NewInstance | undefined;
}
interface ById extends IdTarget {
  readonly message: MessageDraft;
  readonly sent: SentMessage[];
}
interface ToChildren {
  readonly parentKey: number;
  readonly message: MessageDraft;
  readonly sent: SentMessage[];
}

/** How a batch tells whom it writes for. */
export interface Surroundings extends Writer {
  readonly residency: Residency;
  readonly held: HeldIds;
}

/**
 * The writes of one batch, table by table. Who is resident is decided here, when the batch is built: a resident that
 * the batch releases or ends is foreign to all its other writes (ownership.md §3).
 */
export class Parts {
  readonly drafts: Draft[] = [];
  /** `inserted` is filled only for patches that have an inbox. */
  readonly patches: { readonly patch: Patch; readonly inserted: Message[] }[] = [];
  readonly turns: TurnPatch[] = [];
  readonly ends: EndPatch[] = [];
  readonly renewals: RenewPatch[] = [];
  readonly controls: ControlPatch[] = [];
  readonly entities: EntityPatch[] = [];
  readonly releases: ReleasePatch[] = [];
  readonly fetches: FetchPatch[] = [];
  readonly rewinds: Rewind[] = [];
  readonly pendingActivities: NewActivity[] = [];
  readonly awaited: InstanceKey[] = [];
  readonly consumed: Message[] = [];
  /** Whose inbox it was, one per consumed message. */
  readonly consumers: InstanceKey[] = [];
  readonly instances: NewInstance[] = [];
  readonly instanceDrafts: Draft[] = [];
  readonly activities: NewActivity[] = [];
  readonly timers: NewTimer[] = [];
  readonly keyed: Outgoing[] = [];
  readonly byId: ById[] = [];
  readonly toChildren: ToChildren[] = [];
  readonly toEntities: EntityMessage[] = [];
  /** Whether its target is resident here and stays so: one per message of `toEntities`. */
  readonly heldEntities: boolean[] = [];
  readonly delayedToEntities: EntityMessage[] = [];
  readonly completions: ActivityCompletion[] = [];
  readonly completionDrafts: Draft[] = [];
  readonly dueTimers: DueTimer[] = [];
  /** One per due timer. */
  readonly dueDrafts: Draft[] = [];
  readonly releasedActivities: ReleasedActivity[] = [];
  readonly chunks: StoredChunk[] = [];
  readonly chunkDrafts: Draft[] = [];
  readonly takenChunks: TakenChunk[] = [];
  readonly lockKeys: InstanceKey[] = [];
  readonly lockIds: IdTarget[] = [];
  /** Residents that got a message whose order against others is kept: their inbox is read at the end. */
  readonly closing = new Map<number, InstanceKey>();
  readonly #around: Surroundings;
  readonly #leaving = new Set<number>();

  constructor(pending: readonly { readonly write: Write }[], around: Surroundings) {
    this.#around = around;
    for (const { write } of pending) {
      const { patch } = write;
      if (patch?.kind === 'end' || patch?.kind === 'release') this.#leaving.add(patch.key);
    }
    for (const { write } of pending) this.#add(write);
  }

  readonly isHeld = (key: number): boolean => !this.#leaving.has(key) && this.#around.residency.holds(key);

  #add(write: Write): void {
    const { patch, rewinds, instances } = write;
    const draft = hasOutcome(write) ? newDraft(write) : written;
    this.drafts.push(draft);
    if (patch && this.#hasMeaning(patch)) this.#addPatch(patch);
    if (rewinds) for (const rewind of rewinds) this.#addRewind(rewind);
    if (instances) for (const instance of instances) this.#addInstance(instance, draft);
    this.#addMessages(write, draft);
    this.#addWork(write, draft);
    this.#addCompletion(write, draft);
  }

  #addRewind(rewind: Rewind): void {
    this.rewinds.push(rewind);
    this.lockKeys.push(rewind, ...rewind.awaited);
    append(this.awaited, rewind.awaited);
    append(this.pendingActivities, rewind.pendingActivities);
  }

  #addMessages({ messages, entityMessages }: Write, draft: Draft): void {
    if (messages) {
      for (const message of messages) {
        const sent: SentMessage[] = [];
        draft.messages.push(sent);
        this.#addMessage(message, sent);
      }
    }
    if (entityMessages) for (const message of entityMessages) this.#addToEntity(message);
  }

  /** A hint may be older than what memory knows: a bell is heard only by who owns the instance now. */
  #hasMeaning(patch: Patch): boolean {
    return patch.kind !== 'fetch' || this.#around.residency.holds(patch.key);
  }

  #addWork({ activities, timers, dueTimers, releasedActivities, takenChunks }: Write, draft: Draft): void {
    append(this.activities, activities);
    append(this.timers, timers);
    append(this.releasedActivities, releasedActivities);
    append(this.takenChunks, takenChunks);
    if (dueTimers) for (const timer of dueTimers) this.#addDueTimer(timer, draft);
  }

  #addDueTimer(timer: DueTimer, draft: Draft): void {
    this.dueTimers.push(timer);
    this.dueDrafts.push(draft);
    this.#lockForeign(timer);
  }

  #addCompletion({ completion, storedChunk }: Write, draft: Draft): void {
    if (completion) {
      this.completions.push(completion);
      this.completionDrafts.push(draft);
      this.#lockForeign(completion);
    }
    if (storedChunk) {
      this.chunks.push(storedChunk);
      this.chunkDrafts.push(draft);
    }
  }

  #lockForeign(target: InstanceKey): void {
    if (!this.isHeld(target.key)) this.lockKeys.push(target);
  }

  #addPatch(patch: Patch): void {
    const inserted: Message[] = 'inbox' in patch ? [] : none;
    this.patches.push({ patch, inserted });
    this.lockKeys.push(patch);
    this.#sortPatch(patch);
    if ('consumed' in patch) {
      for (const message of patch.consumed) {
        this.consumed.push(message);
        this.consumers.push(patch);
      }
    }
    if ('inbox' in patch) for (const message of patch.inbox) this.#addOwn(patch, message, inserted);
  }

  #sortPatch(patch: Patch): void {
    switch (patch.kind) {
      case 'turn':
        this.turns.push(patch);
        return;
      case 'end':
        this.ends.push(patch);
        return;
      case 'renew':
        this.renewals.push(patch);
        return;
      case 'control':
        this.controls.push(patch);
        return;
      case 'entity':
        this.entities.push(patch);
        return;
      case 'release':
        this.releases.push(patch);
        return;
      case 'fetch':
        this.fetches.push(patch);
        return;
      default:
        unreachable(patch);
    }
  }

  #addOwn({ partition, key }: InstanceKey, message: MessageDraft, inserted: Message[]): void {
    const rest = { generation: null, isHeld: true, unless: null, sent: undefined, starts: undefined };
    this.keyed.push({ partition, key, message, inserted, ...rest });
  }

  #addInstance(instance: NewInstance, draft: Draft): void {
    const { partition, key, hubId, id, scheduledAt, ifTaken, replaces } = instance;
    this.instances.push(instance);
    this.instanceDrafts.push(draft);
    if (replaces.length > 0) this.lockIds.push({ partition, hubId, id });
    const message: MessageDraft = { rank: ranks.started, kind: 'started', event: instance.started };
    if (scheduledAt === null) {
      const rest = { generation: 0, unless: null, sent: undefined, inserted: undefined };
      this.keyed.push({ partition, key, message, isHeld: true, starts: instance, ...rest });
    } else {
      this.timers.push({
        partition,
        key,
        timerKey: instance.timerKey,
        generation: 0,
        firesAt: scheduledAt,
        message,
      });
    }
    if (ifTaken?.to.by === 'key') {
      this.#addKeyed(ifTaken, ifTaken.to, { unless: { partition, key }, sent: undefined });
    }
  }

  #addKeyed(
    { message, isFromClient }: NewMessage,
    { partition, key, generation }: InstanceKey & { readonly generation: number | null },
    { unless, sent }: { readonly unless: InstanceKey | null; readonly sent: SentMessage[] | undefined },
  ): void {
    const isHeld = this.isHeld(key);
    if (!isHeld) this.lockKeys.push({ partition, key });
    else if (isFromClient) this.closing.set(key, { partition, key });
    const rest = { inserted: undefined, starts: undefined };
    this.keyed.push({ partition, key, generation, message, isHeld, unless, sent, ...rest });
  }

  #addToEntity(message: EntityMessage): void {
    const { partition, hubId, id } = message;
    const held = this.#around.held.byId(hubId, id);
    const isHeld = held !== undefined && this.isHeld(held.key);
    if (!isHeld) this.lockIds.push({ partition, hubId, id });
    if (message.firesAt !== null) {
      this.delayedToEntities.push(message);
      return;
    }
    if (isHeld) this.closing.set(held.key, held);
    this.toEntities.push(message);
    this.heldEntities.push(isHeld);
  }

  #addMessage(message: NewMessage, sent: SentMessage[]): void {
    const { to } = message;
    if (to.by === 'key') {
      this.#addKeyed(message, to, { unless: null, sent });
      return;
    }
    if (to.by === 'parent') {
      this.toChildren.push({ parentKey: to.parentKey, message: message.message, sent });
      return;
    }
    const held = this.#around.held.byId(to.hubId, to.id);
    if (held && this.isHeld(held.key)) {
      this.#addKeyed(message, { ...held, generation: null }, { unless: null, sent });
      return;
    }
    this.lockIds.push(to);
    this.byId.push({ partition: to.partition, hubId: to.hubId, id: to.id, message: message.message, sent });
  }
}

/** In the place of a list into which nothing is put: one for all writes. */
const none: never[] = [];
Object.freeze(none);

/** Of all writes that have nothing to report but that they were committed. */
const written = newDraft({});
Object.freeze(written);

function hasOutcome({ instances, messages, completion, storedChunk, dueTimers }: Write): boolean {
  return (
    completion !== undefined ||
    storedChunk !== undefined ||
    hasRows(instances) ||
    hasRows(messages) ||
    hasRows(dueTimers)
  );
}

function newDraft({ instances, messages }: Write): Draft {
  return {
    outcome: 'committed',
    instances: hasRows(instances) ? [] : none,
    messages: hasRows(messages) ? [] : none,
    isCompleted: false,
    isStored: false,
    firedTimers: 0,
  };
}

function hasRows(rows: readonly unknown[] | undefined): boolean {
  return rows !== undefined && rows.length > 0;
}

/** Item by item: a spread has room for only so many arguments. */
function append<T>(list: T[], more: readonly T[] | undefined): void {
  if (more) for (const item of more) list.push(item);
}

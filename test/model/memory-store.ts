import { isTerminal } from '../../src/domain/instance.ts';
import { isControl, type Message, type MessageDraft, ranks } from '../../src/domain/message.ts';
import { type Micros } from '../../src/domain/time.ts';
import {
  type ActivityCompletion,
  type Address,
  type DueTimer,
  type NewInstance,
  type NewMessage,
  type NewTimer,
  type Rewind,
  type SentMessage,
  type Write,
  type WriteResult,
} from '../../src/domain/write.ts';
import { assert, must } from '../../src/lib/assert.ts';
import {
  type ActivityRow,
  changesOf,
  type HistoryRow,
  type InboxRow,
  type InstanceRow,
  isResult,
  rewoundRow,
  type StatePatch,
  startedOf,
  toStatePatch,
} from './rows.ts';

const empty = {
  instances: new Map<number, InstanceRow>(),
  history: new Map<number, readonly HistoryRow[]>(),
  inbox: new Map<number, readonly InboxRow[]>(),
  activities: new Map<number, ActivityRow>(),
  timers: new Map<number, NewTimer>(),
  counts: { commits: 0, settledCommits: 0, lastCompletion: 0, messages: 0, groups: 0 },
};

/**
 * What `postgres/` remembers, as maps: a write is committed whole or, when a guard refuses it, not at all. There is one
 * replica and it is always right, so owners, bells, releases and stored answers don't exist here. Rows are never
 * changed in place, so that a copy of the store is a copy of its maps.
 */
export class MemoryStore {
  readonly instances: Map<number, InstanceRow>;
  readonly history: Map<number, readonly HistoryRow[]>;
  /** In inbox order, as far as it is known. */
  readonly inbox: Map<number, readonly InboxRow[]>;
  readonly activities: Map<number, ActivityRow>;
  readonly timers: Map<number, NewTimer>;
  /** Instances that got a message by the last commit. */
  rung: ReadonlySet<number> = new Set();
  readonly #counts: typeof empty.counts;

  constructor(from?: MemoryStore) {
    const { instances, history, inbox, activities, timers } = from ?? empty;
    this.instances = new Map(instances);
    this.history = new Map(history);
    this.inbox = new Map(inbox);
    this.activities = new Map(activities);
    this.timers = new Map(timers);
    this.#counts = { ...(from ? from.#counts : empty.counts) };
  }

  byId(hubId: number, id: string): InstanceRow | undefined {
    return [...this.instances.values()].find((row) => row.hubId === hubId && row.id === id);
  }

  inboxOf(key: number): readonly InboxRow[] {
    return this.inbox.get(key) ?? [];
  }

  /** The first control that nobody has applied yet, of whatever instance or of that one. */
  nextControl(only?: number): { readonly row: InstanceRow; readonly control: Message } | undefined {
    const controls = [...this.inbox].flatMap(([key, inbox]) =>
      inbox.flatMap(({ message }) => (isControl(message.kind) ? [{ key, control: message }] : [])),
    );
    const [first] = controls
      .filter(({ key }) => only === undefined || key === only)
      .sort((a, b) => a.control.messageId - b.control.messageId);
    return (
      first && {
        row: must(this.instances.get(first.key), 'the instance of a control'),
        control: first.control,
      }
    );
  }

  /** The database was seen to be the same. */
  settled(): void {
    for (const [key, inbox] of this.inbox) {
      const isSettled = true;
      this.inbox.set(
        key,
        inbox.map((row) => ({ ...row, isSettled })),
      );
    }
    this.#counts.settledCommits = this.#counts.commits;
  }

  /** The order of the statements is that of a commit batch. */
  commit(write: Write): WriteResult {
    assert(
      !write.storedChunk && !write.takenChunks && !write.releasedActivities,
      'nobody owns anything here',
    );
    const patch = write.patch && toStatePatch(write.patch);
    if (!this.#isPossible(write, patch)) return { outcome: 'stale' };
    this.#counts.commits++;
    this.rung = new Set();
    if (patch) this.#update(patch);
    this.#rewindAll(write);
    const won = this.#insertInstances(write);
    this.#insertRows(write);
    if (patch) this.#deleteTimersOf(patch);
    const firedTimers = this.#fireAll(write);
    if (patch) this.#dropActivitiesOf(patch);
    const isCompleted = this.#complete(write.completion);
    if (patch) this.#consume(patch);
    const messages = this.#send(write, patch, won);
    const instances = won.map((isWon) => (isWon ? ('won' as const) : ('taken' as const)));
    return { outcome: 'committed', instances, messages, isCompleted, isStored: false, firedTimers };
  }

  #isPossible({ rewinds = [] }: Write, patch: StatePatch | undefined): boolean {
    return (!patch || this.#isCurrent(patch)) && rewinds.every((rewind) => this.#isFailed(rewind));
  }

  #isCurrent(patch: StatePatch): boolean {
    const held = new Set(this.inboxOf(patch.key).map(({ message }) => message.messageId));
    const row = this.instances.get(patch.key);
    return row?.turn === patch.turn && patch.consumed.every(({ messageId }) => held.has(messageId));
  }

  #isFailed({ key, turn, awaited }: Rewind): boolean {
    const row = this.instances.get(key);
    const isAwaited = awaited.every((child) => {
      const status = this.instances.get(child.key)?.status;
      return status !== undefined && !isTerminal(status);
    });
    return row?.status === 'failed' && row.turn === turn && isAwaited;
  }

  #rewindAll({ rewinds = [] }: Write): void {
    for (const rewind of rewinds) this.#rewind(rewind);
  }

  #rewind(rewind: Rewind): void {
    const { key, turn, history: events } = rewind;
    this.instances.set(key, rewoundRow(must(this.instances.get(key), 'a failed instance'), rewind));
    this.history.set(key, [{ turn: turn + 1, events }]);
    const ofIt = [...this.activities.values()].filter((row) => row.key === key);
    const missing = rewind.pendingActivities.filter(
      ({ taskId, generation }) => !ofIt.some((row) => row.taskId === taskId && row.generation === generation),
    );
    this.#insertRows({ activities: missing });
  }

  #update(patch: StatePatch): void {
    const row = must(this.instances.get(patch.key), 'the instance of a patch');
    const { updatedAt, status } = patch;
    const turn = patch.kind === 'control' ? row.turn : row.turn + 1;
    this.instances.set(patch.key, { ...row, updatedAt, status, turn, ...changesOf(patch) });
  }

  /** Which of them won their ids. */
  #insertInstances({ instances = [] }: Write): boolean[] {
    for (const instance of instances) this.#deleteNamesake(instance);
    return instances.map((instance) => this.#insertInstance(instance));
  }

  #deleteNamesake({ hubId, id, replaces }: NewInstance): void {
    const holder = this.byId(hubId, id);
    if (!holder || !isTerminal(holder.status) || !replaces.includes(holder.status)) return;
    this.remove(holder.key);
  }

  /** With all that belongs to it. */
  remove(key: number): void {
    this.instances.delete(key);
    this.history.delete(key);
    this.inbox.delete(key);
    for (const [activityKey, row] of this.activities) {
      if (row.key === key) this.activities.delete(activityKey);
    }
    for (const [timerKey, row] of this.timers) if (row.key === key) this.timers.delete(timerKey);
  }

  #insertInstance(instance: NewInstance): boolean {
    const { partition, key, hubId, id, kind, name, version, executionId, parent, tags, createdAt } = instance;
    if (this.byId(hubId, id)) return false;
    this.instances.set(key, {
      ...{ partition, key, hubId, id, kind, name, version, executionId, parent, tags, createdAt },
      ...{ input: instance.input, output: null, failure: null, customStatus: null },
      ...{ status: 'pending', generation: 0, turn: 0, attempts: 0, isRewound: false },
      ...{ suspension: null, traceContext: null, sections: [], entityState: null, heldBy: null },
      ...{ updatedAt: createdAt, completedAt: null, scheduledAt: instance.scheduledAt },
    });
    if (instance.scheduledAt !== null) {
      const { timerKey, scheduledAt: firesAt } = instance;
      const message = startedOf(instance);
      this.timers.set(timerKey, { partition, key, timerKey, generation: 0, firesAt, message });
    }
    return true;
  }

  #insertRows({ patch, activities = [], timers = [] }: Write): void {
    if (patch && 'history' in patch) {
      const row = { turn: patch.turn + 1, events: patch.history };
      this.history.set(patch.key, [...(this.history.get(patch.key) ?? []), row]);
    }
    const fresh = { isLeased: false, isQueued: false, isDoubtful: false, madeBy: this.#counts.commits };
    for (const activity of activities) this.activities.set(activity.activityKey, { ...activity, ...fresh });
    for (const timer of timers) if (this.instances.has(timer.key)) this.timers.set(timer.timerKey, timer);
  }

  #deleteTimersOf(patch: StatePatch): void {
    if (patch.kind !== 'end' && patch.kind !== 'renew') return;
    const before = patch.kind === 'renew' ? patch.generation : Infinity;
    for (const [timerKey, row] of this.timers) {
      if (row.key === patch.key && row.generation < before) this.timers.delete(timerKey);
    }
  }

  #fireAll({ dueTimers = [] }: Write): number {
    return dueTimers.filter((timer) => this.#fire(timer)).length;
  }

  #fire({ timerKey }: DueTimer): boolean {
    const timer = this.timers.get(timerKey);
    if (!timer) return false;
    this.timers.delete(timerKey);
    const { key, generation, message } = timer;
    const target = this.#living(key, generation);
    const firesAt = message.kind === 'timerFired' ? timer.firesAt : null;
    if (target) this.#deliver(target, message, { group: ++this.#counts.groups, firesAt });
    return true;
  }

  /** What a worker has may finish; who has what was made just now, or what waited for a slot, isn't known yet. */
  #dropActivitiesOf(patch: StatePatch): void {
    if (patch.kind !== 'end' || !patch.dropsActivities) return;
    const { settledCommits, lastCompletion } = this.#counts;
    for (const [activityKey, row] of this.activities) {
      if (row.key !== patch.key || row.isLeased) continue;
      const isDoubtful = row.isQueued || Math.max(row.madeBy, lastCompletion) > settledCommits;
      if (isDoubtful) this.activities.set(activityKey, { ...row, isDoubtful });
      else this.activities.delete(activityKey);
    }
  }

  #complete(completion: ActivityCompletion | undefined): boolean {
    if (!completion) return false;
    const { activityKey, hubId, event } = completion;
    const activity = this.activities.get(activityKey);
    if (activity?.hubId !== hubId) return false;
    this.activities.delete(activityKey);
    this.#counts.lastCompletion = this.#counts.commits;
    const target = this.#living(activity.key, activity.generation);
    const message = { rank: ranks.arrived, kind: 'taskResult', event } as const;
    if (target) this.#deliver(target, message, { group: ++this.#counts.groups });
    return true;
  }

  #consume(patch: StatePatch): void {
    const { key } = patch;
    const consumed = new Set(patch.consumed.map(({ messageId }) => messageId));
    const left = this.inboxOf(key).filter(({ message }) => !consumed.has(message.messageId));
    if (patch.kind === 'end') this.inbox.delete(key);
    else if (patch.kind === 'renew') {
      const { generation } = patch;
      this.inbox.set(
        key,
        left.filter(({ message }) => !isResult(message) || message.generation >= generation),
      );
      this.history.delete(key);
    } else this.inbox.set(key, left);
  }

  #send(
    { instances = [], messages = [] }: Write,
    patch: StatePatch | undefined,
    won: readonly boolean[],
  ): SentMessage[][] {
    const groups = { key: ++this.#counts.groups, id: ++this.#counts.groups, parent: ++this.#counts.groups };
    if (patch && 'inbox' in patch) {
      const target = must(this.instances.get(patch.key), 'the instance of a patch');
      for (const message of patch.inbox) this.#deliver(target, message, { group: groups.key });
    }
    instances.forEach((instance, i) => {
      const target = won[i] ? this.instances.get(instance.key) : undefined;
      if (!target) this.#deliverTo(instance.ifTaken, groups.key);
      else if (instance.scheduledAt === null) {
        this.#deliver(target, startedOf(instance), { group: groups.key });
      }
    });
    const sent: SentMessage[][] = messages.map(() => []);
    for (const by of ['key', 'id', 'parent'] as const) {
      messages.forEach((message, i) => {
        if (message.to.by === by) sent[i] = this.#deliverTo(message, groups[by]);
      });
    }
    return sent;
  }

  #deliverTo(message: NewMessage | null, group: number): SentMessage[] {
    if (!message) return [];
    return this.#addressed(message.to).map((target) => this.#deliver(target, message.message, { group }));
  }

  /** Whoever the address means and still lives. */
  #addressed(to: Address): InstanceRow[] {
    const living = [...this.instances.values()].filter(({ status }) => !isTerminal(status));
    switch (to.by) {
      case 'parent':
        return living.filter(({ parent }) => parent?.key === to.parentKey);
      case 'id':
        return living.filter(({ hubId, id }) => hubId === to.hubId && id === to.id);
      case 'key':
        return living.filter(({ key, generation }) => key === to.key && generation === to.generation);
    }
  }

  #living(key: number, generation: number): InstanceRow | undefined {
    return this.#addressed({ by: 'key', partition: 0, key, generation })[0];
  }

  #deliver(
    { partition, key, generation }: InstanceRow,
    { rank, kind, event }: MessageDraft,
    { group, firesAt = null }: { readonly group: number; readonly firesAt?: Micros | null },
  ): SentMessage {
    const messageId = ++this.#counts.messages;
    const message: Message = { rank, messageId, kind, generation, event, firesAt };
    const inbox = this.inboxOf(key);
    const behind = inbox.findIndex((row) => row.message.rank > rank);
    const at = behind < 0 ? inbox.length : behind;
    this.inbox.set(key, inbox.toSpliced(at, 0, { message, group, isSettled: false }));
    this.rung = new Set([...this.rung, key]);
    return { partition, key, rank, messageId };
  }
}

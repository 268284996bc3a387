import { type InstanceKey } from '../../src/domain/ids.ts';
import { isTerminal } from '../../src/domain/instance.ts';
import { isControl, type Message } from '../../src/domain/message.ts';
import { type BatchResult, type Claim, noResult, type Residency } from '../../src/domain/store.ts';
import { type NewInstance, type Patch, type Write, type WriteResult } from '../../src/domain/write.ts';
import { must } from '../../src/lib/assert.ts';
import { MemoryStore } from '../model/memory-store.ts';
import { type InstanceRow } from '../model/rows.ts';

/** Lets something happen, when its turn has come. */
type Turn = <Result>(what: string, act: () => Result) => Promise<Result>;

interface Arrived {
  readonly row: InstanceRow;
  readonly message: Message;
}

/**
 * The database of one replica and the lane before it, in memory: rows are those of the model, and who owns what is added.
 * Each call waits for its turn, then happens at once, as a batch of its own.
 */
export class SimulatedStore {
  readonly replicaId = 1;
  readonly rows = new MemoryStore();
  readonly #turn: Turn;
  readonly #residency: () => Residency;
  readonly #owned = new Set<number>();
  /** Unowned instances that have something to do. */
  readonly #ringing = new Set<number>();
  readonly #attempts = new Map<number, number>();
  #lastMessage = 0;

  constructor(turn: Turn, residency: () => Residency) {
    this.#turn = turn;
    this.#residency = residency;
  }

  get ownsNothing(): boolean {
    return this.#owned.size === 0;
  }

  commit(write: Write): Promise<WriteResult> {
    return this.#turn(nameOf(write), () => this.#commit(write));
  }

  claimInstances({ limit }: Claim): Promise<number> {
    return this.#turn('claim instances', () => this.#claim([...this.#ringing].slice(0, limit)));
  }

  claimEngineWork(limit: number): Promise<number> {
    return this.#turn('claim engine work', () => {
      const keys = [...this.#ringing].filter((key) =>
        this.#messagesOf(key).some(({ kind }) => isControl(kind)),
      );
      return this.#claim(keys.slice(0, limit));
    });
  }

  claimActivities({ limit }: Claim): Promise<number> {
    return this.#turn('claim activities', () => {
      const free = [...this.rows.activities.values()].filter(({ isLeased }) => !isLeased).slice(0, limit);
      for (const row of free) this.#lease(row.activityKey, true);
      const claimedActivities = free.map((row) => ({
        ...row,
        attempt: this.#attempts.get(row.activityKey) ?? 1,
      }));
      this.#settle({ claimedActivities });
      return free.length;
    });
  }

  disown({ key }: InstanceKey): Promise<void> {
    return this.#turn('disown', () => {
      if (this.#owned.delete(key)) this.#ringing.add(key);
    });
  }

  purge(instances: readonly InstanceKey[]): Promise<number> {
    return this.#turn('purge', () => {
      const finished = instances.filter(({ key }) => {
        const row = this.rows.instances.get(key);
        return row !== undefined && isTerminal(row.status);
      });
      for (const { key } of finished) this.rows.remove(key);
      return finished.length;
    });
  }

  readHistory({ key }: InstanceKey): Promise<Buffer[]> {
    return this.#turn('read history', () => (this.rows.history.get(key) ?? []).map(({ events }) => events));
  }

  hint(): void {
    // There is nobody else.
  }

  #claim(keys: readonly number[]): number {
    const claimed = keys.map((key) => {
      this.#ringing.delete(key);
      this.#owned.add(key);
      const state = must(this.rows.instances.get(key), 'an instance that rings');
      const history = (this.rows.history.get(key) ?? []).map(({ events }) => events);
      return { state, history, messages: this.#messagesOf(key), hasMore: false };
    });
    this.#settle({ claimed });
    return claimed.length;
  }

  #commit(write: Write): WriteResult {
    const { patch, releasedActivities = [] } = write;
    if (patch && !this.#owned.has(patch.key)) return { outcome: 'stale' };
    if (patch?.kind === 'fetch') return this.#fetch(patch);
    if (patch?.kind === 'release') return this.#release(patch);
    if (releasedActivities.length > 0) return this.#releaseActivities(releasedActivities);
    return this.#record(write);
  }

  #record(write: Write): WriteResult {
    const { patch, instances = [], activities = [] } = write;
    const result = this.rows.commit(write);
    if (result.outcome === 'stale') return result;
    if (patch?.kind === 'end') this.#owned.delete(patch.key);
    const born = instances.filter(({ owned }, i) => owned && result.instances[i] === 'won');
    for (const { key } of born) this.#owned.add(key);
    for (const { activityKey, owned } of activities) this.#lease(activityKey, owned);
    this.rows.settled();
    this.#settle(this.#learned(write, born));
    return result;
  }

  #learned(
    { patch, activities = [], timers = [] }: Write,
    born: readonly NewInstance[],
  ): Partial<BatchResult> {
    const arrived = this.#arrived();
    const elsewhere = arrived.filter(({ row }) => !this.#owned.has(row.key));
    for (const { row } of elsewhere) this.#ringing.add(row.key);
    const here = arrived.filter(({ row }) => this.#owned.has(row.key));
    // A patch's own messages come before all others of its write.
    const ownCount = patch && 'inbox' in patch ? patch.inbox.length : 0;
    const own = here.filter(({ row }) => row.key === patch?.key).slice(0, ownCount);
    const others = here.filter((one) => !own.includes(one));
    const beginsOf = ({ row, message }: Arrived) =>
      message.kind === 'started' ? born.find(({ key }) => key === row.key) : undefined;
    return {
      patches: patch ? [{ patch, inserted: own.map(({ message }) => message) }] : [],
      started: others.flatMap((one) => {
        const instance = beginsOf(one);
        return instance ? [{ instance, started: one.message }] : [];
      }),
      delivered: others
        .filter((one) => !beginsOf(one))
        .map(({ row: { partition, key }, message }) => ({ partition, key, message })),
      spilled: [
        ...elsewhere.map(({ row: { hubId, kind }, message }) => ({
          hubId,
          item: isControl(message.kind) ? ('engine' as const) : kind,
        })),
        ...activities.flatMap(({ owned, hubId }) => (owned ? [] : [{ hubId, item: 'activity' as const }])),
      ],
      timers,
      activities: activities.filter(({ owned }) => owned),
    };
  }

  /** What the last commit has put into inboxes, in order. */
  #arrived(): Arrived[] {
    const arrived = [...this.rows.inbox].flatMap(([key, inbox]) =>
      inbox.flatMap(({ message }) => (message.messageId > this.#lastMessage ? [{ key, message }] : [])),
    );
    arrived.sort((a, b) => a.message.messageId - b.message.messageId);
    this.#lastMessage = arrived.at(-1)?.message.messageId ?? this.#lastMessage;
    return arrived.map(({ key, message }) => ({
      row: must(this.rows.instances.get(key), 'the instance of a message'),
      message,
    }));
  }

  #fetch(patch: Extract<Patch, { kind: 'fetch' }>): WriteResult {
    const { partition, key } = patch;
    const known = new Set(this.#residency().knownMessages(key));
    const messages = this.#messagesOf(key).filter(({ messageId }) => !known.has(messageId));
    this.#settle({
      patches: [{ patch, inserted: [] }],
      fetched: [{ partition, key, messages, hasMore: false }],
    });
    return committed;
  }

  #release(patch: Extract<Patch, { kind: 'release' }>): WriteResult {
    const row = must(this.rows.instances.get(patch.key), 'an instance that is owned');
    if (row.turn !== patch.turn) return { outcome: 'stale' };
    this.#owned.delete(patch.key);
    const isReady = patch.readyInMs !== null;
    if (isReady) this.#ringing.add(patch.key);
    this.rows.instances.set(patch.key, { ...row, attempts: patch.attempts });
    const spilled = isReady ? [{ hubId: row.hubId, item: row.kind }] : [];
    this.#settle({ patches: [{ patch, inserted: [] }], spilled });
    return committed;
  }

  #releaseActivities(released: NonNullable<Write['releasedActivities']>): WriteResult {
    const left = released.filter(({ activityKey }) => this.rows.activities.has(activityKey));
    for (const { activityKey, attempt } of left) {
      this.#lease(activityKey, false);
      this.#attempts.set(activityKey, attempt);
    }
    this.#settle({ spilled: left.map(({ hubId }) => ({ hubId, item: 'activity' })) });
    return committed;
  }

  #lease(activityKey: number, isLeased: boolean): void {
    const row = this.rows.activities.get(activityKey);
    if (row) this.rows.activities.set(activityKey, { ...row, isLeased });
  }

  #messagesOf(key: number): Message[] {
    return this.rows.inboxOf(key).map(({ message }) => message);
  }

  #settle(learned: Partial<BatchResult>): void {
    this.#residency().settle({ ...noResult, ...learned })();
  }
}

const committed: WriteResult = {
  ...{
    outcome: 'committed',
    instances: [],
    messages: [],
    isCompleted: false,
    isStored: false,
    firedTimers: 0,
  },
};

function nameOf({ patch, instances, completion, messages, releasedActivities }: Write): string {
  if (patch) return `${patch.kind} of ${patch.key}`;
  if (completion) return `completion of ${completion.activityKey}`;
  if (instances) return `start of ${instances.map(({ id }) => id).join()}`;
  if (releasedActivities) return 'release of activities';
  return `messages: ${(messages ?? []).map(({ message }) => message.kind).join()}`;
}

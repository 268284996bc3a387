import { decodeToken } from '../../src/domain/completion-token.ts';
import { isTerminal } from '../../src/domain/instance.ts';
import { applyControl } from '../../src/domain/lifecycle.ts';
import { isControl, type Message } from '../../src/domain/message.ts';
import { readyIn } from '../../src/domain/ready-in.ts';
import { toOrchestrationState } from '../../src/domain/snapshot.ts';
import { bounds } from '../helpers/factories.ts';
import { type BoundedTools } from '../../src/domain/tools.ts';
import { type Turn } from '../../src/domain/turn.ts';
import { type Write, type WriteResult } from '../../src/domain/write.ts';
import { must } from '../../src/lib/assert.ts';
import { codec } from '../../src/protocol/codec.ts';
import { unframe } from '../../src/protocol/framing.ts';
import {
  type AnyHistoryEvent,
  type OrchestrationState,
  type OrchestratorRequest,
  type Timestamp,
} from '../../src/protocol/messages.ts';
import { type EntityRow, type Operation as EntityOperation } from './entity-rows.ts';
import { deliverAll, deliverDelayed, type SentSignal } from './entity-steps.ts';
import { MemoryStore } from './memory-store.ts';
import { noteTermination } from './notes.ts';
import { type Outcome } from './outcomes.ts';
import { type ActivityRow, type InstanceRow } from './rows.ts';

export type Committed = Extract<WriteResult, { outcome: 'committed' }>;

/** What a client or worker means. */
export interface Target {
  readonly hubId: number;
  readonly id: string;
}

/** What a call ends with. */
export interface Reply {
  /** 'ok', or the name of an error. */
  readonly code: string;
  /** Of a start: the instance's id. */
  readonly id?: string;
  /** Of a rewind: the execution of each instance afterwards, by id. */
  readonly executions?: ReadonlyMap<string, string>;
  /** Of a read, and of the read that follows a control: what is seen of the instance; null when there is none. */
  readonly state?: OrchestrationState | null;
  /** Anything else that it returned. */
  readonly data?: unknown;
}

/** A turn that a worker has. */
export interface TurnOut {
  readonly hubId: number;
  readonly token: string;
  readonly stream: number;
  /** Owns the instance. */
  readonly replica: number;
  readonly turn: Turn;
  readonly request: OrchestratorRequest;
}

/** An activity that a worker has. */
export interface ActivityOut {
  readonly hubId: number;
  readonly token: string;
  readonly stream: number;
  readonly replica: number;
}

/** A batch that a worker has. */
export interface BatchOut {
  readonly hubId: number;
  readonly token: string;
  readonly stream: number;
  readonly replica: number;
  /** The entity's. */
  readonly key: number;
  readonly operations: readonly EntityOperation[];
}

/** A token that proves nothing any more. */
export interface DeadToken {
  readonly token: string;
  readonly kind: 'orchestration' | 'activity' | 'entity';
  readonly hubId: number;
  readonly instanceId: string;
  readonly taskId: number;
}

/** How long something that was abandoned may rest. */
interface Delay {
  /** Settlements before it was abandoned. */
  readonly since: number;
  /** When it must be out again at the latest; monotonic. */
  readonly untilMs: number;
}

/** Stands for an execution id until the real one is seen. */
const PROVISIONAL = 'provisional-';

export const isProvisional = (executionId: string): boolean => executionId.startsWith(PROVISIONAL);

const empty = {
  store: undefined,
  entities: new Map<number, EntityRow>(),
  requests: new Map<string, SentSignal>(),
  grantsSeen: new Set<string>(),
  turns: new Map<number, TurnOut>(),
  batches: new Map<number, BatchOut>(),
  leases: new Map<number, ActivityOut>(),
  lastLeases: new Map<number, ActivityOut>(),
  zombies: new Map<string, ActivityOut>(),
  deadTokens: [] as readonly DeadToken[],
  delayed: new Map<number, Delay>(),
  abandons: new Map<number, number>(),
  unserved: new Set<number>(),
  suspendedAt: new Map<number, number>(),
  goneAt: new Map<string, number>(),
  purgedAt: new Map<number, number>(),
  realKeys: new Map<number, number>(),
  keysOfReal: new Map<number, number>(),
  replicas: new Map<number, number>(),
  executionIds: new Set<string>(),
  settlements: 0,
  outcomes: [] as readonly Outcome[],
};

/**
 * What the server should do: the operations of `scheduler/` made of the same decisions of the domain over a store in
 * memory, one after the other. What it can't know it learns from the real server when the two are compared.
 */
export class Oracle {
  readonly store: MemoryStore;
  /** By key. */
  readonly entities: Map<number, EntityRow>;
  /** Signals that are not sent again, by hub, request and entity. */
  readonly requests: Map<string, SentSignal>;
  /** Critical sections that their orchestrations know to have. */
  readonly grantsSeen: Set<string>;

  // ── what workers have ──
  /** By instance. */
  readonly turns: Map<number, TurnOut>;
  /** By entity. */
  readonly batches: Map<number, BatchOut>;
  /** By activity. */
  readonly leases: Map<number, ActivityOut>;
  /** Of activities that are or were out. */
  readonly lastLeases: Map<number, ActivityOut>;
  /** Activities that are over, which their workers don't know, by token: they may take room still. */
  readonly zombies: Map<string, ActivityOut>;
  readonly deadTokens: DeadToken[];
  /** Abandoned instances and activities that need not be out again yet, by key. */
  readonly delayed: Map<number, Delay>;
  /** Abandons in a row, by key. */
  readonly abandons: Map<number, number>;
  /** What waits for a stream that takes it, by key. */
  readonly unserved: Set<number>;

  // ── what happened just now: it may cross what is on its way to a worker ──
  /** Settlements before an instance was suspended, by key. */
  readonly suspendedAt: Map<number, number>;
  /** Settlements before the holder of an id (by hub and id) or an activity (by key) went away. */
  readonly goneAt: Map<string, number>;
  /** Settlements before an entity was purged, by key. */
  readonly purgedAt: Map<number, number>;
  /** How often the real server was found to be the same. */
  settlements: number;

  // ── what was learned ──
  /** The key in the database of each instance and activity, and back. */
  readonly realKeys: Map<number, number>;
  readonly keysOfReal: Map<number, number>;
  /** The replica of each incarnation that handed something out. */
  readonly replicas: Map<number, number>;
  readonly executionIds: Set<string>;

  /** What happened since they were counted last. */
  outcomes: Outcome[];
  readonly #made: { keys: number; executions: number; groups: number };

  constructor(from?: Oracle) {
    const source = from ?? empty;
    this.store = new MemoryStore(source.store);
    this.entities = new Map(source.entities);
    this.requests = new Map(source.requests);
    this.grantsSeen = new Set(source.grantsSeen);
    this.turns = new Map(source.turns);
    this.batches = new Map(source.batches);
    this.leases = new Map(source.leases);
    this.lastLeases = new Map(source.lastLeases);
    this.zombies = new Map(source.zombies);
    this.deadTokens = [...source.deadTokens];
    this.delayed = new Map(source.delayed);
    this.abandons = new Map(source.abandons);
    this.unserved = new Set(source.unserved);
    this.suspendedAt = new Map(source.suspendedAt);
    this.goneAt = new Map(source.goneAt);
    this.purgedAt = new Map(source.purgedAt);
    this.realKeys = new Map(source.realKeys);
    this.keysOfReal = new Map(source.keysOfReal);
    this.replicas = new Map(source.replicas);
    this.executionIds = new Set(source.executionIds);
    this.settlements = source.settlements;
    this.outcomes = [...source.outcomes];
    this.#made = from ? { ...from.#made } : { keys: 0, executions: 0, groups: 0 };
  }

  clone(): Oracle {
    return new Oracle(this);
  }

  saw(outcome: Outcome): void {
    this.outcomes.push(outcome);
  }

  find({ hubId, id }: Target): InstanceRow | undefined {
    return this.store.byId(hubId, id);
  }

  /** The activity that a token is for, while there is its row. */
  findActivity(token: string): ActivityRow | undefined {
    const proof = decodeToken(token);
    const key = proof?.kind === 'activity' ? this.keysOfReal.get(proof.activityKey) : undefined;
    return key === undefined ? undefined : this.store.activities.get(key);
  }

  /** What a client is shown; null when there is no such instance. */
  read(target: Target, withPayloads: boolean): OrchestrationState | null {
    const row = this.find(target);
    if (!row) return null;
    const hidden = withPayloads ? {} : { input: null, output: null };
    return toOrchestrationState({ ...row, ...hidden, owner: null }, codec);
  }

  /** The events of its current execution: workers are not shown that it was rewound. */
  historyOf({ key }: InstanceRow, isForWorker: boolean): AnyHistoryEvent[] {
    const rows = this.store.history.get(key) ?? [];
    const events = rows.flatMap(({ events }) => unframe(events).map((event) => codec.decodeEvent(event)));
    if (isForWorker) return events.filter(({ eventType }) => eventType !== 'executionRewound');
    return events.map((event) => (event.eventType === 'executionStarted' ? { ...event, eventId: 0 } : event));
  }

  // ── time ──

  /** The database fired a timer. */
  fire(timerKey: number): void {
    const timer = must(this.store.timers.get(timerKey), 'a timer that fired');
    const { partition, key, firesAt, generation, message } = timer;
    if (this.entities.has(key)) {
      this.store.timers.delete(timerKey);
      deliverDelayed(this, timer);
      return;
    }
    this.commit({ dueTimers: [{ partition, key, timerKey, firesAt, generation, kind: message.kind }] });
  }

  // ── what must be out ──

  /** Messages that a worker may be shown, in inbox order. */
  messagesOf(key: number): Message[] {
    const messages = this.store.inboxOf(key).map(({ message }) => message);
    return messages.filter(({ kind }) => !isControl(kind));
  }

  /** Whether a turn could go to a worker at once. */
  isDeliverable(row: InstanceRow): boolean {
    return !this.turns.has(row.key) && readyIn(row, this.messagesOf(row.key), false, 0) === 0;
  }

  // ── what operations are made of ──

  tools(now: Timestamp): BoundedTools {
    const made = this.#made;
    const executionId = (): string => `${PROVISIONAL}${++made.executions}`;
    return { now, codec, bounds, ids: { key: () => ++made.keys, executionId } };
  }

  /** Of entity messages whose order is certain. */
  newGroup(): number {
    return ++this.#made.groups;
  }

  commit(write: Write): Committed {
    const before = new MemoryStore(this.store);
    const result = this.store.commit(write);
    if (result.outcome === 'stale') throw new Error('the oracle believes something that its store does not');
    // Whoever gives an abandoned turn's instance a message rings for it at once.
    for (const key of this.store.rung) this.delayed.delete(key);
    this.#forgetGone(before);
    if (write.patch && 'consumed' in write.patch) this.#noteGrants(write.patch.consumed);
    deliverAll(this, write.entityMessages ?? []);
    return result;
  }

  #noteGrants(consumed: readonly Message[]): void {
    for (const { kind, event } of consumed) {
      const reply = kind === 'entityReply' ? codec.decodeEvent(event) : undefined;
      if (reply?.eventType === 'entityLockGranted') {
        this.grantsSeen.add(reply.entityLockGranted.criticalSectionId);
      }
    }
  }

  /** Finished instances go, with all that belongs to them. */
  purge(rows: readonly InstanceRow[]): void {
    const before = new MemoryStore(this.store);
    for (const { key } of rows) this.store.remove(key);
    this.#forgetGone(before);
  }

  /** Turns and activities that have ended with their instance, or gone with it. */
  #forgetGone(before: MemoryStore): void {
    for (const { key, hubId, id } of before.instances.values()) {
      if (!this.store.instances.has(key)) this.goneAt.set(`${hubId}/${id}`, this.settlements);
    }
    for (const activityKey of before.activities.keys()) {
      if (!this.store.activities.has(activityKey)) this.goneAt.set(`${activityKey}`, this.settlements);
    }
    for (const [key, out] of [...this.turns]) {
      const row = this.store.instances.get(key);
      if (!row || isTerminal(row.status)) this.endTurn(key, out);
    }
    for (const [activityKey, lease] of [...this.leases]) {
      if (this.store.activities.has(activityKey)) continue;
      this.leases.delete(activityKey);
      this.zombies.set(lease.token, lease);
      const { hubId, token } = lease;
      this.deadTokens.push({ token, kind: 'activity', hubId, instanceId: '', taskId: 0 });
    }
  }

  /** Of all instances, or of that one: what it sends to others is on its way then. */
  applyControls(now: Timestamp, only?: number): void {
    for (let next = this.store.nextControl(only); next; next = this.store.nextControl(only)) {
      const { row, control } = next;
      const write = applyControl(row, control, this.messagesOf(row.key), this.tools(now));
      if (write.patch.kind === 'end') noteTermination(this, row);
      this.commit(write);
    }
  }

  endTurn(key: number, { hubId, token, request }: TurnOut): void {
    this.turns.delete(key);
    this.deadTokens.push({ token, kind: 'orchestration', hubId, instanceId: request.instanceId, taskId: 0 });
  }
}

import { type AuditEntry } from './audit.ts';
import { type InstanceId, type InstanceKey } from './ids.ts';
import {
  type InstanceKind,
  type InstanceSnapshot,
  type InstanceState,
  type InstanceStatus,
  type LockHolder,
} from './instance.ts';
import { type Message } from './message.ts';
import { type HubQuotaRow, type MeasuredQuota, type QuotaChanges } from './quota.ts';
import { type Micros } from './time.ts';
import {
  type DueTimer,
  type NewActivity,
  type NewInstance,
  type NewTimer,
  type Patch,
  type StoredChunk,
  type Write,
  type WriteResult,
} from './write.ts';

/*
 * Everything an engine needs from its database, on one page. `postgres/` implements it; the model test's store is the
 * other implementation. Storage is obedient: it makes no id (but message ids) and reads no event. The only clock it
 * reads is the database's, for what is due, for bells and for sessions.
 *
 * Every method rejects with SchedulerError `unavailable` (certainly not executed) or `unknown` (perhaps executed) when
 * the incarnation ends; a store of a dead incarnation rejects for ever.
 */
export interface Store {
  /** Id of this incarnation: stands in `owner`. */
  readonly replicaId: number;

  // ── the lane: everything that changes what this replica knows about instances, one batch at a time ──
  /** Queues a write for the next commit batch. `approximateBytes` bounds the batch and the queue. */
  commit(write: Write): Promise<WriteResult>;
  /** Takes unowned, deliverable instances that the filter accepts; they reach memory through `Residency.settle`. Returns how many. */
  claimInstances(claim: Claim & { readonly kind: InstanceKind }): Promise<number>;
  /** Takes unowned instances whose bell is for the engine itself (controls): any replica may. */
  claimEngineWork(limit: number): Promise<number>;
  claimActivities(claim: Claim): Promise<number>;
  /** One bounded step of freeing what belonged to replicas that are gone. Returns how many rows were freed. */
  free(): Promise<number>;
  /** Gives up an instance of this replica about which memory was wrong, whatever its turn: claimed again, it is loaded afresh. */
  disown(instance: InstanceKey): Promise<void>;

  /** Deletes those of these instances that are finished, with all that hangs on them. Returns how many. */
  purge(instances: readonly InstanceKey[]): Promise<number>;

  /** One bounded step along a hub's entities: removes those that have nothing, and had nothing for a while. */
  cleanEntities(
    hubId: number,
    after: string,
  ): Promise<{ readonly removed: number; readonly last: string | undefined }>;

  // ── reads of their own, on a pool ──
  /** Snapshots by (hub, id), in the order asked; undefined for the unknown. */
  readInstances(
    wanted: readonly { readonly hubId: number; readonly id: InstanceId }[],
    withPayloads: boolean,
  ): Promise<(InstanceSnapshot | undefined)[]>;
  /** Framed history rows of the current generation, in order. Rejects with an `UnreadablePayloadError`, as all reads of payloads do. */
  readHistory(instance: InstanceKey): Promise<Buffer[]>;
  /** The current generation's rows after a turn, so many bytes of them but at least one; undefined when it is gone. */
  readHistoryPage(instance: InstanceKey, afterTurn: number): Promise<HistoryPage | undefined>;
  /** One step along so many instances of a hub in order of creation, after a position; only along those that aren't over where no others are wanted. */
  findCreated(
    filter: CreatedFilter,
    after: CreatedPosition | undefined,
    rows: number,
  ): Promise<Found<CreatedPosition>>;
  /** The same along finished instances in order of completion. */
  findCompleted(
    filter: CompletedFilter,
    after: CompletedPosition | undefined,
    rows: number,
  ): Promise<Found<CompletedPosition>>;
  /** Snapshots of found instances, in order, as many as fit; at least one unless all are gone. */
  readFound(instances: readonly InstanceKey[], options: FoundOptions): Promise<InstanceSnapshot[]>;
  /** Finished children of these instances. */
  findFinishedChildren(parents: readonly InstanceKey[], limit: number): Promise<InstanceKey[]>;
  readEntity(hubId: number, id: InstanceId, withState: boolean): Promise<EntitySnapshot | undefined>;
  /** One bounded step along the entities of a hub in order of their ids, after an id; at most so many. */
  findEntities(filter: EntityFilter, after: string, limit: number): Promise<EntityStep<EntitySnapshot>>;
  /** One bounded step along a hub's entities: those that are held by an execution that is over. */
  findOrphanedLocks(hubId: number, after: string): Promise<EntityStep<OrphanedLock>>;
  /** One bounded step of forgetting which requests were sent to entities. Any replica may. Returns how many. */
  forgetRequests(): Promise<number>;
  /** Which of these inbox rows still exist (controls that somebody waits for). */
  readPending(
    sent: readonly (InstanceKey & { readonly rank: number; readonly messageId: number })[],
  ): Promise<boolean[]>;
  /** The newest undelivered activity of that task: for completions without a token (contract §12.2). */
  findActivity(instance: InstanceKey, taskId: number): Promise<number | undefined>;
  /** Which of these activities this replica has. */
  readOwned(activities: readonly (InstanceKey & { readonly activityKey: number })[]): Promise<boolean[]>;
  /** Stored chunks addressed to this incarnation, in order of token and chunk. */
  readStoredChunks(limit: number): Promise<Omit<StoredChunk, 'replicaId'>[]>;
  /** Timers of these partitions that are due within `withinMs`, soonest first. */
  readTimers(partitions: readonly number[], withinMs: number, limit: number): Promise<DueTimer[]>;
  /** Index probes of the sweep. */
  probe(): Promise<Probe>;
  /** Queue lengths and oldest ages for metrics. */
  readBacklog(): Promise<Backlog[]>;

  // ── the session ──
  /** Extends this incarnation's lease and learns the others. `isAlive` false: the row is gone, start over. */
  renew(): Promise<Renewal>;
  /** Deletes the rows of replicas whose lease has run out; waits for their running batches. Returns their ids. */
  reap(): Promise<number[]>;
  /** Wakes others; may be lost. Coalesced, outside any transaction, only while more than one replica lives. */
  hint(hints: readonly Hint[]): void;

  // ── hubs ──
  /** Names of those that were on their way to another store when this incarnation began: not to be served. */
  readonly movingHubs: ReadonlyMap<number, string>;
  /** Rejects `unavailable` when it is on its way to another store. */
  findHub(name: string): Promise<number | undefined>;
  /** By name; not those that are being deleted. */
  listHubs(): Promise<TaskHub[]>;
  /** Returns the living hub's id, made if absent; undefined when its place has made a hub that is gone. */
  createHub(name: string, placeId: number): Promise<number | undefined>;
  /** Whether the hub that was made for that place is gone. */
  isUsedUp(name: string, placeId: number): Promise<boolean>;
  /** Marks the hub deleted; its rows go in bounded steps (`sweepDeletedHubs`). Undefined when there is none. */
  deleteHub(name: string): Promise<DeletedHub | undefined>;
  /** Of the default store: where that name has its place, which it gets in `store` if it has none. */
  placeHub(name: string, store: string): Promise<HubPlace>;
  /** Of the default store. */
  findPlace(name: string): Promise<HubPlace | undefined>;
  /** Of the default store: the name may get another place. */
  forgetPlace(name: string, placeId: number): Promise<void>;
  /** Of the living hubs that have quotas of their own. */
  readQuotas(): Promise<HubQuotaRow[]>;
  /** Other quotas of the hub stay. False: it is gone, or on its way to another store. */
  setQuotas(hubId: number, changes: QuotaChanges): Promise<boolean>;
  /** What a hub uses of a quota, in partitions from one, inclusive, to another, exclusive; of `pending` in all, and a little over `limit` at most. */
  measureQuota(
    quota: MeasuredQuota,
    hubId: number,
    slice: { readonly from: number; readonly to: number },
    limit: number,
  ): Promise<number>;
  /** Of the default store: the keys that count now. */
  readApiKeys(): Promise<StoredApiKey[]>;
  /** Of the default store: adds to the audit log, once, however often it is told. */
  writeAudit(entries: readonly AuditEntry[]): Promise<void>;
  /** Of the default store: one bounded step of forgetting what is older. Any replica may. Returns how many. */
  forgetAudit(olderThanSeconds: number): Promise<number>;
  /** One bounded step of deleting rows of deleted hubs. Returns how many instances went. */
  sweepDeletedHubs(): Promise<number>;

  /** Commits what is queued, deletes the replica's row (which waits for its batches) and frees what it owned. */
  close(): Promise<void>;
}

/** The store of `PERDURA_DATABASE_URL`: where the places of all task hubs are written down. */
export const DEFAULT_STORE = 'default';

/** Which store the name of a task hub belongs to. */
export interface HubPlace {
  readonly store: string;
  /** Makes one hub at most. */
  readonly placeId: number;
}

export interface DeletedHub {
  /** The place that it was made for; undefined for one from before there were places. */
  readonly placeId: number | undefined;
}

export interface TaskHub {
  readonly hubId: number;
  readonly name: string;
  readonly createdAt: Micros;
  /** To another store. */
  readonly isMoving: boolean;
}

interface Filter {
  readonly hubId: number;
  /** Inclusive, both. */
  readonly from: Micros;
  readonly to: Micros;
  /** Any of these. */
  readonly statuses: readonly InstanceStatus[];
}

export interface CreatedFilter extends Filter {
  /** Of the instance id, case-sensitive; '' is every id's. */
  readonly prefix: string;
}

export type CompletedFilter = Filter;

export interface CreatedPosition extends InstanceKey {
  readonly createdAt: Micros;
}

export interface CompletedPosition {
  readonly completedAt: Micros;
  readonly id: string;
}

export interface EntityFilter {
  readonly hubId: number;
  /** Of the entity's id, case-sensitive; '' is every id's. */
  readonly prefix: string;
  /** When it was last modified; inclusive, both. */
  readonly from: Micros;
  readonly to: Micros;
  /** Also those that have no state, but a lock or messages. */
  readonly includesTransient: boolean;
  readonly withState: boolean;
  /** States beyond it are left to the next step. */
  readonly maxBytes: number;
}

export interface EntitySnapshot {
  readonly id: string;
  readonly updatedAt: Micros;
  readonly heldBy: LockHolder | null;
  readonly hasState: boolean;
  /** Null unless it was asked for. */
  readonly state: string | null;
  /** Operations that wait. */
  readonly backlog: number;
}

interface OrphanedLock {
  readonly id: string;
  readonly heldBy: LockHolder;
}

/** What a step along entities found; `last` is the id to go on after, undefined at the end. */
interface EntityStep<Match> {
  readonly matches: readonly Match[];
  readonly last: string | undefined;
}

/** What a step found. */
export interface Found<Position> {
  readonly matches: readonly Position[];
  /** Where the next step goes on; undefined at the end. */
  readonly last: Position | undefined;
}

interface FoundOptions {
  readonly withPayloads: boolean;
  readonly maxBytes: number;
}

export interface HistoryPage {
  readonly executionId: string;
  /** Turns recorded so far. */
  readonly turn: number;
  /** Framed events, with the number of the turn that recorded them. */
  readonly rows: readonly { readonly turn: number; readonly events: Buffer }[];
}

export interface Claim {
  readonly hubId: number;
  readonly filter: ClaimFilter;
  readonly limit: number;
}

/**
 * What local streams accept: everything, or these names with a version ('' = unversioned) or any version (null). Names
 * match exactly; `ignoresCase` is for .NET workers, whose registries do (contract §13.3): that of A to Z, in every locale.
 */
export type ClaimFilter =
  | 'everything'
  | readonly { readonly name: string; readonly version: string | null; readonly ignoresCase: boolean }[];

export interface Probe {
  /** Hubs and kinds with unowned work that is due. */
  readonly claimable: readonly { readonly hubId: number; readonly kind: InstanceKind | 'activity' }[];
  readonly engineWork: boolean;
  /** Rows of mine whose bell has been ringing for a while: hints were lost. */
  readonly mine: readonly InstanceKey[];
  /** Rows of living others, likewise: to be hinted again. */
  readonly others: readonly (InstanceKey & { readonly owner: number })[];
  /** Somebody owns rows without being alive. */
  readonly hasDead: boolean;
  readonly hasStoredChunks: boolean;
}

export interface Backlog {
  readonly hub: string;
  readonly kind: InstanceKind | 'activity';
  readonly count: number;
  readonly oldestSeconds: number;
}

export interface Renewal {
  readonly isAlive: boolean;
  /** The database's clock when it answered. */
  readonly databaseNow: Micros;
  readonly replicas: readonly {
    readonly replicaId: number;
    readonly address: string;
    readonly isExpired: boolean;
  }[];
  /** Changes when the database was failed over to another timeline. */
  readonly timeline: number;
}

export type Hint =
  /** The bell of an instance rang; for its owner. */
  | (InstanceKey & { readonly kind: 'bell'; readonly owner: number })
  /** Unowned work appeared. */
  | { readonly kind: 'work'; readonly hubId: number; readonly item: InstanceKind | 'activity' | 'engine' }
  /** An instance started, ended or had a control applied; for waiting calls. */
  | { readonly kind: 'changed'; readonly hubId: number; readonly id: string }
  /** An activity that the owner has out was answered or given back here. */
  | { readonly kind: 'ended'; readonly owner: number; readonly activityKey: number }
  /** A completion was stored for its owner. */
  | { readonly kind: 'stored'; readonly owner: number }
  /** Timers due soon were written in partitions that another replica polls. */
  | { readonly kind: 'timers'; readonly owner: number }
  /** A hub came or went. */
  | { readonly kind: 'hubs' }
  /** To oneself: proves that hints arrive. */
  | { readonly kind: 'echo'; readonly owner: number };

/**
 * What the lane must know about memory, and tells it. All of it is synchronous: `holds` and `knownMessages` are asked
 * while a batch is built, `settle` is called once per committed batch, before the promises of its writes resolve and
 * before the next batch is built.
 */
export interface Residency {
  /** Is that instance resident here? (A resident that this very batch releases or ends counts as foreign; the lane sees to that.) */
  holds(key: number): boolean;
  /** Ids of the messages that a resident holds in memory, those of an item that is out included. */
  knownMessages(key: number): readonly number[];
  /** Brings memory up to date. What follows, such as dispatching, is done by the function that it returns. */
  settle(result: BatchResult): () => void;
}

/** Everything that a committed batch changed and memory must learn, to be applied in the order of these fields. */
export interface BatchResult {
  /** Patches of residents, as committed; for 'fetch' see `fetched`. `own` are the patch's own new inbox rows with their ids. */
  readonly patches: readonly { readonly patch: Patch; readonly inserted: readonly Message[] }[];
  /** New instances with `owned` that were won: residents from now on. */
  readonly started: readonly { readonly instance: NewInstance; readonly started: Message }[];
  readonly claimed: readonly ClaimedInstance[];
  readonly claimedActivities: readonly ClaimedActivity[];
  /** New activities with `owned`, committed: to be dispatched. */
  readonly activities: readonly NewActivity[];
  /** Timers written by this batch. */
  readonly timers: readonly NewTimer[];
  /** Inserted for residents of this replica. Includes what closing reads found. In inbox order per instance. */
  readonly delivered: readonly (InstanceKey & { readonly message: Message })[];
  readonly fetched: readonly FetchedInbox[];
  /** Residents whose inbox holds more than what was delivered. */
  readonly overflowing: readonly InstanceKey[];
  /** Owned by others: bells that rang. */
  readonly rung: readonly (InstanceKey & { readonly owner: number })[];
  /** Unowned work that this batch made or rang. */
  readonly spilled: readonly {
    readonly hubId: number;
    readonly item: InstanceKind | 'activity' | 'engine';
  }[];
  /** Instances that started, ended or had a control applied: waiting calls look again. */
  readonly changed: readonly { readonly hubId: number; readonly id: InstanceId }[];
  /** Activities that others have out, answered or given back here. */
  readonly ended: readonly { readonly owner: number; readonly activityKey: number }[];
  /** Owners for whom chunks were stored. */
  readonly storedFor: readonly number[];
  /** Residents whose inbox holds a message that can't be read: to be given up. */
  readonly unreadable: readonly number[];
}

/** Of a batch that changed nothing. */
export const noResult: BatchResult = {
  ...{
    patches: [],
    started: [],
    claimed: [],
    claimedActivities: [],
    activities: [],
    timers: [],
    delivered: [],
  },
  ...{
    fetched: [],
    overflowing: [],
    rung: [],
    spilled: [],
    changed: [],
    ended: [],
    storedFor: [],
    unreadable: [],
  },
};

export interface FetchedInbox extends InstanceKey {
  /** In inbox order, without those already known; at most `limits.heldMessages`. */
  readonly messages: readonly Message[];
  readonly hasMore: boolean;
}

export interface ClaimedInstance {
  readonly state: InstanceState;
  /** Framed history rows in order. */
  readonly history: readonly Buffer[];
  readonly messages: readonly Message[];
  readonly hasMore: boolean;
}

export interface ClaimedActivity extends NewActivity {
  readonly attempt: number;
}

/** A key that callers authenticate with: its hash, and what it may do. */
export interface StoredApiKey {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly hash: Buffer;
  readonly role: string;
  /** A pattern. */
  readonly hubs: string;
}

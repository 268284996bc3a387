import { type Sender } from './entity-message.ts';
import { type InstanceId, type InstanceKey } from './ids.ts';
import {
  type InstanceKind,
  type LockHolder,
  type Parent,
  type Section,
  type Tags,
  type TerminalStatus,
} from './instance.ts';
import { type Message, type MessageDraft, type MessageKind } from './message.ts';
import { type Micros } from './time.ts';

/*
 * A write is what one operation wants committed atomically: plain data, no statements. The lane merges many writes
 * into one commit batch. Every list may be absent. Nothing here trusts memory alone: each part names its guard, and a
 * guard that fails makes the whole write `stale`: nothing of it is committed.
 */
export interface Write {
  /** At most one, of an instance that is resident here. */
  readonly patch?: Patch;
  /** A tree of failed instances that run again, whole or not at all. */
  readonly rewinds?: readonly Rewind[];
  readonly instances?: readonly NewInstance[];
  readonly activities?: readonly NewActivity[];
  readonly timers?: readonly NewTimer[];
  readonly messages?: readonly NewMessage[];
  readonly entityMessages?: readonly EntityMessage[];
  readonly completion?: ActivityCompletion;
  readonly dueTimers?: readonly DueTimer[];
  readonly releasedActivities?: readonly ReleasedActivity[];
  /** Part of a turn's answer that belongs to another replica. */
  readonly storedChunk?: StoredChunk;
  /** Stored chunks that their owner, this replica, has in memory now or needs no more. */
  readonly takenChunks?: readonly TakenChunk[];
}

/** Guard of every patch: this replica owns the row and `turn` is the number of turns recorded so far. */
interface PatchBase extends InstanceKey {
  readonly turn: number;
}

/** Guard besides: the consumed messages are still in the inbox, all of them. */
interface Recorded extends PatchBase {
  readonly consumed: readonly Message[];
  /** At or after every timestamp recorded so far. */
  readonly updatedAt: Micros;
}

/** One recorded turn that leaves the execution alive: status, one history row, turn + 1, attempts 0. */
export interface TurnPatch extends Recorded {
  readonly kind: 'turn';
  readonly status: 'running' | 'suspended';
  /** One history row: framed events (protocol/framing.ts). */
  readonly history: Buffer;
  readonly customStatus: string | null;
  readonly traceContext: Buffer | null;
  readonly sections: readonly Section[];
}

/** The end of the instance, by its last turn or by termination: turn + 1, owner null, inbox and timers deleted. */
export interface EndPatch extends Recorded {
  readonly kind: 'end';
  readonly status: TerminalStatus;
  readonly history: Buffer;
  readonly customStatus: string | null;
  readonly output: string | null;
  readonly failure: Buffer | null;
  /** Terminated: activities that no replica has taken are deleted too. Otherwise they still run (fire and forget). */
  readonly dropsActivities: boolean;
}

/**
 * Continue-as-new: generation + 1, turn + 1, old history and timers deleted, results of the old generation deleted
 * from the inbox, later raised events kept, `inbox` inserted. Nothing is appended to history.
 */
export interface RenewPatch extends Recorded {
  readonly kind: 'renew';
  readonly status: 'running' | 'suspended';
  readonly generation: number;
  readonly executionId: string;
  readonly version: string | null;
  readonly input: string | null;
  readonly customStatus: string | null;
  readonly inbox: readonly MessageDraft[];
}

/** Suspend and resume: status, the suspension kept for later, the control consumed. Turn and history stay. */
export interface ControlPatch extends Recorded {
  readonly kind: 'control';
  readonly status: 'pending' | 'running' | 'suspended';
  readonly suspension: Buffer | null;
  readonly inbox: readonly MessageDraft[];
}

/** What happened to an entity: a batch of operations, or a step of the lock protocol, or its purge. It has no history. */
export interface EntityPatch extends Recorded {
  readonly kind: 'entity';
  /** A recorded batch and a purge are turns: the token of a batch that is out is worth nothing then. */
  readonly isTurn: boolean;
  readonly state: string | null;
  readonly heldBy: LockHolder | null;
  /** All signals go, the delayed ones as well; calls and the lock protocol stay. */
  readonly dropsSignals: boolean;
}

/** Gives the instance up: owner null, bell kept if it rang meanwhile. */
export interface ReleasePatch extends PatchBase {
  readonly kind: 'release';
  /**
   * When it is worth claiming: milliseconds from now, null for never (until somebody rings). Read when the batch is
   * built: what memory was handed since the release was asked for counts.
   */
  readonly readyInMs: number | null;
  readonly attempts: number;
}

/** Clears the bell and reads the inbox rows that the resident does not hold. No turn guard: only the owner. */
export interface FetchPatch extends InstanceKey {
  readonly kind: 'fetch';
}

export type Patch =
  TurnPatch | EndPatch | RenewPatch | ControlPatch | EntityPatch | ReleasePatch | FetchPatch;

/**
 * A failed instance runs again under a new execution id: turn + 1, history rewritten as one row. Nobody owns it; its
 * bell is set. Guard: still failed, and `turn` is the number of turns recorded so far.
 */
export interface Rewind extends InstanceKey {
  readonly turn: number;
  readonly executionId: string;
  readonly updatedAt: Micros;
  readonly history: Buffer;
  /** Encoded ParentInstanceInfo. */
  readonly parentWire: Buffer | null;
  /** Inserted where no activity of that task is left: results that came while the instance was failed are gone. */
  readonly pendingActivities: readonly NewActivity[];
  /** Children that will tell their results. Guard: none has ended, because a failed parent is not told. */
  readonly awaited: readonly InstanceKey[];
}

/** A new instance, status pending. Its id decides: `won` unless somebody holds it. */
export interface NewInstance extends InstanceKey {
  readonly hubId: number;
  readonly id: InstanceId;
  readonly kind: InstanceKind;
  readonly name: string;
  readonly version: string | null;
  readonly executionId: string;
  readonly input: string | null;
  readonly tags: Tags;
  readonly parent: Parent | null;
  readonly createdAt: Micros;
  /** A start in the future: `started` waits in `timers` until then. */
  readonly scheduledAt: Micros | null;
  /** Key for that timer row; unused without `scheduledAt`. */
  readonly timerKey: number;
  /** Encoded ExecutionStarted event: the first message, inserted only for what was won. */
  readonly started: Buffer;
  /** Resident here from the commit on, because a local stream has a free slot; otherwise unowned with the bell set. */
  readonly owned: boolean;
  /** A holder of the id with one of these statuses is deleted first, with all its rows. */
  readonly replaces: readonly TerminalStatus[];
  /** Sent instead, to the parent, when the id is held: encoded SubOrchestrationInstanceFailed. Null for a client's start. */
  readonly ifTaken: NewMessage | null;
}

export interface NewActivity extends InstanceKey {
  readonly activityKey: number;
  readonly generation: number;
  readonly taskId: number;
  readonly hubId: number;
  readonly name: string;
  readonly version: string | null;
  /** For filters only: the activity's version, else its orchestration's (contract §12.1). */
  readonly effectiveVersion: string | null;
  /** Leased to this replica from the commit on; otherwise spilled. */
  readonly owned: boolean;
  /** Encoded ActivityRequest. */
  readonly request: Buffer;
}

/** `key` is the instance's. */
export interface NewTimer extends InstanceKey {
  readonly timerKey: number;
  readonly generation: number;
  readonly firesAt: Micros;
  readonly message: MessageDraft;
}

export type Address =
  /** One generation of one life: dropped when that is over. */
  | (InstanceKey & { readonly by: 'key'; readonly generation: number })
  /** Whoever lives under that id now. */
  | { readonly by: 'id'; readonly partition: number; readonly hubId: number; readonly id: InstanceId }
  /** Every living child of that instance. */
  | { readonly by: 'parent'; readonly parentKey: number };

export interface NewMessage {
  readonly to: Address;
  readonly message: MessageDraft;
  /** Made by a client's call: its order against the same client's calls at other replicas is kept (closing read). */
  readonly isFromClient: boolean;
}

/** A message to an entity, which is made if there is none of that id. */
export interface EntityMessage {
  readonly partition: number;
  readonly hubId: number;
  readonly id: InstanceId;
  /** Lower-cased, for filters. */
  readonly name: string;
  readonly createdAt: Micros;
  /** The entity's if it is made; unique to this message in any case. */
  readonly newKey: number;
  readonly message: MessageDraft;
  /** A request that was sent once already is not sent again. */
  readonly requestId: string | null;
  /** Sent only if that generation of an orchestration is over. */
  readonly ifOver: Sender | null;
  /** In the future; null for now. */
  readonly firesAt: Micros | null;
}

/** Deletes the activity and sends its result. `key` is the instance's. Recorded only if the row still exists. */
export interface ActivityCompletion extends InstanceKey {
  readonly activityKey: number;
  readonly hubId: number;
  /** Encoded TaskCompleted or TaskFailed event. */
  readonly event: Buffer;
}

/** A stored timer, due: deleted and its message sent, unless somebody was first or the database says it is early. */
export interface DueTimer extends InstanceKey {
  readonly timerKey: number;
  readonly firesAt: Micros;
  readonly generation: number;
  readonly kind: MessageKind;
}

/** An activity that a replica has out goes back to the queue. */
export interface ReleasedActivity extends InstanceKey {
  readonly activityKey: number;
  readonly hubId: number;
  /** This replica has it. Otherwise another one has, and only this very attempt of it goes back. */
  readonly isOwn: boolean;
  readonly attempt: number;
  readonly readyInMs: number;
}

/** One chunk (or the whole, chunk 0) of an encoded OrchestratorResponse for the replica that owns the instance. */
export interface StoredChunk {
  readonly replicaId: number;
  /** Of the call: a token is worth nothing in another hub. */
  readonly hubId: number;
  readonly token: string;
  readonly chunk: number;
  /** Null: the worker gave the turn back. */
  readonly bytes: Buffer | null;
}

export type TakenChunk = Pick<StoredChunk, 'hubId' | 'token' | 'chunk'>;

/** What became of a write. `stale`: a guard failed and nothing was written. */
export type WriteResult =
  | { readonly outcome: 'stale' }
  | {
      readonly outcome: 'committed';
      /** One per `instances`. */
      readonly instances: readonly ('won' | 'taken')[];
      /** One per `messages`: the rows inserted, empty when nobody was there. */
      readonly messages: readonly (readonly SentMessage[])[];
      /** Whether the activity's row still existed. */
      readonly isCompleted: boolean;
      /** Whether the owner of the stored chunk is alive. */
      readonly isStored: boolean;
      /** How many of `dueTimers` were deleted: the others were early, or fired by another replica. */
      readonly firedTimers: number;
    };

/** Where a message went: gone from the inbox = applied. */
export interface SentMessage extends InstanceKey {
  readonly rank: number;
  readonly messageId: number;
}

import { type Sender } from './entity-message.ts';
import { type InstanceId, type InstanceKey } from './ids.ts';
import { type Micros } from './time.ts';

/** The statuses that exist in storage and are shown to clients (contract orchestrations §3.1). */
export type InstanceStatus = 'running' | 'completed' | 'failed' | 'terminated' | 'pending' | 'suspended';
export type TerminalStatus = 'completed' | 'failed' | 'terminated';
export type InstanceKind = 'orchestration' | 'entity';

export function isTerminal(status: InstanceStatus): status is TerminalStatus {
  return status === 'completed' || status === 'failed' || status === 'terminated';
}

/** String tags of an instance or activity; null when there are none. */
export type Tags = Readonly<Record<string, string>> | null;

/** The orchestration that started this one and waits for its result. */
export interface Parent extends InstanceKey {
  readonly generation: number;
  /** Id of the parent's createSubOrchestration action. */
  readonly taskId: number;
  /** Encoded ParentInstanceInfo, as the child's ExecutionStarted carries it. */
  readonly wire: Buffer;
}

/** What identifies an instance and does not change within one generation. */
export interface InstanceIdentity extends InstanceKey {
  readonly hubId: number;
  readonly id: InstanceId;
  readonly kind: InstanceKind;
  readonly name: string;
  /** Null when none was given; '' is a legal explicit version (contract §9.4). */
  readonly version: string | null;
  readonly generation: number;
  readonly executionId: string;
  readonly parent: Parent | null;
  readonly tags: Tags;
  readonly createdAt: Micros;
}

/** Who holds an entity's lock. */
export interface LockHolder extends Sender {
  /** Of the orchestration. */
  readonly id: string;
  /** Id of the critical section. */
  readonly section: string;
}

/** A critical section of an orchestration that was asked for and is not over: its entities that were not released. */
export interface Section {
  readonly id: string;
  readonly entities: readonly string[];
  readonly isGranted: boolean;
}

/** Everything GetInstance shows. Input and output are null unless they were asked for. */
export interface InstanceSnapshot extends InstanceIdentity {
  /** The replica that owns it. */
  readonly owner: number | null;
  readonly status: InstanceStatus;
  readonly input: string | null;
  readonly output: string | null;
  readonly customStatus: string | null;
  /** Encoded TaskFailureDetails of a failed instance. */
  readonly failure: Buffer | null;
  readonly scheduledAt: Micros | null;
  readonly updatedAt: Micros;
  readonly completedAt: Micros | null;
  /** Turns recorded so far, over all generations. */
  readonly turn: number;
  readonly isRewound: boolean;
}

/** What the owner keeps in memory of an instance, as a claim loads it. */
export interface InstanceState extends InstanceIdentity {
  readonly status: InstanceStatus;
  /** Turns recorded so far, over all generations: the guard of every write. */
  readonly turn: number;
  /** Deliveries of the current work item that ended badly; reset by every recorded turn. */
  readonly attempts: number;
  readonly customStatus: string | null;
  /** Encoded ExecutionSuspended event of a suspended instance: half of the pair that resuming delivers. */
  readonly suspension: Buffer | null;
  /** Encoded OrchestrationTraceContext of the last response of this execution. */
  readonly traceContext: Buffer | null;
  /** At or after every timestamp in this instance's history: the next turn must be later. */
  readonly updatedAt: Micros;
  /** History holds ExecutionRewound events, which work items must not show. */
  readonly isRewound: boolean;
  /** Of orchestrations. */
  readonly sections: readonly Section[];
  /** Of entities; an entity without a state does not exist for clients. */
  readonly entityState: string | null;
  readonly heldBy: LockHolder | null;
}

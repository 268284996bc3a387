import { type Micros } from './time.ts';

/**
 * What an inbox row is. Events go to the worker as they are; controls are for the engine alone.
 * The numbers are stored: never change one, only add.
 */
export const messageKinds = {
  /** ExecutionStarted. */
  started: 1,
  /** TaskCompleted or TaskFailed. */
  taskResult: 2,
  timerFired: 3,
  /** EventRaised made by a client or by another orchestration. */
  eventRaised: 4,
  /** SubOrchestrationInstanceCompleted or …Failed. */
  childResult: 5,
  /** ExecutionSuspended or ExecutionResumed, delivered as a pair when an instance is resumed (contract §5.3). */
  suspensionPair: 6,
  /** Nothing to deliver: makes an instance runnable by itself. */
  wake: 7,
  /** EntityOperationSignaled, EntityOperationCalled and EntityLockRequested, in an entity's inbox (entity-message.ts). */
  signal: 8,
  call: 9,
  lockRequest: 10,
  /** EntityOperationCompleted, …Failed or EntityLockGranted, for the orchestration that asked. */
  entityReply: 11,
  suspend: 32,
  resume: 33,
  terminate: 34,
  /** EntityUnlockSent: a critical section is over, or never will be. */
  release: 35,
  /** The entity's state and signals go. */
  purge: 36,
} as const;
export type MessageKind = keyof typeof messageKinds;
/** Of orchestrations. */
export type ControlKind = 'suspend' | 'resume' | 'terminate';
/** Of entities. */
export type EntityControlKind = 'release' | 'purge';

/**
 * Inbox order is (rank, messageId): controls are read first, then what starts an execution, what resuming and
 * continue-as-new put in front, and everything else in order of arrival. At entities calls of who holds the lock come
 * before what waits for it.
 */
export const ranks = {
  /** A termination that doesn't wait for the answer of a turn that is out. */
  atOnce: -2,
  control: -1,
  started: 0,
  suspensionPair: 1,
  fromHolder: 1,
  carriedOver: 2,
  arrived: 3,
} as const;

/** An undelivered message, as a row of the inbox. */
export interface Message {
  readonly rank: number;
  readonly messageId: number;
  /** 'unknown' when a newer replica wrote it: it is left alone (ownership: rolling upgrade). */
  readonly kind: MessageKind | 'unknown';
  readonly generation: number;
  /** Encoded HistoryEvent. */
  readonly event: Buffer;
  /** Only of timerFired: the time that the turn's OrchestratorStarted must be later than. */
  readonly firesAt: Micros | null;
}

/** A message before it is inserted. */
export interface MessageDraft {
  readonly rank: number;
  readonly kind: MessageKind;
  readonly event: Buffer;
}

export function isControl(kind: Message['kind']): kind is ControlKind | EntityControlKind {
  return kind !== 'unknown' && messageKinds[kind] >= messageKinds.suspend;
}

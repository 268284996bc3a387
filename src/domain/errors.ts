/** Codes carry gRPC's canonical names; `grpc/status.ts` translates them, nobody else does. */
export type ErrorCode =
  | 'cancelled'
  | 'invalid_argument'
  | 'not_found'
  | 'already_exists'
  | 'permission_denied'
  | 'unauthenticated'
  | 'resource_exhausted'
  | 'failed_precondition'
  | 'aborted'
  | 'unimplemented'
  | 'unavailable'
  | 'unknown'
  | 'internal';

/** An outcome the caller can act on (an outage is `unavailable`). Anything else that is thrown is a bug and is reported as INTERNAL. */
export class SchedulerError extends Error {
  override readonly name = 'SchedulerError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What is stored is sealed, and can't be opened: by a key that isn't here, or because it was changed. Nothing is written over it. */
export class UnreadablePayloadError extends SchedulerError {}

export const invalidArgument = (message: string): SchedulerError =>
  new SchedulerError('invalid_argument', message);
export const aborted = (message: string): SchedulerError => new SchedulerError('aborted', message);
export const unavailable = (message: string, cause?: unknown): SchedulerError =>
  new SchedulerError('unavailable', message, { cause });
/** The write may or may not have been committed: repeating it may do it twice (ownership: starting over). */
export const outcomeUnknown = (cause?: unknown): SchedulerError =>
  new SchedulerError(
    'unknown',
    'the connection to the database was lost while committing: the call may or may not have taken effect; look before you repeat it',
    { cause },
  );
export const taskHubNotFound = (hub: string): SchedulerError =>
  new SchedulerError(
    'not_found',
    `task hub not found: '${hub}'; create it, or start the server with PERDURA_DYNAMIC_TASK_HUBS=true`,
  );
export const taskHubMoving = (hub: string): SchedulerError =>
  unavailable(
    `the task hub '${hub}' is being moved to another store; try again when it is there ('perdura hub move' goes on with a move that broke off, and --abort ends it)`,
  );
export const alreadyElsewhere = (hub: string, store: string): SchedulerError =>
  new SchedulerError(
    'already_exists',
    `the name '${hub}' belongs to the store '${store}': a task hub is in one store only, and its name is free when it is deleted there`,
  );
/** Perhaps another server has it. */
export const storeNotServed = (store: string, hub?: string): SchedulerError =>
  unavailable(
    `${hub === undefined ? '' : `the task hub '${hub}' belongs to the store '${store}': `}this server has no store of that name (PERDURA_STORES)`,
  );

import { status, type StatusObject } from '@grpc/grpc-js';
import { type ErrorCode, SchedulerError } from '../domain/errors.ts';
import { type Logger } from '../telemetry/log.ts';

/** The one translation of our codes to gRPC's numbers. */
const numbers: Readonly<Record<ErrorCode, status>> = {
  cancelled: status.CANCELLED,
  invalid_argument: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  already_exists: status.ALREADY_EXISTS,
  permission_denied: status.PERMISSION_DENIED,
  unauthenticated: status.UNAUTHENTICATED,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  failed_precondition: status.FAILED_PRECONDITION,
  aborted: status.ABORTED,
  unimplemented: status.UNIMPLEMENTED,
  unavailable: status.UNAVAILABLE,
  unknown: status.UNKNOWN,
  internal: status.INTERNAL,
};

type CallStatus = Pick<StatusObject, 'code' | 'details'>;

/** The status of an outcome that the caller can act on. */
export function statusOf({ code, message }: SchedulerError): CallStatus {
  return { code: numbers[code], details: message };
}

/** The status that a failed call ends with. A fault of the server is logged here; one that nobody foresaw is hidden from the caller. */
export function failureStatus(error: unknown, rpc: string, log: Logger): CallStatus {
  if (error instanceof SchedulerError && error.code !== 'internal') return statusOf(error);
  log.error({ err: error, rpc }, 'a call failed by a fault of the server');
  return error instanceof SchedulerError
    ? statusOf(error)
    : { code: status.INTERNAL, details: 'internal error' };
}

import { invalidArgument } from '../domain/errors.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';

/** Decodes the request of a call. Bytes that aren't one are the caller's mistake; bytes that were stored never are. */
export function decodeRequest<Request>(decode: () => Request): Request {
  try {
    return decode();
  } catch (error) {
    throw error instanceof ProtocolError ? invalidArgument(error.message) : error;
  }
}

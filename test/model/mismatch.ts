import { isDeepStrictEqual } from 'node:util';

/** The server is elsewhere than the oracle, or not there yet. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** Throws a `Mismatch` unless both are deeply equal. */
export function same(what: string, is: unknown, should: unknown): void {
  if (!isDeepStrictEqual(is, should)) throw new Mismatch(`${what} is ${show(is)}, not ${show(should)}`);
}

/** As JSON, without what is null. */
export function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part === null ? undefined : part));
}

/** What it is about; anything but a mismatch is a fault of the test. */
export function messageOf(error: unknown): string {
  if (error instanceof Mismatch) return error.message;
  throw error;
}

import { type Micros } from './time.ts';

/** How it is known who did something; `database`: by the rights of a user of PostgreSQL, without a server in between. */
export type KnownBy = 'api_key' | 'token' | 'certificate' | 'anonymous' | 'database';

/** Something that somebody did, or was refused. What is absent is ''. Nothing in it is a payload or a credential. */
export interface AuditEvent {
  /** An rpc, or what a command did. */
  readonly action: string;
  readonly hub: string;
  /** What was acted on: an id, or how many of what. */
  readonly target: string;
  /** The name of a gRPC status. */
  readonly outcome: string;
  /** The id of a key, the subject of a token, a name of a certificate. */
  readonly who: string;
  /** What people call it, where that is something else. */
  readonly whoName: string;
  readonly knownBy: KnownBy;
  /** Where the connection came from. */
  readonly peer: string;
}

export interface AuditEntry extends AuditEvent {
  /** A UUID: an entry that is written twice is there once. */
  readonly id: string;
  readonly at: Micros;
}

/** Characters of one text of an entry: callers may send more, and an entry is for people. */
const LONGEST_TEXT = 512;

/** A text of a caller as an entry has it: of bounded length, and without what PostgreSQL can't store. */
export function auditText(text: string): string {
  const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
  return cut.replaceAll('\0', '\u{fffd}').toWellFormed();
}

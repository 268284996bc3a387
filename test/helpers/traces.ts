import { expect } from 'vitest';
import { auditRows } from './audit-rows.ts';
import { LogSink } from './log-sink.ts';
import { type TestServer } from './server.ts';

/** So much of a credential may stand somewhere by chance. */
const CHANCE = 12;

/** Pieces of a credential, of which one stands in whatever holds sixteen characters of it that are secret. */
function* piecesOf(credential: string): Generator<string> {
  // The id of a key, the header of a token and the frame of a PEM file are no secrets.
  const secret = credential.replace(/^perdura_[0-9a-f]{16}_|^[\w-]+\.(?=[\w-]+\.)|-----[A-Z ]+-----/g, ' ');
  for (const part of secret.split(/[\s.]+/)) {
    for (let at = 0; at + CHANCE <= part.length; at += 4) yield part.slice(at, at + CHANCE);
  }
}

/** The first piece of a credential that stands in a text. */
export function pieceIn(text: string, credentials: Iterable<string>): string | undefined {
  for (const credential of credentials) {
    for (const piece of piecesOf(credential)) if (text.includes(piece)) return piece;
  }
  return undefined;
}

/** What a server leaves behind and tells: its log, its metrics, the audit log, and the errors that callers get. */
export class Traces {
  readonly log = new LogSink();
  readonly #credentials = new Set<string>();
  readonly #told: string[] = [];

  /** A server that is started with it says as much as it can. */
  get options() {
    return { log: this.log, logLevel: 'trace', audit: 'all' } as const;
  }

  /** Somebody uses it: to call, to be called, or wrongly. */
  uses(credential: string): string {
    this.#credentials.add(credential);
    return credential;
  }

  /** What a caller was told, such as an error. */
  told(what: unknown): void {
    this.#told.push(what instanceof Error ? `${what.message} ${JSON.stringify(what)}` : JSON.stringify(what));
  }

  /** Nowhere is there a piece of any credential that was used. */
  async expectNoSecret(server: TestServer): Promise<void> {
    const places = {
      log: this.log.text,
      metrics: await server.metrics(),
      'audit log': JSON.stringify(await auditRows(server.databaseUrl)),
      errors: this.#told.join('\n'),
    };
    expect(this.#credentials.size).toBeGreaterThan(0);
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(100);
      expect(pieceIn(text, this.#credentials), place).toBeUndefined();
    }
  }
}

// The API keys of a server: all that count now, as the database had them some seconds ago. A call looks nothing up, and a
// key that is revoked or has expired is gone with the next refresh. One that is not known may just have been made: it waits
// for the next look, which all that are not known have together, once a second at most, whoever guesses.
import { timingSafeEqual } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type StoredApiKey } from '../domain/store.ts';
import { looksLikeApiKey, parseApiKey } from './api-key.ts';
import { type Method } from './authenticator.ts';
import { type Principal } from './principal.ts';
import { isRole } from './roles.ts';

const LOOK_AGAIN_MS = 1_000;

interface KnownKey {
  readonly hash: Buffer;
  readonly principal: Principal;
}

export class ApiKeys implements Method {
  readonly #read: () => Promise<readonly StoredApiKey[]>;
  #keys: ReadonlyMap<string, KnownKey> = new Map();
  #readAt = -Infinity;
  /** Looks are numbered; `#keys` are those of the look `#shown`. */
  #order = 0;
  #shown = 0;
  #looking: Promise<void> | undefined;

  /** `read` gives the keys that count now. */
  constructor(read: () => Promise<readonly StoredApiKey[]>) {
    this.#read = read;
  }

  takes(credential: string): boolean {
    return looksLikeApiKey(credential);
  }

  known(credential: string): Principal | undefined {
    const parsed = parseApiKey(credential);
    const key = parsed && this.#keys.get(parsed.id);
    return key && timingSafeEqual(key.hash, parsed.hash) ? key.principal : undefined;
  }

  async find(credential: string): Promise<Principal | undefined> {
    if (!parseApiKey(credential)) return undefined;
    await this.#look();
    return this.known(credential);
  }

  /** A look that begins from now on. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookSoon();
    return this.#looking;
  }

  async #lookSoon(): Promise<void> {
    try {
      await pause(Math.max(0, this.#readAt + LOOK_AGAIN_MS - performance.now()));
    } finally {
      // Who comes later than this needs another one.
      this.#looking = undefined;
    }
    await this.refresh();
  }

  /** Reads the keys anew. Rejects when the database can't be read; what was known stays. */
  async refresh(): Promise<void> {
    const order = ++this.#order;
    this.#readAt = performance.now();
    const rows = await this.#read();
    // An older look may be answered later.
    if (order < this.#shown) return;
    this.#shown = order;
    this.#keys = new Map(rows.map((row) => [row.id, toKnown(row)]));
  }
}

/** A role that a newer version made allows nothing here. */
function toKnown({ id, name, hash, role, hubs }: StoredApiKey): KnownKey {
  const grants = isRole(role) ? [{ role, hubs }] : [];
  return { hash, principal: { knownBy: 'api_key', id, name, grants } };
}

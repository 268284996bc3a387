import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { StartupError } from '../lib/startup-error.ts';

/** As the first entry of a key ring: what is written from now on is not sealed. */
export const CLEAR = 'clear';

const KEY_BYTES = 32;
/** An id stands in front of every sealed value. */
const idPattern = /^[A-Za-z0-9._-]{1,16}$/;

/** The keys of payload encryption: the first one seals, all of them open. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  /** The id of the key that seals what is written; undefined: nothing is sealed. */
  readonly sealing: string | undefined;

  constructor(keys: ReadonlyMap<string, KeyObject>, sealing: string | undefined) {
    this.#keys = keys;
    this.sealing = sealing;
  }

  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  has(id: string): boolean {
    return this.#keys.has(id);
  }

  /** The same keys, of which none seals. */
  withoutSealing(): KeyRing {
    return new KeyRing(this.#keys, undefined);
  }

  /** A key made of that one for `purpose`, 32 bytes; undefined when it isn't in the ring. */
  derive(id: string, salt: Buffer, purpose: string): Buffer | undefined {
    const key = this.#keys.get(id);
    return key && Buffer.from(hkdfSync('sha256', key, salt, `perdura ${purpose}`, KEY_BYTES));
  }

  /** Tells two keys of one id apart, and nothing about either. */
  fingerprint(id: string): Buffer | undefined {
    return this.derive(id, Buffer.alloc(0), 'key fingerprint')?.subarray(0, 16);
  }
}

export const noKeys = new KeyRing(new Map(), undefined);

/**
 * Reads `id:base64`, one on a line or separated by commas; what follows # in a line is for people. `source` is where it
 * stands. Throws a `StartupError` that says which entry is wrong and never shows any of it.
 */
export function parseKeyRing(text: string, source: string): KeyRing {
  const entries = text
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) throw new StartupError(`${source} holds no key`);
  const keys = new Map<string, KeyObject>();
  const isClear = entries[0] === CLEAR;
  for (const [at, entry] of entries.entries()) {
    if (at === 0 && isClear) continue;
    const read = readEntry(entry, keys);
    if (typeof read === 'string') {
      throw new StartupError(
        `${source}: entry ${at + 1} ${read}; it is id:key, a key being 32 bytes in base64`,
      );
    }
    keys.set(read.id, read.key);
  }
  return new KeyRing(keys, isClear ? undefined : keys.keys().next().value);
}

/** Or what is wrong with it. */
function readEntry(
  entry: string,
  before: ReadonlyMap<string, KeyObject>,
): { readonly id: string; readonly key: KeyObject } | string {
  const [, id = '', encoded = ''] = /^([^:]*):(.*)$/.exec(entry) ?? [];
  if (!idPattern.test(id) || id === CLEAR) return 'has no id of 1 to 16 letters, digits, ".", "_" and "-"';
  if (before.has(id)) return `has the id '${id}' of an entry before it`;
  const key = Buffer.from(encoded, 'base64');
  const isKey = key.length === KEY_BYTES && key.toString('base64') === encoded;
  return isKey ? { id, key: createSecretKey(key) } : `('${id}') is not a key`;
}

// Payload encryption. What users send and workers answer is sealed where it is bound to a statement and opened where rows
// become values; nobody outside of this folder knows of it. A sealed value is
//
//   ff 50 | version 1 | length of the key's id, 1 byte | key's id | salt, 16 | counter, 4 | ciphertext | tag, 16
//
// and what doesn't begin with ff 50 is not sealed: encoded messages and UTF-8, the only other things in these columns,
// can't begin with ff. So sealed and clear values stand side by side, and encryption can be turned on and off.
//
// AES-256-GCM is broken by one nonce used twice, and random ones of 96 bits are good for 2^32 values of one key, which a
// busy fleet writes in weeks. So no key of the ring seals anything itself: every process derives a key of its own
// (HKDF-SHA256, from a salt of 128 random bits) and counts; after 2^32 values it takes another salt.
//
// The column is authenticated with the value: one can't be put in the place of another column's. Rows are not bound to
// each other, nor to their task hub: a message travels from timers to an inbox inside of PostgreSQL, and "hub move"
// gives rows and hubs new numbers. Who can write to the database can exchange values of one column, put back old ones,
// and put clear ones in their place; encryption keeps who reads the database from reading payloads.
//
// Calls of an entity, lock requests and releases begin with who sent them (entity-message.ts): that stays clear, because
// a move between stores numbers it anew.

import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { SENDER_BYTES, kindsWithSender } from '../domain/entity-message.ts';
import { UnreadablePayloadError } from '../domain/errors.ts';
import { type Message } from '../domain/message.ts';
import { must } from '../lib/assert.ts';
import { type KeyRing } from './key-ring.ts';
import { type PayloadColumn } from './payload-columns.ts';

const ALGORITHM: CipherGCMTypes = 'aes-256-gcm';
export const MAGIC = Buffer.from([0xff, 0x50]);
const VERSION = 1;
const ID_AT = MAGIC.length + 2;
const SALT_BYTES = 16;
const COUNTER_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MOST_VALUES = 2 ** 32;
/** Derived keys of other processes that are kept: a store has values of every process that ever wrote to it. */
const KEPT_KEYS = 1_000;

/** What all values sealed with that key begin with. */
export function headOf(keyId: string): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([VERSION, keyId.length]), Buffer.from(keyId)]);
}

export function isSealed(value: Buffer): boolean {
  return value[0] === MAGIC[0] && value[1] === MAGIC[1];
}

/** Which replica writes, and what seals what it writes. */
export interface Writer {
  readonly me: number;
  readonly vault: Vault;
}

/** The key that this process seals with. */
interface Sealing {
  readonly key: KeyObject;
  readonly head: Buffer;
  count: number;
}

const aadOf = new Map<PayloadColumn, Buffer>();

export class Vault {
  readonly #ring: KeyRing;
  #sealing: Sealing | undefined;
  readonly #opening = new Map<string, KeyObject>();

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /** The value as it is stored: itself, where nothing is sealed. */
  seal(column: PayloadColumn, value: Buffer): Buffer {
    const keyId = this.#ring.sealing;
    if (keyId === undefined) return value;
    if (this.#sealing === undefined || this.#sealing.count === MOST_VALUES) {
      this.#sealing = this.#begin(keyId);
    }
    const { key, head } = this.#sealing;
    const nonce = nonceOf(this.#sealing.count++);
    const cipher = createCipheriv(ALGORITHM, key, nonce);
    cipher.setAAD(aad(column));
    const sealed = Buffer.allocUnsafe(head.length + COUNTER_BYTES + value.length + TAG_BYTES);
    let at = head.copy(sealed);
    at += nonce.copy(sealed, at, NONCE_BYTES - COUNTER_BYTES);
    at += cipher.update(value).copy(sealed, at);
    cipher.final();
    cipher.getAuthTag().copy(sealed, at);
    return sealed;
  }

  /** Of a column that may have nothing in it: texts as UTF-8. */
  sealText(column: PayloadColumn, text: string | null): Buffer | null {
    return text === null ? null : this.seal(column, Buffer.from(text));
  }

  sealNullable(column: PayloadColumn, value: Buffer | null): Buffer | null {
    return value && this.seal(column, value);
  }

  sealMessage({ kind, event }: Pick<Message, 'kind' | 'event'>): Buffer {
    if (!hasSender(kind) || this.#ring.sealing === undefined) return this.seal('message', event);
    const sealed = this.seal('message', event.subarray(SENDER_BYTES));
    return Buffer.concat([event.subarray(0, SENDER_BYTES), sealed]);
  }

  /** Throws an `UnreadablePayloadError`. */
  open(column: PayloadColumn, value: Buffer): Buffer {
    if (!isSealed(value)) return value;
    const { keyId, key, nonce, from } = this.#parse(value);
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad(column));
    decipher.setAuthTag(value.subarray(value.length - TAG_BYTES));
    const opened = decipher.update(value.subarray(from, value.length - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      throw damaged(`it was sealed with the key '${keyId}', and is damaged or was changed since`);
    }
    return opened;
  }

  openNullable(column: PayloadColumn, value: Buffer | null): Buffer | null {
    return value && this.open(column, value);
  }

  openText(column: PayloadColumn, value: Buffer | null): string | null {
    return value && this.open(column, value).toString();
  }

  openMessage({ kind, event }: Pick<Message, 'kind' | 'event'>): Buffer {
    if (!hasSender(kind)) return this.open('message', event);
    const sealed = event.subarray(SENDER_BYTES);
    if (!isSealed(sealed)) return event;
    return Buffer.concat([event.subarray(0, SENDER_BYTES), this.open('message', sealed)]);
  }

  #begin(keyId: string): Sealing {
    const salt = randomBytes(SALT_BYTES);
    const key = must(this.#derive(keyId, salt), 'the first key of the ring');
    return { key, head: Buffer.concat([headOf(keyId), salt]), count: 0 };
  }

  #parse(value: Buffer): { keyId: string; key: KeyObject; nonce: Buffer; from: number } {
    if (value.length > ID_AT && value[2] !== VERSION) {
      throw damaged('it is sealed in a form that this version does not know');
    }
    const saltAt = ID_AT + (value[ID_AT - 1] ?? 0);
    const counterAt = saltAt + SALT_BYTES;
    const from = counterAt + COUNTER_BYTES;
    if (value.length < from + TAG_BYTES) throw damaged('it was sealed, and is damaged');
    const keyId = value.toString('latin1', ID_AT, saltAt);
    const key = this.#keyOf(keyId, value.subarray(saltAt, counterAt));
    if (!key) {
      throw new UnreadablePayloadError(
        'failed_precondition',
        `a stored payload can't be read: it is sealed with the key '${keyId}', which this server's key ring does not have (PERDURA_ENCRYPTION_KEYS_FILE)`,
      );
    }
    return { keyId, key, nonce: nonceOf(value.readUInt32BE(counterAt)), from };
  }

  #keyOf(keyId: string, salt: Buffer): KeyObject | undefined {
    const name = `${keyId} ${salt.toString('latin1')}`;
    const known = this.#opening.get(name);
    const key = known ?? this.#derive(keyId, salt);
    if (!key) return undefined;
    // The one that was used last stands last.
    this.#opening.delete(name);
    this.#opening.set(name, key);
    const [oldest] = this.#opening.keys();
    if (this.#opening.size > KEPT_KEYS && oldest !== undefined) this.#opening.delete(oldest);
    return key;
  }

  #derive(keyId: string, salt: Buffer): KeyObject | undefined {
    const derived = this.#ring.derive(keyId, salt, 'payload 1');
    return derived && createSecretKey(derived);
  }
}

function hasSender(kind: Message['kind']): boolean {
  return kindsWithSender.some((known) => known === kind);
}

function nonceOf(count: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(count, NONCE_BYTES - COUNTER_BYTES);
  return nonce;
}

function aad(column: PayloadColumn): Buffer {
  const known = aadOf.get(column) ?? Buffer.from(column);
  aadOf.set(column, known);
  return known;
}

function damaged(what: string): UnreadablePayloadError {
  return new UnreadablePayloadError('internal', `a stored payload can't be read: ${what}`);
}

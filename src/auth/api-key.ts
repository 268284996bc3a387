import { hash, randomBytes } from 'node:crypto';

export interface NewApiKey {
  /** Names the key; no secret. */
  readonly id: string;
  /** What callers send: the key itself, which nobody keeps. */
  readonly text: string;
  readonly hash: Buffer;
}

const PREFIX = 'perdura_';
const form = /^perdura_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** Makes a key of 256 random bits. */
export function newApiKey(): NewApiKey {
  const id = randomBytes(8).toString('hex');
  const text = `${PREFIX}${id}_${randomBytes(32).toString('base64url')}`;
  return { id, text, hash: hashOf(text) };
}

export function looksLikeApiKey(credential: string): boolean {
  return credential.startsWith(PREFIX);
}

/** The id and the hash of what a caller sent; undefined when it has not the form of a key. */
export function parseApiKey(credential: string): { readonly id: string; readonly hash: Buffer } | undefined {
  const id = form.exec(credential)?.[1];
  return id === undefined ? undefined : { id, hash: hashOf(credential) };
}

/**
 * One round of SHA-256: slow hashes make guessing passwords slow, and nobody guesses 256 random bits. Every call would pay
 * for one.
 */
function hashOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

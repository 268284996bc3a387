import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CompletionToken, decodeToken, encodeToken } from './completion-token.ts';

const key = fc.maxSafeNat();
const common = { incarnation: key, partition: fc.nat(255), key };
const instanceKind = fc.constantFrom('orchestration' as const, 'entity' as const);
const tokens: fc.Arbitrary<CompletionToken> = fc.oneof(
  fc.record({ kind: instanceKind, ...common, turn: fc.nat(), dispatch: key }),
  fc.record({
    kind: fc.constant('activity' as const),
    ...common,
    activityKey: key,
    taskId: fc.integer(),
    attempt: fc.nat(),
  }),
);

describe('a completion token', () => {
  test('says what it was made of, in at most 64 URL-safe characters', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const text = encodeToken(token);
        expect(text).toMatch(/^[\w-]{1,64}$/);
        expect(decodeToken(text)).toEqual(token);
      }),
    );
  });

  test('is refused when a character of it was changed, added or taken away', () => {
    const character = fc.oneof(fc.stringMatching(/^[\w+\/= \n~-]$/), fc.constant('é'));
    fc.assert(
      fc.property(tokens, fc.nat(63), character, fc.constantFrom(0, 1), (token, place, other, removed) => {
        const text = encodeToken(token);
        const at = place % text.length;
        const forged = text.slice(0, at) + other + text.slice(at + removed);
        fc.pre(forged !== text);
        expect(decodeToken(forged)).toBeUndefined();
      }),
    );
  });

  test('is refused when any one character of it was changed, the bits of the last that say nothing included', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= é';
    fc.assert(
      fc.property(tokens, (token) => {
        const text = encodeToken(token);
        for (let at = 0; at < text.length; at++) {
          for (const other of alphabet.replace(text.charAt(at), '')) {
            expect(decodeToken(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
          }
        }
      }),
      { numRuns: 5 },
    );
  });

  test('is read as before after one was refused', () => {
    fc.assert(
      fc.property(tokens, tokens, (token, other) => {
        const text = encodeToken(token);
        expect(decodeToken(`${encodeToken(other).slice(0, -1)}!`)).toBeUndefined();
        expect(decodeToken(text)).toEqual(token);
      }),
    );
  });

  test.each(['', 'x', 'AAAA', '!', 'a'.repeat(46), 'a'.repeat(51), 'a'.repeat(1_000_000), '\u{1f600}'])(
    'is not what somebody made up (case %#)',
    (text) => {
      expect(decodeToken(text)).toBeUndefined();
    },
  );

  test('is not read from any text that the server did not make', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decodeToken(text)).toBeUndefined();
      }),
    );
  });

  test.each([1, 10, 22])('is refused when its number at %i is none that the server counts with', (at) => {
    const key = 2 ** 53 - 1;
    const token = {
      kind: 'orchestration',
      incarnation: key,
      partition: 0,
      key,
      turn: 0,
      dispatch: key,
    } as const;
    const bytes = Buffer.from(encodeToken(token), 'base64url');
    expect(decodeToken(withChecksum(bytes))).toEqual(token);
    bytes.writeBigUInt64BE(2n ** 53n, at);
    expect(decodeToken(withChecksum(bytes))).toBeUndefined();
  });
});

/** What a forger who knows the checksum makes. */
function withChecksum(bytes: Buffer): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes.subarray(0, -4)) hash = Math.imul(hash ^ byte, 0x01000193);
  bytes.writeUInt32BE(hash >>> 0, bytes.length - 4);
  return bytes.toString('base64url');
}

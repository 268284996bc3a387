import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CompletionToken, decodeToken, encodeToken } from './completion-token.ts';

const key = fc.maxSafeNat();
const common = { incarnation: key, partition: fc.nat(255), key };
const tokens: fc.Arbitrary<CompletionToken> = fc.oneof(
  fc.record({ kind: fc.constant('orchestration' as const), ...common, turn: fc.nat(), dispatch: key }),
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

  test('is refused when its numbers are none that the server counts with', () => {
    const bytes = Buffer.from(encodeToken({ ...tokenWith(2 ** 53 - 1) }), 'base64url');
    bytes[1] = 0xff;
    expect(decodeToken(withChecksum(bytes))).toBeUndefined();
  });
});

function tokenWith(incarnation: number): CompletionToken {
  return { kind: 'orchestration', incarnation, partition: 0, key: 0, turn: 0, dispatch: 0 };
}

/** What a forger who knows the checksum makes. */
function withChecksum(bytes: Buffer): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes.subarray(0, -4)) hash = Math.imul(hash ^ byte, 0x01000193);
  bytes.writeUInt32BE(hash >>> 0, bytes.length - 4);
  return bytes.toString('base64url');
}

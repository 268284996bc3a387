import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SchedulerError } from './errors.ts';
import { decodeCompleted, decodeCreated, encodeCompleted, encodeCreated } from './page-token.ts';

const whole = fc.maxSafeNat();
const hub = fc.nat();
const created = fc.record({ createdAt: whole, partition: fc.nat(255), key: whole });
/** As clients give them. */
const id = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 100 });
const completed = fc.record({ completedAt: whole, id });

/** Undefined, or the code of what is thrown. Whatever is thrown otherwise is a bug. */
function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof SchedulerError) return error.code;
    throw error;
  }
}

describe('a token', () => {
  test('of the order of creation gives its position back', () => {
    fc.assert(
      fc.property(hub, created, (hubId, position) => {
        expect(decodeCreated(encodeCreated(hubId, position), hubId)).toEqual(position);
      }),
    );
  });

  test('of the order of completion gives its position back', () => {
    fc.assert(
      fc.property(hub, completed, (hubId, position) => {
        expect(decodeCompleted(encodeCompleted(hubId, position), hubId)).toEqual(position);
      }),
    );
  });

  // Python ends at an empty one and at "0".
  test('is never what means the end to an SDK', () => {
    fc.assert(
      fc.property(hub, created, completed, (hubId, first, second) => {
        for (const token of [encodeCreated(hubId, first), encodeCompleted(hubId, second)]) {
          expect(token).toMatch(/^[\w-]{2,}$/);
        }
      }),
    );
  });

  test('that is empty means the first page', () => {
    expect(decodeCreated('', 1)).toBeUndefined();
    expect(decodeCompleted('', 1)).toBeUndefined();
  });
});

describe('refused as an argument is', () => {
  test('the token of another hub', () => {
    fc.assert(
      fc.property(hub, hub, created, completed, (mine, yours, first, second) => {
        fc.pre(mine !== yours);
        expect(codeOf(() => decodeCreated(encodeCreated(mine, first), yours))).toBe('invalid_argument');
        expect(codeOf(() => decodeCompleted(encodeCompleted(mine, second), yours))).toBe('invalid_argument');
      }),
    );
  });

  test('the token of another call', () => {
    fc.assert(
      fc.property(hub, created, completed, (hubId, first, second) => {
        expect(codeOf(() => decodeCompleted(encodeCreated(hubId, first), hubId))).toBe('invalid_argument');
        expect(codeOf(() => decodeCreated(encodeCompleted(hubId, second), hubId))).toBe('invalid_argument');
      }),
    );
  });

  test('any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (token) => {
        expect(codeOf(() => decodeCreated(token, 1))).toBe('invalid_argument');
        expect(codeOf(() => decodeCompleted(token, 1))).toBe('invalid_argument');
      }),
    );
  });

  test('any other JSON in a token’s clothes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const token = Buffer.from(JSON.stringify(value)).toString('base64url');
        expect(codeOf(() => decodeCreated(token, 1))).toBe('invalid_argument');
        expect(codeOf(() => decodeCompleted(token, 1))).toBe('invalid_argument');
      }),
    );
  });

  test.each<[string, unknown[]]>([
    ['a moment below zero', ['c', 1, -1, 0, 5]],
    ['half a key', ['c', 1, 1, 0, 0.5]],
    ['a key beyond what is exact', ['c', 1, 1, 0, 2 ** 53]],
    ['a text for a number', ['c', 1, '1', 0, 5]],
    ['no key', ['c', 1, 1, 0]],
    ['a number for an id', ['e', 1, 1, 5]],
    ['a NUL in an id', ['e', 1, 1, 'a\0b']],
    ['no id', ['e', 1, 1]],
  ])('a position with %s', (_, parts) => {
    const token = Buffer.from(JSON.stringify(parts)).toString('base64url');
    const decode = parts[0] === 'c' ? decodeCreated : decodeCompleted;
    expect(codeOf(() => decode(token, 1))).toBe('invalid_argument');
  });
});

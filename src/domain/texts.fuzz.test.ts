import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bounds } from '../../test/helpers/factories.ts';
import { anyText, fuzz } from '../../test/helpers/fuzz.ts';
import { decodeToken, encodeToken } from './completion-token.ts';
import { entityIdProblem, entityNameOf, isEntityId, lockOrder } from './entity-id.ts';
import { SchedulerError } from './errors.ts';
import { PARTITIONS, partitionOf } from './ids.ts';
import { limits } from './limits.ts';
import { decodeCompleted, decodeCreated, decodeEntity, encodeCompleted, encodeEntity } from './page-token.ts';
import { isGuid } from './request-id.ts';
import {
  canBeInstanceId,
  checkHubName,
  checkInstanceId,
  checkName,
  checkTags,
  checkVersion,
  childIdProblem,
} from './validate.ts';

/** Whether a text is taken. What is thrown must be the caller's mistake, said in a text that a status can carry. */
function isTaken(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (!(error instanceof SchedulerError)) throw error;
    expect(error.code).toBe('invalid_argument');
    expectShown(error.message);
    return false;
  }
}

/** Trailers have 16 KiB at most, and gRPC's library fails at halves of surrogate pairs. */
function expectShown(message: string): void {
  expect(encodeURI(message.toWellFormed()).length).toBeLessThan(2_000);
}

const RUNS = 3_000;

describe('any text', () => {
  test('is no completion token', () => {
    fuzz(
      fc.property(anyText, (text) => {
        expect(decodeToken(text)).toBeUndefined();
      }),
      RUNS,
    );
  });

  test('put into a completion token spoils it', () => {
    const token = encodeToken({
      ...({ kind: 'activity', incarnation: 1, partition: 2, key: 3, activityKey: 4 } as const),
      ...{ taskId: 5, attempt: 6 },
    });
    fuzz(
      fc.property(anyText, fc.nat(token.length), (text, at) => {
        fc.pre(text !== '');
        expect(decodeToken(token.slice(0, at) + text + token.slice(at))).toBeUndefined();
      }),
      RUNS,
    );
  });

  test('is no continuation token, unless it is empty', () => {
    fuzz(
      fc.property(anyText, fc.boolean(), (text, isDisguised) => {
        const token = isDisguised ? Buffer.from(text).toString('base64url') : text;
        for (const decode of [decodeCreated, decodeCompleted, decodeEntity]) {
          expect(isTaken(() => decode(token, 1))).toBe(token === '');
        }
      }),
      RUNS,
    );
  });

  test('without a NUL that stands in a continuation token comes out of it', () => {
    const ids = anyText.map((text) => text.toWellFormed().replaceAll('\0', '').slice(0, 500));
    fuzz(
      fc.property(ids, fc.maxSafeNat(), (id, completedAt) => {
        const wellFormed = id.toWellFormed();
        expect(decodeEntity(encodeEntity(7, wellFormed), 7)).toBe(wellFormed);
        const position = { completedAt, id: wellFormed };
        expect(decodeCompleted(encodeCompleted(7, position), 7)).toEqual(position);
      }),
      RUNS,
    );
  });

  test('is an instance id only of printable ASCII, up to its limit, and then a child may have it', () => {
    fuzz(
      fc.property(anyText, (text) => {
        const isId = isTaken(() => {
          checkInstanceId(text, bounds);
        });
        expect(isId).toBe(/^(?!@)[\x20-\x7e]{1,100}$/.test(text));
        if (isId) expect(canBeInstanceId(text)).toBe(true);
        expectShown(isId ? '' : (childIdProblem(text) ?? ''));
      }),
      RUNS,
    );
  });

  test('is an entity’s id only with a name, and then its name is found', () => {
    const ids = fc.tuple(anyText, anyText, anyText).map((parts) => parts.join('@'));
    fuzz(
      fc.property(fc.oneof(anyText, ids), (text) => {
        const problem = entityIdProblem(text, bounds);
        expectShown(problem ?? '');
        if (problem !== undefined) return;
        expect(isEntityId(text)).toBe(true);
        expect(entityNameOf(text)).not.toMatch(/[@\0]/);
        expect(text.length).toBeLessThanOrEqual(bounds.instanceIdLength);
        expect(canBeInstanceId(text)).toBe(false);
      }),
      RUNS,
    );
  });

  test('has its place in the order of locks', () => {
    fuzz(
      fc.property(fc.array(anyText, { maxLength: 5 }), (texts) => {
        expect(lockOrder(texts.toReversed())).toEqual(lockOrder(texts));
      }),
      500,
    );
  });

  test('is a task hub’s name only of printable ASCII, up to its limit', () => {
    fuzz(
      fc.property(anyText, (text) => {
        const isName = isTaken(() => {
          checkHubName(text);
        });
        expect(isName).toBe(/^[\x20-\x7e]{1,64}$/.test(text));
      }),
      RUNS,
    );
  });

  test('is a name, a version or a tag unless it is too long or has a NUL', () => {
    fuzz(
      fc.property(anyText, (text) => {
        const isShort = text.length <= limits.nameLength && !text.includes('\0');
        expect(
          isTaken(() => {
            checkName(text, 'name');
          }),
        ).toBe(isShort && text !== '');
        expect(
          isTaken(() => {
            checkVersion({ value: text });
          }),
        ).toBe(isShort);
        const isTag = !text.includes('\0') && Buffer.byteLength(text) <= limits.tagsBytes;
        expect(
          isTaken(() => {
            checkTags({ [text]: '' });
          }),
        ).toBe(isTag);
        expect(
          isTaken(() => {
            checkTags({ a: text });
          }),
        ).toBe(isTag && Buffer.byteLength(text) < limits.tagsBytes);
      }),
      RUNS,
    );
  });

  test('is a request id only as a GUID', () => {
    const near = fc.stringMatching(/^[{]?[0-9a-fA-F-]{30,38}[}]?$/);
    fuzz(
      fc.property(fc.oneof(anyText, near), (text) => {
        if (isGuid(text)) expect(text.replaceAll(/[{}-]/g, '')).toMatch(/^[0-9a-f]{32}$/i);
      }),
      RUNS,
    );
  });

  test('belongs to a partition', () => {
    fuzz(
      fc.property(fc.nat(), anyText, (hubId, text) => {
        const partition = partitionOf(hubId, text);
        expect(Number.isInteger(partition) && partition >= 0 && partition < PARTITIONS).toBe(true);
      }),
      RUNS,
    );
  });
});

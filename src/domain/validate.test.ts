import { describe, expect, test } from 'vitest';
import { bounds } from '../../test/helpers/factories.ts';
import { limits } from './limits.ts';
import {
  canBeInstanceId,
  checkHubName,
  checkInstanceId,
  checkName,
  checkTags,
  checkVersion,
  childIdProblem,
} from './validate.ts';

const invalid = (message: RegExp): object =>
  expect.objectContaining({
    code: 'invalid_argument',
    message: expect.stringMatching(message) as string,
  }) as object;
const failing = (check: () => void): unknown => {
  try {
    check();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('an instance id of a client', () => {
  test.each(['a', 'a'.repeat(100), 'order 1/2:3@x'])('may be %j', (id) => {
    expect(
      failing(() => {
        checkInstanceId(id, bounds);
      }),
    ).toBeUndefined();
  });

  test.each([
    ['', /empty/],
    ['a'.repeat(101), /length of 101/],
    ['ordér', /printable ASCII/],
    ['a\nb', /printable ASCII/],
    ['@counter@1', /entity/],
  ])('may not be %j', (id, message) => {
    expect(
      failing(() => {
        checkInstanceId(id, bounds);
      }),
    ).toEqual(invalid(message));
  });
});

describe('an instance id of a child', () => {
  test('may have 512 bytes and any characters but NUL', () => {
    expect(childIdProblem('é'.repeat(256))).toBeUndefined();
    expect(childIdProblem('é'.repeat(257))).toMatch(/length of 514 bytes/);
    expect(childIdProblem('a\0')).toMatch(/NUL/);
    expect(childIdProblem('@a@b')).toMatch(/entity/);
  });

  test('that is too long is not repeated in the text, whatever else is wrong with it', () => {
    expect(childIdProblem(`@a@${'b'.repeat(1_000_000)}`)).toMatch(/^.{1,50}length of 1000003 bytes.{1,50}$/);
  });

  test('that nobody can have is known', () => {
    expect(['a', '', '@a@b', 'a'.repeat(513)].map(canBeInstanceId)).toEqual([true, false, false, false]);
  });
});

test('names are neither empty nor too long and have no NUL', () => {
  expect(
    failing(() => {
      checkName('Größe', 'event name');
    }),
  ).toBeUndefined();
  expect(
    failing(() => {
      checkName('', 'event name');
    }),
  ).toEqual(invalid(/event name is empty/));
  expect(
    failing(() => {
      checkName('a\0', 'event name');
    }),
  ).toEqual(invalid(/NUL/));
  expect(
    failing(() => {
      checkName('a'.repeat(1025), 'event name');
    }),
  ).toEqual(invalid(/length of 1025/));
});

test('versions may be absent or empty, but have no NUL', () => {
  expect(
    failing(() => {
      checkVersion(null);
    }),
  ).toBeUndefined();
  expect(
    failing(() => {
      checkVersion({ value: '' });
    }),
  ).toBeUndefined();
  expect(
    failing(() => {
      checkVersion({ value: '1\0' });
    }),
  ).toEqual(invalid(/version/));
});

test('tags have at most 16 KiB of keys and values', () => {
  const filled = { a: 'x'.repeat(limits.tagsBytes - 3), é: '' };
  expect(
    failing(() => {
      checkTags(filled);
    }),
  ).toBeUndefined();
  expect(
    failing(() => {
      checkTags({ ...filled, b: '' });
    }),
  ).toEqual(invalid(/tags have a length of 16385 bytes; at most 16384/));
});

test('tags have no NUL, neither in keys nor in values', () => {
  expect(
    failing(() => {
      checkTags({ a: 'b', c: '' });
    }),
  ).toBeUndefined();
  expect(
    failing(() => {
      checkTags({ a: '\0' });
    }),
  ).toEqual(invalid(/tag/));
  expect(
    failing(() => {
      checkTags({ '\0': 'a' });
    }),
  ).toEqual(invalid(/tag/));
});

test('task hub names are printable and at most 64 characters', () => {
  expect(
    failing(() => {
      checkHubName('default');
    }),
  ).toBeUndefined();
  expect(
    failing(() => {
      checkHubName('');
    }),
  ).toEqual(invalid(/empty/));
  expect(
    failing(() => {
      checkHubName('a'.repeat(65));
    }),
  ).toEqual(invalid(/length of 65/));
  expect(
    failing(() => {
      checkHubName('a\tb');
    }),
  ).toEqual(invalid(/printable/));
});

import { describe, expect, test } from 'vitest';
import { readSettings } from './config.ts';
import { type Command } from './read-setting.ts';
import { namesOfSeveral, storesOf } from './store-settings.ts';

const url = 'postgres://me:secret@db:5432/perdura';

function read(env: Readonly<Record<string, string>>, command: Command = 'serve') {
  return readSettings({ command, env: { PERDURA_DATABASE_URL: url, ...env }, flags: {} });
}

function stores(env: Readonly<Record<string, string>>, command?: Command) {
  return storesOf({ ...read(env, command), databaseUrl: url });
}

test('without further stores there is the default one, and nobody has to be told its name', () => {
  expect(stores({})).toEqual([{ name: 'default', url, schema: 'perdura' }]);
  expect(namesOfSeveral(read({}))).toEqual([]);
});

test('further stores are named in one variable and have two of their own', () => {
  const env = {
    PERDURA_STORES: 'archive, eu-west',
    PERDURA_STORE_ARCHIVE_DATABASE_URL: 'postgres://archive/perdura',
    PERDURA_STORE_EU_WEST_DATABASE_URL: url,
    PERDURA_STORE_EU_WEST_DATABASE_SCHEMA: 'eu',
  };
  expect(stores(env)).toEqual([
    { name: 'default', url, schema: 'perdura' },
    { name: 'archive', url: 'postgres://archive/perdura', schema: 'perdura' },
    { name: 'eu-west', url, schema: 'eu' },
  ]);
  expect(namesOfSeveral(read(env))).toEqual(['default', 'archive', 'eu-west']);
});

test('a store borrows the database of the default one only where that may be embedded', () => {
  const env = { PERDURA_STORES: 'archive', PERDURA_STORE_ARCHIVE_DATABASE_SCHEMA: 'archive' };
  const bare = { ...env, PERDURA_STORE_ARCHIVE_DATABASE_URL: '' };
  for (const command of ['serve', 'migrate'] as const) {
    expect(() => read(bare, command)).toThrow(
      "the store 'archive' needs a database: set PERDURA_STORE_ARCHIVE_DATABASE_URL",
    );
  }
  for (const command of ['dev', 'doctor'] as const) {
    expect(stores(bare, command)[1]).toEqual({ name: 'archive', url, schema: 'archive' });
  }
});

test.each(['default', 'Archive', 'eu_west', '-a', 'a-', 'a--b', '1a', 'a,a', 'a,', 'x'.repeat(33)])(
  'the names %s are refused',
  (names) => {
    expect(() => read({ PERDURA_STORES: names })).toThrow(
      /^PERDURA_STORES is '.*', which is not allowed: it is names of at most 32 lower-case letters/,
    );
  },
);

describe('a variable of a store', () => {
  test('that is not named is refused', () => {
    const env = { PERDURA_STORES: 'archive', PERDURA_STORE_ARCHIVE_DATABASE_URL: url };
    for (const stray of ['PERDURA_STORE_EU_DATABASE_URL', 'PERDURA_STORE_DATABASE_DATABASE_SCHEMA']) {
      expect(() => read({ ...env, [stray]: 'x' })).toThrow(
        `the environment variable ${stray} is for a store that PERDURA_STORES does not name`,
      );
    }
  });

  test('that does not exist is refused like any other', () => {
    expect(() => read({ PERDURA_STORES: '', PERDURA_STORE_ARCHIVE_POOL: '3' })).toThrow(
      'PERDURA_STORE_ARCHIVE_POOL is not a setting of perdura',
    );
  });

  test('that is no URL is refused without repeating it, and a bad schema with what is allowed', () => {
    const env = { PERDURA_STORES: 'archive', PERDURA_STORE_ARCHIVE_DATABASE_URL: 'mysql://me:secret@db' };
    expect(() => read(env)).toThrow(
      /^PERDURA_STORE_ARCHIVE_DATABASE_URL is not valid: it looks like postgres:\/\/user:password@host:5432\/database$/,
    );
    expect(() =>
      read({
        ...env,
        ...{
          PERDURA_STORE_ARCHIVE_DATABASE_URL: url,
          PERDURA_STORE_ARCHIVE_DATABASE_SCHEMA: 'Bad',
        },
      }),
    ).toThrow("PERDURA_STORE_ARCHIVE_DATABASE_SCHEMA is 'Bad', which is not allowed: it is lower-case");
  });
});

test.each([
  ['the same URL', url],
  ['another user, options and the default port', 'postgresql://you@DB/perdura?sslmode=require'],
  ['the host elsewhere in it', 'postgres://other/perdura?host=db'],
])('two stores in one place are refused: %s', (_, other) => {
  const env = { PERDURA_STORES: 'archive', PERDURA_STORE_ARCHIVE_DATABASE_URL: other };
  expect(() => stores(env)).toThrow(
    /^the stores 'default' and 'archive' have the same database and the same schema perdura: set PERDURA_STORE_ARCHIVE_/,
  );
  expect(stores({ ...env, PERDURA_STORE_ARCHIVE_DATABASE_SCHEMA: 'archive' })).toHaveLength(2);
});

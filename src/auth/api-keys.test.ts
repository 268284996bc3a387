import { describe, expect, test } from 'vitest';
import { type StoredApiKey } from '../domain/store.ts';
import { newApiKey, parseApiKey } from './api-key.ts';
import { ApiKeys } from './api-keys.ts';
import { Authenticator } from './authenticator.ts';

function stored(key: Pick<StoredApiKey, 'id' | 'hash'>, more: Partial<StoredApiKey> = {}): StoredApiKey {
  return { id: key.id, hash: key.hash, name: 'a key', role: 'worker', hubs: 'orders', ...more };
}

/** Keys of a database that counts how often it is asked. */
function keysIn(rows: StoredApiKey[]) {
  const asked = { times: 0 };
  const keys = new ApiKeys(() => {
    asked.times++;
    return Promise.resolve(rows);
  });
  return { keys, asked, rows };
}

describe('a key', () => {
  test('has 256 random bits behind its id, and none of them in what is stored', () => {
    const { id, text, hash } = newApiKey();
    expect(text).toMatch(/^perdura_[0-9a-f]{16}_[\w-]{43}$/);
    expect(parseApiKey(text)).toEqual({ id, hash });
    expect(hash).toHaveLength(32);
    expect(newApiKey().text).not.toBe(text);
  });

  test('is known with its role, by the whole of it only', async () => {
    const [key, other] = [newApiKey(), newApiKey()];
    const { keys } = keysIn([stored(key)]);
    await keys.refresh();
    expect(keys.known(key.text)).toEqual({
      ...{ knownBy: 'api_key', id: key.id, name: 'a key' },
      grants: [{ role: 'worker', hubs: 'orders' }],
    });
    const secretOfOther = other.text.slice(-43);
    expect(keys.known(key.text.slice(0, -43) + secretOfOther)).toBeUndefined();
    expect(keys.known(other.text)).toBeUndefined();
    expect(keys.known(key.text.slice(0, -1))).toBeUndefined();
    expect(keys.known(`${key.text}x`)).toBeUndefined();
  });

  test('of a role that this version does not know may do nothing', async () => {
    const key = newApiKey();
    const { keys } = keysIn([stored(key, { role: 'auditor' })]);
    await keys.refresh();
    expect(keys.known(key.text)?.grants).toEqual([]);
  });
});

describe('look-ups', () => {
  test('a known key asks the database nothing, wrong keys ask once a second together', async () => {
    const key = newApiKey();
    const { keys, asked } = keysIn([stored(key)]);
    await keys.refresh();
    for (let i = 0; i < 100; i++) expect(keys.known(key.text)).toBeDefined();
    const wrong = await Promise.all(Array.from({ length: 100 }, () => keys.find(newApiKey().text)));
    expect(wrong.every((found) => found === undefined)).toBe(true);
    expect(await keys.find('perdura_nothing')).toBeUndefined();
    expect(asked.times).toBe(2);
  });

  test('a key that was made since the last look is found', async () => {
    const [first, second] = [newApiKey(), newApiKey()];
    const { keys, rows } = keysIn([stored(first)]);
    await keys.refresh();
    rows.push(stored(second));
    expect(await keys.find(second.text)).toBeDefined();
  });

  test('the first call after a start finds its key', async () => {
    const key = newApiKey();
    const { keys } = keysIn([stored(key)]);
    expect(await keys.find(key.text)).toBeDefined();
  });

  test('a key that is gone is gone with the next refresh', async () => {
    const key = newApiKey();
    const { keys, rows } = keysIn([stored(key)]);
    await keys.refresh();
    rows.length = 0;
    await keys.refresh();
    expect(keys.known(key.text)).toBeUndefined();
  });

  test('what was known stays while the database can not be read', async () => {
    const key = newApiKey();
    let isAway = false;
    const keys = new ApiKeys(() =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve([stored(key)]),
    );
    await keys.refresh();
    isAway = true;
    await expect(keys.refresh()).rejects.toThrow('away');
    expect(keys.known(key.text)).toBeDefined();
  });
});

describe('the metadata authorization', () => {
  const key = newApiKey();
  const authenticator = new Authenticator([keysIn([stored(key)]).keys]);

  test.each([`Bearer ${key.text}`, `bearer ${key.text}`, `BEARER  ${key.text} `])(
    '%s is taken',
    async (header) => {
      await expect(authenticator.find(header)).resolves.toMatchObject({ id: key.id });
      expect(authenticator.known(header)).toBeDefined();
    },
  );

  test.each([
    [undefined, /wants to know who calls/],
    ['', /wants to know who calls/],
    [key.text, /is not 'Bearer' and one credential/],
    [`Basic ${key.text}`, /is not 'Bearer'/],
    [`Bearer${key.text}`, /is not 'Bearer'/],
    [`Bearer ${key.text}, Bearer ${key.text}`, /is not 'Bearer' and one/],
    [`Bearer ${key.text}\u0000`, /is not 'Bearer' and one/],
    [`Bearer ${'x'.repeat(20_000)}`, /is not 'Bearer' and one/],
    [`Bearer ${newApiKey().text}`, /not valid: it is unknown, expired or revoked/],
    ['Bearer something-else', /not valid/],
  ])('%s is refused', async (header, words) => {
    await expect(authenticator.find(header)).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringMatching(words) as unknown,
    });
  });
});

import { describe } from 'vitest';
import { expect, schema, test } from '../../test/helpers/database.ts';
import { newApiKey } from '../auth/api-key.ts';
import { ApiKeyTable } from './api-key-table.ts';
import { MOST_API_KEYS, readApiKeys } from './api-keys.ts';
import { query } from './sql.ts';

const worker = { name: 'a worker', role: 'worker', hubs: 'orders', expiresInSeconds: undefined };

function newRow() {
  const { id, hash } = newApiKey();
  return { id, hash };
}

describe('keys', () => {
  test('count until they expire or are revoked', async ({ db, databaseUrl }) => {
    await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'a test');
    const [lasting, expiring, revoked] = [newRow(), newRow(), newRow()];
    expect(await keys.insert({ ...lasting, ...worker })).toEqual({ expiresAt: null });
    expect(await keys.insert({ ...expiring, ...worker, expiresInSeconds: 3_600 })).toEqual({
      expiresAt: expect.any(Number) as unknown,
    });
    await keys.insert({ ...revoked, ...worker });
    expect(await query(db, readApiKeys())).toHaveLength(3);
    await db.query(`update api_keys set expires_at = now() where key_id = $1`, [expiring.id]);
    expect(await keys.revoke(revoked.id)).toBe('a worker');
    expect(await keys.revoke(revoked.id)).toBeUndefined();
    expect(await query(db, readApiKeys())).toEqual([
      { key_id: lasting.id, name: 'a worker', secret_hash: lasting.hash, role: 'worker', hubs: 'orders' },
    ]);
    const listed = await keys.list();
    expect(listed.map(({ key_id: id, is_valid: isValid }) => [id, isValid]).toSorted()).toEqual(
      [
        [lasting.id, true],
        [expiring.id, false],
        [revoked.id, false],
      ].toSorted(),
    );
  });

  test('are replaced by keys that may do the same and last as long; the old one ends soon', async ({
    db,
    databaseUrl,
  }) => {
    await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'a test');
    const [old, next, late] = [newRow(), newRow(), newRow()];
    await keys.insert({ ...old, ...worker, expiresInSeconds: 90 * 86_400 });
    const made = await keys.replace(old.id, 60, next);
    expect(made).toMatchObject({ name: 'a worker', role: 'worker', hubs: 'orders' });
    const { rows } = await db.query<{ id: string; seconds: string }>(
      `select key_id as id, extract(epoch from expires_at - now())::int8 as seconds from api_keys`,
    );
    const left = new Map(rows.map(({ id, seconds }) => [id, Number(seconds)]));
    expect(left.get(old.id)).toBeLessThanOrEqual(60);
    expect(left.get(next.id)).toBeGreaterThan(89 * 86_400);
    // One that ends sooner than that still does.
    await keys.replace(old.id, 3_600, late);
    const [row] = (await keys.list()).filter(({ key_id: id }) => id === old.id);
    expect(Number(row?.expires_at)).toBeLessThan((Date.now() + 120_000) * 1_000);
  });

  test('that do not count any more are not replaced', async ({ db, databaseUrl }) => {
    await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'a test');
    const [old, next] = [newRow(), newRow()];
    await keys.insert({ ...old, ...worker });
    await keys.revoke(old.id);
    expect(await keys.replace(old.id, 60, next)).toBeUndefined();
    expect(await query(db, readApiKeys())).toEqual([]);
  });

  test('are bounded in number', async ({ db, databaseUrl }) => {
    await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'a test');
    await db.query(
      `insert into api_keys (key_id, name, secret_hash, role, hubs)
       select i, 'one of many', '', 'worker', '*' from generate_series(1, $1::int4) i`,
      [MOST_API_KEYS],
    );
    expect(await keys.insert({ ...newRow(), ...worker })).toBeUndefined();
    await keys.revoke('1');
    expect(await keys.insert({ ...newRow(), ...worker })).toBeDefined();
  });
});

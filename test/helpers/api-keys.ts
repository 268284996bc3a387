import { newApiKey } from '../../src/auth/api-key.ts';
import { type Role } from '../../src/auth/roles.ts';
import { ApiKeyTable } from '../../src/postgres/api-key-table.ts';
import { schema } from './schema.ts';

export interface MadeKey {
  readonly id: string;
  readonly text: string;
}

/** Makes a key in the database of a server. */
export async function makeKey(
  databaseUrl: string,
  role: Role,
  hubs: string,
  expiresInSeconds?: number,
): Promise<MadeKey> {
  await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'a test');
  const { id, text, hash } = newApiKey();
  await keys.insert({ id, hash, name: `${role} of ${hubs}`, role, hubs, expiresInSeconds });
  return { id, text };
}

export async function revokeKey(databaseUrl: string, id: string): Promise<void> {
  await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'a test');
  await keys.revoke(id);
}

import { Client } from 'pg';
import {
  type ApiKeyRow,
  insertApiKey,
  listApiKeys,
  type NewApiKeyRow,
  type ReplacedKey,
  retireApiKey,
  revokeApiKey,
} from './api-keys.ts';
import { connectionSettings, type StoreAddress } from './pool.ts';
import { query } from './sql.ts';
import { type Micros } from '../domain/time.ts';

/** The keys of a database, for whoever makes them and ends them. Its schema is that of this program. */
export class ApiKeyTable implements AsyncDisposable {
  readonly #client: Client;

  static async open(address: StoreAddress): Promise<ApiKeyTable> {
    const client = new Client(connectionSettings(address));
    client.on('error', () => undefined);
    await client.connect();
    return new ApiKeyTable(client);
  }

  private constructor(client: Client) {
    this.#client = client;
  }

  /** When the key expires, null for never; undefined when there are too many keys. */
  async insert(key: NewApiKeyRow): Promise<{ readonly expiresAt: Micros | null } | undefined> {
    const [row] = await query(this.#client, insertApiKey(key));
    return row && { expiresAt: row.expires_at };
  }

  /** The newest first. */
  list(): Promise<ApiKeyRow[]> {
    return query(this.#client, listApiKeys());
  }

  /** The name of the key; undefined when there is none that could be revoked. */
  async revoke(id: string): Promise<string | undefined> {
    return (await query(this.#client, revokeApiKey(id)))[0]?.name;
  }

  /** Puts a key in the place of another one, which ends after so many seconds. Undefined when that one doesn't count any more. */
  async replace(
    id: string,
    retireSeconds: number,
    replacement: Pick<NewApiKeyRow, 'id' | 'hash'>,
  ): Promise<(ReplacedKey & { readonly expiresAt: Micros | null }) | undefined> {
    await this.#client.query('begin');
    const [old] = await query(this.#client, retireApiKey(id, retireSeconds));
    const { name = '', role = '', hubs = '', lifetime_seconds: lifetime } = old ?? {};
    const made =
      old &&
      (await this.insert({ ...replacement, name, role, hubs, expiresInSeconds: lifetime ?? undefined }));
    await this.#client.query(made ? 'commit' : 'rollback');
    return made && { name, role, hubs, lifetime_seconds: lifetime ?? null, ...made };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}

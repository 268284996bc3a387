import { Client } from 'pg';
import { auditText } from '../domain/audit.ts';
import {
  type ApiKeyRow,
  insertApiKey,
  listApiKeys,
  type NewApiKeyRow,
  type ReplacedKey,
  retireApiKey,
  revokeApiKey,
} from './api-keys.ts';
import { insertOwnAuditEntry } from './audit-log.ts';
import { connectionSettings, type StoreAddress } from './pool.ts';
import { query } from './sql.ts';
import { type Micros } from '../domain/time.ts';

/**
 * The keys of a database, for whoever makes them and ends them. Its schema is that of this program. Each change is
 * committed with its entry of the audit log.
 */
export class ApiKeyTable implements AsyncDisposable {
  readonly #client: Client;
  readonly #operator: string | undefined;

  /** `operator`: who changes keys, for the audit log; undefined where nothing is to be written there. */
  static async open(address: StoreAddress, operator: string | undefined): Promise<ApiKeyTable> {
    const client = new Client(connectionSettings(address));
    client.on('error', () => undefined);
    await client.connect();
    return new ApiKeyTable(client, operator);
  }

  private constructor(client: Client, operator: string | undefined) {
    this.#client = client;
    this.#operator = operator;
  }

  /** When the key expires, null for never; undefined when there are too many keys. */
  insert(key: NewApiKeyRow): Promise<{ readonly expiresAt: Micros | null } | undefined> {
    return this.#change('CreateApiKey', async () => {
      const [row] = await query(this.#client, insertApiKey(key));
      return row && { result: { expiresAt: row.expires_at }, target: aboutKey(key) };
    });
  }

  /** The newest first. */
  list(): Promise<ApiKeyRow[]> {
    return query(this.#client, listApiKeys());
  }

  /** The name of the key; undefined when there is none that could be revoked. */
  revoke(id: string): Promise<string | undefined> {
    return this.#change('RevokeApiKey', async () => {
      const [row] = await query(this.#client, revokeApiKey(id));
      return row && { result: row.name, target: `${id} (${row.name})` };
    });
  }

  /** Puts a key in the place of another one, which ends after so many seconds. Undefined when that one doesn't count any more. */
  replace(
    id: string,
    retireSeconds: number,
    replacement: Pick<NewApiKeyRow, 'id' | 'hash'>,
  ): Promise<(ReplacedKey & { readonly expiresAt: Micros | null }) | undefined> {
    return this.#change('RotateApiKey', async () => {
      const [old] = await query(this.#client, retireApiKey(id, retireSeconds));
      if (!old) return undefined;
      const key = { ...replacement, ...old, expiresInSeconds: old.lifetime_seconds ?? undefined };
      const [made] = await query(this.#client, insertApiKey(key));
      return made && { result: { ...old, expiresAt: made.expires_at }, target: `${id} by ${aboutKey(key)}` };
    });
  }

  /** Changes nothing when `change` gives undefined or rejects. */
  async #change<Result>(
    action: string,
    change: () => Promise<{ readonly result: Result; readonly target: string } | undefined>,
  ): Promise<Result | undefined> {
    await this.#client.query('begin');
    try {
      const changed = await change();
      const who = this.#operator;
      if (changed && who !== undefined) {
        const target = auditText(changed.target);
        await query(this.#client, insertOwnAuditEntry({ action, hub: '', target, who }));
      }
      await this.#client.query(changed ? 'commit' : 'rollback');
      return changed?.result;
    } catch (error) {
      // The connection may be what broke.
      await this.#client.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}

function aboutKey({ id, name, role, hubs }: Omit<NewApiKeyRow, 'hash' | 'expiresInSeconds'>): string {
  return `${id} (${name}): ${role} in ${hubs}`;
}

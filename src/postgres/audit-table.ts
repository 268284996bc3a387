import { Client } from 'pg';
import { limits } from '../domain/limits.ts';
import { type AuditFilter, type AuditPosition, type AuditRow, stepOverAudit } from './audit-log.ts';
import { connectionSettings, type StoreAddress } from './pool.ts';
import { query } from './sql.ts';

/** An index of the table is gone along, however few rows there are: a plan must not change with them. */
const plannerSettings = { enable_seqscan: 'off' };

/** The audit log of a database, for whoever reads it. Its schema is that of this program. */
export class AuditTable implements AsyncDisposable {
  readonly #client: Client;

  static async open(address: StoreAddress): Promise<AuditTable> {
    const client = new Client(connectionSettings(address, plannerSettings));
    client.on('error', () => undefined);
    await client.connect();
    return new AuditTable(client);
  }

  private constructor(client: Client) {
    this.#client = client;
  }

  /** What matches in one bounded step, the newest first, and where the next one goes on; undefined at the end. */
  async step(
    filter: AuditFilter,
    before: AuditPosition | undefined,
  ): Promise<{ readonly matches: readonly AuditRow[]; readonly last: AuditPosition | undefined }> {
    const rows = await query(this.#client, stepOverAudit(filter, before, limits.searchRows));
    const last = rows.at(-1);
    return {
      matches: rows.filter((row) => row.is_match),
      last: last?.is_full ? { at: last.at, id: last.entry_id } : undefined,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}

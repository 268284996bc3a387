import { type Pool } from 'pg';
import { type AuditEntry } from '../domain/audit.ts';
import { taskHubMoving, unavailable } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import { ownQuotasOf } from '../domain/quota.ts';
import {
  DEFAULT_STORE,
  type DeletedHub,
  type HubPlace,
  type Store,
  type StoredApiKey,
  type TaskHub,
} from '../domain/store.ts';
import { must } from '../lib/assert.ts';
import { readApiKeys } from './api-keys.ts';
import { forgetAuditEntries, insertAuditEntries } from './audit-log.ts';
import { readError } from './failures.ts';
import {
  deletePlace,
  findHub,
  findHubOfPlace,
  findPlace,
  insertHub,
  insertPlace,
  listHubs,
  markHubDeleted,
  takePlace,
} from './hubs.ts';
import { changeQuotas, findQuotas, measureQuota } from './quotas.ts';
import { query, type Statement } from './sql.ts';

/** Task hubs, their quotas, API keys and the audit log: what no replica owns. One statement each, on a pool beside the lane. */
export class Registry {
  readonly #pool: Pool;
  #isOver = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  protected markOver(): void {
    this.#isOver = true;
  }

  protected async rows<Row>(statement: Statement<Row>): Promise<Row[]> {
    if (this.#isOver) throw unavailable('this incarnation of the server is over; try again');
    try {
      return await query(this.#pool, statement);
    } catch (error) {
      throw readError(error);
    }
  }

  async findHub(name: string): Promise<number | undefined> {
    const [row] = await this.rows(findHub(name));
    if (row?.is_moving === true) throw taskHubMoving(name);
    return row?.hub_id;
  }

  async listHubs(): Promise<TaskHub[]> {
    const rows = await this.rows(listHubs());
    return rows.map((row) => ({
      ...{ hubId: row.hub_id, name: row.name },
      ...{ createdAt: row.created_at, isMoving: row.is_moving },
    }));
  }

  /** Somebody may delete it between the two looks: then it is made once more, if its place still can. */
  async createHub(name: string, placeId: number): Promise<number | undefined> {
    for (;;) {
      const [known] = await this.rows(findHub(name));
      if (known) {
        await this.rows(takePlace(known.hub_id, placeId));
        return known.hub_id;
      }
      const [made] = await this.rows(insertHub(name, placeId));
      if (made) return made.hub_id;
      if (await this.isUsedUp(name, placeId)) return undefined;
    }
  }

  async isUsedUp(name: string, placeId: number): Promise<boolean> {
    const [used] = await this.rows(findHubOfPlace(placeId));
    return used !== undefined && (await this.rows(findHub(name))).length === 0;
  }

  async deleteHub(name: string): Promise<DeletedHub | undefined> {
    const [row] = await this.rows(markHubDeleted(name));
    return row && { placeId: row.place_id ?? undefined };
  }

  async placeHub(name: string, store: string): Promise<HubPlace> {
    for (;;) {
      const known = await this.findPlace(name);
      if (known) return known;
      await this.rows(insertPlace(name, store, DEFAULT_STORE));
    }
  }

  async findPlace(name: string): Promise<HubPlace | undefined> {
    const [row] = await this.rows(findPlace(name));
    return row && { store: row.store, placeId: row.place_id };
  }

  readonly readQuotas: Store['readQuotas'] = async () =>
    (await this.rows(findQuotas())).map(({ hub_id: hubId, name: hub, quotas }) => ({
      ...{ hubId, hub, own: ownQuotasOf(quotas) },
    }));

  readonly setQuotas: Store['setQuotas'] = async (hubId, changes) =>
    (await this.rows(changeQuotas(hubId, changes))).length > 0;

  readonly measureQuota: Store['measureQuota'] = async (...asked) =>
    must((await this.rows(measureQuota(...asked)))[0], 'the row of a sum').used;

  async readApiKeys(): Promise<StoredApiKey[]> {
    const rows = await this.rows(readApiKeys());
    return rows.map(({ key_id: id, secret_hash: hash, name, role, hubs }) => ({
      id,
      name,
      hash,
      role,
      hubs,
    }));
  }

  async writeAudit(entries: readonly AuditEntry[]): Promise<void> {
    await this.rows(insertAuditEntries(entries));
  }

  async forgetAudit(olderThanSeconds: number): Promise<number> {
    return (await this.rows(forgetAuditEntries(olderThanSeconds, limits.forgottenEntries)))[0]?.removed ?? 0;
  }

  async forgetPlace(name: string, placeId: number): Promise<void> {
    await this.rows(deletePlace(name, placeId));
  }
}

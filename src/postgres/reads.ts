import { type Pool } from 'pg';
import { UnreadablePayloadError } from '../domain/errors.ts';
import { type InstanceId, type InstanceKey } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import {
  type Backlog,
  type CreatedPosition,
  type EntitySnapshot,
  type Found,
  type HistoryPage,
  type Probe,
  type Store,
} from '../domain/store.ts';
import { type DueTimer } from '../domain/write.ts';
import { must } from '../lib/assert.ts';
import { findActivity, readOwned } from './activities.ts';
import { kindOf, messageKindOf } from './codes.ts';
import { readStored } from './completions.ts';
import {
  type EntityRow,
  findOrphanedLocks,
  forgetRequests,
  readEntity,
  stepByEntityId,
} from './entity-reads.ts';
import { findDead } from './free.ts';
import { readHistory, readHistoryPage } from './history.ts';
import { toKey } from './hubs.ts';
import { readPending } from './inbox-reads.ts';
import { readInstances, toSnapshot } from './instances.ts';
import { findClaimable, findUnheard, probeQueues, readBacklog } from './probes.ts';
import { Registry } from './registry.ts';
import {
  type CreatedRow,
  findFinishedChildren,
  readFound,
  stepByCompletion,
  stepByCreation,
} from './search.ts';
import { readTimers } from './timers.ts';
import { type Vault } from './vault.ts';

/** History that one page reads. */
const HISTORY_PAGE_BYTES = 4 * 1024 * 1024;
/** Bells that one probe looks at. */
const PROBED_BELLS = 500;

/** What a store reads of instances, and the requests that it forgets. */
export class Reads extends Registry {
  readonly #me: number;
  readonly #vault: Vault;

  constructor(pool: Pool, me: number, vault: Vault) {
    super(pool);
    this.#me = me;
    this.#vault = vault;
  }

  async readInstances(
    wanted: readonly { readonly hubId: number; readonly id: InstanceId }[],
    withPayloads: boolean,
  ): Promise<(InstanceSnapshot | undefined)[]> {
    const found = new Map<string, InstanceSnapshot>();
    for (let at = 0; at < wanted.length; at += limits.readIds) {
      const rows = await this.rows(readInstances(wanted.slice(at, at + limits.readIds), withPayloads));
      const snapshots = rows.map((row) => toSnapshot(row, this.#vault));
      for (const snapshot of snapshots) found.set(`${snapshot.hubId}/${snapshot.id}`, snapshot);
    }
    return wanted.map(({ hubId, id }) => found.get(`${hubId}/${id}`));
  }

  async readHistory(instance: InstanceKey): Promise<Buffer[]> {
    const rows = await this.rows(readHistory([instance]));
    return rows.map(({ events }) => this.#vault.open('history', events));
  }

  async readHistoryPage(instance: InstanceKey, afterTurn: number): Promise<HistoryPage | undefined> {
    const rows = await this.rows(readHistoryPage(instance, afterTurn, HISTORY_PAGE_BYTES));
    const [first] = rows;
    return (
      first && {
        executionId: first.execution_id,
        turn: first.recorded,
        rows: rows.flatMap(({ turn, events }) =>
          turn !== null && events ? [{ turn, events: this.#vault.open('history', events) }] : [],
        ),
      }
    );
  }

  readonly findCreated: Store['findCreated'] = async (filter, after, atMost) => {
    const rows = await this.rows(stepByCreation(filter, after, atMost));
    const toPosition = (row: CreatedRow): CreatedPosition => ({
      partition: row.partition,
      key: row.instance_key,
      createdAt: row.created_at,
    });
    return toFound(rows, toPosition);
  };

  readonly findCompleted: Store['findCompleted'] = async (filter, after, atMost) => {
    const rows = await this.rows(stepByCompletion(filter, after, atMost));
    return toFound(rows, (row) => ({ completedAt: row.completed_at, id: row.instance_id }));
  };

  readonly readEntity: Store['readEntity'] = async (hubId, id, withState) => {
    const [row] = await this.rows(readEntity(hubId, id, withState));
    return row && toEntity(row, this.#vault);
  };

  readonly findEntities: Store['findEntities'] = async (filter, after, limit) => {
    const rows = await this.rows(stepByEntityId(filter, after, limit));
    const found = rows.flatMap((row) => (row.instance_id === null ? [] : [toEntity(row, this.#vault)]));
    const { matches, is_full: isFull, last_looked_at: lastSeen } = must(rows[0], 'the end of a step');
    const isCut = found.length < matches || (matches > 0 && matches === limit);
    const last = isCut ? found.at(-1)?.id : isFull ? (lastSeen ?? undefined) : undefined;
    return { matches: found, last };
  };

  readonly findOrphanedLocks: Store['findOrphanedLocks'] = async (hubId, after) => {
    const rows = await this.rows(findOrphanedLocks(hubId, after));
    const { is_full: isFull, last_looked_at: lastSeen } = must(rows[0], 'the end of a step');
    const matches = rows.flatMap(({ instance_id: id, held_by: heldBy }) =>
      id !== null && heldBy ? [{ id, heldBy }] : [],
    );
    return { matches, last: isFull ? (lastSeen ?? undefined) : undefined };
  };

  readonly readFound: Store['readFound'] = async (instances, { withPayloads, maxBytes }) => {
    if (instances.length === 0) return [];
    return (await this.rows(readFound(instances, withPayloads, maxBytes))).map((row) =>
      toSnapshot(row, this.#vault),
    );
  };

  async findFinishedChildren(parents: readonly InstanceKey[], limit: number): Promise<InstanceKey[]> {
    return (await this.rows(findFinishedChildren(parents, limit))).map(toKey);
  }

  readonly readPending: Store['readPending'] = async (sent) => {
    if (sent.length === 0) return [];
    return (await this.rows(readPending(sent))).map((row) => row.is_there);
  };

  async findActivity(instance: InstanceKey, taskId: number): Promise<number | undefined> {
    return (await this.rows(findActivity(instance, taskId)))[0]?.activity_key;
  }

  readonly readOwned: Store['readOwned'] = async (activities) => {
    if (activities.length === 0) return [];
    return (await this.rows(readOwned(this.#me, activities))).map((row) => row.is_mine);
  };

  readonly readStoredChunks: Store['readStoredChunks'] = async (limit) =>
    (await this.rows(readStored(this.#me, limit))).map(({ hub_id: hubId, token, chunk, bytes }) => ({
      ...{ hubId, token, chunk, bytes: this.#openAnswer(bytes) },
    }));

  /** An answer that can't be read is as if the worker had given its work item back. */
  #openAnswer(bytes: Buffer | null): Buffer | null {
    try {
      return this.#vault.openNullable('answer', bytes);
    } catch (error) {
      if (!(error instanceof UnreadablePayloadError)) throw error;
      return null;
    }
  }

  async readTimers(partitions: readonly number[], withinMs: number, limit: number): Promise<DueTimer[]> {
    const rows = await this.rows(readTimers(partitions, withinMs, limit));
    return rows.flatMap((row) => {
      const { partition, instance_key: key, timer_key: timerKey, fires_at: firesAt, generation } = row;
      const kind = messageKindOf(row.kind);
      // A newer replica's: it fires them.
      return kind === 'unknown' ? [] : [{ partition, key, timerKey, firesAt, generation, kind }];
    });
  }

  async probe(): Promise<Probe> {
    const [claimable, queues, unheard, dead] = await Promise.all([
      this.rows(findClaimable()),
      this.rows(probeQueues(this.#me)),
      this.rows(findUnheard(PROBED_BELLS)),
      this.rows(findDead()),
    ]);
    const deadIds = new Set(dead.map(({ owner }) => owner));
    const bells = unheard.map((row) => ({
      partition: row.partition,
      key: row.instance_key,
      owner: row.owner,
    }));
    const { engine_work: engineWork, stored_chunks: hasStoredChunks } = must(queues[0], 'the row of a probe');
    return {
      claimable: claimable.map((row) => ({
        hubId: row.hub_id,
        kind: row.kind === 2 ? 'activity' : kindOf(row.kind),
      })),
      engineWork,
      mine: bells.filter(({ owner }) => owner === this.#me),
      others: bells.filter(({ owner }) => owner !== this.#me && !deadIds.has(owner)),
      hasDead: dead.length > 0,
      hasStoredChunks,
    };
  }

  async readBacklog(): Promise<Backlog[]> {
    const rows = await this.rows(readBacklog());
    return rows.map(({ name, kind, count, oldest_seconds: oldestSeconds }) => ({
      hub: name,
      kind,
      count,
      oldestSeconds,
    }));
  }

  async forgetRequests(): Promise<number> {
    return (await this.rows(forgetRequests(limits.forgottenRequests)))[0]?.removed ?? 0;
  }
}

function toEntity(row: EntityRow, vault: Vault): EntitySnapshot {
  const { instance_id: id, updated_at: updatedAt, held_by: heldBy, has_state: hasState, backlog } = row;
  const shown = { id, updatedAt, heldBy, hasState, backlog };
  return {
    ...shown,
    get state() {
      return vault.openText('output', row.state);
    },
  };
}

function toFound<Row extends { readonly is_match: boolean; readonly is_full: boolean }, Position>(
  rows: readonly Row[],
  toPosition: (row: Row) => Position,
): Found<Position> {
  const last = rows.at(-1);
  return {
    matches: rows.filter((row) => row.is_match).map(toPosition),
    last: last?.is_full ? toPosition(last) : undefined,
  };
}

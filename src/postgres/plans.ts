// Transactions of their own in the lane: claims with their load, freeing what belonged to the dead, deleting a hub's rows.

import { UnreadablePayloadError } from '../domain/errors.ts';
import { type InstanceKey } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import {
  type BatchResult,
  type Claim,
  type ClaimedActivity,
  type ClaimedInstance,
  noResult,
} from '../domain/store.ts';
import { type ActivityRow, claimActivities, toClaimedActivity } from './activities.ts';
import { type ClaimedRow, giveBack } from './claims.ts';
import { kindOf } from './codes.ts';
import { deleteVoidEntities } from './entity-reads.ts';
import { deleteStoredFor, freeActivities, type FreedRow, freeInstances, lockInstancesOf } from './free.ts';
import { readHistory } from './history.ts';
import { toKey } from './hubs.ts';
import { Inboxes, readInboxes } from './inbox-reads.ts';
import { deleteInstances, toState } from './instances.ts';
import { type Plan } from './lane.ts';
import { lockInstances } from './lock.ts';
import { type Surroundings } from './parts.ts';
import { type Statement } from './sql.ts';
import { step, when } from './step.ts';

/** What a claim took. Not in memory, but owned, is what can't be read; with the reason. */
export interface Claimed<Row> {
  readonly count: number;
  readonly unreadable: readonly { readonly row: Row; readonly error: UnreadablePayloadError }[];
}

/** Memory holds nothing of it yet. */
const fromNothing = { known: [], ofOthers: false };

/** Owner first, then, in statements that see every message of their senders, inbox and history. */
export function claimPlan(claim: Statement<ClaimedRow>, around: Surroundings): Plan<Claimed<ClaimedRow>> {
  const { me, residency, held, vault } = around;
  const rows: ClaimedRow[] = [];
  const inboxes = new Inboxes(vault);
  const history = new Map<number, Buffer[]>();
  let taken: readonly ClaimedRow[] = [];
  return {
    first: [step(claim, (row) => rows.push(row))],
    rest() {
      taken = rows.slice(0, loadable(rows));
      const excess = rows.slice(taken.length);
      const keys = taken.map(toKey);
      const wanted = keys.map((key) => ({ ...key, most: limits.heldMessages + 1, ...fromNothing }));
      return [
        ...when(excess, () => step(giveBack(me, excess))),
        ...when(keys, () =>
          step(readInboxes(me, wanted), (row) => {
            inboxes.add(row);
          }),
        ),
        ...when(keys, () =>
          step(readHistory(keys), (row) => {
            const known = history.get(row.instance_key);
            if (known) known.push(row.events);
            else history.set(row.instance_key, [row.events]);
          }),
        ),
      ];
    },
    finish() {
      const { opened: claimed, unreadable } = openAll(taken, (row): ClaimedInstance => {
        const key = row.instance_key;
        const why = inboxes.whyUnreadable(key);
        if (why) throw why;
        return {
          state: toState(row, vault),
          history: (history.get(key) ?? []).map((events) => vault.open('history', events)),
          messages: inboxes.of(key).slice(0, limits.heldMessages),
          hasMore: inboxes.mayHaveMore(key, limits.heldMessages),
        };
      });
      for (const { state } of claimed) held.add(state);
      if (claimed.length > 0) residency.settle({ ...noResult, claimed })();
      return { count: taken.length, unreadable };
    },
  };
}

function openAll<Row, Value>(
  rows: readonly Row[],
  open: (row: Row) => Value,
): { readonly opened: Value[]; readonly unreadable: Claimed<Row>['unreadable'] } {
  const opened: Value[] = [];
  const unreadable: { row: Row; error: UnreadablePayloadError }[] = [];
  for (const row of rows) {
    try {
      opened.push(open(row));
    } catch (error) {
      if (!(error instanceof UnreadablePayloadError)) throw error;
      unreadable.push({ row, error });
    }
  }
  return { opened, unreadable };
}

/** How many of these have histories that may be loaded at once, at least one; the rest is given back. */
function loadable(rows: readonly ClaimedRow[]): number {
  let bytes = 0;
  const end = rows.findIndex((row, at) => {
    bytes += row.history_bytes;
    return at > 0 && bytes > limits.loadedBytes;
  });
  return end < 0 ? rows.length : end;
}

export function claimActivitiesPlan(
  claim: Claim,
  { me, residency, vault }: Surroundings,
): Plan<Claimed<ActivityRow>> {
  const rows: ActivityRow[] = [];
  return {
    first: [step(claimActivities(me, claim), (row) => rows.push(row))],
    rest: () => [],
    finish() {
      const { opened, unreadable } = openAll(rows, (row): ClaimedActivity => toClaimedActivity(row, vault));
      if (opened.length > 0) residency.settle({ ...noResult, claimedActivities: opened })();
      return { count: rows.length, unreadable };
    },
  };
}

/** One bounded step for one of the dead, in key order. */
export function freePlan(dead: number, { residency }: Pick<Surroundings, 'residency'>): Plan<number> {
  const locked: InstanceKey[] = [];
  const spilled = new Map<string, BatchResult['spilled'][number]>();
  let freed = 0;
  const spill = (hubId: number, item: BatchResult['spilled'][number]['item']): void => {
    spilled.set(`${hubId}/${item}`, { hubId, item });
  };
  return {
    first: [step(lockInstancesOf(dead, limits.freeRows), (row) => locked.push(toKey(row)))],
    rest: () => [
      ...when(locked, () =>
        step(freeInstances(dead, locked), (row) => {
          freed++;
          if (row.is_ready) spill(row.hub_id, itemOf(row));
        }),
      ),
      step(freeActivities(dead, limits.freeRows), (row) => {
        freed++;
        spill(row.hub_id, 'activity');
      }),
      step(deleteStoredFor(dead, limits.freeRows), () => freed++),
    ],
    finish() {
      if (spilled.size > 0) residency.settle({ ...noResult, spilled: [...spilled.values()] })();
      return freed;
    },
  };
}

/** One of mine goes back to where everybody can claim it; nothing happens when it is not mine any more. */
export function disownPlan(instance: InstanceKey, { me, residency, held }: Surroundings): Plan<void> {
  const spilled: BatchResult['spilled'][number][] = [];
  return {
    first: [step(lockInstances({ keys: [instance], ids: [], parents: [] }))],
    rest: () => [
      step(freeInstances(me, [instance]), (row) => {
        if (row.is_ready) spilled.push({ hubId: row.hub_id, item: itemOf(row) });
      }),
    ],
    finish() {
      held.remove(instance.key);
      residency.settle({ ...noResult, spilled })();
    },
  };
}

function itemOf(row: FreedRow): BatchResult['spilled'][number]['item'] {
  return row.engine_work ? 'engine' : kindOf(row.kind);
}

/** Locks in the order of all, then deletes rows with everything that hangs on them. */
export function deleteInstancesPlan(keys: readonly InstanceKey[], which: 'all' | 'finished'): Plan<number> {
  let deleted = 0;
  return {
    first: [step(lockInstances({ keys, ids: [], parents: [] }))],
    rest: () => [step(deleteInstances(keys, which), () => deleted++)],
    finish: () => deleted,
  };
}

/** Entities that have nothing go (entities §1.2). */
export function cleanEntitiesPlan(
  hubId: number,
  after: string,
): Plan<{ readonly removed: number; readonly last: string | undefined }> {
  let removed = 0;
  let last: string | undefined;
  return {
    first: [
      step(deleteVoidEntities(hubId, after), (row) => {
        removed = row.removed;
        last = row.is_full ? (row.last_looked_at ?? undefined) : undefined;
      }),
    ],
    rest: () => [],
    finish: () => ({ removed, last }),
  };
}

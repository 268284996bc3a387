// One commit batch: the statements of many writes in the order that every replica keeps (ownership.md §3), which is also
// the lock order. Statements for nothing are left out.

import { type InstanceKey } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { type WriteResult } from '../domain/write.ts';
import {
  completeActivities,
  dropQueuedActivities,
  insertActivities,
  insertMissingActivities,
  releaseActivities,
} from './activities.ts';
import { deleteStored, storeChunks } from './completions.ts';
import {
  delayToEntities,
  forEachToEntity,
  deleteSignals,
  insertEntities,
  recordEntities,
  sendToEntities,
} from './entities.ts';
import { deleteHistory, insertHistory } from './history.ts';
import { kindOf } from './codes.ts';
import {
  deleteConsumed,
  deleteInboxes,
  deleteOldResults,
  forEachSent,
  sendByKey,
  sendById,
  sendToChildren,
  type Sending,
  type SentRow,
} from './inbox.ts';
import { readInboxes, type WantedInbox } from './inbox-reads.ts';
import { deleteNamesakes, insertInstances } from './instances.ts';
import { lockInstances } from './lock.ts';
import { Parts, type Surroundings } from './parts.ts';
import {
  clearBells,
  expectLiving,
  recordControls,
  recordEnds,
  recordReleases,
  recordRenewals,
  recordRewinds,
  recordTurns,
  type ReleasedRow,
} from './patches.ts';
import { type Pending } from './queue.ts';
import { fence } from './replicas.ts';
import { roomFor, Settlement } from './settle.ts';
import { beginStep, commitStep, fenceStep, guard, type Step, step, when } from './step.ts';
import { deleteTimers, fireTimers, insertTimers } from './timers.ts';

const EVERY_GENERATION = 0x7fff_ffff;

export class Batch {
  readonly pending: readonly Pending[];
  readonly #around: Surroundings;
  readonly #parts: Parts;
  readonly #settlement: Settlement;
  readonly #room = new Map<number, number>();

  /** Looks at memory: what is resident now is what this batch believes. */
  constructor(pending: readonly Pending[], around: Surroundings) {
    this.pending = pending;
    this.#around = around;
    this.#parts = new Parts(pending, around);
    this.#settlement = new Settlement(around, this.#parts);
  }

  /** The whole transaction, COMMIT included. */
  steps(): Step[] {
    return [
      beginStep,
      fenceStep(fence(this.#around.me)),
      ...this.#locks(),
      ...this.#patches(),
      ...this.#inserts(),
      ...this.#timerDeletes(),
      ...this.#activityDeletes(),
      ...this.#inboxDeletes(),
      ...this.#messages(),
      ...this.#closingReads(),
      commitStep,
    ];
  }

  /** After COMMIT: memory at once; whoever waits for the writes is told by the function that it returns. */
  settle(): () => void {
    const { held, residency } = this.#around;
    const result = this.#settlement.result(held, ({ key }) => this.#room.get(key) ?? limits.heldMessages);
    for (const { patch } of result.patches) {
      if (patch.kind === 'end' || patch.kind === 'release') held.remove(patch.key);
    }
    for (const { instance } of result.started) held.add(instance);
    const act = residency.settle(result);
    return () => {
      try {
        act();
      } finally {
        this.pending.forEach((entry, i) => {
          const draft: WriteResult | undefined = this.#parts.drafts[i];
          if (draft) entry.resolve(draft);
        });
      }
    };
  }

  #locks(): Step[] {
    const { lockKeys: keys, lockIds: ids, toChildren } = this.#parts;
    if (keys.length + ids.length + toChildren.length === 0) return [];
    return [step(lockInstances({ keys, ids, parents: toChildren.map(({ parentKey }) => parentKey) }))];
  }

  #patches(): Step[] {
    const { me } = this.#around;
    const { turns, ends, renewals, controls, entities, releases, fetches, rewinds, awaited, instances } =
      this.#parts;
    const replacing = instances.filter(({ replaces }) => replaces.length > 0);
    return [
      ...when(turns, () => guard(recordTurns(this.#around, turns))),
      ...when(ends, () => guard(recordEnds(this.#around, ends))),
      ...when(renewals, () => guard(recordRenewals(this.#around, renewals))),
      ...when(controls, () => guard(recordControls(this.#around, controls))),
      ...when(entities, () => guard(recordEntities(this.#around, entities))),
      ...when(releases, () => guard(recordReleases(me, releases), this.#released)),
      ...when(fetches, () => step(clearBells(me, fetches))),
      ...when(rewinds, () => guard(recordRewinds(rewinds), this.#rewound)),
      ...when(awaited, () => guard(expectLiving(awaited))),
      ...when(replacing, () => step(deleteNamesakes(replacing))),
    ];
  }

  readonly #released = ({ hub_ids: hubIds, kinds, engine_work: engineWork }: ReleasedRow): void => {
    hubIds?.forEach((hubId, i) => {
      this.#settlement.spill(hubId, engineWork?.[i] ? 'engine' : kindOf(kinds?.[i] ?? 0));
    });
  };

  readonly #rewound = ({ hub_ids: hubIds }: { readonly hub_ids: readonly number[] | null }): void => {
    for (const hubId of hubIds ?? []) this.#settlement.spill(hubId, 'orchestration');
  };

  #inserts(): Step[] {
    const { me, vault } = this.#around;
    const { instances, turns, ends, rewinds, activities, timers, chunks, takenChunks } = this.#parts;
    const settlement = this.#settlement;
    const recorded = [...turns, ...ends, ...rewinds];
    return [
      ...when(instances, () =>
        step(insertInstances(this.#around, instances), (row) => {
          settlement.won(row.instance_key);
        }),
      ),
      ...this.#entityInserts(),
      ...when(recorded, () => guard(insertHistory(vault, recorded))),
      ...when(activities, () => step(insertActivities(this.#around, activities))),
      ...when(timers, () => step(insertTimers(vault, timers))),
      ...when(chunks, () =>
        step(storeChunks(vault, chunks), (row) => {
          settlement.stored(row.replica_id);
        }),
      ),
      ...when(takenChunks, () => step(deleteStored(me, takenChunks))),
    ];
  }

  #entityInserts(): Step[] {
    const { toEntities, heldEntities, delayedToEntities } = this.#parts;
    const missing = [...toEntities.filter((_, i) => !heldEntities[i]), ...delayedToEntities];
    return when(missing, () => step(insertEntities(missing)));
  }

  #timerDeletes(): Step[] {
    const { ends, renewals, dueTimers, isHeld } = this.#parts;
    const over = [
      ...this.#purged().map(({ partition, key }) => ({ partition, key, before: EVERY_GENERATION })),
      ...ends.map(({ partition, key }) => ({ partition, key, before: EVERY_GENERATION })),
      ...renewals.map(({ partition, key, generation }) => ({ partition, key, before: generation })),
    ];
    return [
      ...when(over, () => step(deleteTimers(over))),
      ...when(dueTimers, () =>
        step(fireTimers(this.#around.me, dueTimers, isHeld), (row) => {
          this.#settlement.fired(row);
        }),
      ),
    ];
  }

  #activityDeletes(): Step[] {
    const { me, vault } = this.#around;
    const { ends, pendingActivities, completions, releasedActivities, isHeld } = this.#parts;
    const settlement = this.#settlement;
    const dropping = ends.filter(({ dropsActivities }) => dropsActivities);
    return [
      ...when(dropping, () => step(dropQueuedActivities(dropping))),
      ...when(pendingActivities, () =>
        step(insertMissingActivities(vault, pendingActivities), (row) => {
          settlement.spill(row.hub_id, 'activity');
        }),
      ),
      ...when(completions, () =>
        step(completeActivities(this.#around, completions, isHeld), (row) => {
          settlement.completed(row);
        }),
      ),
      ...when(releasedActivities, () =>
        step(releaseActivities(me, releasedActivities), (row) => {
          settlement.activityEnded(row.activity_key, row.former_owner);
          if (row.is_ready) settlement.spill(row.hub_id, 'activity');
        }),
      ),
    ];
  }

  #inboxDeletes(): Step[] {
    const { consumed, consumers, ends, renewals, rewinds } = this.#parts;
    const rewritten = [...renewals, ...rewinds];
    const purged = this.#purged();
    return [
      ...when(consumed, () => guard(deleteConsumed(consumers, consumed))),
      ...when(ends, () => step(deleteInboxes(ends))),
      ...when(purged, () => step(deleteSignals(purged))),
      ...when(renewals, () => step(deleteOldResults(renewals))),
      ...when(rewritten, () => step(deleteHistory(rewritten))),
    ];
  }

  #purged(): readonly InstanceKey[] {
    return this.#parts.entities.filter(({ dropsSignals }) => dropsSignals);
  }

  #messages(): Step[] {
    const { vault } = this.#around;
    const { keyed, byId, toChildren, toEntities, heldEntities, delayedToEntities: delayed } = this.#parts;
    return [
      ...when(keyed, () => sending(sendByKey(this.#around, keyed), this.#sentByKey)),
      ...when(byId, () => sending(sendById(this.#around, byId), this.#sentTo(byId))),
      ...when(toChildren, () => sending(sendToChildren(this.#around, toChildren), this.#sentTo(toChildren))),
      ...when(toEntities, () =>
        step(sendToEntities(this.#around, toEntities, heldEntities), (sent) => {
          forEachToEntity(sent, (row) => {
            const message = toEntities[row.n - 1];
            if (message) this.#settlement.sentToEntity(row, message);
          });
        }),
      ),
      ...when(delayed, () =>
        step(delayToEntities(vault, delayed), (row) => {
          const message = delayed[row.n - 1];
          if (message) this.#settlement.delayed(row, message);
        }),
      ),
    ];
  }

  readonly #sentByKey = (row: SentRow): void => {
    const outgoing = this.#parts.keyed[row.n - 1];
    if (outgoing) this.#settlement.sentByKey(row, outgoing);
  };

  #sentTo(list: Parts['byId'] | Parts['toChildren']): (row: SentRow) => void {
    return (row) => {
      const to = list[row.n - 1];
      if (to) this.#settlement.sentElsewhere(row, to.message, to.sent);
    };
  }

  /** What residents missed: after a fetch all of it, after a client's message what others sent before it (§7). */
  #closingReads(): Step[] {
    const { fetches, closing } = this.#parts;
    for (const { key } of fetches) closing.delete(key);
    const wanted = [
      ...fetches.map((instance) => this.#wanted(instance, false)),
      ...[...closing.values()].map((instance) => this.#wanted(instance, true)),
    ];
    return when(wanted, () =>
      step(readInboxes(this.#around.me, wanted), (row) => {
        this.#settlement.found(row);
      }),
    );
  }

  #wanted({ partition, key }: InstanceKey, ofOthers: boolean): WantedInbox {
    const known = this.#around.residency.knownMessages(key);
    const room = roomFor(known.length);
    this.#room.set(key, room);
    return { partition, key, most: room + 1, known, ofOthers };
  }
}

function sending(statement: Sending, visit: (row: SentRow) => void): Step {
  return step(statement, (sent) => {
    forEachSent(sent, visit);
  });
}

// The steps of a lane: a batch begins, perhaps waits for a lock, commits, and its result arrives.

import { type Step } from './checker.ts';
import { commit } from './commit.ts';
import { ended, refusals } from './lives.ts';
import { batchesOf } from './offers.ts';
import { type Model } from './scenario.ts';
import { settle } from './settle.ts';
import { nameOf, replaced, replicaOf, type State, type Transaction, withReplica } from './state.ts';
import { type At, begin, getLocks, passesFence } from './transactions.ts';

export function stepsOfLanes(model: Model, state: State, side: number): Step<State>[] {
  return replicaOf(state, side).lanes.flatMap((transaction, lane): Step<State>[] => {
    const at = { side, lane };
    switch (transaction?.phase) {
      case undefined:
        return beginnings(model, state, at);
      case 'waits':
        return locks(model, state, at);
      case 'open':
        return [...commits(model, state, at), ...refusals(model, state, at)];
      case 'committed':
        return results(model, state, at);
    }
  });
}

function transactionAt(state: State, { side, lane }: At): Transaction {
  const transaction = replicaOf(state, side).lanes[lane];
  if (!transaction) throw new Error('the lane is idle');
  return transaction;
}

function withLane(state: State, { side, lane }: At, transaction: Transaction | undefined): State {
  return withReplica(state, side, {
    lanes: replaced(replicaOf(state, side).lanes, lane, transaction),
  });
}

function beginnings(model: Model, state: State, at: At): Step<State>[] {
  const replica = replicaOf(state, at.side);
  if (!passesFence(model, state, replica)) {
    return model.lacks.has('whichStatement') ? mistaken(model, state, at) : [];
  }
  return batchesOf(model, state, at.side).flatMap((batch): Step<State>[] => {
    const next = begin(model, state, at, batch);
    if (!next) return [];
    const isOwn = transactionAt(next, at).writes.some((write) => 'isOwn' in write && write.isOwn);
    const says = `${nameOf(replica.incarnation)}: BEGIN ${batch.says}${isOwn ? ' (own)' : ''}`;
    return [{ sort: batch.isChoice ? 'choice' : 'step', says, next }];
  });
}

/** Only where `whichStatement` is dropped: the fence refuses, and the write is answered as a stale one. */
function mistaken(model: Model, state: State, at: At): Step<State>[] {
  return batchesOf(model, state, at.side).flatMap((batch): Step<State>[] => {
    const begun = begin(model, state, at, batch);
    if (!begun || begun.asked === state.asked) return [];
    const { lanes, incarnation } = replicaOf(state, at.side);
    const dropped = { ...begun, acknowledged: begun.acknowledged | (begun.asked & ~state.asked) };
    const says = `${nameOf(incarnation)}: the fence refuses ${batch.says}; it is answered OK`;
    return [{ sort: 'step', says, next: withReplica(dropped, at.side, { lanes }) }];
  });
}

function locks(model: Model, state: State, at: At): Step<State>[] {
  const transaction = transactionAt(state, at);
  const next = getLocks(model, state, at, transaction);
  if (!next) return [];
  return [{ sort: 'step', says: `${nameOf(transaction.incarnation)}: gets the lock it waited for`, next }];
}

function commits(model: Model, state: State, at: At): Step<State>[] {
  const transaction = transactionAt(state, at);
  const name = nameOf(transaction.incarnation);
  const { state: after, results: rows, flaw } = commit(model, state, transaction);
  if (!after) {
    const next = ended(model, withLane(state, at, undefined), at.side, 'over');
    return [
      { sort: 'step', says: `${name}: a guard refuses the batch`, next, counts: 'refusals by a guard' },
    ];
  }
  const committed: Transaction = { ...transaction, phase: 'committed', results: rows, glance: undefined };
  return [{ sort: 'step', says: `${name}: COMMIT`, next: withLane(after, at, committed), flaw }];
}

function results(model: Model, state: State, at: At): Step<State>[] {
  const transaction = transactionAt(state, at);
  const name = nameOf(transaction.incarnation);
  const { budget } = state;
  const heard = settle(model, state, at, { transaction, isHintLost: false });
  const next = withSecondHalf(heard.state, at, transaction);
  const steps: Step<State>[] = [{ sort: 'step', says: `${name}: the result arrives`, next }];
  if (heard.isHinting && budget.lostHints > 0) {
    const losing = { ...state, budget: { ...budget, lostHints: budget.lostHints - 1 } };
    const unheard = settle(model, losing, at, { transaction, isHintLost: true });
    const says = `${name}: the result arrives, and the hint is lost`;
    steps.push({ sort: 'choice', says, next: withSecondHalf(unheard.state, at, transaction) });
  }
  return steps;
}

/** Only where `bisectAnew` is dropped. */
function withSecondHalf(state: State, at: At, { half, incarnation }: Transaction): State {
  if (!half) return state;
  return withLane(state, at, {
    ...{ phase: 'open', incarnation, writes: half, results: [] },
    ...{ glance: undefined, half: undefined },
  });
}

// Beginning, dying and starting over of replicas, and what may go wrong.

import { type Bits, bit, none } from './bits.ts';
import { type Step } from './checker.ts';
import { commit } from './commit.ts';
import { type Budget, type Model } from './scenario.ts';
import {
  isLiving,
  nameOf,
  newReplica,
  type Replica,
  replaced,
  replicaOf,
  type State,
  type Transaction,
  withReplica,
} from './state.ts';
import { type At, isBlocked, isRowHeld } from './transactions.ts';
import { callsIn, fetchedBy, isPipelined, rebuilt } from './writes.ts';

/** What an incarnation does about its own end and that of the other. */
export function stepsOfLife(model: Model, state: State, side: number): Step<State>[] {
  const replica = replicaOf(state, side);
  const steps = orphanSteps(model, state, side);
  const name = nameOf(replica.incarnation);
  const isHeld = isRowHeld(model, state, replica.incarnation);
  const isThere = isLiving(state, replica.incarnation);
  if (replica.mode === 'over') {
    if (!isHeld) {
      steps.push({
        sort: 'step',
        says: `${name} deletes its row and begins anew`,
        next: begunAnew(model, state, side),
      });
    }
    return steps;
  }
  const isDoomed = replica.mode === 'down' || replica.isExpired;
  if (isThere && isDoomed && !isHeld && replicaOf(state, 1 - side).mode === 'up') {
    const next = { ...state, living: state.living & ~bit(replica.incarnation) };
    steps.push({ sort: 'step', says: `the row of ${name} is deleted by the other`, next });
  }
  if (replica.mode === 'up') steps.push(...renewals(model, state, side));
  return steps;
}

/** A renewal may be late; one that finds no row ends the incarnation. */
function renewals(model: Model, state: State, side: number): Step<State>[] {
  const replica = replicaOf(state, side);
  const name = nameOf(replica.incarnation);
  if (isLiving(state, replica.incarnation)) {
    const sees = seenBy(model, state, replica);
    if (!replica.isExpired && sees === replica.sees) return [];
    const says = replica.isExpired ? `${name} renews late` : `${name} renews and sees who lives`;
    return [{ sort: 'step', says, next: withReplica(state, side, { isExpired: false, sees }) }];
  }
  if (model.lacks.has('deadStartsOver')) return [];
  if (model.lacks.has('renewalUpdates')) {
    const revived = { ...state, living: state.living | bit(replica.incarnation) };
    const next = withReplica(revived, side, { isExpired: false });
    return [{ sort: 'step', says: `${name} renews and inserts its row again`, next }];
  }
  const says = `${name} finds no row to renew and begins anew`;
  return [{ sort: 'step', says, next: begunAnew(model, orphaned(model, state, side), side) }];
}

/** A renewal reads who lives. */
function seenBy(model: Model, { living }: State, { sees }: Replica): Bits {
  return model.scenario.hasPoller && !model.lacks.has('renewalAssigns') ? living : sees;
}

/** The old backend may have got the bytes up to COMMIT, or not; an idle transaction is ended by the server. */
function orphanSteps(model: Model, state: State, side: number): Step<State>[] {
  const { orphan } = replicaOf(state, side);
  if (!orphan || (model.lacks.has('idleTimeout') && !isPipelined(orphan))) return [];
  const gone = withReplica(state, side, { orphan: undefined });
  if (orphan.phase === 'waits' && isBlocked(model, gone, orphan.writes)) return [];
  const says = `a forgotten backend of ${nameOf(orphan.incarnation)}`;
  const steps: Step<State>[] = [{ sort: 'step', says: `${says} rolls back`, next: gone }];
  const { state: committed, flaw } = commit(model, gone, orphan);
  if (committed) steps.push({ sort: 'step', says: `${says} commits`, next: committed, flaw });
  return steps;
}

/** Deletes its row, drops everything in memory, and is another. */
function begunAnew(model: Model, state: State, side: number): State {
  const old = replicaOf(state, side);
  const incarnation = old.incarnation + 2;
  const residents = old.residents.map(() => undefined);
  const survivors = model.lacks.has('freshStart')
    ? old.lanes.map((lane) => (lane?.phase === 'committed' ? lane : undefined))
    : old.lanes.map(() => undefined);
  const next: Replica = {
    ...newReplica(incarnation, residents, survivors),
    orphan: old.orphan,
    atWorkers: old.atWorkers,
  };
  const living = (state.living & ~bit(old.incarnation)) | bit(incarnation);
  return {
    ...state,
    decided: state.decided & ~callsOf(model, side),
    living,
    replicas: replaced(state.replicas, side, { ...next, sees: model.scenario.hasPoller ? living : none }),
  };
}

/** Of those that a client makes through this replica. Calls in flight are never answered: they stay asked. */
function callsOf(model: Model, side: number): Bits {
  return model.calls.reduce((calls, { via, bit: call }) => (via === side ? calls | call : calls), none);
}

/** The connection is gone: what the server had of it goes on without us. */
function orphaned(model: Model, state: State, side: number): State {
  const { lanes, orphan } = replicaOf(state, side);
  const open = lanes.find((lane): lane is Transaction => lane !== undefined && lane.phase !== 'committed');
  if (model.lacks.has('freshStart')) return state;
  return withReplica(state, side, { orphan: orphan ?? open, lanes: lanes.map(() => undefined) });
}

/** Memory and lane are gone. */
export function ended(model: Model, state: State, side: number, mode: 'over' | 'down'): State {
  const after = orphaned(model, state, side);
  const { residents, lanes } = replicaOf(after, side);
  return withReplica(after, side, {
    ...{ mode, residents: residents.map(() => undefined) },
    ...{ bells: none, answers: none, owes: none, polled: none, sees: none },
    lanes: lanes.map(() => undefined),
  });
}

function spent({ budget }: State, what: keyof Budget): { budget: Budget } {
  return { budget: { ...budget, [what]: budget[what] - 1 } };
}

export function faultsOf(model: Model, state: State, side: number): Step<State>[] {
  const replica = replicaOf(state, side);
  if (replica.mode !== 'up' || replica.orphan) return [];
  const steps = lostConnections(model, state, side);
  const { budget } = state;
  const name = nameOf(replica.incarnation);
  const isOtherUp = replicaOf(state, 1 - side).mode === 'up';
  if (budget.crashes > 0 && isOtherUp) {
    const next = ended(model, { ...state, ...spent(state, 'crashes') }, side, 'down');
    steps.push({ sort: 'choice', says: `${name} crashes`, next });
  }
  if (budget.pauses > 0 && isOtherUp && !replica.isExpired && isLiving(state, replica.incarnation)) {
    const next = withReplica({ ...state, ...spent(state, 'pauses') }, side, { isExpired: true });
    steps.push({ sort: 'choice', says: `${name} is paused until its lease has run out`, next });
  }
  return steps;
}

/** The bytes of a batch are written and its connection breaks: did it commit? */
function lostConnections(model: Model, state: State, side: number): Step<State>[] {
  const replica = replicaOf(state, side);
  if (state.budget.lostConnections === 0) return [];
  const broken = { ...state, ...spent(state, 'lostConnections') };
  const name = nameOf(replica.incarnation);
  return replica.lanes.flatMap((lane, at): Step<State>[] => {
    if (!lane) return [];
    const says = `the connection of ${name} breaks before COMMIT is answered`;
    const isProbed = model.lacks.has('neverProbed');
    if (isProbed && lane.phase === 'committed') return [];
    const next =
      isProbed || model.lacks.has('neverSentAgain')
        ? sentAgain(model, broken, side, { lane, at })
        : ended(model, broken, side, 'over');
    return [{ sort: 'choice', says, next }];
  });
}

/** The lane puts the writes of a batch back and goes on with the memory it has. */
function sentAgain(
  model: Model,
  state: State,
  side: number,
  { lane, at }: { readonly lane: Transaction; readonly at: number },
): State {
  const { lanes } = replicaOf(state, side);
  const back = { ...state, asked: state.asked & ~callsIn(model, lane.writes) };
  return withReplica(back, side, {
    lanes: replaced(lanes, at, undefined),
    orphan: lane.phase === 'committed' ? undefined : lane,
  });
}

/** The server refuses an open batch, for a deadlock or a poison write: nothing was written. */
export function refusals(model: Model, state: State, { side, lane: at }: At): Step<State>[] {
  const replica = replicaOf(state, side);
  const lane = replica.lanes[at];
  if (state.budget.refusals === 0 || lane?.phase !== 'open') return [];
  const refused = { ...state, ...spent(state, 'refusals') };
  const says = `${nameOf(lane.incarnation)}: the server refuses the batch`;
  const wrong = mishandled(model, refused, side, lane);
  if (wrong) {
    const next = withReplica(refused, side, { lanes: replaced(replica.lanes, at, wrong) });
    return [{ sort: 'choice', says, next }];
  }
  const back = { ...refused, asked: refused.asked & ~callsIn(model, lane.writes) };
  const next = withReplica(back, side, {
    lanes: replaced(replica.lanes, at, undefined),
    bells: replica.bells | fetchedBy(lane.writes),
  });
  return [{ sort: 'choice', says, next }];
}

/** What a lane goes on with after a refusal, where a rule about refusals is dropped. */
function mishandled(model: Model, state: State, side: number, lane: Transaction): Transaction | undefined {
  if (model.lacks.has('commitTag')) {
    const { results } = commit(model, state, lane);
    return { ...lane, phase: 'committed', results };
  }
  if (!model.lacks.has('bisectAnew')) return undefined;
  const [first, ...others] = rebuilt(model, replicaOf(state, side), lane.writes);
  return first && others.length > 0 ? { ...lane, writes: [first], half: others } : undefined;
}

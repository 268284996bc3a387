// How a batch begins: it is built from memory, passes the fence and takes its locks, all in one step, because between
// building and the lock statement nothing changes the memory of a replica with one lane. A batch that would wait for a
// lock just begins later; only a delete of timers and activities may find, when it gets its lock, that the row is gone.

import { bit, type Bits, has, none } from './bits.ts';
import { type Model } from './scenario.ts';
import {
  type Glance,
  isLiving,
  isPatch,
  type Replica,
  replaced,
  replicaOf,
  type State,
  type Transaction,
  unfinished,
  withReplica,
  withResident,
  type Write,
} from './state.ts';
import { callsIn, fetchedBy, firedBy, type Offer, targetOf } from './writes.ts';

/** A lane of a replica. */
export interface At {
  readonly side: number;
  readonly lane: number;
}

interface Locks {
  /** Rows of instances. */
  readonly instances: Bits;
  /** Rows of timers and activities. */
  readonly sources: Bits;
}

const noLocks: Locks = { instances: none, sources: none };

/** Which rows a transaction holds until its end. */
function locksOf(model: Model, state: State, writes: readonly Write[]): Locks {
  let { instances, sources } = noLocks;
  for (const write of writes) {
    instances |= lockedBy(model, state, write);
    if (write.kind === 'fire' || write.kind === 'take') sources |= bit(write.message);
  }
  return { instances, sources };
}

function lockedBy(model: Model, state: State, write: Write): Bits {
  switch (write.kind) {
    case 'send':
    case 'fire':
      return lockedTarget(model, write);
    case 'start':
      return bit(write.start.child) | lockedTarget(model, write);
    case 'replace':
      return bit(model.message(write.message).to);
    case 'free':
      return rowsOf(state, write.dead);
    case 'claim':
      return bit(write.instance);
    default:
      return isPatch(write) ? bit(write.instance) : none;
  }
}

/** A message for an own resident takes no lock. */
function lockedTarget(model: Model, write: Extract<Write, { isOwn: boolean }>): Bits {
  const isLockless = write.isOwn || (write.kind === 'send' && model.lacks.has('senderLocks'));
  return isLockless ? none : bit(targetOf(model, write));
}

function rowsOf({ rows }: State, owner: number): Bits {
  return rows.reduce((bits, row, at) => (row?.owner === owner ? bits | bit(at) : bits), none);
}

export function isBlocked(model: Model, state: State, writes: readonly Write[]): boolean {
  const mine = locksOf(model, state, writes);
  return unfinished(state).some((other) => {
    if (other.phase !== 'open') return false;
    const theirs = locksOf(model, state, other.writes);
    return (mine.instances & theirs.instances) !== none || (mine.sources & theirs.sources) !== none;
  });
}

/** Does a transaction hold that row of `replicas`? Then it can't be deleted. */
export function isRowHeld(model: Model, state: State, incarnation: number): boolean {
  const isFenced = !model.lacks.has('fence') && !model.lacks.has('keyShare');
  return unfinished(state).some(
    (transaction) =>
      (isFenced && transaction.incarnation === incarnation) ||
      (transaction.phase === 'open' &&
        !model.lacks.has('storeForLiving') &&
        transaction.writes.some((write) => write.kind === 'store' && write.owner === incarnation)),
  );
}

export function passesFence(model: Model, state: State, { incarnation, isExpired }: Replica): boolean {
  return model.lacks.has('fence') || (isLiving(state, incarnation) && !isExpired);
}

/** The state after BEGIN, or undefined while it has to wait. */
export function begin(
  model: Model,
  state: State,
  at: At,
  { writes: offered, isChoice }: Offer,
): State | undefined {
  const { side, lane } = at;
  const replica = replicaOf(state, side);
  const writes = withReads(model, state, replica, offered);
  const looksEarly = writes.some((write) => isLate(model, write));
  const mustWait = isBlocked(model, state, writes);
  if (mustWait && !looksEarly && !writes.some(({ kind }) => kind === 'fire')) return undefined;
  const transaction: Transaction = {
    phase: looksEarly || mustWait ? 'waits' : 'open',
    incarnation: replica.incarnation,
    writes,
    results: [],
    glance: looksEarly || model.lacks.has('senderLocks') ? glanceAt(state) : undefined,
    half: undefined,
  };
  const { budget } = state;
  const begun = {
    ...state,
    asked: state.asked | callsIn(model, writes),
    budget: isChoice ? { ...budget, releases: budget.releases - 1 } : budget,
  };
  return withReplica(begun, side, {
    lanes: replaced(replica.lanes, lane, transaction),
    bells: replica.bells & ~fetchedBy(writes),
    polled: replica.polled & ~firedBy(writes),
    ...(model.lacks.has('memoryAfterResult') && heldEarly(model, replica, writes)),
  });
}

/** A transaction that waited goes on when its locks are free. */
export function getLocks(model: Model, state: State, at: At, transaction: Transaction): State | undefined {
  if (isBlocked(model, state, transaction.writes)) return undefined;
  const { lanes } = replicaOf(state, at.side);
  return withReplica(state, at.side, { lanes: replaced(lanes, at.lane, { ...transaction, phase: 'open' }) });
}

/**
 * A client's message to an own resident: the batch ends by reading that inbox (`readable`). It sees what is
 * committed when the batch begins (any later moment is a later BEGIN). A fetch in the same batch reads it anyway.
 */
function withReads(model: Model, state: State, { residents }: Replica, writes: readonly Write[]): Write[] {
  let consumed = none;
  for (const write of writes) {
    if (write.kind === 'turn') consumed |= write.consumed | outdatedBy(model, write);
    if (write.kind === 'control') consumed |= bit(write.message);
  }
  const fetched = fetchedBy(writes);
  return writes.map((write) => {
    if (write.kind !== 'send' || !write.isOwn || model.lacks.has('closingRead')) return write;
    const { to, via } = model.message(write.message);
    const resident = residents[to];
    if (via === undefined || !resident || has(fetched, to)) return write;
    if (resident.hasMore && model.lacks.has('moreReadsControls')) return write;
    const known = resident.held;
    return { ...write, closing: { known, found: readable(model, state, to) & ~known & ~consumed } };
  });
}

/** Results of the generation that a turn ends: they go before the inbox is read. */
function outdatedBy(model: Model, { instance, answer }: Extract<Write, { kind: 'turn' }>): Bits {
  if (!answer.renews) return none;
  return model.messages.reduce(
    (old, { key, to, bit: one }) =>
      key && to === instance && (answer.carries & one) === none ? old | one : old,
    none,
  );
}

/** While the bell is silent, only what goes before all that arrived. */
function readable(model: Model, { inbox, rows }: State, instance: number): Bits {
  const all = inbox & model.messagesTo(instance);
  const isSilent = rows[instance]?.bell === 'silent' && !model.lacks.has('silentUnread');
  return isSilent ? all & model.front : all;
}

/** Does this statement look before it has its lock? Only where the rule against that is dropped. */
function isLate({ lacks }: Model, { kind }: Write): boolean {
  switch (kind) {
    case 'fetch':
      return lacks.has('fetchLooksAfter');
    case 'claim':
      return lacks.has('claimLooksAfter');
    case 'free':
      return lacks.has('deadFirst');
    default:
      return false;
  }
}

function glanceAt({ inbox, living, rows }: State): Glance {
  return { inbox, living, rows };
}

function heldEarly(model: Model, replica: Replica, writes: readonly Write[]): Partial<Replica> {
  let { residents } = replica;
  for (const write of writes) {
    if (write.kind !== 'send' || !write.isOwn) continue;
    const { to, bit: sent } = model.message(write.message);
    const resident = residents[to];
    if (resident) {
      ({ residents } = withResident({ ...replica, residents }, to, {
        ...resident,
        held: resident.held | sent,
      }));
    }
  }
  return { residents };
}

// The result of a batch arrives: now memory changes, clients are answered, and hints go out.

import { bit, type Bits, countOf, firstOf, membersOf, none } from './bits.ts';
import { defined, type Message, type Model } from './scenario.ts';
import {
  type ClosingRead,
  nobody,
  type Replica,
  replaced,
  replicaOf,
  type Resident,
  residentOf,
  type Result,
  sideOf,
  type State,
  type Transaction,
  withReplica,
  type Write,
} from './state.ts';
import { type At } from './transactions.ts';
import { callsIn } from './writes.ts';

export interface Settled {
  readonly state: State;
  /** Did hints go out? */
  readonly isHinting: boolean;
}

export function settle(
  model: Model,
  state: State,
  at: At,
  { transaction, isHintLost }: { readonly transaction: Transaction; readonly isHintLost: boolean },
): Settled {
  const settlement = new Settlement(model, state, at.side);
  settlement.take(transaction);
  const after = settlement.after(at.lane, callsIn(model, transaction.writes));
  const { hints } = settlement;
  return { state: isHintLost ? after : hinted(after, hints), isHinting: hints.length > 0 };
}

type Hint =
  | { readonly kind: 'bell' | 'answer'; readonly owner: number; readonly instance: number }
  | { readonly kind: 'work'; readonly instance: number };

class Settlement {
  readonly hints: Hint[] = [];
  readonly #model: Model;
  readonly #state: State;
  readonly #side: number;
  readonly #replica: Replica;
  readonly #residents: (Resident | undefined)[];
  #answers: Bits;
  #owes: Bits;
  #atWorkers: readonly Bits[];
  /** Calls that came to nothing and are tried again. */
  #again = none;
  readonly #closing = new Map<number, ClosingRead>();

  constructor(model: Model, state: State, side: number) {
    this.#model = model;
    this.#state = state;
    this.#side = side;
    this.#replica = replicaOf(state, side);
    this.#residents = [...this.#replica.residents];
    this.#answers = this.#replica.answers;
    this.#owes = this.#replica.owes;
    this.#atWorkers = state.replicas.map(({ atWorkers }) => atWorkers);
  }

  /** Patches first, then what was inserted, as the lane tells memory. */
  take({ writes, results }: Transaction): void {
    for (const write of writes) {
      if (write.kind !== 'send' || !write.closing) continue;
      const { to } = this.#model.message(write.message);
      this.#closing.set(to, write.closing);
    }
    if (writes.some(({ kind }) => kind === 'free')) {
      this.#residents.forEach((_, at) => {
        this.#work(at);
      });
    }
    writes.forEach((write, at) => {
      this.#patch(write, defined(results[at]));
    });
    writes.forEach((write, at) => {
      this.#deliver(write, defined(results[at]));
    });
    for (const [instance, read] of this.#closing) this.#close(instance, read);
  }

  after(lane: number, calls: Bits): State {
    const { asked, acknowledged, decided } = this.#state;
    const state = {
      ...this.#state,
      acknowledged: acknowledged | (calls & ~this.#again),
      asked: asked & ~this.#again,
      decided: decided & ~calls,
      replicas: this.#state.replicas.map((replica, side) => ({
        ...replica,
        atWorkers: this.#atWorkers[side] ?? none,
      })),
    };
    return withReplica(state, this.#side, {
      residents: this.#residents,
      answers: this.#answers,
      owes: this.#owes,
      lanes: replaced(this.#replica.lanes, lane, undefined),
    });
  }

  // ── patches, claims, activities ──

  #patch(write: Write, result: Result): void {
    switch (write.kind) {
      case 'turn':
        this.#turn(write);
        return;
      case 'control':
        this.#control(write);
        return;
      case 'release':
        this.#residents[write.instance] = undefined;
        this.#work(write.instance);
        return;
      case 'fetch':
        this.#fetched(write.instance, result.got);
        return;
      case 'claim':
        this.#claimed(write.instance, result);
        return;
      case 'drop':
        if (!this.#hasStored(write.instance)) this.#answers &= ~bit(write.instance);
        return;
      case 'take':
        this.#receive(result.got);
        return;
      default:
    }
  }

  /** Another answer for it may have come meanwhile. */
  #hasStored(instance: number): boolean {
    const { incarnation } = this.#replica;
    return this.#state.stored.some((stored) => stored.owner === incarnation && stored.instance === instance);
  }

  /** Activities go to the workers of this replica. */
  #receive(activities: Bits): void {
    this.#atWorkers = replaced(
      this.#atWorkers,
      this.#side,
      defined(this.#atWorkers[this.#side]) | activities,
    );
  }

  #turn({ instance, consumed, answer }: Extract<Write, { kind: 'turn' }>): void {
    if (!this.#hasStored(instance)) this.#answers &= ~bit(instance);
    const eager = membersOf(answer.makes & this.#model.activities)
      .filter((number) => this.#model.message(number).isEager)
      .reduce((bits, number) => bits | bit(number), none);
    if (!answer.ends) this.#receive(eager);
    const resident = this.#residents[instance];
    if (!resident) return;
    if (answer.ends) {
      this.#residents[instance] = undefined;
      return;
    }
    const { lacks } = this.#model;
    const generation = resident.generation + (answer.renews ? 1 : 0);
    this.#residents[instance] = {
      ...resident,
      generation,
      turn: resident.turn + 1,
      status: resident.status === 'suspended' && !lacks.has('suspendStays') ? 'suspended' : 'running',
      held: this.#withoutOld(resident.held & ~consumed, generation),
      out: none,
    };
  }

  /** Results of a generation that is over are dropped with it. */
  #withoutOld(held: Bits, generation: number): Bits {
    if (this.#model.lacks.has('renewalDropsResults')) return held;
    let kept = held;
    for (const number of membersOf(held)) {
      const { key } = this.#model.message(number);
      if (key && key.generation !== generation) kept &= ~bit(number);
    }
    return kept;
  }

  #control({ instance, message }: Extract<Write, { kind: 'control' }>): void {
    const resident = this.#residents[instance];
    if (!resident) return;
    const { kind } = this.#model.message(message);
    if (kind === 'terminate') {
      this.#residents[instance] = undefined;
      return;
    }
    const { status, turn } = resident;
    const resumed = status === 'suspended' ? (turn === 0 ? 'pending' : 'running') : status;
    this.#residents[instance] = {
      ...resident,
      status: kind === 'suspend' ? 'suspended' : resumed,
      held: resident.held & ~bit(message),
    };
  }

  #fetched(instance: number, found: Bits): void {
    const resident = this.#residents[instance];
    if (!resident) return;
    const loaded = this.#first(found, this.#roomFor(resident));
    this.#residents[instance] = {
      ...resident,
      held: resident.held | loaded,
      hasMore: (found & ~loaded) !== none,
    };
  }

  #claimed(instance: number, { got, row }: Result): void {
    if (!row) return;
    const loaded = this.#first(got, this.#model.heldMessages);
    this.#residents[instance] = residentOf(row, loaded, (got & ~loaded) !== none);
  }

  // ── messages ──

  #deliver(write: Write, result: Result): void {
    switch (write.kind) {
      case 'send':
        this.#owes &= ~bit(write.message);
        this.#route(this.#model.message(write.message), write, result);
        return;
      case 'fire':
        if (write.worker !== nobody) {
          const left = defined(this.#atWorkers[write.worker]) & ~bit(write.message);
          this.#atWorkers = replaced(this.#atWorkers, write.worker, left);
        }
        this.#route(this.#model.message(write.message), write, result);
        return;
      case 'start':
        this.#started(write, result);
        return;
      case 'replace':
        if (result.got === none) this.#again |= bit(write.message);
        return;
      case 'store':
        if (result.rang !== nobody) {
          this.hints.push({ kind: 'answer', owner: result.rang, instance: write.instance });
        }
        return;
      default:
    }
  }

  /** To memory, or a hint for whoever owns the instance. */
  #route(message: Message, write: Extract<Write, { isOwn: boolean }>, { got, rang }: Result): void {
    const { to } = message;
    if (rang !== nobody) this.hints.push({ kind: 'bell', owner: rang, instance: to });
    else this.#work(to);
    if (!write.isOwn || (got === none && !this.#model.lacks.has('onlyReturnedRows'))) return;
    const read = this.#closing.get(to);
    if (read) this.#closing.set(to, { ...read, found: read.found | message.bit });
    else this.#hold(to, message.bit);
  }

  #started({ start, isOwn }: Extract<Write, { kind: 'start' }>, result: Result): void {
    const { child, started, failed, isEager } = start;
    if (result.got === bit(started)) {
      const row = this.#state.rows[child];
      if (isEager && row) {
        this.#residents[child] = residentOf({ ...row, turn: 0, status: 'pending' }, bit(started), false);
      } else this.#work(child);
    } else if (this.#model.lacks.has('failureWithStart')) this.#owes |= bit(failed);
    else this.#route(this.#model.message(failed), { kind: 'start', start, isOwn }, result);
  }

  /** What a closing read found, the messages that the batch itself inserted included: bounded like memory is. */
  #close(instance: number, { known, found }: ClosingRead): void {
    const room = Math.max(this.#model.heldMessages - countOf(known), 1);
    const first = this.#first(found, room + 1);
    for (const number of membersOf(first)) this.#hold(instance, bit(number));
    const resident = this.#residents[instance];
    if (resident && first !== found && !this.#model.lacks.has('closingTellsMore')) {
      this.#residents[instance] = { ...resident, hasMore: true };
    }
  }

  /** The first messages of an inbox: controls, then the others as they are numbered. */
  #first(messages: Bits, count: number): Bits {
    const controls = firstOf(messages & this.#model.controls, count);
    return controls | firstOf(messages & ~this.#model.controls, count - countOf(controls));
  }

  #roomFor({ held }: Resident): number {
    return Math.max(this.#model.heldMessages - countOf(held), 1);
  }

  /** While the inbox holds more than memory, memory takes no more events. */
  #hold(instance: number, message: Bits): void {
    const resident = this.#residents[instance];
    if (!resident) return;
    const isControl = (message & this.#model.controls) !== none;
    const hasRoom = countOf(resident.held & ~this.#model.controls) < this.#model.heldMessages;
    const isTaking = !resident.hasMore || this.#model.lacks.has('moreStops');
    if (isControl || (hasRoom && isTaking)) {
      this.#residents[instance] = { ...resident, held: resident.held | message };
    } else this.#residents[instance] = { ...resident, hasMore: true };
  }

  /** Unowned work may have appeared (it matters only where `sweepUnowned` is dropped: otherwise claims find it). */
  #work(instance: number): void {
    if (this.#model.lacks.has('sweepUnowned')) this.hints.push({ kind: 'work', instance });
  }
}

/** Hints reach whoever is up; those for an incarnation that is over reach nobody. */
function hinted(state: State, hints: readonly Hint[]): State {
  let after = state;
  for (const hint of hints) {
    const sides = hint.kind === 'work' ? [0, 1] : [sideOf(hint.owner)];
    for (const side of sides) {
      const replica = replicaOf(after, side);
      if (replica.mode !== 'up' || (hint.kind !== 'work' && replica.incarnation !== hint.owner)) continue;
      const heard = bit(hint.instance);
      after = withReplica(
        after,
        side,
        hint.kind === 'answer' ? { answers: replica.answers | heard } : { bells: replica.bells | heard },
      );
    }
  }
  return after;
}

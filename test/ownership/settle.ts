// The result of a batch arrives: now memory changes, clients are answered, and hints go out.

import { bit, type Bits, countOf, firstOf, has, membersOf, none } from './bits.ts';
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

/** What the batch read of an inbox; one that is cut may have left some. */
interface Read extends ClosingRead {
  readonly isClosing: boolean;
  readonly isCut: boolean;
}

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
  /** What the batch read of inboxes. */
  readonly #reads = new Map<number, Read>();
  /** What it inserted for residents whose inbox it read at its end. */
  #inserted = none;

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
    this.#read(writes, results);
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
    for (const [instance, read] of this.#reads) if (read.isClosing) this.#close(instance, read);
  }

  /** All reads of a batch together are cut, in the order of their inboxes. */
  #read(writes: readonly Write[], results: readonly Result[]): void {
    const reads = new Map(
      writes.flatMap((write, at) => {
        const read = this.#readOf(write, defined(results[at]));
        return read ? [read] : [];
      }),
    );
    let count = 0;
    for (const [instance, { known, found, isClosing }] of [...reads].sort(([a], [b]) => a - b)) {
      const most = this.#roomFor(known) + (isClosing ? 1 : 0);
      let kept = none;
      for (const number of membersOf(firstOf(found, most))) {
        if (count++ < this.#model.loadedMessages || this.#isSpared(number, known)) kept |= bit(number);
      }
      const isCut =
        count >= this.#model.loadedMessages || (isClosing ? countOf(found) >= most : kept !== found);
      this.#reads.set(instance, { known, found: kept, isClosing, isCut });
    }
  }

  #readOf(write: Write, { got }: Result): [number, Omit<Read, 'isCut'>] | undefined {
    if (write.kind === 'fetch') {
      return [write.instance, { known: write.known, found: got, isClosing: false }];
    }
    if (write.kind !== 'send' || !write.closing) return undefined;
    return [this.#model.message(write.message).to, { ...write.closing, isClosing: true }];
  }

  /** Where memory holds something, that might never run without what goes before it: no cut takes that away. */
  #isSpared(number: number, known: Bits): boolean {
    return known !== none && has(this.#model.front, number) && !this.#model.lacks.has('cutSpares');
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
        this.#fetched(write.instance);
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
    const { lacks } = this.#model;
    if (lacks.has('renewalStarts')) this.#owes |= answer.carries;
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
    const generation = resident.generation + (answer.renews ? 1 : 0);
    this.#residents[instance] = {
      ...resident,
      generation,
      turn: resident.turn + 1,
      status: resident.status === 'suspended' && !lacks.has('suspendStays') ? 'suspended' : 'running',
      held:
        this.#withoutOld(resident.held & ~consumed, generation) |
        (lacks.has('renewalStarts') ? none : answer.carries),
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
      if (this.#model.lacks.has('recursionInside')) {
        for (const number of this.#model.recursionsOf(message)) this.#owes |= bit(number);
      }
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

  #fetched(instance: number): void {
    const resident = this.#residents[instance];
    if (!resident) return;
    const { found, isCut } = defined(this.#reads.get(instance));
    this.#residents[instance] = {
      ...resident,
      held: resident.held | found,
      hasMore: isCut,
      lacksControls: isCut && this.#endsAmongControls(found),
    };
  }

  #claimed(instance: number, { got, row }: Result): void {
    if (!row) return;
    const loaded = firstOf(got, Math.min(this.#model.heldMessages, this.#model.loadedMessages));
    const isCut = (got & ~loaded) !== none;
    this.#residents[instance] = {
      ...residentOf(row, loaded, isCut),
      lacksControls: isCut && this.#endsAmongControls(loaded),
    };
  }

  #endsAmongControls(read: Bits): boolean {
    const last = membersOf(read).at(-1);
    return last !== undefined && has(this.#model.controls, last) && !this.#model.lacks.has('controlsReadOn');
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
    if (this.#reads.get(to)?.isClosing) this.#inserted |= message.bit;
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

  /**
   * What a closing read found, and what the batch inserted itself: where the read was cut, that is left to a fetch as
   * well, but for what goes before all that arrived and is surely found.
   */
  #close(instance: number, { known, found, isCut }: Read): void {
    const own = this.#inserted & this.#model.messagesTo(instance);
    const certain = known === none ? none : own & this.#model.front;
    for (const number of membersOf(found | (isCut ? certain : own))) this.#hold(instance, bit(number));
    const resident = this.#residents[instance];
    if (resident && isCut && !this.#model.lacks.has('closingTellsMore')) {
      this.#residents[instance] = { ...resident, hasMore: true };
    }
  }

  #roomFor(held: Bits): number {
    return Math.max(this.#model.heldMessages - countOf(held), 1);
  }

  /** While the inbox holds more than memory, memory takes no more events. */
  #hold(instance: number, message: Bits): void {
    const resident = this.#residents[instance];
    if (!resident) return;
    const isAhead = (message & this.#model.front) !== none;
    const hasRoom = countOf(resident.held & ~this.#model.controls) < this.#model.heldMessages;
    const isTaking = !resident.hasMore || this.#model.lacks.has('moreStops');
    if (isAhead || (hasRoom && isTaking)) {
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

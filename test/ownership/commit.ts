// What a transaction does to the database, in the order of its statements: patches, starts, then the messages that are
// inserted for what these and the deletes won. All of it becomes visible at COMMIT.

import { bit, type Bits, has, membersOf, none } from './bits.ts';
import { defined, type Message, type Model, type Start, type Status } from './scenario.ts';
import {
  isPatch,
  isSame,
  nobody,
  noResult,
  readyAt,
  type Result,
  type Row,
  type State,
  type Stored,
  type Transaction,
  type Write,
} from './state.ts';

export interface Committed {
  /** Undefined: a guard refused, so nothing happened. */
  readonly state: State | undefined;
  readonly results: readonly Result[];
  readonly flaw: string | undefined;
}

export function commit(model: Model, state: State, transaction: Transaction): Committed {
  return new Commit(model, state, transaction).run();
}

type OfKind<Kind extends Write['kind']> = Extract<Write, { kind: Kind }>;

class Commit {
  readonly #model: Model;
  readonly #before: State;
  readonly #transaction: Transaction;
  readonly #me: number;
  readonly #rows: (Row | undefined)[];
  #inbox: Bits;
  #inserted: Bits;
  #recorded: Bits;
  #sources: Bits;
  #holders: readonly number[];
  #stored: readonly Stored[];
  #futile: number;
  #flaw: string | undefined;
  #isRefused = false;

  constructor(model: Model, state: State, transaction: Transaction) {
    this.#model = model;
    this.#before = state;
    this.#transaction = transaction;
    this.#me = transaction.incarnation;
    this.#rows = [...state.rows];
    this.#inbox = state.inbox;
    this.#inserted = state.inserted;
    this.#recorded = state.recorded;
    this.#sources = state.sources;
    this.#holders = state.holders;
    this.#stored = state.stored;
    this.#futile = state.futile;
  }

  run(): Committed {
    const { writes } = this.#transaction;
    const results = writes.map(() => noResult);
    for (const order of [0, 1, 2]) {
      writes.forEach((write, at) => {
        if (orderOf(write) === order && !this.#isRefused) results[at] = this.#apply(write);
      });
    }
    if (this.#isRefused) return { state: undefined, results, flaw: undefined };
    this.#checkTimers();
    return { state: this.#after(), results, flaw: this.#flaw };
  }

  #after(): State {
    return {
      ...this.#before,
      rows: this.#rows,
      inbox: this.#inbox,
      inserted: this.#inserted,
      recorded: this.#recorded,
      sources: this.#sources,
      holders: this.#holders,
      stored: this.#stored,
      futile: this.#futile,
    };
  }

  /** Timers exist only for executions that live. */
  #checkTimers(): void {
    for (const number of membersOf(this.#sources & this.#model.timers)) {
      const { name, to, key } = this.#model.message(number);
      const row = this.#rows[to];
      const isLiving =
        row?.status !== 'over' && row?.life === key?.life && row?.generation === key?.generation;
      if (!isLiving) this.#fail(`${name} is left for an execution that is over`);
    }
  }

  #apply(write: Write): Result {
    switch (write.kind) {
      case 'send':
        return this.#send(write);
      case 'fire':
        return this.#fire(write);
      case 'start':
        return this.#start(write);
      case 'replace':
        return this.#replace(write);
      case 'store':
        return this.#store(write);
      case 'drop':
        this.#forget(write);
        return noResult;
      case 'claim':
        return this.#claim(write);
      case 'free':
        return this.#free(write);
      case 'take':
        return this.#take(write);
      default:
        return this.#patch(write);
    }
  }

  // ── changes by the owner ──

  #patch(write: OfKind<'turn' | 'control' | 'release' | 'fetch'>): Result {
    if (write.kind === 'fetch') return this.#fetch(write);
    const row = this.#guarded(write);
    if (!row) return noResult;
    if (write.kind === 'turn') this.#turn(write, row);
    else if (write.kind === 'control') this.#control(write, row);
    else {
      const bell =
        row.bell === 'silent' || this.#model.lacks.has('releaseKeepsBell') ? write.readyAt : row.bell;
      const hasControls =
        (this.#inbox & this.#model.messagesTo(write.instance) & this.#model.controls) !== none;
      this.#rows[write.instance] = { ...row, owner: nobody, bell, engineWork: row.engineWork || hasControls };
    }
    return noResult;
  }

  /** The row, if memory is right about it. */
  #guarded(write: OfKind<'turn' | 'control' | 'release'>): Row | undefined {
    const row = this.#rows[write.instance];
    const consumed = consumedBy(write);
    const isThere = row?.life === write.life && (consumed & ~this.#inbox) === none;
    if (isThere && row.owner === this.#me && row.turn === write.turn) return row;
    if (!isThere || !this.#model.lacks.has('guard')) {
      this.#isRefused = true;
      return undefined;
    }
    this.#fail(`two replicas changed ${this.#model.instanceName(write.instance)}`);
    return row;
  }

  #turn({ instance, consumed, answer, turn, answered }: OfKind<'turn'>, row: Row): void {
    if (answered !== turn) this.#fail(`an answer for turn ${answered} was recorded as turn ${turn}`);
    this.#record(consumed, row);
    const { lacks } = this.#model;
    const status: Status = row.status === 'suspended' && !lacks.has('suspendStays') ? 'suspended' : 'running';
    let after: Row = { ...row, turn: row.turn + 1, status };
    if (answer.renews) {
      after = this.#renew(instance, { ...after, generation: row.generation + 1 });
      if (!lacks.has('renewalStarts')) this.#insertAll(answer.carries);
    }
    if (answer.ends) after = this.#end(instance, after);
    else this.#make(answer.makes);
    this.#rows[instance] = after;
    this.#forget({ owner: this.#me, instance, turn });
  }

  #control({ instance, message }: OfKind<'control'>, row: Row): void {
    const { kind } = this.#model.message(message);
    this.#record(bit(message), row);
    if (kind === 'terminate') {
      this.#sources &= ~this.#queuedActivities(instance);
      this.#rows[instance] = this.#end(instance, { ...row, turn: row.turn + 1 });
    } else {
      const resumed: Status = row.turn === 0 && row.status !== 'running' ? 'pending' : 'running';
      const isResuming = kind === 'resume' && row.status === 'suspended';
      const status = kind === 'suspend' ? 'suspended' : isResuming ? resumed : row.status;
      this.#rows[instance] = { ...row, status };
    }
  }

  #end(instance: number, row: Row): Row {
    const { lacks } = this.#model;
    const toIt = this.#model.messagesTo(instance);
    if (!lacks.has('endEmptiesInbox')) this.#inbox &= ~toIt;
    if (!lacks.has('endDropsTimers')) this.#sources &= ~(toIt & this.#model.timers);
    return { ...row, status: 'over', owner: nobody, bell: 'silent', engineWork: false };
  }

  /** Continue-as-new: what was for the old generation goes, what comes from outside stays. */
  #renew(instance: number, row: Row): Row {
    const { lacks } = this.#model;
    const toIt = this.#model.messagesTo(instance);
    const old = this.#keyed(toIt, row);
    if (!lacks.has('renewalDropsResults')) this.#inbox &= ~old;
    if (lacks.has('renewalKeepsEvents')) this.#inbox &= ~toIt;
    if (!lacks.has('endDropsTimers')) this.#sources &= ~(old & this.#model.timers);
    return row;
  }

  /** Of these, messages that are addressed to another generation than this row's. */
  #keyed(messages: Bits, { generation }: Row): Bits {
    let old = none;
    for (const number of membersOf(messages)) {
      const { key } = this.#model.message(number);
      if (key && key.generation < generation) old |= bit(number);
    }
    return old;
  }

  #make(made: Bits): void {
    this.#sources |= made;
    for (const number of membersOf(made & this.#model.activities)) {
      this.#hold(number, this.#model.message(number).isEager ? this.#me : nobody);
    }
  }

  #hold(activity: number, owner: number): void {
    const holders = [...this.#holders];
    holders[activity] = owner;
    this.#holders = holders;
  }

  #queuedActivities(instance: number): Bits {
    let queued = none;
    for (const number of membersOf(
      this.#sources & this.#model.activities & this.#model.messagesTo(instance),
    )) {
      if (this.#holders[number] === nobody) queued |= bit(number);
    }
    return queued;
  }

  /** Consumes messages: once, for the execution that they are for, and in the order of their calls. */
  #record(consumed: Bits, row: Row): void {
    for (const number of membersOf(consumed)) {
      const message = this.#model.message(number);
      const { name, key, after } = message;
      if (has(this.#recorded, number)) this.#fail(`${name} was recorded twice`);
      if (key && (key.life !== row.life || key.generation !== row.generation)) {
        this.#fail(`${name} was recorded by another execution than it is for`);
      }
      if (after !== undefined && this.#isOvertaken(message, this.#model.message(after), consumed)) {
        this.#fail(
          `${name} was recorded before ${this.#model.message(after).name}, which its client had sent first`,
        );
      }
    }
    this.#recorded |= consumed;
    this.#inbox &= ~consumed;
  }

  /** By another one, although its client had sent it first; also once it is carried over. */
  #isOvertaken(later: Message, earlier: Message, consumed: Bits): boolean {
    if (later.to !== earlier.to || later.isControl !== earlier.isControl) return false;
    const waiting = this.#inbox & ~consumed;
    const isCopy = ({ number, copyOf }: Message): boolean =>
      copyOf === earlier.number && has(waiting, number);
    return has(waiting, earlier.number) || this.#model.messages.some(isCopy);
  }

  #fetch({ instance, known }: OfKind<'fetch'>): Result {
    const row = this.#rows[instance];
    if (row?.owner !== this.#me) return noResult;
    const { glance } = this.#transaction;
    const { lacks } = this.#model;
    const seen = lacks.has('fetchLooksAfter') && glance ? glance.inbox : this.#inbox;
    this.#rows[instance] = { ...row, bell: 'silent', engineWork: false };
    const newest = 31 - Math.clz32(known);
    const isNew = lacks.has('noHighWater') ? ~((1 << (newest + 1)) - 1) : ~none;
    return { ...noResult, got: seen & this.#model.messagesTo(instance) & ~known & isNew };
  }

  // ── claims and frees ──

  #claim({ instance }: OfKind<'claim'>): Result {
    const row = this.#rows[instance];
    const { lacks } = this.#model;
    if (!row || (row.owner !== nobody && !lacks.has('claimUnowned'))) return noResult;
    const { glance } = this.#transaction;
    const seen = lacks.has('claimLooksAfter') && glance ? glance.inbox : this.#inbox;
    const bell = lacks.has('claimClears') ? row.bell : 'silent';
    const claimed: Row = { ...row, owner: this.#me, bell, engineWork: false };
    this.#rows[instance] = claimed;
    const got = seen & this.#model.messagesTo(instance);
    const { futileClaims } = this.#model.scenario;
    if (futileClaims !== undefined && readyAt(this.#model, row, got, false) !== 'now') {
      this.#futile++;
      if (this.#futile > futileClaims) {
        this.#fail('replicas pass an instance back and forth that nothing can be done with');
      }
    }
    return { ...noResult, got, row: claimed };
  }

  #free({ dead }: OfKind<'free'>): Result {
    const { lacks } = this.#model;
    const { glance } = this.#transaction;
    this.#rows.forEach((row, instance) => {
      if (!row || row.owner === nobody) return;
      const isMeant = lacks.has('deadFirst') && glance ? !has(glance.living, row.owner) : row.owner === dead;
      if (!isMeant) return;
      if (has(this.#before.living, row.owner) && !lacks.has('absenceFrees')) {
        this.#fail(`${this.#model.instanceName(instance)} was freed although its owner lives`);
      }
      this.#freeRow(instance, row);
    });
    for (const number of membersOf(this.#sources & this.#model.activities)) {
      if (this.#holders[number] === dead && !lacks.has('freeActivities')) this.#hold(number, nobody);
    }
    if (!lacks.has('freeStored')) this.#stored = this.#stored.filter(({ owner }) => owner !== dead);
    return noResult;
  }

  #freeRow(instance: number, row: Row): void {
    const left = this.#inbox & this.#model.messagesTo(instance);
    const isRung = left !== none && !this.#model.lacks.has('freeLooks');
    const bell = row.bell === 'silent' && isRung ? 'now' : row.bell;
    const engineWork = row.engineWork || (left & this.#model.controls) !== none;
    this.#rows[instance] = { ...row, owner: nobody, bell, engineWork };
  }

  #take({ message }: OfKind<'take'>): Result {
    if (!has(this.#sources, message) || this.#holders[message] !== nobody) return noResult;
    this.#hold(message, this.#me);
    return { ...noResult, got: bit(message) };
  }

  // ── messages ──

  #send({ message, isOwn }: OfKind<'send'>): Result {
    return this.#deliver(this.#model.message(message), isOwn);
  }

  /** The delete decides; what is inserted comes from what was deleted. */
  #fire({ message, isOwn }: OfKind<'fire'>): Result {
    const { lacks } = this.#model;
    const wasThere = lacks.has('oneCompletion') ? this.#before.sources : this.#sources;
    const isWon = has(wasThere, message);
    this.#sources &= ~bit(message);
    return isWon || lacks.has('deleteDecides')
      ? this.#deliver(this.#model.message(message), isOwn)
      : noResult;
  }

  #start({ start, isOwn }: OfKind<'start'>): Result {
    const { child, started, failed, isEager } = start;
    const holder = this.#rows[child];
    if (holder && holder.status !== 'over') return this.#taken(start, failed, isOwn);
    this.#begin(child, {
      life: (holder?.life ?? 0) + 1,
      owner: isEager ? this.#me : nobody,
      isRung: !isEager,
    });
    this.#insert(this.#model.message(started));
    return { ...noResult, got: bit(started) };
  }

  #taken({ started }: Start, failed: number, isOwn: boolean): Result {
    const { lacks } = this.#model;
    if (lacks.has('startedIfWon')) this.#deliver({ ...this.#model.message(started), key: undefined }, false);
    if (lacks.has('failureWithStart')) return noResult;
    return this.#deliver(this.#model.message(failed), isOwn);
  }

  #begin(instance: number, { life, owner, isRung }: { life: number; owner: number; isRung: boolean }): void {
    this.#inbox &= ~this.#model.messagesTo(instance);
    this.#rows[instance] = {
      ...{ life, owner, bell: isRung ? 'now' : 'silent', engineWork: false, turn: 0, generation: 0 },
      status: isRung || owner !== nobody ? 'pending' : 'running',
    };
  }

  /** The ordinary start that replaces a finished namesake. */
  #replace({ message }: OfKind<'replace'>): Result {
    const { to } = this.#model.message(message);
    const row = defined(this.#rows[to]);
    if (row.status !== 'over') {
      if (!this.#model.lacks.has('replaceTerminal')) return noResult;
      this.#fail(`a living ${this.#model.instanceName(to)} was replaced`);
    }
    this.#begin(to, { life: row.life + 1, owner: nobody, isRung: false });
    return { ...noResult, got: bit(message) };
  }

  /** Inserts a message for a living target, and rings. */
  #deliver(message: Message, isOwn: boolean): Result {
    const { to } = message;
    const { lacks } = this.#model;
    const { glance } = this.#transaction;
    const row = lacks.has('senderLocks') && glance && !isOwn ? glance.rows[to] : this.#rows[to];
    if (!row || !this.#isAddressed(message, row)) return noResult;
    this.#insert(message);
    if (isOwn) return { ...noResult, got: message.bit };
    const rung = this.#rows[to];
    if (!rung) return noResult;
    if (!lacks.has('senderRings')) this.#rows[to] = this.#ring(rung, message);
    return { ...noResult, rang: rung.owner };
  }

  #ring(row: Row, { isControl }: Message): Row {
    const { lacks } = this.#model;
    const bell = row.bell === 'silent' || !lacks.has('earliestBell') ? 'now' : row.bell;
    return { ...row, bell, engineWork: row.engineWork || isControl };
  }

  /** By id: whoever lives under it. By key: that life and generation. */
  #isAddressed({ key, recursionOf }: Message, row: Row): boolean {
    const { lacks } = this.#model;
    const isByName = recursionOf !== undefined && lacks.has('childrenByParent');
    if (!key || isByName) return row.status !== 'over';
    const life = lacks.has('newKey') ? 1 : row.life;
    if (key.life !== life || (row.status === 'over' && !lacks.has('livingJoin'))) return false;
    return key.generation === row.generation || lacks.has('generationJoin');
  }

  #insertAll(messages: Bits): void {
    for (const number of membersOf(messages)) this.#insert(this.#model.message(number));
  }

  #insert({ name, bit: inserted }: Message): void {
    if ((this.#inserted & inserted) !== none) this.#fail(`${name} was delivered twice`);
    this.#inbox |= inserted;
    this.#inserted |= inserted;
  }

  // ── stored answers ──

  #store({ owner, instance, turn }: OfKind<'store'>): Result {
    const isStored = has(this.#before.living, owner) || this.#model.lacks.has('storeForLiving');
    if (!isStored) return noResult;
    const stored = [...this.#stored, { owner, instance, turn }];
    this.#stored = stored.sort((a, b) => a.owner - b.owner || a.instance - b.instance || a.turn - b.turn);
    return { ...noResult, rang: owner };
  }

  #forget(answer: Stored): void {
    if (this.#stored.length > 0) this.#stored = this.#stored.filter((stored) => !isSame(stored, answer));
  }

  #fail(flaw: string): void {
    this.#flaw ??= flaw;
  }
}

function orderOf(write: Write): number {
  if (isPatch(write) || write.kind === 'claim' || write.kind === 'free') return 0;
  return write.kind === 'start' || write.kind === 'replace' ? 1 : 2;
}

function consumedBy(write: OfKind<'turn' | 'control' | 'release'>): Bits {
  if (write.kind === 'turn') return write.consumed;
  return write.kind === 'control' ? bit(write.message) : none;
}

import { bit, type Bits, has, membersOf, none } from './bits.ts';
import {
  type Answer,
  type Bell,
  type Budget,
  defined,
  type Message,
  type Model,
  type Start,
  sideName,
  type Status,
} from './scenario.ts';

export const nobody = -1;

/** A row of `instances`. */
export interface Row {
  /** Which instance of that id: what a key stands for. */
  readonly life: number;
  readonly owner: number;
  readonly bell: Bell;
  readonly engineWork: boolean;
  readonly turn: number;
  readonly generation: number;
  readonly status: Status;
}

/** A row of `completions`: a worker's answer for a turn of an incarnation. */
export interface Stored {
  readonly owner: number;
  readonly instance: number;
  readonly turn: number;
}

/** An instance in its owner's memory. */
export interface Resident {
  readonly life: number;
  readonly turn: number;
  readonly generation: number;
  readonly status: Status;
  /** Undelivered messages and controls, those of an item that is out included. */
  readonly held: Bits;
  /** The messages of the item that is out; none: nothing is out. */
  readonly out: Bits;
  /** The inbox holds more than memory. */
  readonly hasMore: boolean;
  /** Of that some may be controls: the last read ended before it was past them. */
  readonly lacksControls: boolean;
  /** A release of it is queued, with this bell (only where `releaseAtBuild` is dropped). */
  readonly leaves: Bell | undefined;
}

/** What the batch reads of an inbox at its end. */
export interface ClosingRead {
  /** In memory already. */
  readonly known: Bits;
  readonly found: Bits;
}

export type Write =
  | {
      readonly kind: 'turn';
      readonly instance: number;
      readonly life: number;
      readonly turn: number;
      readonly consumed: Bits;
      readonly answer: Answer;
      /** The turn that the worker meant. */
      readonly answered: number;
    }
  | {
      readonly kind: 'control';
      readonly instance: number;
      readonly life: number;
      readonly turn: number;
      readonly message: number;
    }
  | {
      readonly kind: 'release';
      readonly instance: number;
      readonly life: number;
      readonly turn: number;
      readonly readyAt: Bell;
    }
  | { readonly kind: 'fetch'; readonly instance: number; readonly known: Bits }
  | { readonly kind: 'claim'; readonly instance: number }
  | { readonly kind: 'free'; readonly dead: number }
  | {
      readonly kind: 'send';
      readonly message: number;
      readonly isOwn: boolean;
      readonly closing: ClosingRead | undefined;
    }
  /** A timer, or an activity that a worker of the replica `worker` answered. */
  | { readonly kind: 'fire'; readonly message: number; readonly isOwn: boolean; readonly worker: number }
  | { readonly kind: 'start'; readonly start: Start; readonly isOwn: boolean }
  | { readonly kind: 'replace'; readonly message: number }
  | ({ readonly kind: 'store' } & Stored)
  | ({ readonly kind: 'drop' } & Stored)
  | { readonly kind: 'take'; readonly message: number };

/** What the rows of a write tell memory, once its transaction is committed. */
export interface Result {
  /** Messages: inserted, read or loaded. For starts, activities and stored answers: not none if it was won. */
  readonly got: Bits;
  /** Whom to hint, or nobody. */
  readonly rang: number;
  /** The row as it was claimed. */
  readonly row: Row | undefined;
}

export const noResult: Result = { got: none, rang: nobody, row: undefined };

/** What a statement saw that looked too early (only where a rule is dropped). */
export interface Glance {
  readonly inbox: Bits;
  readonly living: Bits;
  readonly rows: readonly (Row | undefined)[];
}

export interface Transaction {
  readonly phase: 'waits' | 'open' | 'committed';
  readonly incarnation: number;
  readonly writes: readonly Write[];
  readonly results: readonly Result[];
  readonly glance: Glance | undefined;
  /** The other half of a batch that was taken apart (only where `bisectAnew` is dropped). */
  readonly half: readonly Write[] | undefined;
}

export interface Replica {
  readonly incarnation: number;
  /** `over`: its incarnation has ended and the next one has not begun. */
  readonly mode: 'up' | 'over' | 'down';
  /** Its lease ran out; the row may still be there. */
  readonly isExpired: boolean;
  readonly residents: readonly (Resident | undefined)[];
  readonly lanes: readonly (Transaction | undefined)[];
  /** A transaction of which only the server knows any more. */
  readonly orphan: Transaction | undefined;
  /** Hints that arrived: bells of instances, and answers stored for their turns. */
  readonly bells: Bits;
  readonly answers: Bits;
  /** Activities that its workers have. */
  readonly atWorkers: Bits;
  /** Timers that it knows to be due, and the incarnations that it knows to live (only where `hasPoller`). */
  readonly polled: Bits;
  readonly sees: Bits;
  /** What it must still send (only where `failureWithStart` is dropped). */
  readonly owes: Bits;
}

export interface State {
  // ── the database ──
  /** Incarnations with a row in `replicas`. */
  readonly living: Bits;
  readonly rows: readonly (Row | undefined)[];
  readonly inbox: Bits;
  /** Timers and activities. */
  readonly sources: Bits;
  /** Owners of the activities, by message. */
  readonly holders: readonly number[];
  readonly stored: readonly Stored[];
  // ── the replicas ──
  readonly replicas: readonly Replica[];
  // ── the clients' calls ──
  readonly asked: Bits;
  readonly acknowledged: Bits;
  /** A start that decided to replace (it looked); and, without `decidedAtBuild`, writes that wait for their batch. */
  readonly decided: Bits;
  readonly decidedOwn: Bits;
  // ── what properties need to remember ──
  readonly inserted: Bits;
  readonly recorded: Bits;
  readonly futile: number;
  readonly budget: Budget;
}

export function initialState(model: Model): State {
  const rows = model.instances.map((name): Row | undefined => {
    const spec = defined(model.scenario.instances[name]);
    if (spec === 'absent') return undefined;
    return {
      life: 1,
      owner: spec.owner ? (spec.owner === 'A' ? 0 : 1) : nobody,
      bell: spec.bell ?? 'silent',
      engineWork: false,
      turn: 0,
      generation: 0,
      status: spec.status ?? 'running',
    };
  });
  let inbox = none;
  for (const spec of Object.values(model.scenario.instances)) {
    if (spec !== 'absent') inbox |= model.bitsOf(spec.inbox ?? []);
  }
  const sources = model.bitsOf(model.scenario.rows ?? []);
  const running = sources & model.activities;
  const holderOf = ({ number, to }: Message): number =>
    has(running, number) ? (rows[to]?.owner ?? nobody) : nobody;
  const lanes = model.lacks.has('oneLane') ? [undefined, undefined] : [undefined];
  const replicas = [0, 1].map((side): Replica => {
    const residents = rows.map((row, instance) =>
      row?.owner === side ? residentOf(row, inbox & model.messagesTo(instance), false) : undefined,
    );
    const atWorkers = membersOf(running).filter((number) => holderOf(model.message(number)) === side);
    return {
      ...newReplica(side, residents, lanes),
      atWorkers: atWorkers.reduce((bits, number) => bits | bit(number), none),
      sees: model.scenario.hasPoller ? bit(0) | bit(1) : none,
    };
  });
  return {
    ...{ living: bit(0) | bit(1), rows, inbox, replicas, inserted: inbox, stored: [] },
    sources,
    holders: model.messages.map(holderOf),
    ...{ asked: none, acknowledged: none, decided: none, decidedOwn: none, recorded: none, futile: 0 },
    budget: model.budget,
  };
}

export function newReplica(
  incarnation: number,
  residents: Replica['residents'],
  lanes: Replica['lanes'],
): Replica {
  return {
    ...{ incarnation, mode: 'up', isExpired: false, residents, lanes, orphan: undefined },
    ...{ bells: none, answers: none, atWorkers: none, owes: none },
    ...{ polled: none, sees: none },
  };
}

export function residentOf({ life, turn, generation, status }: Row, held: Bits, hasMore: boolean): Resident {
  return {
    ...{ life, turn, generation, status, held, out: none },
    ...{ hasMore, lacksControls: false, leaves: undefined },
  };
}

export function replicaOf(state: State, side: number): Replica {
  return defined(state.replicas[side]);
}

export function sideOf(incarnation: number): number {
  return incarnation % 2;
}

/** An incarnation for people: A, then A', A'', … */
export function nameOf(incarnation: number): string {
  return `${sideName(sideOf(incarnation))}${"'".repeat(incarnation >> 1)}`;
}

export function isLiving({ living }: State, incarnation: number): boolean {
  return has(living, incarnation);
}

export function replaced<Value>(list: readonly Value[], at: number, value: Value): Value[] {
  const copy = list.slice();
  copy[at] = value;
  return copy;
}

export function withReplica(state: State, side: number, change: Partial<Replica>): State {
  return { ...state, replicas: replaced(state.replicas, side, { ...replicaOf(state, side), ...change }) };
}

export function withResident(
  { residents }: Replica,
  instance: number,
  resident: Resident | undefined,
): { residents: Replica['residents'] } {
  return { residents: replaced(residents, instance, resident) };
}

export function isIdle({ lanes }: Replica): boolean {
  return lanes.every((lane) => lane === undefined);
}

/** Transactions that the server has not ended yet, those that wait for a lock included. */
export function unfinished(state: State): Transaction[] {
  const list: Transaction[] = [];
  for (const { lanes, orphan } of state.replicas) {
    for (const lane of lanes) if (lane && lane.phase !== 'committed') list.push(lane);
    if (orphan) list.push(orphan);
  }
  return list;
}

export function isSame(a: Stored, b: Stored): boolean {
  return isSameInstance(a, b) && a.turn === b.turn;
}

export function isSameInstance(a: Stored, b: Stored): boolean {
  return a.owner === b.owner && a.instance === b.instance;
}

export type Patch = Extract<Write, { kind: 'turn' | 'control' | 'release' | 'fetch' }>;

export function isPatch(write: Write): write is Patch {
  const { kind } = write;
  return kind === 'turn' || kind === 'control' || kind === 'release' || kind === 'fetch';
}

/** Is a write that changes this instance on its way? */
export function isPatching({ lanes }: Replica, instance: number): boolean {
  return lanes.some((lane) => lane?.writes.some((write) => isPatch(write) && write.instance === instance));
}

/** When an instance is worth claiming: the one function behind release and wake-up. */
export function readyAt(
  model: Model,
  { status, turn }: Pick<Row, 'status' | 'turn'>,
  messages: Bits,
  hasMore: boolean,
): Bell {
  if ((messages & model.controls) !== none) return 'now';
  if (status === 'over' || status === 'suspended') return 'silent';
  if (messages === none) return hasMore && !model.lacks.has('moreCounts') ? 'now' : 'silent';
  return turn === 0 && status === 'pending' && !hasStart(model, messages) ? 'silent' : 'now';
}

function hasStart(model: Model, messages: Bits): boolean {
  return model.messages.some(({ kind, number }) => kind === 'started' && has(messages, number));
}

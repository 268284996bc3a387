import { type InstanceState } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { type Message, ranks } from '../domain/message.ts';
import { type ClaimedInstance, type FetchedInbox } from '../domain/store.ts';
import {
  type ControlPatch,
  type EntityPatch,
  type NewInstance,
  type Patch,
  type RenewPatch,
  type TurnPatch,
} from '../domain/write.ts';
import { withoutRewinds } from '../protocol/framing.ts';
import { Resident } from './resident.ts';
import { type WorkerStreams } from './streams.ts';
import { WorkClasses } from './work-class.ts';

/** Results of a generation that is over are dropped with it (ownership.md §12). */
const endsWithGeneration = new Set<Message['kind']>([
  'taskResult',
  'timerFired',
  'childResult',
  'entityReply',
]);

/** The instances that this replica owns. Memory changes here only when a committed batch is settled. */
export class Residents {
  readonly classes: WorkClasses<Resident>;
  readonly #byKey = new Map<number, Resident>();
  #historyBytes = 0;
  #heldBytes = 0;

  constructor(streams: WorkerStreams) {
    this.classes = new WorkClasses(streams);
  }

  get count(): number {
    return this.#byKey.size;
  }

  get historyBytes(): number {
    return this.#historyBytes;
  }

  get(key: number): Resident | undefined {
    return this.#byKey.get(key);
  }

  all(): Iterable<Resident> {
    return this.#byKey.values();
  }

  add(state: InstanceState, history: readonly Buffer[]): Resident {
    const workClass = this.classes.of(state.hubId, state.kind, state.name, state.version);
    const resident = new Resident(state, shown(state, history), workClass);
    this.#byKey.set(state.key, resident);
    this.#historyBytes += resident.historyBytes;
    return resident;
  }

  claimed({ state, history, messages, hasMore }: ClaimedInstance): Resident {
    const resident = this.add(state, history);
    resident.read(messages, hasMore);
    return this.#counted(resident);
  }

  /** A new instance, won: resident from its first moment. */
  start(instance: NewInstance, started: Message): Resident {
    const { partition, key, hubId, id, kind, name, version, executionId, parent, tags, createdAt } = instance;
    const state: InstanceState = {
      ...{ partition, key, hubId, id, kind, name, version, executionId, parent, tags, createdAt },
      generation: 0,
      status: 'pending',
      turn: 0,
      attempts: 0,
      customStatus: null,
      suspension: null,
      traceContext: null,
      updatedAt: createdAt,
      isRewound: false,
      sections: [],
      entityState: null,
      heldBy: null,
    };
    const resident = this.add(state, []);
    if (instance.scheduledAt === null) resident.hold(started);
    return this.#counted(resident);
  }

  remove(key: number): void {
    const resident = this.#byKey.get(key);
    if (!resident) return;
    this.#byKey.delete(key);
    this.#historyBytes -= resident.historyBytes;
    this.#heldBytes -= resident.countedBytes;
    resident.historyBytes = 0;
    resident.countedBytes = 0;
  }

  /** Applies what was committed; returns the resident if it still is one. */
  apply(patch: Patch, inserted: readonly Message[]): Resident | undefined {
    const resident = this.#byKey.get(patch.key);
    if (!resident || patch.kind === 'fetch') return resident;
    if (patch.kind === 'end' || patch.kind === 'release') {
      this.remove(patch.key);
      resident.patched();
      return undefined;
    }
    this.#advance(resident, patch);
    resident.drop(patch.consumed);
    for (const message of inserted) resident.hold(message);
    resident.patched();
    return this.#counted(resident);
  }

  #advance(resident: Resident, patch: TurnPatch | RenewPatch | ControlPatch | EntityPatch): void {
    if (patch.kind === 'entity') {
      this.#advanceEntity(resident, patch);
      return;
    }
    const { status, updatedAt } = patch;
    if (patch.kind === 'control') {
      const { suspension } = patch;
      resident.state = { ...resident.state, status, suspension, updatedAt };
      return;
    }
    const { customStatus } = patch;
    const turn = patch.turn + 1;
    resident.attempts = 0;
    if (patch.kind === 'turn') {
      const { traceContext, sections } = patch;
      resident.state = { ...resident.state, status, updatedAt, customStatus, turn, traceContext, sections };
      this.#append(resident, patch.history);
    } else this.#renew(resident, { ...resident.state, status, updatedAt, customStatus, turn }, patch);
  }

  #advanceEntity(resident: Resident, patch: EntityPatch): void {
    const { state: entityState, heldBy, updatedAt, turn, isTurn, dropsSignals } = patch;
    resident.state = { ...resident.state, entityState, heldBy, updatedAt, turn: isTurn ? turn + 1 : turn };
    if (isTurn) resident.attempts = 0;
    if (dropsSignals) resident.keep(({ kind }) => kind !== 'signal');
  }

  #renew(resident: Resident, advanced: InstanceState, patch: RenewPatch): void {
    const { generation, executionId, version } = patch;
    resident.state = {
      ...advanced,
      generation,
      executionId,
      version,
      traceContext: null,
      isRewound: false,
      sections: [],
    };
    this.#setHistory(resident, []);
    resident.keep((message) => !endsWithGeneration.has(message.kind));
    this.#reclassify(resident);
  }

  /**
   * A message inserted for a resident. While the inbox holds more than memory does, what arrives is left to the next
   * fetch; what goes before it is held at once: nothing runs, and so nothing is fetched, before a start is here.
   */
  deliver(key: number, message: Message): Resident | undefined {
    const resident = this.#byKey.get(key);
    if (!resident) return undefined;
    if (message.rank >= ranks.arrived && (resident.hasMore || resident.isFull)) {
      resident.hasMore = true;
    } else {
      resident.hold(message);
    }
    return this.#counted(resident);
  }

  overflowed(key: number): Resident | undefined {
    const resident = this.#byKey.get(key);
    if (resident) resident.hasMore = true;
    return resident;
  }

  fetched({ key, messages, hasMore }: FetchedInbox): Resident | undefined {
    const resident = this.#byKey.get(key);
    if (!resident) return undefined;
    resident.read(messages, hasMore);
    resident.isFetching = false;
    return this.#counted(resident);
  }

  /** History that was read again. */
  loaded(resident: Resident, rows: readonly Buffer[]): void {
    this.#setHistory(resident, [...shown(resident.state, rows)]);
  }

  #setHistory(resident: Resident, rows: Buffer[] | null): void {
    const bytes = rows?.reduce((sum, row) => sum + row.length, 0) ?? 0;
    this.#historyBytes += bytes - resident.historyBytes;
    resident.history = rows;
    resident.historyBytes = bytes;
  }

  /** Marks a resident as used: the least recently used lose their history first. */
  touch(resident: Resident): void {
    this.#byKey.delete(resident.state.key);
    this.#byKey.set(resident.state.key, resident);
  }

  /** Drops cached history of idle residents until at most `maxBytes` are held; it is read again when needed. */
  evict(maxBytes: number): number {
    let evicted = 0;
    if (this.#historyBytes <= maxBytes) return evicted;
    for (const resident of this.#byKey.values()) {
      if (resident.lease || resident.isPatching || resident.history === null || resident.historyBytes === 0) {
        continue;
      }
      this.#setHistory(resident, null);
      evicted++;
      if (this.#historyBytes <= maxBytes) break;
    }
    return evicted;
  }

  /** Idle residents beyond the limits, least recently used first: to be released. */
  surplus(): Resident[] {
    const surplus: Resident[] = [];
    let excess = this.#byKey.size - limits.residents;
    let excessBytes = this.#heldBytes - limits.allHeldBytes;
    for (const resident of this.#byKey.values()) {
      if (excess <= 0 && excessBytes <= 0) break;
      if (!resident.isLeaving) {
        if (resident.isBusy || (excess <= 0 && resident.countedBytes === 0)) continue;
        surplus.push(resident);
      }
      excess--;
      excessBytes -= resident.countedBytes;
    }
    return surplus;
  }

  #counted(resident: Resident): Resident {
    this.#heldBytes += resident.bytes - resident.countedBytes;
    resident.countedBytes = resident.bytes;
    return resident;
  }

  #append(resident: Resident, row: Buffer): void {
    if (resident.history === null) return;
    resident.history.push(row);
    resident.historyBytes += row.length;
    this.#historyBytes += row.length;
  }

  /** Continue-as-new may change the version that filters match. */
  #reclassify(resident: Resident): void {
    const { hubId, kind, name, version } = resident.state;
    resident.workClass = this.classes.of(hubId, kind, name, version);
  }
}

/** History as work items show it. */
function shown({ isRewound }: InstanceState, rows: readonly Buffer[]): readonly Buffer[] {
  return isRewound ? rows.map(withoutRewinds) : rows;
}

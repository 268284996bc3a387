import { isVoid, nextEntityStep } from '../domain/entity-step.ts';
import { type InstanceState, isTerminal } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { isControl, type Message, ranks } from '../domain/message.ts';
import { readyIn } from '../domain/ready-in.ts';
import { type Turn } from '../domain/turn.ts';
import { type Patch } from '../domain/write.ts';
import { type ChunkPile } from './chunk-pile.ts';
import { type WorkerStream } from './streams.ts';
import { type WorkClass } from './work-class.ts';

/** A turn that is out on a stream. */
export interface InstanceLease {
  readonly stream: WorkerStream;
  readonly turn: Turn;
  /** Distinguishes deliveries of the same turn; part of the token. */
  readonly dispatch: number;
  /** Monotonic, both. */
  readonly sentMs: number;
  readonly deadlineMs: number;
  readonly isSuspect: boolean;
  /** Parts of an answer that comes in several. */
  chunks: ChunkPile | undefined;
}

/** An instance in its owner's memory: everything here can be lost and loaded again. */
export class Resident {
  state: InstanceState;
  /** Framed history rows of this generation; null when evicted. */
  history: Buffer[] | null;
  historyBytes: number;
  /** Undelivered events in inbox order, those of an item that is out included. */
  messages: Message[] = [];
  /** Undelivered controls in inbox order. */
  controls: Message[] = [];
  /** The inbox may hold more than what is in memory. */
  hasMore = false;
  /** Of that some may be controls, or what the execution starts with: the last read ended before it was past them. */
  lacksControls = false;
  /** Of the messages. */
  heldBytes = 0;
  /** What of both the sum over all residents contains. */
  countedBytes = 0;
  attempts: number;
  lease: InstanceLease | undefined;
  /** A write that changes this instance is on its way: nothing else may begin. */
  isPatching = false;
  /** That write gives it up. */
  isLeaving = false;
  isFetching = false;
  isLoading = false;
  isQueued = false;
  /** Monotonic moment since when its next turn could be out. */
  readySinceMs: number | undefined;
  workClass: WorkClass<Resident>;
  #waiting: (() => void)[] = [];

  constructor(state: InstanceState, history: readonly Buffer[], workClass: WorkClass<Resident>) {
    this.state = state;
    this.attempts = state.attempts;
    this.history = [...history];
    this.historyBytes = history.reduce((sum, row) => sum + row.length, 0);
    this.workClass = workClass;
  }

  /** Holds a message once, in inbox order. */
  hold(message: Message): void {
    const held = isControl(message.kind) ? this.controls : this.messages;
    let at = held.length;
    while (at > 0 && isBefore(message, held[at - 1])) at--;
    if (at > 0 && held[at - 1]?.messageId === message.messageId) return;
    this.heldBytes += message.event.length;
    if (at === held.length) held.push(message);
    else held.splice(at, 0, message);
  }

  drop(consumed: readonly Message[]): void {
    const [first] = consumed;
    if (!first) return;
    if (consumed.length === 1) this.keep(({ messageId }) => messageId !== first.messageId);
    else {
      const gone = new Set(consumed.map(({ messageId }) => messageId));
      this.keep(({ messageId }) => !gone.has(messageId));
    }
  }

  keep(isKept: (message: Message) => boolean): void {
    this.messages = this.messages.filter(isKept);
    if (this.controls.length > 0) this.controls = this.controls.filter(isKept);
    this.heldBytes = bytesOf(this.messages) + bytesOf(this.controls);
  }

  /** What a read brought, from the beginning of the inbox; `hasMore`: not all that is there. */
  read(messages: readonly Message[], hasMore: boolean): void {
    for (const message of messages) this.hold(message);
    this.hasMore = hasMore;
    this.lacksControls = hasMore && (messages.at(-1)?.rank ?? ranks.arrived) < ranks.started;
  }

  /** When its next step is due, in milliseconds from now and not before `backoffMs`; null: when something happens. */
  readyIn(backoffMs: number): number | null {
    if (this.controls.length > 0 || this.lacksControls) return 0;
    return readyIn(this.state, this.messages, this.hasMore, backoffMs);
  }

  /** Is its next step one that the engine takes by itself? */
  get isForEngine(): boolean {
    if (this.controls.length > 0) return true;
    if (this.state.kind !== 'entity' || this.lease) return false;
    return nextEntityStep(this.state, this.messages) === 'lock';
  }

  /** An entity that has nothing worth an owner. */
  get isVoid(): boolean {
    return this.state.kind === 'entity' && !this.hasMore && isVoid(this.state, this.messages);
  }

  /** Is everything that its next turn needs here, and nothing in its way? */
  get isSendable(): boolean {
    if (this.lease || this.isPatching || this.history === null || this.messages.length === 0) return false;
    if (this.isForEngine || this.lacksControls) return false;
    return !isTerminal(this.state.status) && this.readyIn(0) === 0;
  }

  get isBusy(): boolean {
    return this.lease !== undefined || this.isPatching || this.isQueued || this.isLoading;
  }

  /** Of messages and an entity's state, about. */
  get bytes(): number {
    return this.heldBytes + (this.state.entityState?.length ?? 0);
  }

  /** Memory takes no more of its messages. */
  get isFull(): boolean {
    return this.messages.length >= limits.heldMessages || this.heldBytes >= limits.heldBytes;
  }

  /** Resolves when no patch is on its way any more. */
  async whenSettled(): Promise<void> {
    while (this.isPatching) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The patch on its way has ended, well or badly. */
  patched(): void {
    this.isPatching = false;
    this.isLeaving = false;
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function isBefore(a: Message, b: Message | undefined): boolean {
  return b !== undefined && (a.rank - b.rank || a.messageId - b.messageId) < 0;
}

function bytesOf(messages: readonly Message[]): number {
  let bytes = 0;
  for (const { event } of messages) bytes += event.length;
  return bytes;
}

/** Whether the item that is out is worth nothing after it. */
export function endsLease(patch: Patch): boolean {
  return patch.kind === 'end' || patch.kind === 'release' || (patch.kind === 'entity' && patch.dropsSignals);
}

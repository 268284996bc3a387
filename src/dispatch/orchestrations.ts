import { isSuspect } from '../domain/back-off.ts';
import { encodeToken, type InstanceToken } from '../domain/completion-token.ts';
import { buildBatch } from '../domain/entity-step.ts';
import { limits } from '../domain/limits.ts';
import { type InstanceState } from '../domain/instance.ts';
import { buildTurn, type Turn } from '../domain/turn.ts';
import { failpoint } from '../lib/failpoints.ts';
import { type Codec } from '../protocol/codec.ts';
import {
  entityWorkItem,
  frameAll,
  NEW,
  type OrchestratorItem,
  orchestratorWorkItem,
  sizeOfOrchestratorWorkItem,
} from '../protocol/framing.ts';
import { type StoreMetrics } from '../telemetry/metrics.ts';
import { Clock } from './clock.ts';
import { type InstanceLease, type Resident } from './resident.ts';
import { type WorkerStream } from './streams.ts';
import { parentOfTurns } from './trace-parents.ts';

interface Options {
  readonly incarnation: number;
  readonly leaseMs: number;
  readonly maxItemBytes: number;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly metrics: Pick<StoreMetrics, 'dispatched' | 'historyResent' | 'spans'>;
}

/** Of a batch, beside state and operations: ids, token and tags. */
const HEAD_BYTES = 16 * 1024;

/** A work item, ready to be sent. */
interface Item {
  readonly turn: Turn;
  readonly token: string;
  readonly bytes: Buffer;
}

/** Turns and batches that are out: building and sending them, and their leases. */
export class Orchestrations {
  readonly #options: Options;
  /** Residents that are out, in order of their deadlines: all leases are equally long and a set keeps its order. */
  readonly #out = new Set<Resident>();
  #dispatches = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  get outstanding(): number {
    return this.#out.size;
  }

  /**
   * Hands the next turn, or an entity's next batch, to a stream. The caller made sure that history is in memory. Returns
   * false when it is larger than that stream takes, even with one message only: then its history has to be streamed, and
   * the stream's worker can't (contract §13.6).
   */
  send(resident: Resident, stream: WorkerStream): boolean {
    const { kind } = resident.state;
    const dispatch = ++this.#dispatches;
    const item = kind === 'entity' ? this.#batch(resident, dispatch) : this.#turn(resident, dispatch, stream);
    if (!item) return false;
    const { leaseMs } = this.#options;
    const nowMs = Clock.monotonicMs();
    const waitedMs = nowMs - (resident.readySinceMs ?? nowMs);
    resident.readySinceMs = undefined;
    resident.lease = {
      ...{ stream, turn: item.turn, dispatch, chunks: undefined },
      ...{ sentMs: nowMs, deadlineMs: nowMs + leaseMs, isSuspect: isSuspect(resident.attempts) },
    };
    stream.outstanding[kind]++;
    if (resident.lease.isSuspect) stream.suspectSent(nowMs);
    this.#out.add(resident);
    if (kind === 'orchestration') stream.unanswered?.sent(resident.state.id, undefined, item.token);
    stream.send(item.bytes);
    failpoint('after-dispatch');
    this.#report(resident, stream, waitedMs);
    return true;
  }

  #report(resident: Resident, { hub }: WorkerStream, waitedMs: number): void {
    const { metrics, codec } = this.#options;
    const { kind, name, id: instanceId } = resident.state;
    metrics.dispatched(kind, waitedMs);
    metrics.spans?.dispatched({
      ...{ kind, hub, instanceId, name, waitedMs },
      parent: parentOfTurns(resident, codec),
    });
  }

  #turn(resident: Resident, dispatch: number, stream: WorkerStream): Item | undefined {
    const fitting = this.#fitting(resident, stream, dispatch);
    if (!fitting) return undefined;
    const { turn, item } = fitting;
    const { metrics } = this.#options;
    metrics.historyResent(resident.historyBytes);
    return { turn, token: item.token, bytes: orchestratorWorkItem(item) };
  }

  #batch({ state, messages }: Resident, dispatch: number): Item | undefined {
    const { clock, maxItemBytes } = this.#options;
    const room = maxItemBytes - Buffer.byteLength(state.entityState ?? '') - HEAD_BYTES;
    const turn = buildBatch(state, messages, clock.now(), Math.min(limits.newEventsBytes, room));
    const token = this.#tokenOf(state, dispatch);
    const { id: instanceId, entityState } = state;
    // Workers ignore the execution of an entity; it begins with its row (entities §1.3).
    const executionId = String(state.key);
    const bytes = entityWorkItem({
      ...{ instanceId, executionId, token, state: entityState },
      operations: turn.events,
    });
    return bytes.length <= maxItemBytes ? { turn, token, bytes } : undefined;
  }

  /** The next turn, whole if it can be; else its history is streamed, or it has only the messages that there is room for. */
  #fitting(
    resident: Resident,
    { canStreamHistory }: WorkerStream,
    dispatch: number,
  ): { readonly turn: Turn; readonly item: OrchestratorItem } | undefined {
    const { clock, codec, maxItemBytes } = this.#options;
    const { state, messages } = resident;
    const now = clock.now();
    const whole = buildTurn(state, messages, { now, codec });
    const item = this.#itemOf(resident, whole, dispatch);
    if (sizeOfOrchestratorWorkItem(item) <= maxItemBytes) return { turn: whole, item };
    const streaming = canStreamHistory;
    const empty = { ...item, streaming, next: frameAll(whole.events.slice(0, 1), NEW) };
    const maxBytes = maxItemBytes - sizeOfOrchestratorWorkItem(empty);
    const turn = buildTurn(state, messages, { now, codec, maxBytes });
    const smaller = { ...item, streaming, next: frameAll(turn.events, NEW) };
    return sizeOfOrchestratorWorkItem(smaller) <= maxItemBytes ? { turn, item: smaller } : undefined;
  }

  #itemOf({ state, history }: Resident, { events }: Turn, dispatch: number): OrchestratorItem {
    const { id, executionId, traceContext } = state;
    return {
      ...{ instanceId: id, executionId, past: history ?? [], streaming: false },
      next: frameAll(events, NEW),
      token: this.#tokenOf(state, dispatch),
      ...(traceContext === null ? {} : { traceContext }),
    };
  }

  #tokenOf({ kind, partition, key, turn }: InstanceState, dispatch: number): string {
    const { incarnation } = this.#options;
    return encodeToken({ kind, incarnation, partition, key, turn, dispatch });
  }

  /** Ends the lease: its slot is free. */
  end(resident: Resident): InstanceLease | undefined {
    const { lease } = resident;
    if (!lease) return undefined;
    resident.lease = undefined;
    lease.stream.outstanding[resident.state.kind]--;
    if (lease.isSuspect) lease.stream.suspectBack(lease.sentMs);
    this.#out.delete(resident);
    return lease;
  }

  isCurrent(resident: Resident, token: InstanceToken): boolean {
    return resident.lease?.dispatch === token.dispatch && resident.state.turn === token.turn;
  }

  /** Residents whose lease is older than it may be. */
  overdue(nowMs: number): Resident[] {
    const overdue: Resident[] = [];
    for (const resident of this.#out) {
      if (resident.lease && resident.lease.deadlineMs > nowMs) break;
      overdue.push(resident);
    }
    return overdue;
  }

  /** Residents that are out on that stream. */
  outOn(stream: WorkerStream): Resident[] {
    return [...this.#out].filter((resident) => resident.lease?.stream === stream);
  }
}

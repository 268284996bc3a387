import { type CompletionToken, encodeToken } from '../domain/completion-token.ts';
import { buildTurn, type Turn } from '../domain/turn.ts';
import { type Codec } from '../protocol/codec.ts';
import {
  frameAll,
  NEW,
  type OrchestratorItem,
  orchestratorWorkItem,
  sizeOfOrchestratorWorkItem,
} from '../protocol/framing.ts';
import { type Metrics } from '../telemetry/metrics.ts';
import { Clock } from './clock.ts';
import { type InstanceLease, type Resident } from './resident.ts';
import { type WorkerStream } from './streams.ts';

type OrchestrationToken = CompletionToken & { kind: 'orchestration' };

interface Options {
  readonly incarnation: number;
  readonly leaseMs: number;
  readonly maxItemBytes: number;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly metrics: Pick<Metrics, 'dispatched' | 'historyResent'>;
}

/** Turns that are out: building and sending them, and their leases. */
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
   * Hands the next turn to a stream. The caller made sure that history is in memory. Returns false when it is larger than
   * that stream takes, even with one message only: then its history has to be streamed, and the stream's worker can't
   * (contract §13.6).
   */
  send(resident: Resident, stream: WorkerStream): boolean {
    const { leaseMs, metrics } = this.#options;
    const dispatch = ++this.#dispatches;
    const fitting = this.#fitting(resident, stream, dispatch);
    if (!fitting) return false;
    const { turn, item } = fitting;
    const nowMs = Clock.monotonicMs();
    metrics.dispatched('orchestration', nowMs - (resident.readySinceMs ?? nowMs));
    metrics.historyResent(resident.historyBytes);
    resident.readySinceMs = undefined;
    resident.lease = {
      ...{ stream, turn, dispatch, chunks: undefined },
      ...{ sentMs: nowMs, deadlineMs: nowMs + leaseMs },
    };
    stream.outstanding.orchestration++;
    this.#out.add(resident);
    stream.unanswered?.sent(item.instanceId, undefined, item.token);
    stream.send(orchestratorWorkItem(item));
    return true;
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
    const { partition, key, turn, id, executionId, traceContext } = state;
    const { incarnation } = this.#options;
    return {
      ...{ instanceId: id, executionId, past: history ?? [], streaming: false },
      next: frameAll(events, NEW),
      token: encodeToken({ kind: 'orchestration', incarnation, partition, key, turn, dispatch }),
      ...(traceContext === null ? {} : { traceContext }),
    };
  }

  /** Ends the lease: its slot is free. */
  end(resident: Resident): InstanceLease | undefined {
    const { lease } = resident;
    if (!lease) return undefined;
    resident.lease = undefined;
    lease.stream.outstanding.orchestration--;
    this.#out.delete(resident);
    return lease;
  }

  isCurrent(resident: Resident, token: OrchestrationToken): boolean {
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

import { type CompletionToken, encodeToken } from '../domain/completion-token.ts';
import { buildTurn } from '../domain/turn.ts';
import { type Codec } from '../protocol/codec.ts';
import { frameAll, NEW, orchestratorWorkItem, sizeOfOrchestratorWorkItem } from '../protocol/framing.ts';
import { type Metrics } from '../telemetry/metrics.ts';
import { Clock } from './clock.ts';
import { type Requests } from './requests.ts';
import { type InstanceLease, type Resident } from './resident.ts';
import { type WorkerStream } from './streams.ts';

type OrchestrationToken = CompletionToken & { kind: 'orchestration' };

interface Options {
  readonly incarnation: number;
  readonly leaseMs: number;
  readonly maxItemBytes: number;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly requests: Requests;
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

  /** Hands the next turn to a stream. The caller made sure that there is one and that history is in memory. */
  send(resident: Resident, stream: WorkerStream): void {
    const { clock, codec, maxItemBytes, leaseMs, incarnation, metrics } = this.#options;
    const { state } = resident;
    const turn = buildTurn(state, resident.messages, clock.now(), codec);
    const dispatch = ++this.#dispatches;
    const { partition, key } = state;
    const past = resident.history ?? [];
    const item = {
      instanceId: state.id,
      executionId: state.executionId,
      past,
      next: frameAll(turn.events, NEW),
      token: encodeToken({ kind: 'orchestration', incarnation, partition, key, turn: state.turn, dispatch }),
      ...(state.traceContext === null ? {} : { traceContext: state.traceContext }),
      streaming: false,
    };
    const size = sizeOfOrchestratorWorkItem(item);
    if (size > maxItemBytes) {
      this.#options.requests.quarantine(
        resident,
        `its history makes a work item of ${size} bytes, above the limit of ${maxItemBytes} bytes (PERDURA_MAX_WORK_ITEM_MB)`,
      );
      return;
    }
    const nowMs = Clock.monotonicMs();
    metrics.dispatched('orchestration', nowMs - (resident.readySinceMs ?? nowMs));
    metrics.historyResent(resident.historyBytes);
    resident.readySinceMs = undefined;
    resident.lease = { stream, turn, dispatch, deadlineMs: nowMs + leaseMs, chunks: undefined };
    stream.outstanding.orchestration++;
    this.#out.add(resident);
    stream.unanswered?.sent(state.id, undefined, item.token);
    stream.send(orchestratorWorkItem(item));
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

/** What a client, an orchestrator or a caller's library sent along: W3C trace context as text. */
export interface TraceParent {
  readonly traceParent: string;
  readonly traceState: string | undefined;
}

export interface DispatchedItem {
  readonly kind: string;
  readonly hub: string;
  readonly instanceId: string;
  /** Of the orchestration or activity. */
  readonly name: string;
  /** Of an activity. */
  readonly taskId?: number;
  /** How long it had been ready. */
  readonly waitedMs: number;
  /** Undefined for work that is not traced: it gets no span. */
  readonly parent: TraceParent | undefined;
}

interface FinishedWait {
  readonly until: 'started' | 'completed';
  readonly hub: string;
  readonly instanceId: string;
  readonly ms: number;
  /** Of the call. */
  readonly parent: TraceParent | undefined;
}

/** Spans of the server itself, one method per event: each is told when it is over, and so how long it took. */
export interface Spans {
  /** A commit batch; `queuedMs` is what its oldest write had waited before. */
  committed(writes: number, ms: number, queuedMs: number): void;
  /** A work item was sent to a worker. */
  dispatched(item: DispatchedItem): void;
  /** A call that waited for an instance has ended. */
  waited(wait: FinishedWait): void;
  /** Sends what has not been sent; gives up after a few seconds. */
  close(): Promise<void>;
}

import { SchedulerError, taskHubNotFound } from '../domain/errors.ts';
import { type HubName } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { healthPing } from '../protocol/framing.ts';
import { type GetWorkItemsRequest } from '../protocol/messages.ts';
import { type StoreMetrics } from '../telemetry/metrics.ts';
import { Clock } from './clock.ts';
import { type Filter, filtersOf, isGo, isJava, type WorkKind, workKinds } from './filters.ts';
import { Unanswered } from './unanswered.ts';

/** Where the bytes of work items go; grpc implements it. */
export interface WorkItemSink {
  /** False: the transport's buffer is full, wait for `drained()`. */
  write(item: Buffer): boolean;
  end(error: SchedulerError): void;
}

export interface StreamOptions {
  readonly hubId: number;
  readonly hub: HubName;
  readonly workerId: string | undefined;
  readonly userAgent: string | undefined;
  readonly request: GetWorkItemsRequest;
  /** Identity of the HTTP/2 session: a second stream of a Java worker on it supersedes the first (decisions 18). */
  readonly connection: object;
  readonly sink: WorkItemSink;
}

/** What the current engine wants to know about streams. Calls are synchronous. */
export interface StreamListener {
  streamOpened(stream: WorkerStream): void;
  /** Its transport takes more again. */
  streamReady(stream: WorkerStream): void;
  streamClosed(stream: WorkerStream): void;
}

/** Contract §13.1: 0 means "no limit given". */
function slots(asked: number): number {
  return asked > 0 ? Math.min(asked, limits.maxStreamSlots) : limits.defaultStreamSlots;
}

/** What kills a worker has done so by then, mostly. */
const SUSPECTED_MS = 5_000;

/** One GetWorkItems call: what it accepts, how much of it is out, and whether its transport takes more. */
export class WorkerStream {
  readonly hubId: number;
  readonly hub: HubName;
  readonly workerId: string | undefined;
  readonly connection: object;
  readonly isJava: boolean;
  /** Of a worker that sends no tokens. */
  readonly unanswered: Unanswered | undefined;
  readonly canStreamHistory: boolean;
  readonly filters: Record<WorkKind, Filter>;
  readonly limits: Record<WorkKind, number>;
  /** Items sent and not yet answered, expired or abandoned. The engine counts them. */
  readonly outstanding: Record<WorkKind, number> = { orchestration: 0, activity: 0, entity: 0 };
  isOpen = true;
  /** Monotonic time since when the transport has refused more; undefined while it is writable. */
  blockedSince: number | undefined;
  /** Monotonic moment until which it is seen what becomes of a suspect that it has. */
  #suspectedUntilMs = -Infinity;
  readonly #sink: WorkItemSink;
  readonly #registry: WorkerStreams;

  constructor(options: StreamOptions, registry: WorkerStreams) {
    const { request, userAgent = '' } = options;
    this.hubId = options.hubId;
    this.hub = options.hub;
    this.workerId = options.workerId;
    this.connection = options.connection;
    this.isJava = isJava(userAgent);
    this.unanswered = this.isJava || isGo(userAgent) ? new Unanswered() : undefined;
    this.canStreamHistory = request.capabilities.includes('WORKER_CAPABILITY_HISTORY_STREAMING');
    this.filters = filtersOf(request, userAgent);
    this.limits = {
      orchestration: slots(request.maxConcurrentOrchestrationWorkItems),
      activity: slots(request.maxConcurrentActivityWorkItems),
      entity: slots(request.maxConcurrentEntityWorkItems),
    };
    this.#sink = options.sink;
    this.#registry = registry;
  }

  freeSlots(kind: WorkKind): number {
    if (!this.isOpen || this.blockedSince !== undefined || this.#registry.held.has(this.hubId)) return 0;
    return this.limits[kind] - this.outstanding[kind];
  }

  /** Suspects go out one by one: those that only lie beside what kills a worker would share its fate, again and again. */
  get takesSuspects(): boolean {
    return Clock.monotonicMs() >= this.#suspectedUntilMs;
  }

  suspectSent(sentMs: number): void {
    this.#suspectedUntilMs = sentMs + SUSPECTED_MS;
  }

  /** One that was sent then; a later one is still watched. */
  suspectBack(sentMs: number): void {
    if (this.#suspectedUntilMs === sentMs + SUSPECTED_MS) this.#suspectedUntilMs = -Infinity;
  }

  send(item: Buffer): void {
    if (!this.#sink.write(item)) this.blockedSince ??= Clock.monotonicMs();
  }

  /** The transport takes more again. */
  drained(): void {
    if (this.blockedSince === undefined) return;
    this.blockedSince = undefined;
    if (this.isOpen) this.#registry.ready(this);
  }

  /** The call ended or was cancelled, by whomever. */
  closed(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#registry.remove(this);
  }

  end(error: SchedulerError): void {
    if (!this.isOpen) return;
    this.closed();
    this.#sink.end(error);
  }
}

/** A stream that doesn't drain for so long is given up. */
const BLOCKED_LIMIT_MS = 60_000;
/** Java workers run one item at a time and read nothing meanwhile. */
const JAVA_BLOCKED_LIMIT_MS = 3_600_000;

/** All worker streams of the process. They outlive incarnations: the engine of the moment listens. */
export class WorkerStreams {
  readonly #byHub = new Map<number, Set<WorkerStream>>();
  readonly #listeners = new Set<StreamListener>();
  readonly #metrics: Pick<StoreMetrics, 'streamsChanged'>;
  /** Hubs that get no work items for now, however many slots their streams have. */
  readonly held: ReadonlySet<number>;
  readonly #held = new Set<number>();
  #count = 0;
  #turn = 0;
  #views = new Map<object, readonly WorkerStream[]>();

  constructor(metrics: Pick<StoreMetrics, 'streamsChanged'>) {
    this.#metrics = metrics;
    this.held = this.#held;
  }

  get count(): number {
    return this.#count;
  }

  /** What somebody worked out about the streams, until one opens or closes. */
  get views(): Map<object, readonly WorkerStream[]> {
    return this.#views;
  }

  /** Another number each time: where to begin among many streams. */
  nextTurn(): number {
    return this.#turn++;
  }

  open(options: StreamOptions): WorkerStream {
    if (this.#count >= limits.workerStreams) {
      throw new SchedulerError(
        'resource_exhausted',
        `this server holds ${limits.workerStreams} work-item streams already; start another replica`,
      );
    }
    const stream = new WorkerStream(options, this);
    for (const old of this.ofHub(options.hubId)) {
      if (old.isJava && stream.isJava && old.connection === stream.connection) {
        old.end(new SchedulerError('cancelled', 'superseded by a newer stream of the same connection'));
      }
    }
    const known = this.#byHub.get(options.hubId);
    if (known) known.add(stream);
    else this.#byHub.set(options.hubId, new Set([stream]));
    this.#count++;
    this.#views = new Map();
    this.#metrics.streamsChanged(stream.hub, 1);
    stream.send(healthPing);
    for (const listener of this.#listeners) listener.streamOpened(stream);
    return stream;
  }

  /** The token that an answer lacks which came on that connection (contract §1 rule 7). `taskId` undefined: of a turn. */
  tokenOf(hubId: number, connection: object, instanceId: string, taskId?: number): string | undefined {
    for (const { connection: own, unanswered } of this.ofHub(hubId)) {
      const token = own === connection ? unanswered?.answered(instanceId, taskId) : undefined;
      if (token !== undefined) return token;
    }
    return undefined;
  }

  ofHub(hubId: number): Iterable<WorkerStream> {
    return this.#byHub.get(hubId) ?? [];
  }

  hubIds(): Iterable<number> {
    return this.#byHub.keys();
  }

  listen(listener: StreamListener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: StreamListener): void {
    this.#listeners.delete(listener);
  }

  /** The transport of that stream takes more again. */
  ready(stream: WorkerStream): void {
    for (const listener of this.#listeners) listener.streamReady(stream);
  }

  remove(stream: WorkerStream): void {
    const known = this.#byHub.get(stream.hubId);
    if (!known?.delete(stream)) return;
    if (known.size === 0) this.#byHub.delete(stream.hubId);
    this.#count--;
    this.#views = new Map();
    this.#metrics.streamsChanged(stream.hub, -1);
    for (const listener of this.#listeners) listener.streamClosed(stream);
  }

  /** Work of that hub waits where it is until it is let go. */
  hold(hubId: number): void {
    this.#held.add(hubId);
  }

  letGo(hubId: number): void {
    this.#held.delete(hubId);
    for (const stream of [...this.ofHub(hubId)]) this.ready(stream);
  }

  /** One round of health pings (contract §13.2); gives up streams that haven't drained for a minute. Returns how many were pinged. */
  pingAll(): number {
    let pinged = 0;
    const now = Clock.monotonicMs();
    for (const stream of [...this.#all()]) {
      if (stream.blockedSince === undefined) {
        stream.send(healthPing);
        pinged++;
      } else if (now - stream.blockedSince > (stream.isJava ? JAVA_BLOCKED_LIMIT_MS : BLOCKED_LIMIT_MS)) {
        stream.end(new SchedulerError('unavailable', 'the stream was not read for too long'));
      }
    }
    return pinged;
  }

  /** These hubs are gone, or not served: ends their streams. */
  endHubs(hubIds: Iterable<number>, why: (hub: string) => SchedulerError = taskHubNotFound): void {
    for (const hubId of hubIds) {
      for (const stream of [...this.ofHub(hubId)]) stream.end(why(stream.hub));
    }
  }

  /** How many items of each kind each hub's workers have. */
  activeItems(): { readonly hub: string; readonly kind: WorkKind; readonly count: number }[] {
    return [...this.#all()].flatMap(({ hub, outstanding }) =>
      workKinds.map((kind) => ({ hub, kind, count: outstanding[kind] })),
    );
  }

  endAll(error: SchedulerError): void {
    for (const stream of [...this.#all()]) stream.end(error);
  }

  *#all(): Iterable<WorkerStream> {
    for (const streams of this.#byHub.values()) yield* streams;
  }
}

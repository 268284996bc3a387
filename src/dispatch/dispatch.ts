import { lostDelayMs } from '../domain/back-off.ts';
import { type InstanceToken } from '../domain/completion-token.ts';
import { unrecorded } from '../domain/poisoned.ts';
import { type BatchResult, type Residency } from '../domain/store.ts';
import { type NewActivity, type NewInstance } from '../domain/write.ts';
import { type Codec } from '../protocol/codec.ts';
import { type StoreMetrics } from '../telemetry/metrics.ts';
import { Abandons } from './abandons.ts';
import { Activities, type ActivityLease } from './activities.ts';
import { Clock } from './clock.ts';
import { DueTimers } from './due-timers.ts';
import { type WorkKind, workKinds } from './filters.ts';
import { LeaseExpiry } from './lease-expiry.ts';
import { Orchestrations } from './orchestrations.ts';
import { type Requests } from './requests.ts';
import { endsLease, type Resident } from './resident.ts';
import { Residents } from './residents.ts';
import { Slots } from './slots.ts';
import { type StreamListener, type WorkerStream, type WorkerStreams } from './streams.ts';
import { Terminations } from './terminations.ts';

export interface DispatchOptions {
  readonly incarnation: number;
  readonly streams: WorkerStreams;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly requests: Requests;
  readonly settings: {
    readonly orchestrationLeaseMs: number;
    readonly activityLeaseMs: number;
    readonly streamGraceMs: number;
    readonly maxDeliveryAttempts: number;
    readonly maxWorkItemBytes: number;
    readonly historyCacheBytes: number;
  };
  readonly metrics: Pick<StoreMetrics, 'dispatched' | 'redelivered' | 'historyResent' | 'spans'>;
  /** The rest of what a committed batch means to this process: hints and waiting calls. */
  readonly onSettled: (result: BatchResult) => void;
}

/** A large turn waits so long for a worker that streams history and has a free slot. */
const LARGE_AGAIN_MS = 1_000;

/**
 * Who runs what now: one incarnation's memory of the instances and activities that it owns. Nothing here awaits, and
 * nothing here is lost that the database doesn't know.
 *
 * An instance is in one of these states: idle (nothing to do) → queued (work, no free slot) → out (a turn on a stream,
 * `lease`) → patching (a write on its way) → idle, or gone. `wake` looks at an instance after anything about it
 * changed and takes the one step that is due.
 */
export class Dispatch implements Residency, StreamListener {
  readonly residents: Residents;
  readonly orchestrations: Orchestrations;
  readonly activities: Activities;
  readonly timers = new DueTimers();
  readonly slots: Slots;
  readonly abandons = new Abandons();
  readonly #options: DispatchOptions;
  readonly #expiry: LeaseExpiry;
  readonly #terminations = new Terminations();
  /** Monotonic moment until which the lease of this replica surely lives: past it nothing is handed out. */
  #trustedUntilMs = 0;
  #isDraining = false;
  #isClosed = false;

  constructor(options: DispatchOptions) {
    const { streams, clock, codec, requests, incarnation, settings, metrics } = options;
    this.#options = options;
    this.residents = new Residents(streams);
    this.orchestrations = new Orchestrations({
      ...{ incarnation, clock, codec, metrics },
      leaseMs: settings.orchestrationLeaseMs,
      maxItemBytes: settings.maxWorkItemBytes,
    });
    this.activities = new Activities({
      ...{ streams, incarnation, codec, requests, metrics, abandons: this.abandons },
      leaseMs: settings.activityLeaseMs,
      maxItemBytes: settings.maxWorkItemBytes,
      maxAttempts: settings.maxDeliveryAttempts,
    });
    this.#expiry = new LeaseExpiry(this.orchestrations, this.activities, settings.streamGraceMs);
    this.slots = new Slots(streams, () => this.mayDispatch());
    streams.listen(this);
  }

  /** The lease was renewed by a request sent at `sentMs`: work may be handed out until `sentMs + forMs`. */
  trust(sentMs: number, forMs: number): void {
    const wasBlocked = !this.mayDispatch();
    this.#trustedUntilMs = Math.max(this.#trustedUntilMs, sentMs + forMs);
    if (wasBlocked && this.mayDispatch()) this.pumpAll();
  }

  /** Nothing is handed out or claimed from now on; what is out may finish, what is ready is left to other replicas. */
  drain(): void {
    this.#isDraining = true;
    this.releaseUnserved();
  }

  /** The incarnation is over: this object graph is dropped, and whoever waits for it finds nothing to wait for. */
  close(): void {
    this.#isClosed = true;
    this.#options.streams.unlisten(this);
    for (const resident of this.residents.all()) {
      this.orchestrations.end(resident);
      resident.patched();
    }
  }

  /** Memory is wrong about this instance: it is no longer resident. */
  forget(resident: Resident): void {
    this.#endLease(resident);
    this.residents.remove(resident.state.key);
    resident.patched();
  }

  /** Goes on with the activities that workers have from the incarnation before. */
  adopt(leases: readonly ActivityLease[]): void {
    this.activities.adopt(leases);
    for (const stream of new Set(leases.map((lease) => lease.stream))) {
      if (!stream.isOpen) this.streamClosed(stream);
    }
  }

  get outstanding(): number {
    return this.orchestrations.outstanding + this.activities.outstanding;
  }

  // ── Residency: what the lane asks and tells ──

  holds(key: number): boolean {
    return this.residents.get(key) !== undefined;
  }

  knownMessages(key: number): readonly number[] {
    const { messages = [], controls = [] } = this.residents.get(key) ?? {};
    return [...messages, ...controls].map((message) => message.messageId);
  }

  settle(result: BatchResult): () => void {
    const touched = this.#learn(result);
    return () => {
      this.#act(result, touched);
    };
  }

  #act(result: BatchResult, touched: ReadonlySet<Resident>): void {
    for (const { activityKey } of result.activities) this.slots.kept(activityKey);
    this.activities.learn(result, this.mayDispatch());
    if (this.#isDraining) this.releaseUnserved();
    this.#options.requests.giveUp(result.unreadable);
    for (const resident of touched) this.wake(resident);
    this.residents.evict(this.#options.settings.historyCacheBytes);
    for (const resident of this.residents.surplus()) this.#release(resident);
    this.#options.onSettled(result);
  }

  /** Brings memory up to what was committed; returns the residents that something happened to. */
  #learn(result: BatchResult): ReadonlySet<Resident> {
    const touched = new Set<Resident | undefined>();
    for (const { patch, inserted } of result.patches) {
      const resident = this.residents.get(patch.key);
      if (resident && endsLease(patch)) this.#endLease(resident);
      touched.add(this.residents.apply(patch, inserted));
    }
    for (const { instance, started } of result.started) {
      this.slots.kept(instance.key);
      touched.add(this.residents.start(instance, started));
    }
    for (const claimed of result.claimed) touched.add(this.residents.claimed(claimed));
    for (const { key, message } of result.delivered) touched.add(this.residents.deliver(key, message));
    for (const inbox of result.fetched) touched.add(this.residents.fetched(inbox));
    for (const { key } of result.overflowing) touched.add(this.residents.overflowed(key));
    touched.delete(undefined);
    return touched as Set<Resident>;
  }

  // ── what is due for one resident ──

  /** Takes the next step of an instance, if one is due. Call it after anything about it changed. */
  wake(resident: Resident): void {
    if (resident.isPatching || this.residents.get(resident.state.key) !== resident) return;
    if (resident.lacksControls && resident.controls.length === 0) this.#fetch(resident);
    else if (resident.isForEngine) this.#applyControl(resident);
    else if (resident.isBusy || this.#isClosed) return;
    else if (!this.#isDraining) this.#wakeIdle(resident);
    else if (resident.readyIn(0) !== null) this.#release(resident);
  }

  #applyControl(resident: Resident): void {
    if (this.#terminations.mustWait(resident, Clock.monotonicMs())) return;
    resident.isPatching = true;
    this.#options.requests.applyControl(resident);
  }

  #wakeIdle(resident: Resident): void {
    if (resident.hasMore && resident.messages.length === 0) {
      this.#fetch(resident);
      return;
    }
    const inMs = resident.readyIn(0);
    if (inMs === null && !resident.isVoid) return;
    if (inMs !== 0 || !resident.workClass.isServed()) this.#release(resident);
    else if (resident.history === null) {
      resident.isLoading = true;
      this.#options.requests.loadHistory(resident);
    } else this.#offer(resident);
  }

  #fetch(resident: Resident): void {
    if (resident.isFetching) return;
    resident.isFetching = true;
    this.#options.requests.fetch(resident);
  }

  #offer(resident: Resident): void {
    resident.readySinceMs ??= Clock.monotonicMs();
    const avoided = this.abandons.lastOf(resident.state.key);
    const stream = this.mayDispatch() ? resident.workClass.streamFor(resident.attempts, avoided) : undefined;
    if (stream) this.#send(resident, stream);
    else {
      resident.isQueued = true;
      this.residents.classes.enqueue(resident.workClass, resident, resident.attempts);
    }
  }

  #send(resident: Resident, stream: WorkerStream): void {
    this.residents.touch(resident);
    if (!this.orchestrations.send(resident, stream)) this.#sendLarge(resident);
  }

  /** A turn that only workers that stream history can take. */
  #sendLarge(resident: Resident): void {
    const { workClass } = resident;
    const canStream = (stream: WorkerStream): boolean => stream.canStreamHistory;
    const stream = workClass.bestStream(undefined, canStream);
    if (stream && this.orchestrations.send(resident, stream)) return;
    const limit = `${this.#options.settings.maxWorkItemBytes} bytes (PERDURA_MAX_WORK_ITEM_MB)`;
    const reason = `its next work item is larger than ${limit}, and no worker here streams history`;
    if (stream || !workClass.isServed(canStream)) this.#options.requests.quarantine(resident, reason);
    else this.#release(resident, LARGE_AGAIN_MS);
  }

  #release(resident: Resident, backoffMs = 0): void {
    resident.isPatching = true;
    resident.isLeaving = true;
    this.#options.requests.release(resident, backoffMs);
  }

  // ── completions ──

  /** The resident whose current turn this token proves, if it is the current one. */
  findLeased(token: InstanceToken, hubId: number): Resident | undefined {
    const resident = this.residents.get(token.key);
    if (resident?.state.hubId !== hubId) return undefined;
    return this.orchestrations.isCurrent(resident, token) ? resident : undefined;
  }

  /** Ends an orchestration's lease and gives its slot to what waits. */
  #endLease(resident: Resident): void {
    const lease = this.orchestrations.end(resident);
    if (lease) this.pump(lease.stream, resident.state.kind);
  }

  /** The worker answered: its slot is free, and no second answer counts. */
  takeLease(resident: Resident): void {
    resident.isPatching = true;
    this.#endLease(resident);
  }

  /** The turn came to nothing (lease over, stream gone, answer refused): again, or the end of it. A control on its way goes first. */
  failDelivery(resident: Resident, reason: string): void {
    this.#endLease(resident);
    this.#options.metrics.redelivered(resident.state.kind);
    resident.attempts++;
    if (resident.isPatching) return;
    const isNext = resident.controls.length === 0 && !resident.lacksControls;
    const delayMs = lostDelayMs(resident.state.key, resident.attempts);
    if (isNext && resident.attempts >= this.#options.settings.maxDeliveryAttempts) {
      this.#options.requests.quarantine(resident, unrecorded(resident.attempts, reason));
    } else if (delayMs > 0 && resident.isSendable && this.mayDispatch()) this.#release(resident, delayMs);
    else this.wake(resident);
  }

  takeActivity(activityKey: number, hubId: number): ActivityLease | undefined {
    const lease = this.activities.get(activityKey);
    if (lease?.hubId !== hubId) return undefined;
    this.endActivity(lease);
    return lease;
  }

  /** Ends that very lease of an activity and gives its slot to what waits. */
  endActivity(lease: ActivityLease): void {
    if (this.activities.get(lease.activityKey) !== lease) return;
    this.activities.end(lease.activityKey);
    this.pump(lease.stream, 'activity');
  }

  /** May a row that is about to be created be this replica's own? */
  promiseInstance({ key, hubId, kind, name, version }: NewInstance): boolean {
    return this.slots.promise(this.residents.classes.of(hubId, kind, name, version), key);
  }

  promiseActivity(activity: NewActivity): boolean {
    return this.slots.promise(this.activities.classOf(activity), activity.activityKey);
  }

  /** There may be unowned work of that hub and kind: claimed as soon as there are slots for it. */
  workAppeared(hubId: number, kind: WorkKind): void {
    this.slots.flag(hubId, kind);
    if (this.slots.free(hubId, kind) > 0) this.#options.requests.claim();
  }

  /** Fills the free slots of a stream with what waits here, then asks for unowned work. */
  pump(stream: WorkerStream, kind: WorkKind): void {
    if (!this.mayDispatch()) return;
    const isPumped = (): boolean =>
      kind === 'activity' ? this.activities.sendNext(stream) : this.#pumpInstance(stream, kind);
    while (stream.freeSlots(kind) > 0 && isPumped());
    if (this.slots.isFlaggedFor(stream, kind) && stream.freeSlots(kind) > 0) this.#options.requests.claim();
  }

  #pumpInstance(stream: WorkerStream, kind: WorkKind): boolean {
    const resident = this.residents.classes.next(stream, kind);
    if (!resident) return false;
    resident.isQueued = false;
    // It may have been changed, evicted or released while it stood in the queue.
    if (this.residents.get(resident.state.key) === resident && resident.isSendable) {
      this.#send(resident, stream);
    } else this.wake(resident);
    return true;
  }

  pumpAll(): void {
    const { streams } = this.#options;
    for (const stream of [...streams.hubIds()].flatMap((hubId) => [...streams.ofHub(hubId)])) {
      for (const kind of workKinds) this.pump(stream, kind);
    }
  }

  /** Whether work is handed out now. */
  mayDispatch(): boolean {
    return !this.#isDraining && !this.#isClosed && Clock.monotonicMs() < this.#trustedUntilMs;
  }

  // ── streams ──

  /** It may accept what no stream here did, so unowned work is asked for. */
  streamOpened(stream: WorkerStream): void {
    for (const kind of workKinds) this.slots.flag(stream.hubId, kind);
    this.streamReady(stream);
  }

  streamReady(stream: WorkerStream): void {
    for (const kind of workKinds) this.pump(stream, kind);
  }

  /** Its items stay leased for a short grace: answers may still come on another connection (contract §13.4). */
  streamClosed(stream: WorkerStream): void {
    this.#expiry.streamClosed(stream);
    this.releaseUnserved();
  }

  /** Work that waits here although no stream takes it any more goes back to the database; all that waits when draining. */
  releaseUnserved(): void {
    for (const resident of this.residents.classes.takeUnserved(this.#isDraining)) {
      resident.isQueued = false;
      this.wake(resident);
    }
    this.activities.releaseUnserved(this.#isDraining);
  }

  /** Ends leases that are over; what they were for goes out again or is given up. Returns how many. */
  expireLeases(): number {
    for (const resident of this.#terminations.overdue(Clock.monotonicMs())) this.wake(resident);
    if (this.residents.classes.haveSuspects || this.activities.classes.haveSuspects) this.pumpAll();
    const { residents, activities } = this.#expiry.take(Clock.monotonicMs());
    for (const [resident, reason] of residents) this.failDelivery(resident, reason);
    if (activities.length > 0) this.activities.giveBack(activities);
    return residents.size + activities.length;
  }
}

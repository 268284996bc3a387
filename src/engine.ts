import { setTimeout as pause } from 'node:timers/promises';
import { engineLoops, newRenewalMemory } from './background/loops.ts';
import { runLoop, type RunningLoop } from './background/loop.ts';
import { TimerAlarm } from './background/timer-alarm.ts';
import { type ActivityLease } from './dispatch/activities.ts';
import { Clock } from './dispatch/clock.ts';
import { Dispatch } from './dispatch/dispatch.ts';
import { LOOK_AHEAD_MS, pollerOf } from './dispatch/due-timers.ts';
import { type HubQuotas } from './dispatch/hub-quotas.ts';
import { type WorkerStreams } from './dispatch/streams.ts';
import { taskHubMoving } from './domain/errors.ts';
import { limits } from './domain/limits.ts';
import { type BatchResult, type Hint, type Residency, type Store } from './domain/store.ts';
import { BackgroundWork } from './engine-requests.ts';
import { type KeyRing } from './postgres/key-ring.ts';
import { openStore, type OpenStore } from './postgres/store.ts';
import { codec } from './protocol/codec.ts';
import { type Context, type EngineSettings } from './scheduler/context.ts';
import { fireTimers } from './scheduler/fire-timers.ts';
import { type InstanceWaits } from './scheduler/instance-waits.ts';
import { fetchInbox } from './scheduler/sweep.ts';
import { type Logger } from './telemetry/log.ts';
import { type StoreMetrics, type Sample } from './telemetry/metrics.ts';

/*
 * An engine is one incarnation of one store in this process: lane, residents, leases, loops, on one object graph. It
 * begins with a row in `replicas` and ends with `end` (orderly) or by `onDead` (lost fence, ambiguous commit,
 * failover). A dead engine can't reach the next one: its store rejects for ever and nothing refers to it any more.
 */
export interface EngineOptions {
  readonly databaseUrl: string;
  readonly schema: string;
  readonly poolSize: number;
  /** Where others find this replica; for people only. */
  readonly address: string;
  readonly version: string;
  /** With what payloads are sealed and opened; none when unset. */
  readonly keyRing?: KeyRing | undefined;
  readonly streams: WorkerStreams;
  readonly waits: InstanceWaits;
  readonly quotas: HubQuotas;
  readonly settings: EngineSettings;
  readonly log: Logger;
  readonly metrics: StoreMetrics;
  /** What workers still hold from the incarnation before (decisions 14). */
  readonly inherited:
    { readonly replicaIds: readonly number[]; readonly activities: readonly ActivityLease[] } | undefined;
  /** Told the id of this incarnation before anybody else can know it. */
  readonly onRegister: (replicaId: number) => void;
  readonly onHubsChanged: () => void;
  readonly onDead: (reason: string) => void;
}

/** An orderly end takes so long at most. */
const END_WAIT_MS = 10_000;

/** Nobody waits for, or gets work from, a hub that is on its way to another store. */
function leaveHubs(
  { movingHubs }: Store,
  { streams, waits }: Pick<EngineOptions, 'streams' | 'waits'>,
): void {
  streams.endHubs(movingHubs.keys(), taskHubMoving);
  for (const [hubId, name] of movingHubs) waits.failAll(hubId, taskHubMoving(name));
}

type Loops = Record<keyof ReturnType<typeof engineLoops>, RunningLoop>;

export class Engine {
  readonly context: Context;
  readonly #options: EngineOptions;
  readonly #store: OpenStore;
  readonly #alarm: TimerAlarm;
  readonly #loops: Loops;
  readonly #work = new BackgroundWork(this);
  readonly #over = new AbortController();

  /** Registers a new incarnation and begins to work. Rejects when the database can't be reached. */
  static async start(options: EngineOptions): Promise<Engine> {
    const started: { engine?: Engine } = {};
    const residency: Residency = {
      holds: (key) => started.engine?.context.dispatch.holds(key) ?? false,
      knownMessages: (key) => started.engine?.context.dispatch.knownMessages(key) ?? [],
      settle: (result) => started.engine?.context.dispatch.settle(result) ?? (() => undefined),
    };
    const { databaseUrl, schema, poolSize, address, version, keyRing, log, metrics, inherited, onRegister } =
      options;
    const store = await openStore({
      ...{ databaseUrl, schema, poolSize, address, version, keyRing, log, residency, onRegister },
      inherits: inherited && {
        replicaIds: inherited.replicaIds,
        activityKeys: inherited.activities.map((lease) => lease.activityKey),
      },
      onBatch: (size, ms, queuedMs) => {
        metrics.commitBatch(size, ms, queuedMs);
      },
      onHint: (hints) => started.engine?.hinted(hints),
      onDead: (reason) => started.engine?.die(reason),
    });
    leaveHubs(store, options);
    started.engine = new Engine(options, store);
    return started.engine;
  }

  private constructor(options: EngineOptions, store: OpenStore) {
    this.#options = options;
    this.#store = store;
    const { streams, settings, waits, quotas, log, metrics } = options;
    const clock = new Clock();
    const dispatch = new Dispatch({
      ...{ streams, clock, codec, settings, metrics },
      incarnation: store.replicaId,
      requests: this.#work.requests(),
      onSettled: (result) => {
        this.#settled(result);
      },
    });
    dispatch.adopt(options.inherited?.activities ?? []);
    const startOver = (reason: string): void => {
      this.die(reason);
    };
    this.context = {
      ...{ store, dispatch, streams, waits, quotas, codec, settings, metrics, startOver },
      signal: this.#over.signal,
      ids: store.ids,
      log: log.child({ replica: store.replicaId }),
      now: () => clock.now(),
    };
    this.#alarm = new TimerAlarm(
      dispatch.timers,
      () => clock.nowMicros(),
      () => this.#work.attempt('fire-timers', this.#fireTimers()),
    );
    const loops = engineLoops(this.context, newRenewalMemory(clock, Clock.monotonicMs()));
    const report = (loop: string, error: unknown): void => {
      this.#work.report(loop, error);
    };
    this.#loops = Object.fromEntries(
      Object.entries(loops).map(([name, loop]) => [name, runLoop(loop, report)]),
    ) as Loops;
    for (const hubId of streams.hubIds()) {
      for (const stream of streams.ofHub(hubId)) dispatch.streamOpened(stream);
    }
    waits.wakeAll();
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  get replicaId(): number {
    return this.#store.replicaId;
  }

  /** What metrics show of it. */
  sample(): Pick<Sample, 'residentInstances' | 'historyCacheBytes' | 'connections' | 'isServing'> {
    const { dispatch } = this.context;
    const { residents } = dispatch;
    return {
      isServing: dispatch.mayDispatch(),
      residentInstances: residents.count,
      historyCacheBytes: residents.historyBytes,
      connections: this.#store.connections,
    };
  }

  /** This incarnation is over at once: nothing of it is waited for. */
  die(reason: string): void {
    if (this.isOver) return;
    this.#over.abort();
    this.context.dispatch.close();
    this.#alarm.stop();
    for (const loop of Object.values(this.#loops)) void loop.stop();
    this.#store.abort(reason);
    this.#options.onDead(reason);
  }

  /** Nothing more is claimed or handed out; what is out may finish. */
  drain(): void {
    this.context.dispatch.drain();
  }

  /** Looks for unowned work. */
  claim(): void {
    this.#loops.claim.wake();
  }

  /** An orderly end: releases what is owned, deletes the replica's row last. Without a database others free it later. */
  async end(): Promise<void> {
    if (this.isOver) return;
    this.#over.abort();
    this.context.dispatch.close();
    this.#alarm.stop();
    const closing = Promise.all(Object.values(this.#loops).map((loop) => loop.stop()))
      .then(() => this.#store.close())
      .then(() => true);
    const isClosed = await Promise.race([closing, pause(END_WAIT_MS, false, { ref: false })]).catch(
      () => false,
    );
    if (isClosed) return;
    this.context.log.warn(
      'what this replica owned could not be released: others take it when its lease runs out',
    );
    this.#store.abort('the server has stopped');
  }

  async #fireTimers(): Promise<void> {
    if (await fireTimers(this.context)) this.#loops.pollTimers.wake();
  }

  hinted(hints: readonly Hint[]): void {
    if (this.isOver) return;
    for (const hint of hints) this.#heed(hint);
  }

  #heed(hint: Hint): void {
    const { waits, dispatch } = this.context;
    switch (hint.kind) {
      case 'bell':
        void this.#work.attempt('fetch', fetchInbox(this.context, hint));
        return;
      case 'work':
        this.#workAppeared(hint.hubId, hint.item);
        return;
      case 'changed':
        waits.wake(hint);
        return;
      case 'ended':
        dispatch.activities.doubt(hint.activityKey);
        this.#loops.checkActivities.wake();
        return;
      case 'stored':
        this.#loops.recordStored.wake();
        return;
      case 'timers':
        this.#loops.pollTimers.wake();
        return;
      case 'hubs':
        this.#options.onHubsChanged();
        this.#loops.refreshQuotas.wake();
        return;
      case 'echo':
        return;
    }
  }

  #workAppeared(hubId: number, item: BatchResult['spilled'][number]['item']): void {
    const { dispatch, store } = this.context;
    if (item === 'engine') {
      void this.#work.attempt('claim-engine-work', store.claimEngineWork(limits.claimRows));
      return;
    }
    dispatch.workAppeared(hubId, item);
  }

  /** What a committed batch means beyond this replica's own residents. */
  #settled({ rung, spilled, changed, ended, storedFor, timers }: BatchResult): void {
    const { waits, dispatch, store, now } = this.context;
    const hints: Hint[] = rung.map((bell) => ({ kind: 'bell', ...bell }));
    for (const { hubId, item } of spilled) {
      hints.push({ kind: 'work', hubId, item });
      this.#workAppeared(hubId, item);
    }
    for (const instance of changed) {
      waits.wake(instance);
      hints.push({ kind: 'changed', ...instance });
    }
    for (const activity of ended) hints.push({ kind: 'ended', ...activity });
    for (const owner of storedFor) hints.push({ kind: 'stored', owner });
    const soon = timers.length > 0 ? now().seconds * 1e6 + LOOK_AHEAD_MS * 1000 : 0;
    for (const { message, ...timer } of timers) {
      if (timer.firesAt > soon) continue;
      if (dispatch.timers.partitions.has(timer.partition)) {
        dispatch.timers.add({ ...timer, kind: message.kind });
      } else this.#hintPoller(timer.partition, hints);
    }
    if (hints.length > 0) store.hint(hints);
  }

  #hintPoller(partition: number, hints: Hint[]): void {
    const owner = pollerOf(partition, this.context.dispatch.timers.living);
    if (owner !== undefined) hints.push({ kind: 'timers', owner });
  }
}

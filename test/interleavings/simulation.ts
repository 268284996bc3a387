import type * as fc from 'fast-check';
import { Clock } from '../../src/dispatch/clock.ts';
import { Dispatch } from '../../src/dispatch/dispatch.ts';
import { HubQuotas } from '../../src/dispatch/hub-quotas.ts';
import { type WorkerStream, WorkerStreams } from '../../src/dispatch/streams.ts';
import { resumeControl, suspendControl, terminateControl } from '../../src/domain/events.ts';
import { hubName, instanceId, partitionOf } from '../../src/domain/ids.ts';
import { type ControlKind, ranks } from '../../src/domain/message.ts';
import { type Store } from '../../src/domain/store.ts';
import { BackgroundWork } from '../../src/engine-requests.ts';
import { codec } from '../../src/protocol/codec.ts';
import { claimWork } from '../../src/scheduler/claim-work.ts';
import { type Context, type EngineSettings, type HubContext } from '../../src/scheduler/context.ts';
import { InstanceWaits } from '../../src/scheduler/instance-waits.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { answer, answerActivity, hubContext, raise, silent, startOrder } from '../helpers/engine.ts';
import { bounds, countingIds } from '../helpers/factories.ts';
import { type Kind } from '../replicas/load.ts';
import { play, runStep } from '../replicas/programs.ts';
import { SimulatedStore } from './simulated-store.ts';

const HUB_ID = 1;
/** So few, and so little memory, that work waits, is spilled, and histories are read again. */
const SLOTS = 2;
const settings: EngineSettings = {
  ...{ orchestrationLeaseMs: 3_600_000, activityLeaseMs: 0, streamGraceMs: 0, maxDeliveryAttempts: 1_000 },
  ...{ maxWorkItemBytes: 4 * 1024 * 1024, historyCacheBytes: 0, bounds },
};
const metrics = createMetrics('simulation');

/** One replica, its workers and its store: each of their steps waits for the scheduler to choose it. */
export class Simulation {
  readonly store: SimulatedStore;
  readonly dispatch: Dispatch;
  readonly context: HubContext;
  readonly isOver = false;
  /** What no part of it may ever do. */
  readonly faults: string[] = [];
  readonly #scheduler: fc.Scheduler;
  readonly #streams = new WorkerStreams(metrics);
  readonly #open: WorkerStream[] = [];
  #isClaiming = false;
  #isClaimAsked = false;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
    const clock = new Clock();
    this.store = new SimulatedStore(
      (what, act) => this.#inTurn(what, act),
      () => this.dispatch,
    );
    this.dispatch = new Dispatch({
      ...{ incarnation: this.store.replicaId, streams: this.#streams, clock, codec, metrics, settings },
      requests: new BackgroundWork(this).requests(),
      onSettled: ({ spilled }) => {
        for (const { hubId, item } of spilled) {
          if (item === 'engine') this.#attempt(this.store.claimEngineWork(SLOTS));
          else this.dispatch.workAppeared(hubId, item);
        }
      },
    });
    const context: Context = {
      // What else a store can is never asked for here.
      store: this.store as Partial<Store> as Store,
      ...{
        streams: this.#streams,
        quotas: new HubQuotas({}, this.#streams),
        dispatch: this.dispatch,
        codec,
        settings,
        metrics,
        ids: countingIds(),
        now: () => clock.now(),
      },
      waits: new InstanceWaits(
        () => undefined,
        () => undefined,
      ),
      ...{ log: silent, signal: new AbortController().signal, startOver: this.die },
    };
    this.context = hubContext(context, HUB_ID);
    this.dispatch.trust(Clock.monotonicMs(), 3_600_000);
    this.openStream();
  }

  readonly die = (reason: string): void => void this.faults.push(reason);

  /** Claims take turns, as those of the engine's loop do. */
  claim(): void {
    this.#isClaimAsked = true;
    if (!this.#isClaiming) this.#attempt(this.#claimAll());
  }

  async #claimAll(): Promise<void> {
    this.#isClaiming = true;
    while (this.#isClaimAsked) {
      this.#isClaimAsked = false;
      if ((await claimWork(this.context)) > 0) this.#isClaimAsked = true;
    }
    this.#isClaiming = false;
  }

  openStream(): void {
    const request = {
      ...{ maxConcurrentOrchestrationWorkItems: SLOTS, maxConcurrentActivityWorkItems: SLOTS },
    };
    this.#open.push(
      this.#streams.open({
        ...{ hubId: HUB_ID, hub: hubName('hub'), workerId: undefined, userAgent: undefined, connection: {} },
        request: codec.decode('GetWorkItemsRequest', codec.encode('GetWorkItemsRequest', request)),
        sink: {
          write: (item) => {
            this.#work(item);
            return true;
          },
          end: () => undefined,
        },
      }),
    );
  }

  /** The oldest stream breaks, and another one comes in its place. What was sent on it may still be answered. */
  breakStream(): void {
    this.#open.shift()?.closed();
    this.openStream();
    this.dispatch.expireLeases();
  }

  start([name, input, , events = []]: Kind, id: string): void {
    const starting = this.#inTurn(`client: ${id}`, () =>
      startOrder(this.context, { instanceId: id, name, input: { value: input } }),
    );
    this.#attempt(
      starting.then(async () => {
        for (const event of events) await raise(this.context, id, event);
      }),
    );
  }

  terminate(id: string): void {
    const event = terminateControl({ output: null, recurse: true }, this.context.now(), codec);
    this.#attempt(this.#control(id, 'terminate', event));
  }

  /** For a while. */
  suspend(id: string): void {
    const [now, reason] = [this.context.now(), null];
    this.#attempt(
      this.#control(id, 'suspend', suspendControl(reason, now, codec)).then(() =>
        this.#control(id, 'resume', resumeControl(reason, now, codec)),
      ),
    );
  }

  #control(id: string, kind: ControlKind, event: Buffer): Promise<unknown> {
    const target = instanceId(id);
    const to = { by: 'id', partition: partitionOf(HUB_ID, target), hubId: HUB_ID, id: target } as const;
    const message = { rank: ranks.control, kind, event };
    return this.store.commit({ messages: [{ to, message, isFromClient: true }] });
  }

  purge(id: string): void {
    const row = this.store.rows.byId(HUB_ID, id);
    if (row) this.#attempt(this.store.purge([row]));
  }

  /** Whether all slots are free again. */
  get isFree(): boolean {
    return (
      this.dispatch.slots.free(HUB_ID, 'orchestration') === SLOTS &&
      this.dispatch.slots.free(HUB_ID, 'activity') === SLOTS
    );
  }

  later(what: string, act: () => void): void {
    this.#attempt(this.#inTurn(what, act));
  }

  async #inTurn<Result>(what: string, act: () => Promise<Result> | Result): Promise<Result> {
    await this.#scheduler.schedule(Promise.resolve(), what);
    return act();
  }

  #attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) =>
      this.faults.push(error instanceof Error ? String(error.stack) : String(error)),
    );
  }

  /** An answer comes when its turn has come. */
  #work(bytes: Buffer): void {
    const item = codec.decode('WorkItem', bytes);
    const { completionToken: token } = item;
    if (item.request === 'orchestratorRequest') {
      const { orchestratorRequest: request } = item;
      const actions = play(request);
      const turn = { token, request, news: [] };
      this.#attempt(this.#inTurn(`turn of ${request.instanceId}`, () => answer(this.context, turn, actions)));
    } else if (item.request === 'activityRequest') {
      const { orchestrationInstance, taskId, input } = item.activityRequest;
      const result = { value: runStep(input?.value ?? '') };
      const what = `task ${taskId} of ${String(orchestrationInstance?.instanceId)}`;
      this.#attempt(this.#inTurn(what, () => answerActivity(this.context, { token }, { result })));
    }
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { type Pool } from 'pg';
import { Clock } from '../../src/dispatch/clock.ts';
import { Dispatch } from '../../src/dispatch/dispatch.ts';
import { HubQuotas } from '../../src/dispatch/hub-quotas.ts';
import { everythingKey } from '../../src/dispatch/filters.ts';
import { type Resident } from '../../src/dispatch/resident.ts';
import { type Slots } from '../../src/dispatch/slots.ts';
import { type WorkItemSink, type WorkerStream, WorkerStreams } from '../../src/dispatch/streams.ts';
import { type SchedulerError } from '../../src/domain/errors.ts';
import { hubName, type InstanceId } from '../../src/domain/ids.ts';
import { type BatchResult, type Hint } from '../../src/domain/store.ts';
import { Engine, type EngineOptions } from '../../src/engine.ts';
import { BackgroundWork } from '../../src/engine-requests.ts';
import { must } from '../../src/lib/assert.ts';
import { openStore, type OpenStore } from '../../src/postgres/store.ts';
import { codec, type Message, type MessageInput } from '../../src/protocol/codec.ts';
import { type ActivityRequest, type OrchestratorRequest } from '../../src/protocol/messages.ts';
import { completeActivity } from '../../src/scheduler/complete-activity.ts';
import { completeOrchestration } from '../../src/scheduler/complete-orchestration.ts';
import { raiseEvent } from '../../src/scheduler/raise-event.ts';
import { type Context, type EngineSettings, type HubContext } from '../../src/scheduler/context.ts';
import { InstanceWaits } from '../../src/scheduler/instance-waits.ts';
import { startInstance } from '../../src/scheduler/start-instance.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { schema } from './database.ts';
import { bounds, responseOf } from './factories.ts';
import { type Action } from './scripted-worker.ts';
import { test as storeTest } from './store.ts';

// ── workers ──

export interface SentTurn {
  readonly token: string;
  readonly request: OrchestratorRequest;
  /** Types of the new events. */
  readonly news: readonly (string | undefined)[];
}

export interface SentBatch {
  readonly token: string;
  readonly request: Message<'EntityRequest'>;
}

export interface SentActivity {
  readonly token: string;
  readonly request: ActivityRequest;
}

export interface WorkerOptions {
  readonly hubId?: number;
  readonly request?: MessageInput<'GetWorkItemsRequest'>;
  readonly userAgent?: string;
  readonly connection?: object;
}

/** A worker whose transport is an array: what was sent to it, and how its stream ended. */
export class MemoryWorker implements WorkItemSink {
  readonly turns: SentTurn[] = [];
  readonly activities: SentActivity[] = [];
  readonly batches: SentBatch[] = [];
  pings = 0;
  endedBy: SchedulerError | undefined;
  /** The transport's buffer is full: it takes what is written, but wants no more. */
  isFull = false;
  readonly stream: WorkerStream;

  constructor(
    streams: WorkerStreams,
    { hubId = 1, request = {}, userAgent, connection = {} }: WorkerOptions = {},
  ) {
    this.stream = streams.open({
      ...{ hubId, hub: hubName(`hub-${hubId}`), workerId: undefined, userAgent, connection, sink: this },
      request: codec.decode('GetWorkItemsRequest', codec.encode('GetWorkItemsRequest', request)),
    });
  }

  write(bytes: Buffer): boolean {
    const item = codec.decode('WorkItem', bytes);
    const token = item.completionToken;
    if (item.request === 'orchestratorRequest') {
      const request = item.orchestratorRequest;
      const news = request.newEvents.map(({ eventType }) => eventType);
      this.turns.push({ token, request, news });
    } else if (item.request === 'activityRequest') {
      this.activities.push({ token, request: item.activityRequest });
    } else if (item.request === 'entityRequestV2') {
      this.batches.push({ token, request: item.entityRequestV2 });
    } else this.pings++;
    return !this.isFull;
  }

  end(error: SchedulerError): void {
    this.endedBy = error;
  }

  /** The turn that was sent as the n-th, from 0; waits for it. */
  turn(n = 0): Promise<SentTurn> {
    return appears(() => this.turns[n], `turn ${n}`);
  }

  activity(n = 0): Promise<SentActivity> {
    return appears(() => this.activities[n], `activity ${n}`);
  }

  batch(n = 0): Promise<SentBatch> {
    return appears(() => this.batches[n], `batch ${n}`);
  }
}

/** Filters that accept these names only. */
export function only(names: {
  readonly orchestrations?: readonly string[];
  readonly activities?: readonly string[];
}): MessageInput<'GetWorkItemsRequest'> {
  const named = (list: readonly string[] = []) => list.map((name) => ({ name, versions: [] }));
  return {
    workItemFilters: { orchestrations: named(names.orchestrations), activities: named(names.activities) },
  };
}

async function appears<Value>(look: () => Value | undefined, what: string): Promise<Value> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not appear in time`);
    await pause(5);
  }
}

// ── engines ──

export const silent = createLogger({ level: 'silent', format: 'json' });

const settings: EngineSettings = {
  orchestrationLeaseMs: 60_000,
  activityLeaseMs: 0,
  streamGraceMs: 0,
  maxDeliveryAttempts: 3,
  maxWorkItemBytes: 4 * 1024 * 1024,
  historyCacheBytes: 256 * 1024 * 1024,
  bounds,
};

export interface EngineTestOptions {
  readonly databaseUrl?: string;
  readonly settings?: Partial<EngineSettings>;
  /** Those of another incarnation, which this one goes on with. */
  readonly streams?: WorkerStreams;
}

interface Surroundings {
  readonly streams: WorkerStreams;
  readonly waits: InstanceWaits;
  readonly quotas: HubQuotas;
  readonly metrics: Metrics;
  /** Why it ended. */
  readonly deaths: string[];
  /** Opens a stream in the test's hub. */
  worker(request?: MessageInput<'GetWorkItemsRequest'>, options?: WorkerOptions): MemoryWorker;
}

/** An engine with everything that it does by itself. */
export interface RunningEngine extends Surroundings {
  readonly engine: Engine;
  readonly hub: HubContext;
}

/**
 * An engine that does nothing by itself but what dispatch asks for: no loops, no hints, and a renewal that lasts. The
 * test runs the operations, so that it knows what happens between them.
 */
export interface StillEngine extends Surroundings {
  readonly store: OpenStore;
  readonly hub: HubContext;
  readonly dispatch: Dispatch;
  /** Of every committed batch. */
  readonly results: BatchResult[];
  /** Received ones. */
  readonly hints: Hint[];
  /** How often unowned work was asked for. */
  readonly claimsAsked: () => number;
}

function surroundings(
  hubId: number,
  streams: WorkerStreams | undefined,
  store: () => OpenStore | Context['store'] | undefined,
): Surroundings {
  const metrics = createMetrics('test');
  const workers = streams ?? new WorkerStreams(metrics);
  return {
    streams: workers,
    quotas: new HubQuotas({}, workers),
    metrics,
    waits: new InstanceWaits(store, () => undefined),
    deaths: [],
    worker: (request = {}, options = {}) => new MemoryWorker(workers, { hubId, request, ...options }),
  };
}

/** Starts the real engine. */
async function startEngine(
  databaseUrl: string,
  hubId: number,
  { settings: changed, streams }: EngineTestOptions = {},
  overrides: Partial<EngineOptions> = {},
): Promise<RunningEngine> {
  const started: { engine?: Engine } = {};
  const around = surroundings(hubId, streams, () => started.engine?.context.store);
  const engine = await Engine.start({
    ...{ databaseUrl, schema, poolSize: 3, address: 'test', version: '0', inherited: undefined },
    ...{ streams: around.streams, waits: around.waits, metrics: around.metrics, log: silent },
    quotas: around.quotas,
    settings: { ...settings, ...changed },
    onHubsChanged: () => undefined,
    onRegister: () => undefined,
    onDead: (reason) => around.deaths.push(reason),
    ...overrides,
  });
  started.engine = engine;
  return { ...around, engine, hub: hubContext(engine.context, hubId) };
}

async function openStill(
  databaseUrl: string,
  hubId: number,
  { settings: changed, streams }: EngineTestOptions = {},
): Promise<StillEngine> {
  const opened: { store?: OpenStore; dispatch?: Dispatch } = {};
  const around = surroundings(hubId, streams, () => opened.store);
  const results: BatchResult[] = [];
  const hints: Hint[] = [];
  const over = new AbortController();
  const dispatch = (): Dispatch => must(opened.dispatch, 'the dispatch of this engine');
  const store = await openStore({
    ...{ databaseUrl, schema, poolSize: 3, address: 'test', version: '0', log: silent },
    residency: {
      holds: (key) => dispatch().holds(key),
      knownMessages: (key) => dispatch().knownMessages(key),
      settle: (result) => dispatch().settle(result),
    },
    onHint: (received) => hints.push(...received),
    onDead: (reason) => {
      around.deaths.push(reason);
      over.abort();
    },
  });
  opened.store = store;
  const clock = new Clock();
  let claims = 0;
  const work = new BackgroundWork({
    get context() {
      return context;
    },
    get isOver() {
      return over.signal.aborted;
    },
    die: (reason) => {
      store.abort(reason);
    },
    claim: () => {
      claims++;
    },
  });
  opened.dispatch = new Dispatch({
    ...{ incarnation: store.replicaId, streams: around.streams, clock, codec, metrics: around.metrics },
    requests: work.requests(),
    settings: { ...settings, ...changed },
    onSettled: (result) => {
      results.push(result);
      for (const instance of result.changed) around.waits.wake(instance);
    },
  });
  const context: Context = {
    ...{ store, dispatch: dispatch(), waits: around.waits, ids: store.ids, codec, metrics: around.metrics },
    ...{ streams: around.streams, quotas: around.quotas },
    ...{ settings: { ...settings, ...changed }, log: silent, signal: over.signal },
    now: () => clock.now(),
    startOver: (reason) => {
      store.abort(reason);
    },
  };
  dispatch().trust(Clock.monotonicMs(), 3_600_000);
  return {
    ...around,
    ...{ store, results, hints, dispatch: dispatch(), hub: hubContext(context, hubId) },
    claimsAsked: () => claims,
  };
}

/** Of a hub that is never deleted. */
export function hubContext(context: Context, hubId: number, name = 'default'): HubContext {
  const hub: HubContext = { ...context, hubId, hub: hubName(name), current: () => Promise.resolve(hub) };
  return hub;
}

/** As if claims had found that there is no unowned work. */
export function lowerFlags(slots: Slots): void {
  for (const flag of slots.flagged()) {
    flag.dry.add(everythingKey);
    slots.lower(flag);
  }
}

/** The only resident of an engine. */
export function onlyResident({ dispatch }: Pick<StillEngine, 'dispatch'>): Resident {
  const [resident, ...others] = dispatch.residents.all();
  if (others.length > 0) throw new Error('there are several residents');
  return must(resident, 'a resident');
}

/** A test with a database and a hub in it, and as many engines as it starts; all of them are ended after it. */
export const test = storeTest.extend<{
  run: (options?: EngineTestOptions, overrides?: Partial<EngineOptions>) => Promise<RunningEngine>;
  still: (options?: EngineTestOptions) => Promise<StillEngine>;
}>({
  run: async ({ databaseUrl, hubId }, use) => {
    const running: RunningEngine[] = [];
    await use(async (options, overrides) => {
      const one = await startEngine(options?.databaseUrl ?? databaseUrl, hubId, options, overrides);
      running.push(one);
      return one;
    });
    for (const { engine } of running) engine.die('the test is over');
  },
  still: async ({ databaseUrl, hubId }, use) => {
    const opened: StillEngine[] = [];
    await use(async (options) => {
      const one = await openStill(options?.databaseUrl ?? databaseUrl, hubId, options);
      opened.push(one);
      return one;
    });
    for (const { store } of opened) store.abort('the test is over');
  },
});

// ── what clients and workers do ──

/** Starts an orchestration and returns its id. */
export async function startOrder(
  hub: HubContext,
  request: MessageInput<'CreateInstanceRequest'> = {},
): Promise<InstanceId> {
  const whole = { name: 'Order', ...request };
  return startInstance(
    hub,
    codec.decode('CreateInstanceRequest', codec.encode('CreateInstanceRequest', whole)),
  );
}

export async function raise(hub: HubContext, instanceId: string, name: string): Promise<void> {
  const request = { instanceId, name, input: { value: `"${name}"` } };
  await raiseEvent(hub, codec.decode('RaiseEventRequest', codec.encode('RaiseEventRequest', request)));
}

/** Keeps all instances locked, so that no patch gets through, while `work` goes on. */
export async function withInstancesLocked<Value>(db: Pool, work: () => Promise<Value>): Promise<Value> {
  const client = await db.connect();
  try {
    await client.query('begin');
    await client.query('select 1 from instances for update');
    return await work();
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** The same engine, called for another hub, which is made. */
export async function otherHub(db: Pool, hub: HubContext, name = 'other'): Promise<HubContext> {
  const { rows } = await db.query<{ hub_id: number }>(
    'insert into hubs (name) values ($1) returning hub_id',
    [name],
  );
  return hubContext(hub, must(rows[0], 'a hub').hub_id, name);
}

/** Answers a turn. */
export async function answer(
  hub: HubContext,
  { token, request }: SentTurn,
  actions: readonly Action[],
  more: Omit<MessageInput<'OrchestratorResponse'>, 'actions'> = {},
): Promise<void> {
  const response = { instanceId: request.instanceId, completionToken: token, actions: [...actions], ...more };
  await completeOrchestration(hub, responseOf(response), codec.encode('OrchestratorResponse', response));
}

/** Answers an activity. */
export async function answerActivity(
  hub: HubContext,
  { token }: Pick<SentActivity, 'token'>,
  answer: MessageInput<'ActivityResponse'> = {},
): Promise<void> {
  const response = { completionToken: token, result: { value: '"done"' }, ...answer };
  await completeActivity(hub, codec.decode('ActivityResponse', codec.encode('ActivityResponse', response)));
}

export { count, expect, inboxOf, instanceRow, until } from './store.ts';

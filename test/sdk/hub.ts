// What every test here stands on: a task hub of its own on the file's server, seen only through the published
// JavaScript package. The hub comes into being with the first call that names it.
//
// The package's worker sleeps for a second while it stops, so a test only begins to stop its workers; the file waits
// for all of them at its end.
import { randomUUID } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import {
  type EntityFactory,
  NoOpLogger,
  type OrchestrationContext,
  type OrchestrationState,
  type OrchestrationStatus,
  type StartOrchestrationOptions,
  type TActivity,
  type Task,
  TaskHubGrpcClient,
  TaskHubGrpcWorker,
  type TaskHubGrpcWorkerOptions,
  type TInput,
  type TOrchestrator,
  type TOutput,
} from '@microsoft/durabletask-js';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startTestServer, type TestServerOptions } from '../helpers/server.ts';

/** Longer than anything here takes on a slow machine; a test that reaches it has failed. */
const DEADLINE_SECONDS = 20;

export interface WorkerParts {
  orchestrators?: Record<string, TOrchestrator>;
  activities?: Record<string, TActivity<TInput, TOutput>>;
  entities?: Record<string, EntityFactory>;
  options?: TaskHubGrpcWorkerOptions;
}

export class TestHub {
  readonly name = `sdk-${randomUUID().slice(0, 13)}`;
  readonly client: TaskHubGrpcClient;
  /** `host:port` of the server. */
  readonly endpoint: string;
  readonly #workers = new Set<TaskHubGrpcWorker>();

  constructor(endpoint: string) {
    this.endpoint = endpoint;
    this.client = new TaskHubGrpcClient({
      hostAddress: endpoint,
      metadataGenerator: this.metadata,
      logger: new NoOpLogger(),
    });
  }

  /** What every call of the hub carries. */
  readonly metadata = (): Promise<Metadata> => {
    const metadata = new Metadata();
    metadata.set('taskhub', this.name);
    return Promise.resolve(metadata);
  };

  /** Starts a worker with these orchestrators, activities and entities. */
  async work(parts: WorkerParts): Promise<TaskHubGrpcWorker> {
    const worker = new TaskHubGrpcWorker({
      hostAddress: this.endpoint,
      metadataGenerator: this.metadata,
      logger: new NoOpLogger(),
      shutdownTimeoutMs: 100,
      ...parts.options,
    });
    for (const [name, run] of Object.entries(parts.orchestrators ?? {})) {
      worker.addNamedOrchestrator(name, run);
    }
    for (const [name, run] of Object.entries(parts.activities ?? {})) worker.addNamedActivity(name, run);
    for (const [name, make] of Object.entries(parts.entities ?? {})) worker.addNamedEntity(name, make);
    this.#workers.add(worker);
    await worker.start();
    return worker;
  }

  /** Stops a worker in the middle of a test and waits until its stream is closed. */
  async stop(worker: TaskHubGrpcWorker): Promise<void> {
    this.#workers.delete(worker);
    await worker.stop();
  }

  /** Starts an instance and gives its id. */
  start(name: string, input?: unknown, options?: StartOrchestrationOptions): Promise<string> {
    return this.client.scheduleNewOrchestration(name, input, options);
  }

  /** Waits until the instance has ended, however it ended. */
  async end(id: string): Promise<OrchestrationState> {
    return known(await this.client.waitForOrchestrationCompletion(id, true, DEADLINE_SECONDS));
  }

  /** Starts an instance and waits until it has ended. */
  async run(name: string, input?: unknown, options?: StartOrchestrationOptions): Promise<OrchestrationState> {
    return this.end(await this.start(name, input, options));
  }

  async state(id: string): Promise<OrchestrationState> {
    return known(await this.client.getOrchestrationState(id, true));
  }

  /** Asks for the instance until it looks as described. */
  async until(id: string, looksRight: (state: OrchestrationState) => boolean): Promise<OrchestrationState> {
    const deadline = Date.now() + DEADLINE_SECONDS * 1000;
    for (;;) {
      const state = await this.client.getOrchestrationState(id, true);
      if (state !== undefined && looksRight(state)) return state;
      if (Date.now() > deadline) throw new Error(`"${id}" never looked right: ${JSON.stringify(state)}`);
    }
  }

  hasStatus(id: string, status: OrchestrationStatus): Promise<OrchestrationState> {
    return this.until(id, (state) => state.runtimeStatus === status);
  }

  /** Begins to stop everything; the returned promises end a second later. */
  close(): Promise<void>[] {
    return [...[...this.#workers].map((worker) => worker.stop()), this.client.stop()];
  }
}

/** One server for the file; `hub()` gives the running test a hub of its own. */
export function useServer(options?: TestServerOptions): { hub: () => TestHub } {
  let server: Awaited<ReturnType<typeof startTestServer>> | undefined;
  const hubs = new Set<TestHub>();
  const closing: Promise<void>[] = [];

  beforeAll(async () => {
    server = await startTestServer(options);
  }, 60_000);
  afterEach(() => {
    for (const hub of hubs) closing.push(...hub.close());
    hubs.clear();
  });
  afterAll(async () => {
    await Promise.allSettled(closing);
    await server?.close();
  }, 60_000);

  return {
    hub: () => {
      if (server === undefined) throw new Error('no server yet');
      const hub = new TestHub(server.endpoint);
      hubs.add(hub);
      return hub;
    },
  };
}

/**
 * Waits for a task inside an orchestrator: `yield` with the type of the result. Asynchronous, because the package
 * takes only asynchronous generators for orchestrators that wait.
 */
export async function* wait<T>(task: Task<T>): AsyncGenerator<Task<T>, T> {
  yield await Promise.resolve(task);
  return task.getResult();
}

/** Waits for an event inside an orchestrator. */
export async function* event(
  context: OrchestrationContext,
  name: string,
): AsyncGenerator<Task<unknown>, unknown> {
  return yield* wait<unknown>(context.waitForExternalEvent(name));
}

/** The instance's output as a value; undefined when there is none. */
export function output(state: OrchestrationState): unknown {
  return state.serializedOutput === undefined ? undefined : JSON.parse(state.serializedOutput);
}

function known(state: OrchestrationState | undefined): OrchestrationState {
  if (state === undefined) throw new Error('the server does not know the instance');
  return state;
}

/** A door that activities wait at until the test opens it. */
export class Gate {
  readonly #opening = Promise.withResolvers<undefined>();
  readonly opened = this.#opening.promise;

  open(): void {
    this.#opening.resolve(undefined);
  }
}

/** Counts arrivals; `reached(n)` resolves with the n-th. */
export class Counter {
  count = 0;
  readonly #waiting: { at: number; resolve: (value: undefined) => void }[] = [];

  arrive(): void {
    this.count += 1;
    for (const waiter of this.#waiting) if (this.count >= waiter.at) waiter.resolve(undefined);
  }

  async reached(at: number): Promise<void> {
    if (this.count >= at) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiting.push({ at, resolve });
    await promise;
  }
}

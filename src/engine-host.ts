import { setTimeout as pause } from 'node:timers/promises';
import { type ActivityLease } from './dispatch/activities.ts';
import { unavailable } from './domain/errors.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { type Context } from './scheduler/context.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** Calls wait so long for the next incarnation: some SDKs lose a result whose call fails (contract §15). */
const CALL_WAIT_MS = 15_000;
const DRAIN_LOOK_MS = 20;

type HostOptions = Omit<EngineOptions, 'inherited' | 'onRegister' | 'onDead'>;

/**
 * Keeps an engine running: when an incarnation is over, begins the next one as soon as the database lets it
 * (ownership.md §8).
 */
export class EngineHost {
  readonly #options: HostOptions;
  #engine: Engine | undefined;
  #next: PromiseWithResolvers<Engine | undefined> | undefined;
  #startingOver: Promise<void> | undefined;
  /** The incarnation of the moment, or the last one and those that came to nothing since. */
  #replicaIds: number[] = [];
  readonly #stopping = new AbortController();

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** The incarnation of the moment; undefined between two. */
  get engine(): Engine | undefined {
    return this.#engine;
  }

  /** What `context` would give at once; undefined between two incarnations. */
  get current(): Context | undefined {
    return this.#engine?.context;
  }

  /** Starts the first incarnation; rejects when that fails, so that a start with wrong settings ends at once. */
  async start(): Promise<void> {
    this.#engine = await Engine.start(this.#engineOptions(undefined));
  }

  /**
   * The same for a database that others can do without: begins as soon as it can be prepared, however long that takes.
   * Resolves after the first attempt, or when that takes too long to be waited for.
   */
  async begin(prepare: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    this.#next = Promise.withResolvers();
    const { signal } = this.#stopping;
    const tried = Promise.withResolvers<undefined>();
    const stopped = Promise.withResolvers<undefined>();
    signal.addEventListener('abort', () => {
      stopped.resolve(undefined);
    });
    const attempt = async (): Promise<void> => {
      try {
        await Promise.race([prepare(signal), stopped.promise]);
        if (!signal.aborted) await this.#begin([], 'the database is available, and served');
      } finally {
        tried.resolve(undefined);
      }
    };
    this.#startingOver = this.#insist(attempt);
    await Promise.race([tried.promise, pause(CALL_WAIT_MS, undefined, { ref: false })]);
  }

  /** What calls work with; between two incarnations waits for the next, or rejects with `unavailable` after a while. */
  async context(): Promise<Context> {
    const engine = this.#engine ?? (await this.#awaited());
    if (!engine) throw unavailable('the database is not available, or this server is stopping; try again');
    return engine.context;
  }

  /** Nothing more is handed out; resolves when nothing is out any more, or after `forMs`. */
  async drain(forMs: number): Promise<void> {
    const deadline = performance.now() + forMs;
    while (this.#engine) {
      this.#engine.drain();
      if (this.#engine.context.dispatch.outstanding === 0 || performance.now() >= deadline) return;
      await pause(DRAIN_LOOK_MS);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const engine = this.#engine;
    this.#engine = undefined;
    this.#next?.resolve(undefined);
    await engine?.end();
    await this.#startingOver;
  }

  async #awaited(): Promise<Engine | undefined> {
    if (!this.#isWanted() || !this.#next) return undefined;
    return Promise.race([this.#next.promise, pause(CALL_WAIT_MS, undefined, { ref: false })]);
  }

  #engineOptions(inherited: EngineOptions['inherited']): EngineOptions {
    return {
      ...this.#options,
      inherited,
      onRegister: (replicaId) => this.#replicaIds.push(replicaId),
      onDead: (reason) => {
        if (this.#engine) this.#startingOver = this.#startOver(this.#engine, reason);
      },
    };
  }

  async #startOver(old: Engine, reason: string): Promise<void> {
    const { log } = this.#options;
    this.#engine = undefined;
    this.#next = Promise.withResolvers();
    log.error({ replica: old.replicaId, reason }, 'this incarnation is over; starting over');
    const activities = old.context.dispatch.activities.outstandingLeases();
    await this.#insist(() => this.#begin(activities, 'started over'));
  }

  async #insist(attempt: () => Promise<void>): Promise<void> {
    let told: string | undefined;
    for (let pauseMs = FIRST_PAUSE_MS; this.#isWanted(); pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (!this.#isWanted()) return;
        const reason = reasonOf(error);
        // The same one every two seconds is told once.
        const level = reason === told ? 'debug' : 'warn';
        told = reason;
        this.#options.log[level]({ err: error }, 'the database is not available; the server goes on trying');
        await pause(pauseMs, undefined, { ref: false });
      }
    }
  }

  #isWanted(): boolean {
    return !this.#stopping.signal.aborted;
  }

  async #begin(activities: readonly ActivityLease[], words: string): Promise<void> {
    const engine = await Engine.start(this.#engineOptions({ replicaIds: [...this.#replicaIds], activities }));
    if (!this.#isWanted()) return engine.end();
    if (engine.isOver) throw unavailable('the new incarnation is over already');
    this.#engine = engine;
    this.#replicaIds = [engine.replicaId];
    this.#next?.resolve(engine);
    this.#next = undefined;
    this.#options.log.info({ replica: engine.replicaId }, words);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error);
}

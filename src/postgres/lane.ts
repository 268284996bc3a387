// The lane: one serial conversation of a replica with its database, one transaction in flight. Everything that changes
// what this replica knows about instances goes through it (ownership.md §3). The commit in flight is the batching window:
// whatever waits when it is answered makes the next batch, so there is no timer, an idle server commits at once and a busy
// one batches.
//
// A batch that fails is judged by which statement failed. An ambiguous COMMIT ends the incarnation: it is never probed,
// because the old backend may still commit, and never sent again.

import { setImmediate as nextRound, setTimeout as pause } from 'node:timers/promises';
import { type ClientConfig } from 'pg';
import { outcomeUnknown, type SchedulerError, unavailable } from '../domain/errors.ts';
import { type Write, type WriteResult } from '../domain/write.ts';
import { failpoint } from '../lib/failpoints.ts';
import { type Logger } from '../telemetry/log.ts';
import { approximateBytes } from './approximate-bytes.ts';
import { Batch } from './batch.ts';
import { type Answer, PipelinedConnection } from './connection.ts';
import { judge, poisonError, type Verdict } from './failures.ts';
import { type Surroundings } from './parts.ts';
import { hubOf, isFromClient, type Pending, WriteQueue } from './queue.ts';
import { fence } from './replicas.ts';
import { beginStep, commitStep, fenceStep, type Step } from './step.ts';

export interface LaneOptions extends Surroundings {
  readonly config: ClientConfig;
  /** Renews the lease: false when this incarnation is dead. Rejects while the database is away. */
  readonly renew: () => Promise<boolean>;
  readonly onDead: (reason: string) => void;
  readonly onBatch: (size: number, ms: number, queuedMs: number) => void;
  readonly log: Logger;
}

/** A transaction of its own: what it looks at is built anew for each try. */
export interface Plan<T> {
  readonly first: readonly Step[];
  /** Built after the rows of `first` were taken; sent together with COMMIT. */
  readonly rest: () => readonly Step[];
  /** After COMMIT. */
  readonly finish: () => T;
}

interface Job {
  /** Runs the plan to its end, and resolves its promise when it was committed. */
  readonly attempt: (connection: PipelinedConnection) => Promise<Answer>;
  readonly reject: (error: Error) => void;
}

type Refused = Extract<Answer, { kind: 'refused' }>;

const LONGEST_PAUSE_MS = 2_000;
/** So often the same writes are sent again for nobody's fault; then they are taken apart. */
const MOST_STRIKES = 8;

export class Lane {
  readonly #options: LaneOptions;
  readonly #queue = new WriteQueue();
  #jobs: Job[] = [];
  #connection: PipelinedConnection | undefined;
  #isRunning = false;
  #death: string | undefined;
  /** This replica's row is about to go by its own will: only what needs no fence is left to do. */
  #isRetired = false;
  /** The writes of the transaction under way. */
  #inFlight: readonly Pending[] = [];
  #jobInFlight: Job | undefined;
  /** What is left to do about the last batch that was committed. */
  #act: (() => void) | undefined;
  #strikes = 0;
  #isJobsTurn = true;
  #whenIdle: (() => void)[] = [];

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Queues a write for the next batch. */
  commit(write: Write): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      if (this.#death !== undefined || this.#isRetired) throw isOver(this.#death ?? 'it is ending');
      this.#queue.add(hubOf(write, this.#options.held), {
        write,
        bytes: approximateBytes(write),
        queuedAtMs: performance.now(),
        resolve,
        reject,
      });
      this.#wake();
    });
  }

  /** Runs a transaction of its own between batches. `isFenced` false: for what a dead incarnation may still do. */
  run<T>(plan: () => Plan<T>, isFenced = true): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#death !== undefined || (isFenced && this.#isRetired)) {
        throw isOver(this.#death ?? 'it is ending');
      }
      const opening = isFenced ? [beginStep, fenceStep(fence(this.#options.me))] : [beginStep];
      const attempt = async (connection: PipelinedConnection): Promise<Answer> => {
        const { first, rest, finish } = plan();
        const begun = await connection.exchange([...opening, ...first]);
        if (begun.kind !== 'done') return begun;
        failpoint('before-commit');
        const ended = await connection.exchange([...rest(), commitStep]);
        if (ended.kind !== 'done') return ended;
        failpoint('after-commit');
        if (this.#death === undefined) resolve(finish());
        return ended;
      };
      this.#jobs.push({ attempt, reject });
      this.#wake();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    if (this.#isRunning) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** Ends the incarnation: everything is rejected for ever. */
  die(reason: string): void {
    if (this.#death !== undefined) return;
    this.#death = reason;
    this.#connection?.destroy();
    for (const { write, reject } of this.#inFlight) {
      reject(isFromClient(write) ? outcomeUnknown() : isOver(reason));
    }
    for (const { reject } of this.#queue.drain()) reject(isOver(reason));
    this.#jobInFlight?.reject(isOver(reason));
    for (const { reject } of this.#jobs) reject(isOver(reason));
    this.#jobs = [];
    this.#inFlight = [];
    this.#options.onDead(reason);
  }

  /** Commits what waits; afterwards only unfenced jobs run, and nobody has to prove that this replica lives. */
  async retire(): Promise<void> {
    await this.idle();
    this.#isRetired = true;
  }

  /** Closes the connection once idle. */
  async close(): Promise<void> {
    await this.idle();
    this.#death ??= 'it has ended';
    if (this.#connection?.isUsable) await this.#connection.end();
  }

  #wake(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    try {
      // What comes in during one round of the event loop shares a batch.
      await nextRound();
      while (this.#death === undefined && (this.#jobs.length > 0 || !this.#queue.isEmpty)) {
        const connection = await this.#connected();
        if (!connection) break;
        await this.#transact(connection);
        await nextRound();
      }
    } catch (error) {
      this.#options.log.error({ err: error }, 'the lane failed: memory can not be trusted any more');
      this.die('a bug in the lane');
    } finally {
      this.#actOnLast();
      this.#isRunning = false;
      for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  /** Jobs and batches take turns, so that neither starves. */
  async #transact(connection: PipelinedConnection): Promise<void> {
    const takesJob = this.#queue.isEmpty || (this.#jobs.length > 0 && this.#isJobsTurn);
    this.#isJobsTurn = !takesJob;
    if (takesJob) await this.#runJob(connection);
    else await this.#runBatches(connection);
  }

  /**
   * One batch after the other, until nothing waits or it is a job's turn. What waits when a batch was committed is sent
   * before anybody acts on that one: the database works in the meantime.
   */
  async #runBatches(connection: PipelinedConnection): Promise<void> {
    do {
      const pending = this.#queue.take(performance.now());
      this.#inFlight = pending;
      const batch = new Batch(pending, this.#options);
      const startedMs = performance.now();
      failpoint('before-commit');
      const answering = connection.exchange(batch.steps());
      failpoint('commit-sent');
      this.#actOnLast();
      const answer = await answering;
      if (this.#death !== undefined) return;
      if (answer.kind !== 'done') {
        await this.#notCommitted(answer, pending);
        return;
      }
      this.#strikes = 0;
      failpoint('after-commit');
      this.#act = batch.settle();
      this.#inFlight = [];
      this.#options.onBatch(
        pending.length,
        performance.now() - startedMs,
        startedMs - pending.reduce((oldest, { queuedAtMs }) => Math.min(oldest, queuedAtMs), startedMs),
      );
    } while (connection.isUsable && this.#jobs.length === 0 && !this.#queue.isEmpty);
    this.#actOnLast();
  }

  #actOnLast(): void {
    const act = this.#act;
    if (!act) return;
    this.#act = undefined;
    failpoint('before-replies');
    act();
  }

  async #notCommitted(answer: Exclude<Answer, { kind: 'done' }>, pending: readonly Pending[]): Promise<void> {
    if (answer.kind === 'lost' && answer.mayHaveCommitted) {
      this.die('ambiguous');
      return;
    }
    this.#inFlight = [];
    if (answer.kind === 'lost') this.#queue.putBack(pending);
    else await this.#refused(answer, pending);
  }

  async #refused(answer: Refused, pending: readonly Pending[]): Promise<void> {
    const verdict = verdictOf(answer);
    this.#options.log.debug(
      { err: answer.error, verdict, writes: pending.length },
      'a commit batch was refused',
    );
    if (verdict === 'stale' || verdict === 'data' || (verdict === 'again' && this.#strikes >= MOST_STRIKES)) {
      this.#takeApart(verdict, answer, pending);
      return;
    }
    this.#queue.putBack(pending);
    await this.#recover(verdict);
  }

  /** Halves until the write that is to blame stands alone. The second half is built after the first one's result. */
  #takeApart(verdict: Verdict, { error }: Refused, pending: readonly Pending[]): void {
    const [only] = pending;
    if (pending.length > 1) {
      const middle = pending.length >> 1;
      this.#queue.putBack(pending.slice(0, middle), pending.slice(middle));
    } else if (verdict === 'stale') only?.resolve({ outcome: 'stale' });
    else if (verdict === 'data') {
      this.#options.log.error({ err: error }, 'a write was refused by the database and dropped');
      only?.reject(poisonError({ code: error.code, message: error.message }));
    } else only?.reject(unavailable('the database could not commit this in time; try again', error));
  }

  /** What has to happen before anything is sent again. */
  async #recover(verdict: Verdict): Promise<void> {
    if (verdict === 'fence') await this.#mustBeAlive();
    this.#strikes++;
    await pause(
      Math.random() * Math.min(2 ** this.#strikes * (verdict === 'wait' ? 50 : 5), LONGEST_PAUSE_MS),
    );
  }

  async #runJob(connection: PipelinedConnection): Promise<void> {
    const job = this.#jobs.shift();
    if (!job) return;
    this.#jobInFlight = job;
    const answer = await job.attempt(connection);
    if (this.#death !== undefined) return;
    if (answer.kind === 'lost' && answer.mayHaveCommitted) {
      this.die('ambiguous');
      return;
    }
    this.#jobInFlight = undefined;
    if (answer.kind === 'done') this.#strikes = 0;
    else if (answer.kind === 'lost') this.#jobs.unshift(job);
    else await this.#jobRefused(job, answer);
  }

  async #jobRefused(job: Job, answer: Refused): Promise<void> {
    const { error } = answer;
    const verdict = verdictOf(answer);
    if (verdict === 'stale' || verdict === 'data' || (verdict === 'again' && this.#strikes >= MOST_STRIKES)) {
      job.reject(poisonError({ code: error.code, message: error.message }));
      return;
    }
    this.#jobs.unshift(job);
    await this.#recover(verdict);
  }

  /** The connection, made anew if it broke; after that the replica proves that it still lives. Undefined when it doesn't. */
  async #connected(): Promise<PipelinedConnection | undefined> {
    for (let attempt = 0; this.#death === undefined; attempt++) {
      if (this.#connection?.isUsable) return this.#connection;
      try {
        this.#connection?.destroy();
        this.#connection = await PipelinedConnection.open(this.#options.config);
        await this.#mustBeAlive();
      } catch (error) {
        this.#options.log.warn({ err: error }, 'the database is not available; trying again');
        await pause(Math.random() * Math.min(2 ** attempt * 50, LONGEST_PAUSE_MS));
      }
    }
    return undefined;
  }

  async #mustBeAlive(): Promise<void> {
    if (this.#isRetired) return;
    for (let attempt = 0; this.#death === undefined; attempt++) {
      try {
        if (!(await this.#options.renew())) this.die('fenced');
        return;
      } catch (error) {
        this.#options.log.warn({ err: error }, 'the lease could not be renewed; trying again');
        await pause(Math.random() * Math.min(2 ** attempt * 50, LONGEST_PAUSE_MS));
      }
    }
  }
}

function isOver(reason: string): SchedulerError {
  return unavailable(`this incarnation of the server is over (${reason}); try again`);
}

function verdictOf({ role, error, isOutdated }: Refused): Verdict {
  return isOutdated ? 'again' : judge(role, error.code);
}

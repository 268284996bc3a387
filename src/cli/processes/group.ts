import { setTimeout as pause } from 'node:timers/promises';
import { type Settings } from '../../config.ts';
import { backOffMs } from '../../domain/back-off.ts';
import { StartupError } from '../../lib/startup-error.ts';
import { type Readiness } from '../../telemetry/http.ts';
import { type Logger } from '../../telemetry/log.ts';
import { countedBy, type Snapshot } from '../../telemetry/merged-metrics.ts';
import { ShownError } from '../exit-codes.ts';
import { type Ending, Member } from './member.ts';

/** A process that ends sooner is started again after a pause, a longer one each time. */
const SOON_MS = 60_000;
/** After draining a process closes what is open; one that takes longer hangs. */
const CLOSE_MS = 10_000;

/**
 * The processes that serve together, seen from their parent. One that ends by itself is replaced. They share the gRPC
 * port: the parent accepts connections and hands them out in turn.
 */
export class ProcessGroup {
  readonly #size: number;
  readonly #drainMs: number;
  readonly #log: Logger;
  readonly #members = new Set<Member>();
  readonly #allReady = Promise.withResolvers<undefined>();
  readonly #stopping = new AbortController();
  readonly #places: Promise<void>[] = [];
  #ended: Promise<Snapshot> = Promise.resolve([]);

  constructor({ processes, drainSeconds }: Pick<Settings, 'processes' | 'drainSeconds'>, log: Logger) {
    this.#size = processes;
    this.#drainMs = drainSeconds * 1_000;
    this.#log = log;
  }

  /**
   * Resolves with the gRPC endpoint, `host:port`, when all processes serve. The first one begins alone: what keeps it from
   * starting would keep all, and ends the start.
   */
  async start(): Promise<string> {
    const first = this.#begin();
    const address = await Promise.race([first.ready, first.ended.then(failedStart)]);
    this.#places.push(this.#keep(first));
    while (!this.#stopping.signal.aborted && this.#places.length < this.#size) {
      this.#places.push(this.#keep(this.#begin()));
    }
    await this.#allReady.promise;
    return address;
  }

  /** Lets all of them drain; resolves when they have ended. One that hangs is killed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const member of this.#members) member.stop();
    const late = setTimeout(() => {
      for (const member of this.#members) member.kill();
    }, this.#drainMs + CLOSE_MS);
    await Promise.all([...this.#members].map((member) => member.ended));
    clearTimeout(late);
    await Promise.all(this.#places);
  }

  /** Ready are all or none: whoever sends traffic here can't choose the process. */
  async readiness(): Promise<Readiness> {
    if (this.#stopping.signal.aborted) return { ready: false, reason: 'stopping' };
    const members = this.#serving();
    if (members.length < this.#size) {
      return { ready: false, reason: `${members.length} of ${this.#size} processes serve` };
    }
    return firstOf(members, await Promise.all(members.map((member) => member.ask('readiness'))));
  }

  /** Whether every process that serves answers; one that starts or was lost is being seen to. */
  async health(): Promise<Readiness> {
    const members = this.#serving();
    const answers = await Promise.all(members.map((member) => member.ask('readiness')));
    return firstOf(
      members,
      answers.map((answer) => answer && { ready: true }),
    );
  }

  /** The metrics of each process, and what those counted that have ended. */
  async snapshots(): Promise<Snapshot[]> {
    return Promise.all([this.#ended, ...this.#serving().map((member) => member.snapshot())]);
  }

  #serving(): Member[] {
    return [...this.#members].filter((member) => member.isReady);
  }

  #begin(): Member {
    const member = new Member();
    this.#members.add(member);
    void member.ready.then(() => {
      this.#log.info({ process: member.number, pid: member.pid }, 'a process serves');
      if (this.#serving().length === this.#size) this.#allReady.resolve(undefined);
    });
    void member.ended.then(() => {
      this.#members.delete(member);
      // Counters must not go down: Prometheus would take the rest for new.
      this.#ended = this.#ended.then((before) => countedBy([before, member.lastSnapshot]));
    });
    return member;
  }

  /** Sees to it that in the place of a process there is always one. */
  async #keep(first: Member): Promise<void> {
    const { signal } = this.#stopping;
    let soonEnds = 0;
    for (let member = first; ; member = this.#begin()) {
      const startedAt = performance.now();
      const ending = await member.ended;
      if (signal.aborted) return;
      soonEnds = performance.now() - startedAt < SOON_MS ? soonEnds + 1 : 0;
      const pauseMs = soonEnds === 0 ? 0 : backOffMs(soonEnds);
      this.#log.error(
        { process: member.number, pid: member.pid, ...ending, pauseMs },
        'a process ended by itself; another one takes its place',
      );
      const isWanted = await pause(pauseMs, true, { signal }).catch(() => false);
      if (!isWanted) return;
    }
  }
}

/** Ready, or the first that isn't and why. */
function firstOf(members: readonly Member[], answers: readonly (Readiness | undefined)[]): Readiness {
  const index = answers.findIndex((answer) => !answer?.ready);
  if (index < 0) return { ready: true };
  const reason = answers[index]?.reason ?? 'no answer';
  return { ready: false, reason: `process ${members[index]?.number ?? ''}: ${reason}` };
}

function failedStart({ code, signal, err }: Ending): never {
  if (code !== undefined) throw new ShownError('the first process has said why');
  throw new StartupError(`the first process ended before it served (${signal ?? err?.message ?? ''})`);
}

import cluster, { type Worker } from 'node:cluster';
import { setTimeout as pause } from 'node:timers/promises';
import { type Snapshot } from '../../telemetry/merged-metrics.ts';
import { type Answers, type FromMember, type FromParent, type Question } from './messages.ts';

/** A process that takes longer to answer counts as hung, for now. Prometheus waits twice as long. */
const ANSWER_MS = 5_000;

/** How a process ended; the exit code, or the signal that killed it, or why it could not be started. */
export interface Ending {
  readonly code?: number;
  readonly signal?: string;
  readonly err?: Error;
}

/** One of the processes that serve together, as the parent sees it. */
export class Member {
  readonly #worker: Worker;
  readonly #open = new Map<number, (answer: Answers[Question]) => void>();
  readonly #ready = Promise.withResolvers<string>();
  readonly #ended = Promise.withResolvers<Ending>();
  /** Resolves with the gRPC endpoint, `host:port`, when the process serves. */
  readonly ready = this.#ready.promise;
  readonly ended = this.#ended.promise;
  #isReady = false;
  #lastId = 0;
  #snapshot: Snapshot = [];

  /** Starts the program once more, with the same arguments. */
  constructor() {
    this.#worker = cluster.fork();
    this.#worker.on('message', (message: FromMember) => {
      this.#hear(message);
    });
    this.#worker.once('exit', (code: number | null, signal: string | null) => {
      this.#ended.resolve({ ...(code !== null && { code }), ...(signal !== null && { signal }) });
    });
    this.#worker.once('error', (err) => {
      this.#ended.resolve({ err });
    });
  }

  /** Never given to another process, even when this one is replaced. */
  get number(): number {
    return this.#worker.id;
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Its metrics when it last told them. */
  get lastSnapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Its metrics now; when it doesn't answer, the last ones. */
  async snapshot(): Promise<Snapshot> {
    this.#snapshot = (await this.ask('metrics')) ?? this.#snapshot;
    return this.#snapshot;
  }

  /** Undefined: no answer in time. */
  async ask<Q extends Question>(question: Q): Promise<Answers[Q] | undefined> {
    const id = ++this.#lastId;
    const answered = new Promise<Answers[Q]>((resolve) => {
      this.#open.set(id, (answer) => {
        resolve(answer as Answers[Q]);
      });
    });
    this.#tell({ id, question });
    const isOver = new AbortController();
    const late = pause(ANSWER_MS, undefined, { signal: isOver.signal }).catch(() => undefined);
    const answer = await Promise.race([answered, late, this.ended.then(() => undefined)]);
    isOver.abort();
    this.#open.delete(id);
    return answer;
  }

  /** Lets it drain and end, as SIGTERM does. */
  stop(): void {
    this.#tell('stop');
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #tell(message: FromParent): void {
    // Whether it is still there, `ended` tells.
    if (this.#worker.isConnected()) this.#worker.send(message, () => undefined);
  }

  #hear(message: FromMember): void {
    if ('answer' in message) this.#open.get(message.id)?.(message.answer);
    else {
      this.#isReady = true;
      this.#ready.resolve(message.grpcAddress);
    }
  }
}

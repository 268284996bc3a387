import { Client, type ClientConfig, DatabaseError } from 'pg';
import { type Step, type StepRole } from './step.ts';

/** How the statements of one exchange came out. */
export type Answer =
  | { readonly kind: 'done' }
  /** A statement was refused, so nothing of the transaction was or will be committed. */
  | { readonly kind: 'refused'; readonly role: StepRole; readonly error: DatabaseError }
  /** The connection is gone. `mayHaveCommitted`: COMMIT was on its way. */
  | { readonly kind: 'lost'; readonly mayHaveCommitted: boolean; readonly error: Error };

/** A statement is stopped by the server long before; past this the connection is a black hole. */
const ANSWER_TIMEOUT_MS = 45_000;

/**
 * One pipelined connection: the statements of an exchange are written at once and answered in order. pg gives each its
 * own Sync, so after an error the rest of an open transaction is refused, and COMMIT answers with the tag ROLLBACK.
 */
export class PipelinedConnection {
  readonly #client: Client;
  #isUsable = true;

  static async open(config: ClientConfig): Promise<PipelinedConnection> {
    const client = new Client({ ...config, pipeline: true });
    const connection = new PipelinedConnection(client);
    try {
      await client.connect();
    } catch (error) {
      connection.destroy();
      throw error;
    }
    return connection;
  }

  private constructor(client: Client) {
    this.#client = client;
    const broken = (): void => {
      this.#isUsable = false;
    };
    client.on('error', broken);
    client.on('end', broken);
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Sends steps as one pipeline. Their rows are handed to `take` only when all of them succeeded. */
  exchange(steps: readonly Step[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(steps, (answer) => {
        clearTimeout(timer);
        try {
          if (answer.kind === 'done') exchange.takeRows();
          resolve(answer);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      const timer = setTimeout(() => {
        this.#client.connection.stream.destroy(new Error('the database did not answer in time'));
      }, ANSWER_TIMEOUT_MS);
      this.#send(steps, exchange);
    });
  }

  #send(steps: readonly Step[], exchange: Exchange): void {
    const { stream } = this.#client.connection;
    stream.cork();
    steps.forEach(({ name, text, values }, at) => {
      this.#client.query({ name, text, values: [...values] }, (error: Error | null, result) => {
        exchange.answered(at, error, result);
      });
    });
    stream.uncork();
  }

  /** Closes at once; what is under way is answered as lost. */
  destroy(): void {
    this.#isUsable = false;
    this.#client.connection.stream.destroy();
  }

  async end(): Promise<void> {
    this.#isUsable = false;
    await this.#client.end();
  }
}

interface Rows {
  readonly command: string;
  readonly rows: readonly unknown[];
}

/** The answers to one pipeline. */
class Exchange {
  readonly #steps: readonly Step[];
  readonly #onEnd: (answer: Answer) => void;
  readonly #rows: (readonly unknown[])[] = [];
  #failure: Answer | undefined;
  #missing: number;

  constructor(steps: readonly Step[], onEnd: (answer: Answer) => void) {
    this.#steps = steps;
    this.#onEnd = onEnd;
    this.#missing = steps.length;
  }

  answered(at: number, error: Error | null, result: Rows | undefined): void {
    if (error) this.#failure ??= this.#judge(at, error);
    else if (result) {
      this.#rows[at] = result.rows;
      if (this.#steps[at]?.role === 'commit' && result.command !== 'COMMIT') {
        this.#failure ??= {
          kind: 'lost',
          mayHaveCommitted: true,
          error: new Error(`COMMIT was answered with ${result.command}`),
        };
      }
    }
    this.#missing--;
    if (this.#missing === 0) this.#onEnd(this.#failure ?? { kind: 'done' });
  }

  takeRows(): void {
    this.#steps.forEach((step, at) => {
      for (const row of this.#rows[at] ?? []) step.take(row);
    });
  }

  /** The first error decides: a statement that was refused before the connection went has undone everything. */
  #judge(at: number, error: Error): Answer {
    const role = this.#steps[at]?.role ?? 'other';
    const isFatal = error instanceof DatabaseError && error.severity !== 'ERROR';
    if (error instanceof DatabaseError && !(role === 'commit' && isFatal)) {
      return { kind: 'refused', role, error };
    }
    return { kind: 'lost', mayHaveCommitted: this.#steps.some((step) => step.role === 'commit'), error };
  }
}

import { Client, type ClientConfig, type Connection, DatabaseError, type Submittable } from 'pg';
import { assert, must } from '../lib/assert.ts';
import { rollbackStep, type Step, type StepRole } from './step.ts';
import { typeParsers } from './types.ts';

/** How the statements of one exchange came out. */
export type Answer =
  | { readonly kind: 'done' }
  /** A statement was refused, so nothing of the transaction was or will be committed. */
  | {
      readonly kind: 'refused';
      readonly role: StepRole;
      readonly error: DatabaseError;
      /** Nobody's fault: what this connection had prepared is gone or out of date. It is prepared anew the next time. */
      readonly isOutdated: boolean;
    }
  /** The connection is gone. `mayHaveCommitted`: COMMIT was on its way. */
  | { readonly kind: 'lost'; readonly mayHaveCommitted: boolean; readonly error: Error };

/** A statement is stopped by the server long before; past this the connection is a black hole. */
const ANSWER_TIMEOUT_MS = 45_000;

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/** What a connection has prepared, by the names of the statements: the columns of their rows. */
type Prepared = Map<string, readonly Column[]>;

/**
 * One connection whose statements are sent many at once, with one Sync behind them: PostgreSQL answers all of them
 * together instead of each by a packet of its own. After an error it passes over the rest, COMMIT included, so a
 * transaction that was refused is then rolled back.
 */
export class PipelinedConnection {
  readonly #client: Client;
  readonly #prepared: Prepared = new Map();
  #isUsable = true;

  static async open(config: ClientConfig): Promise<PipelinedConnection> {
    const client = new Client(config);
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

  /** Sends steps at once, one exchange at a time. Their rows are handed to `take` only when all of them succeeded. */
  async exchange(steps: readonly Step[]): Promise<Answer> {
    const answer = await this.#send(steps);
    if (answer.kind === 'refused' && this.#isUsable) {
      const ended = await this.#send([rollbackStep]);
      if (ended.kind !== 'done') this.destroy();
    }
    return answer;
  }

  #send(steps: readonly Step[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(steps, this.#prepared, (answer) => {
        clearTimeout(timer);
        if (exchange.isBroken || answer.kind === 'lost') this.destroy();
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
      try {
        this.#client.query(exchange);
      } catch (error) {
        clearTimeout(timer);
        this.destroy();
        throw error;
      }
    });
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

type Texts = readonly (string | null)[];

/** Statements that pg sends and hears about as if they were one of its queries; the methods from `submit` on are called by it. */
class Exchange implements Submittable {
  readonly #steps: readonly Step[];
  readonly #prepared: Prepared;
  readonly #onEnd: (answer: Answer) => void;
  readonly #columns: (readonly Column[])[] = [];
  readonly #rows: Texts[][];
  #failure: Answer | undefined;
  /** The first step that isn't over. */
  #at = 0;
  #isOver = false;
  #isBroken = false;

  constructor(steps: readonly Step[], prepared: Prepared, onEnd: (answer: Answer) => void) {
    this.#steps = steps;
    this.#prepared = prepared;
    this.#onEnd = onEnd;
    this.#rows = steps.map(() => []);
  }

  /** Its connection must not be used again: it is gone, or in a state that nobody knows. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  takeRows(): void {
    for (const [at, step] of this.#steps.entries()) {
      const columns = this.#columns[at] ?? [];
      for (const texts of this.#rows[at] ?? []) step.take(toRow(columns, texts));
    }
  }

  submit(connection: Connection): void {
    connection.stream.cork();
    for (const [at, step] of this.#steps.entries()) this.#submitStep(connection, step, at);
    connection.sync();
    connection.stream.uncork();
  }

  #submitStep(connection: Connection, { name, text, values }: Step, at: number): void {
    const columns = this.#prepared.get(name);
    if (columns) this.#columns[at] = columns;
    else {
      // It may have been prepared in an exchange that failed later.
      connection.close({ type: 'S', name }, true);
      connection.parse({ name, text, types: [] }, true);
    }
    connection.bind({ statement: name, values: values.map(toParameter) }, true);
    if (!columns) connection.describe({ type: 'P', name: '' }, true);
    connection.execute(null, true);
  }

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.#columns[this.#at] = fields.map(({ name, dataTypeID }) => ({
      name,
      // Its type in @types/pg takes a number.
      parse: typeParsers.getTypeParser(dataTypeID, 'text') as unknown as Column['parse'],
    }));
  }

  handleDataRow({ fields }: { fields: Texts }): void {
    this.#rows[this.#at]?.push(fields);
  }

  handleCommandComplete({ text }: { text: string }): void {
    const { name, role } = must(this.#steps[this.#at], 'the statement that was completed');
    this.#prepared.set(name, this.#columns[this.#at] ?? []);
    if (role === 'commit' && text !== 'COMMIT') {
      const error = new Error(`COMMIT was answered with ${text}`);
      this.#failure ??= { kind: 'lost', mayHaveCommitted: true, error };
    }
    this.#at++;
  }

  handleReadyForQuery(): void {
    this.#end(this.#failure ?? { kind: 'done' });
  }

  handleError(error: Error): void {
    const isMissing = this.#at < this.#steps.length;
    // PostgreSQL may be shut down behind COMMIT's answer and before that to Sync.
    const isCommitted = !isMissing && this.#steps.at(-1)?.role === 'commit';
    this.#isBroken =
      !isMissing || !(error instanceof DatabaseError) || /FATAL|PANIC/.test(error.severity ?? '');
    this.#end(isCommitted ? (this.#failure ?? { kind: 'done' }) : this.#judge(error));
  }

  #end(answer: Answer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(answer);
  }

  /** A statement that was refused before the connection went has undone everything. */
  #judge(error: Error): Answer {
    const step = this.#steps[this.#at];
    const role = step?.role ?? 'other';
    const hasCommit = this.#steps.some((each) => each.role === 'commit');
    if (!(error instanceof DatabaseError) || (hasCommit && mayBeLate(role, error))) {
      return { kind: 'lost', mayHaveCommitted: hasCommit, error };
    }
    const isOutdated = step !== undefined && this.#prepared.has(step.name) && outdated.has(error.code ?? '');
    if (isOutdated) this.#prepared.clear();
    return { kind: 'refused', role, error, isOutdated };
  }
}

/** A prepared statement that is gone; one whose rows have other types than when it was prepared. */
const outdated = new Set(['26000', '0A000']);

/** Whether COMMIT may have been carried out before this error: one at COMMIT that ended the session, or a pooler's who lost its own. */
function mayBeLate(role: StepRole, { severity, code }: DatabaseError): boolean {
  return (role === 'commit' && severity !== 'ERROR') || (code?.startsWith('08') ?? false);
}

function toParameter(value: unknown): Buffer | string | null {
  if (value === null || typeof value === 'string' || Buffer.isBuffer(value)) return value;
  assert(typeof value === 'number' || typeof value === 'boolean', 'a parameter is a scalar or bytes');
  return String(value);
}

function toRow(columns: readonly Column[], texts: Texts): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = 0;
  for (const { name, parse } of columns) {
    const text = texts[at++] ?? null;
    row[name] = text === null ? null : parse(text);
  }
  return row;
}

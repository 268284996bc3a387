// Hints between replicas: LISTEN and pg_notify on a connection of their own, outside every transaction, coalesced for
// some milliseconds, and only while another replica lives. A hint may be lost; nothing may depend on one.

import { setTimeout as pause } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { type Hint } from '../domain/store.ts';
import { failpoint } from '../lib/failpoints.ts';
import { type Logger } from '../telemetry/log.ts';
import { decodeHints, encodeHints } from './hint-text.ts';
import { query, type Queryable, sql } from './sql.ts';

const COALESCE_MS = 5;
/** More at once are not worth sending: the sweeps of the others find what they are about. */
const MOST_PENDING = 20_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const QUERY_TIMEOUT_MS = 7_000;
/** So many hints to oneself without an answer mean that the connection is a black hole. */
const MOST_UNHEARD = 2;

export const channelOf = (schema: string): string => `perdura_${schema}`;

export interface ListenerOptions {
  readonly config: ClientConfig;
  readonly schema: string;
  readonly me: number;
  readonly onHint: (hints: readonly Hint[]) => void;
  readonly log: Logger;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #channel: string;
  #pending = new Map<string, Hint>();
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending = Promise.resolve();
  #isClosed = false;
  #hasOthers = false;
  #unheard = 0;

  /** Listens from the moment this resolves. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    await listener.#connect();
    return listener;
  }

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#channel = channelOf(options.schema);
  }

  /** Told by each renewal. Until then a newcomer's greeting tells. */
  set hasOthers(value: boolean) {
    this.#hasOthers = value;
  }

  send(hints: readonly Hint[]): void {
    if (this.#isClosed) return;
    for (const hint of hints) {
      if (hint.kind === 'echo') this.#expectEcho();
      if ((this.#hasOthers || hint.kind === 'echo') && this.#pending.size < MOST_PENDING) {
        this.#pending.set(JSON.stringify(hint), hint);
      }
    }
    if (this.#pending.size > 0) this.#timer ??= setTimeout(() => void this.flush(), COALESCE_MS);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends what waits to be sent, after what is on its way. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending.then(() => this.#sendPending());
    await this.#sending;
  }

  async #sendPending(): Promise<void> {
    const hints = [...this.#pending.values()];
    this.#pending = new Map();
    if (this.#client && hints.length > 0) {
      await this.#notify(this.#client, encodeHints(this.#options.me, hints));
      failpoint('after-hint');
    }
  }

  /** Ends the connection without waiting for anything. */
  destroy(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#client?.connection.stream.destroy();
    this.#client = undefined;
  }

  async #notify(db: Queryable, payloads: readonly string[]): Promise<void> {
    try {
      await query(
        db,
        sql`select pg_notify(${this.#channel}, payload) from unnest(${payloads}::text[]) payload`,
      );
    } catch (error) {
      this.#options.log.debug({ err: error }, 'hints were lost');
    }
  }

  #expectEcho(): void {
    this.#unheard++;
    if (this.#unheard <= MOST_UNHEARD) return;
    this.#unheard = 0;
    this.#options.log.warn('hints to this replica itself do not arrive: listening on a new connection');
    this.#client?.connection.stream.destroy();
  }

  async #connect(): Promise<void> {
    const client = new Client({ ...this.#options.config, query_timeout: QUERY_TIMEOUT_MS });
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => {
      this.#received(payload ?? '');
    });
    try {
      await client.connect();
      await client.query(`listen ${this.#channel}`);
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
    this.#client = client;
    client.once('end', () => {
      if (this.#client === client) void this.#reconnect();
    });
    this.#unheard = 0;
    // A greeting: whoever was alone hints from now on.
    await this.#notify(client, encodeHints(this.#options.me, []));
  }

  async #reconnect(): Promise<void> {
    this.#client = undefined;
    for (let pauseMs = FIRST_PAUSE_MS; !this.#isClosed; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      await pause(pauseMs * Math.random(), undefined, { ref: false });
      try {
        await this.#connect();
        if (this.isClosed) this.destroy();
        return;
      } catch (error) {
        this.#options.log.debug({ err: error }, 'can not listen for hints; trying again');
      }
    }
  }

  #received(payload: string): void {
    if (this.#isClosed) return;
    const { from, hints } = decodeHints(payload);
    const { me, onHint } = this.#options;
    const isOwn = from === me;
    if (!isOwn) this.#hasOthers = true;
    const mine = hints.filter((hint) => ('owner' in hint ? hint.owner === me : !isOwn));
    if (mine.some(({ kind }) => kind === 'echo')) this.#unheard = 0;
    if (mine.length > 0) onHint(mine);
  }
}

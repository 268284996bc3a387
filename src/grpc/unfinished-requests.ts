// Requests that don't come in whole. gRPC has no deadline for that, and a call's handler is not asked before: whoever begins
// calls and never ends them would hold memory for as long as the connection lives, without any credential.

import { type Channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Logger } from '../telemetry/log.ts';

const CREATED = 'http2.server.stream.created';
/** A request of the largest size comes in within this by a line of ten megabits a second. */
const LONGEST_MS = 60_000;
const LOOK_MS = 10_000;
/** So many calls may be open before the oldest unfinished ones of them are ended at once, so many at a time. */
const [MOST_OPEN, AT_ONCE] = [20_000, 2_000];

type Listener = Parameters<Channel['subscribe']>[0];

/** Ends calls of all HTTP/2 servers of this process whose request takes too long. A finished one may take what it likes. */
export class UnfinishedRequests {
  /** Since when; the oldest first. Finished ones are in it until they are looked at or over. */
  readonly #open = new Map<ServerHttp2Stream, number>();
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;

  constructor(log: Logger) {
    this.#log = log;
    subscribe(CREATED, this.#began);
    // What came in while this process stood still is read before it is judged.
    this.#timer = setInterval(() => setImmediate(this.#look), LOOK_MS).unref();
  }

  close(): void {
    unsubscribe(CREATED, this.#began);
    clearInterval(this.#timer);
  }

  readonly #began: Listener = (message) => {
    const { stream } = message as { readonly stream: ServerHttp2Stream };
    const open = this.#open;
    open.set(stream, performance.now());
    stream.on('close', () => open.delete(stream));
    if (open.size > MOST_OPEN) this.#end((_, looked) => looked < AT_ONCE);
  };

  readonly #look = (): void => {
    const latest = performance.now() - LONGEST_MS;
    this.#end((since) => since < latest);
  };

  /** Ends the oldest, as long as they are due. */
  #end(isDue: (since: number, looked: number) => boolean): void {
    let [looked, ended] = [0, 0];
    for (const [stream, since] of this.#open) {
      if (!isDue(since, looked++)) break;
      this.#open.delete(stream);
      if (stream.readableEnded || stream.destroyed) continue;
      ended++;
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
    if (ended > 0) this.#log.warn({ ended }, 'calls were ended whose requests did not come in');
  }
}

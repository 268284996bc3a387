// Calls of which every byte is the test's: gRPC over Node's HTTP/2.

import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';

export interface RawCall {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** How the request ends: as it should, not at all, or broken off. */
  readonly ending: 'end' | 'none' | 'reset';
}

export interface Outcome {
  readonly httpStatus: number | undefined;
  /** gRPC's. */
  readonly code: number | undefined;
  readonly details: string;
  /** Whether the call was over before patience was. */
  readonly isOver: boolean;
}

/** A message with its flag and length, which may be other than what is true. */
export function prefixed(message: Buffer, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag, 0);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** gRPC's library encodes most of what it says, and repeats unknown paths as they were. */
function readable(details: string): string {
  try {
    return decodeURI(details);
  } catch {
    return details;
  }
}

/** How long a call may take that was not ended; the server must not answer it before. */
const UNENDED_MS = 20;
const CLOSING_MS = 1_000;

/** Connections on which calls are made in turn; one that the server closes is opened again. */
export class RawConnections {
  readonly #url: string;
  readonly #patienceMs: number;
  readonly #sessions: (ClientHttp2Session | undefined)[];
  #turn = 0;

  constructor({ endpoint, count, patienceMs }: { endpoint: string; count: number; patienceMs: number }) {
    this.#url = `http://${endpoint}`;
    this.#patienceMs = patienceMs;
    this.#sessions = Array.from({ length: count }, () => undefined);
  }

  call({ headers, body, ending }: RawCall): Promise<Outcome> {
    return new Promise((resolve) => {
      let httpStatus: number | undefined;
      let code: number | undefined;
      let details = '';
      let isOver = true;
      const stream = this.#session().request(headers, { endStream: false });
      const look = (fields: IncomingHttpHeaders): void => {
        httpStatus ??= Number(fields[':status']);
        if (fields['grpc-status'] === undefined) return;
        code = Number(fields['grpc-status']);
        details = readable([fields['grpc-message']].flat().join());
      };
      const timer = setTimeout(
        () => {
          isOver = ending === 'none';
          stream.close();
          // One that was closed before anything of it was sent may stay as it is for ever.
          setTimeout(() => {
            stream.destroy();
          }, CLOSING_MS).unref();
        },
        ending === 'none' ? UNENDED_MS : this.#patienceMs,
      );
      stream.on('response', look);
      stream.on('trailers', look);
      stream.on('error', () => undefined);
      stream.on('close', () => {
        clearTimeout(timer);
        resolve({ httpStatus, code, details, isOver });
      });
      stream.resume();
      if (body.length > 0) stream.write(body);
      if (ending === 'end') stream.end();
      else if (ending === 'reset') {
        setImmediate(() => {
          stream.close(2);
        });
      }
    });
  }

  #session(): ClientHttp2Session {
    const at = this.#turn++ % this.#sessions.length;
    const known = this.#sessions[at];
    if (known && !known.closed && !known.destroyed) return known;
    const session = connect(this.#url);
    session.on('error', () => undefined);
    session.on('goaway', () => {
      session.close();
    });
    this.#sessions[at] = session;
    return session;
  }

  close(): void {
    for (const session of this.#sessions) session?.destroy();
  }
}

// gRPC as it lies on HTTP/2, for the load worker alone. The library's client costs twice what its server does per call:
// with it the worker, not the server, would be what is measured.

import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from 'node:http2';
import { PREFIX_BYTES } from './answers.ts';
import { MessageSplitter } from './message-splitter.ts';

const methods = [
  ...(['GetWorkItems', 'CompleteOrchestratorTask', 'CompleteActivityTask', 'CompleteEntityTask'] as const),
  ...(['StartInstance', 'RaiseEvent', 'SignalEntity', 'GetInstance', 'WaitForInstanceCompletion'] as const),
  ...(['QueryInstances', 'ListInstanceIds'] as const),
];
type Method = (typeof methods)[number];

/** Bytes that the other side may send ahead, per stream and per connection: reading must not be what slows it down. */
const STREAM_WINDOW = 4 * 1024 * 1024;
const CONNECTION_WINDOW = 16 * 1024 * 1024;
/** More than all calls at once need, in MB. */
const SESSION_MEMORY_MB = 1024;

type Headers = Readonly<Record<string, string>>;

interface Destination {
  /** `host:port`. */
  readonly address: string;
  readonly hub: string;
  /** By TLS, of whom Node trusts. */
  readonly isSecure?: boolean;
  /** What every call shows. */
  readonly credential?: string;
}

/** One HTTP/2 connection in a task hub of the server. Requests are bytes with gRPC's prefix. */
export class GrpcConnection {
  readonly #session: ClientHttp2Session;
  readonly #onFailure: (error: Error) => void;
  readonly #headers: ReadonlyMap<Method, Headers>;

  /** `onFailure` hears of every call that does not end with OK, and of the connection's end. */
  static async open(destination: Destination, onFailure: (error: Error) => void): Promise<GrpcConnection> {
    const { address, isSecure = false } = destination;
    const session = connect(`${isSecure ? 'https' : 'http'}://${address}`, {
      settings: { initialWindowSize: STREAM_WINDOW, enablePush: false },
      maxSessionMemory: SESSION_MEMORY_MB,
    });
    await once(session, 'connect');
    session.setLocalWindowSize(CONNECTION_WINDOW);
    return new GrpcConnection(session, destination, onFailure);
  }

  private constructor(
    session: ClientHttp2Session,
    destination: Destination,
    onFailure: (error: Error) => void,
  ) {
    this.#session = session;
    this.#headers = new Map(methods.map((method) => [method, headersOf(method, destination)]));
    this.#onFailure = onFailure;
    session.on('error', onFailure);
    session.on('close', () => {
      onFailure(new Error('the connection was closed'));
    });
  }

  /** A call whose response isn't looked at; `onOk` when it ended with OK. */
  call(method: Method, request: Buffer, onOk: () => void): void {
    const stream = this.#send(method, request);
    stream.on('trailers', (trailers: IncomingHttpHeaders) => {
      if (this.#isOk(method, trailers)) onOk();
    });
    stream.resume();
  }

  /** A call whose response is wanted. */
  ask(method: Method, request: Buffer): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const stream = this.#send(method, request);
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    return new Promise((resolve) => {
      stream.on('trailers', (trailers: IncomingHttpHeaders) => {
        if (this.#isOk(method, trailers)) resolve(Buffer.concat(pieces).subarray(PREFIX_BYTES));
      });
    });
  }

  /** A call that answers with messages until the connection is closed. */
  openStream(method: Method, request: Buffer, onMessage: (message: Buffer) => void): void {
    const stream = this.#send(method, request);
    const splitter = new MessageSplitter(onMessage);
    stream.on('data', (piece: Buffer) => {
      splitter.put(piece);
    });
    stream.on('end', () => {
      this.#onFailure(new Error(`${method} was ended`));
    });
  }

  #send(method: Method, request: Buffer): ClientHttp2Stream {
    const stream = this.#session.request(this.#headers.get(method));
    stream.on('error', this.#onFailure);
    // A call that fails at once has its status here and no trailers.
    stream.on('response', (received) => {
      if (received['grpc-status'] !== undefined) this.#isOk(method, received);
    });
    stream.end(request);
    return stream;
  }

  #isOk(method: Method, status: IncomingHttpHeaders): boolean {
    const code = status['grpc-status'];
    if (code === '0') return true;
    const message = String(status['grpc-message'] ?? '');
    this.#onFailure(new Error(`${method} was answered with the status ${String(code)} ${message}`));
    return false;
  }
}

function headersOf(method: Method, { hub, credential }: Destination): Headers {
  return {
    ':method': 'POST',
    ':path': `/TaskHubSidecarService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'perdura-bench',
    taskhub: hub,
    ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
  };
}

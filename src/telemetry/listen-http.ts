import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { StartupError } from '../lib/startup-error.ts';
import { MIN_TLS_VERSION, TLS_HANDSHAKE_MS, type TlsPems, type TlsSource } from '../lib/tls-source.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Undefined: without TLS. */
  readonly tls: TlsSource | undefined;
  /** What the port is for, and the variable that sets it. */
  readonly what: { readonly name: string; readonly variable: string };
}

export interface HttpListener {
  /** `host:port` as bound. */
  readonly address: string;
  close(): Promise<void>;
}

/** Listens for requests of a few lines. Rejects with a `StartupError` when the address can't be had. */
export async function listenHttp(options: HttpOptions, onRequest: RequestListener): Promise<HttpListener> {
  const server = serverFor(options.tls, onRequest);
  // Nobody holds a connection open or sends a body.
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  await new Promise<void>((done, failed) => {
    server.once('error', (error) => {
      failed(listenError(error, options));
    });
    server.listen(options.port, options.host, done);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;
  return {
    address: `${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}

/** Probes, Prometheus and SDKs that ask for a token have no certificates of clients, so nobody is asked for one here. */
function serverFor(tls: TlsSource | undefined, onRequest: RequestListener): Server {
  if (!tls) return createServer(onRequest);
  const contextOf = ({ cert, key }: TlsPems) => ({ cert, key, minVersion: MIN_TLS_VERSION }) as const;
  const server = createTlsServer(
    { ...contextOf(tls.current), handshakeTimeout: TLS_HANDSHAKE_MS },
    onRequest,
  );
  tls.onChange((next) => {
    server.setSecureContext(contextOf(next));
  });
  return server;
}

function listenError(error: NodeJS.ErrnoException, { host, port, what }: HttpOptions): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartupError(
      `port ${port} (${what.name}) is in use on ${host}: stop what uses it, or set ${what.variable}`,
    );
  }
  return new StartupError(`can't listen on ${host}:${port} (${what.name}): ${error.message}`);
}

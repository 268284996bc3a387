import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { StartupError } from '../lib/startup-error.ts';
import { MIN_TLS_VERSION, TLS_HANDSHAKE_MS, type TlsPems, type TlsSource } from '../lib/tls-source.ts';
import { type Metrics } from './metrics.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Why not. */
  readonly reason?: string;
}

export interface TelemetryServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Undefined: without TLS. */
  readonly tls?: TlsSource | undefined;
  readonly metrics: Pick<Metrics, 'render' | 'contentType'>;
  readonly readiness: () => Readiness | Promise<Readiness>;
  /** Of a program of several processes: whether all of them answer. */
  readonly health?: () => Promise<Readiness>;
}

export interface TelemetryServer {
  /** `host:port` as bound. */
  readonly address: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Listens for Prometheus and for probes: /metrics · /healthz (the process answers) · /readyz (it should get traffic;
 * 503 with the reason when not). It has a port of its own so that it is never exposed with the API.
 */
export async function startTelemetryServer(options: TelemetryServerOptions): Promise<TelemetryServer> {
  const server = serverFor(options.tls, (request, response) => {
    answer(request, options).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  // A probe is a few lines: nobody holds a connection open or sends a body.
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

/** Probes and Prometheus have no certificates of clients, so nobody is asked for one here. */
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

async function answer(
  { method, url }: IncomingMessage,
  { metrics, readiness, health }: TelemetryServerOptions,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'only GET');
  switch (url?.split('?')[0]) {
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.render() };
    case '/healthz':
      return probed(await health?.());
    case '/readyz':
      return probed(await readiness());
    default:
      return plain(404, 'not found: /metrics, /healthz and /readyz are here');
  }
}

function probed({ ready, reason = 'not ready' }: Readiness = { ready: true }): Answer {
  return ready ? plain(200, 'ok') : plain(503, reason);
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

function listenError(error: NodeJS.ErrnoException, { host, port }: TelemetryServerOptions): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartupError(
      `port ${port} (metrics and health) is in use on ${host}: stop what uses it, or set PERDURA_METRICS_PORT`,
    );
  }
  return new StartupError(`can't listen on ${host}:${port} (metrics and health): ${error.message}`);
}

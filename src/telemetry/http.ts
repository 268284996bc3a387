import { type IncomingMessage } from 'node:http';
import { type TlsSource } from '../lib/tls-source.ts';
import { type HttpListener, listenHttp } from './listen-http.ts';
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

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Listens for Prometheus and for probes: /metrics · /healthz (the process answers) · /readyz (it should get traffic;
 * 503 with the reason when not). It has a port of its own so that it is never exposed with the API.
 */
export function startTelemetryServer(options: TelemetryServerOptions): Promise<HttpListener> {
  const { host, port, tls } = options;
  const what = { name: 'metrics and health', variable: 'PERDURA_METRICS_PORT' };
  return listenHttp({ host, port, tls, what }, (request, response) => {
    answer(request, options).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
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

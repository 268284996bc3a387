import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Readiness, startTelemetryServer } from './http.ts';
import { type HttpListener } from './listen-http.ts';
import { createMetrics } from './metrics.ts';

let readiness: Readiness;
let server: HttpListener;

beforeEach(async () => {
  readiness = { ready: true };
  server = await startTelemetryServer({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('1.2.3'),
    readiness: () => readiness,
  });
});

afterEach(() => server.close());

async function get(path: string, init?: RequestInit): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${server.address}${path}`, init);
  return { status: response.status, text: await response.text() };
}

test('metrics are served in the format of Prometheus', async () => {
  const { status, text } = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('perdura_build_info{version="1.2.3"');
});

test('a server that is not ready is healthy and says why it is not ready', async () => {
  expect(await get('/readyz')).toEqual({ status: 200, text: 'ok\n' });
  readiness = { ready: false, reason: 'draining' };
  expect(await get('/readyz?verbose')).toEqual({ status: 503, text: 'draining\n' });
  expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
});

test('other paths and methods are refused', async () => {
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
});

test('a port in use is one clear line', async () => {
  const port = Number(server.address.split(':').at(-1));
  const options = {
    host: '127.0.0.1',
    port,
    metrics: createMetrics('1'),
    readiness: () => readiness,
  };
  await expect(startTelemetryServer(options)).rejects.toThrow(
    `port ${port} (metrics and health) is in use on 127.0.0.1: stop what uses it, or set PERDURA_METRICS_PORT`,
  );
});

import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { Authority, type Issued } from '../../test/helpers/certificates.ts';
import { taskHubNotFound } from '../domain/errors.ts';
import { hubName } from '../domain/ids.ts';
import { type TlsPems } from '../lib/tls-source.ts';
import { codec } from '../protocol/codec.ts';
import { createLogger } from '../telemetry/log.ts';
import { startTelemetryServer } from '../telemetry/http.ts';
import { type HttpListener } from '../telemetry/listen-http.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type GrpcListener, startGrpc } from './listener.ts';

const authority = new Authority();
afterAll(() => {
  authority[Symbol.dispose]();
});

/** Certificates that a test changes. */
class Source {
  current: TlsPems;
  readonly #listeners: ((next: TlsPems) => void)[] = [];

  constructor(first: Issued) {
    this.current = { ...first, ca: authority.ca };
  }

  onChange(listener: (next: TlsPems) => void): void {
    this.#listeners.push(listener);
  }

  change(next: Issued): void {
    this.current = { ...next, ca: authority.ca };
    for (const listener of this.#listeners) listener(this.current);
  }
}

let tls: Source;
let grpc: GrpcListener;
let telemetry: HttpListener;

beforeEach(async () => {
  tls = new Source(authority.issue({ name: 'first' }));
  const at = { host: '127.0.0.1', port: 0, tls };
  grpc = await startGrpc({
    ...at,
    hubs: {
      first: hubName('default'),
      known: () => undefined,
      contextFor: (name) => Promise.reject(taskHubNotFound(name ?? 'default')),
      create: () => Promise.resolve(),
      delete: () => Promise.resolve(undefined),
      list: () => Promise.resolve({ hubs: [], stores: [] }),
    },
    codec,
    log: createLogger({ level: 'silent', format: 'json' }),
  });
  telemetry = await startTelemetryServer({
    ...at,
    metrics: createMetrics('1'),
    readiness: () => ({ ready: true }),
  });
});
afterEach(async () => {
  await grpc.stop();
  await telemetry.close();
});

/** Connects as a client that knows the authority. */
async function opened(address: string, options: ConnectionOptions = {}) {
  const port = Number(address.split(':').at(-1));
  const at = { host: '127.0.0.1', port, ca: authority.ca, ALPNProtocols: ['h2', 'http/1.1'] };
  const socket = connect({ ...at, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

async function shown(address: string): Promise<string | string[] | undefined> {
  const socket = await opened(address);
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return name;
}

test('new connections of both listeners see a new certificate, open ones stay open', async () => {
  const open = await Promise.all([opened(grpc.address), opened(telemetry.address)]);
  expect(await shown(grpc.address)).toBe('first');
  expect(await shown(telemetry.address)).toBe('first');
  tls.change(authority.issue({ name: 'second' }));
  expect(await shown(grpc.address)).toBe('second');
  expect(await shown(telemetry.address)).toBe('second');
  for (const socket of open) {
    expect(socket.readyState).toBe('open');
    socket.destroy();
  }
});

test.each(['grpc', 'telemetry'] as const)('TLS 1.1 is refused by %s, also after a change', async (which) => {
  const { address } = which === 'grpc' ? grpc : telemetry;
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await expect(opened(address, old)).rejects.toThrow(/protocol version/);
  tls.change(authority.issue({ name: 'second' }));
  await expect(opened(address, old)).rejects.toThrow(/protocol version/);
  const socket = await opened(address, { maxVersion: 'TLSv1.2' });
  expect(socket.getProtocol()).toBe('TLSv1.2');
  socket.destroy();
});

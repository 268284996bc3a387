import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, expect, test, vi } from 'vitest';
import { Authority } from '../test/helpers/certificates.ts';
import { createLogger } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { openTls } from './tls.ts';

const authority = new Authority();
afterAll(() => {
  authority[Symbol.dispose]();
});

const none = { tlsCertFile: undefined, tlsKeyFile: undefined, tlsClientCaFile: undefined };
const silent = createLogger({ level: 'silent', format: 'json' });

test('a new certificate is logged and counted, a broken one is too and the old one stays', async () => {
  const [first, second] = [authority.issue({ name: 'first' }), authority.issue({ name: 'second' })];
  const files = {
    tlsCertFile: join(authority.folder, 'tls.pem'),
    tlsKeyFile: join(authority.folder, 'tls.key'),
  };
  copyFileSync(first.certFile, files.tlsCertFile);
  copyFileSync(first.keyFile, files.tlsKeyFile);
  const lines: string[] = [];
  const destination = new Writable({
    write(line: Buffer, _, done) {
      lines.push(line.toString());
      done();
    },
  });
  const metrics = createMetrics('1');
  const log = createLogger({ level: 'info', format: 'json', destination });
  const tls = await openTls({ ...none, ...files }, log, metrics);
  try {
    copyFileSync(second.certFile, files.tlsCertFile);
    await vi.waitFor(() => {
      tls?.loop.wake();
      expect(lines.join('')).toContain('the key does not belong to the certificate');
    });
    expect(tls?.source.current.cert).toBe(first.cert);
    copyFileSync(second.keyFile, files.tlsKeyFile);
    await vi.waitFor(() => {
      tls?.loop.wake();
      expect(lines.join('')).toContain('new certificates are in use');
    });
    expect(lines).toHaveLength(2);
  } finally {
    await tls?.loop.stop();
  }
  const text = await metrics.render();
  expect(text).toContain('perdura_certificate_reads_total{outcome="taken"} 2');
  expect(text).toContain('perdura_certificate_reads_total{outcome="refused"} 1');
  const expires = Number(/^perdura_certificate_expires_timestamp_seconds (\d+)/m.exec(text)?.[1]);
  expect(expires * 1000).toBe(tls?.source.expiresAt.getTime());
});

test('without files there is no TLS, and no metric that says when a certificate expires', async () => {
  const metrics = createMetrics('1');
  expect(await openTls(none, silent, metrics)).toBeUndefined();
  expect(await metrics.render()).not.toMatch(/^perdura_certificate_expires/m);
});

test.each([{ tlsCertFile: 'a.pem' }, { tlsKeyFile: 'a.key' }, { tlsClientCaFile: 'ca.pem' }])(
  'a part of the files is refused: %o',
  async (part) => {
    await expect(openTls({ ...none, ...part }, silent, createMetrics('1'))).rejects.toThrow(/only a part/);
  },
);

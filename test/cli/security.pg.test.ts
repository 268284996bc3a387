import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, vi } from 'vitest';
import { Authority } from '../helpers/certificates.ts';
import { expect, schema, test } from '../helpers/database.ts';
import { makeKey } from '../helpers/api-keys.ts';
import { auditRows } from '../helpers/audit-rows.ts';
import { launch, launcher, perdura } from '../helpers/program.ts';
import { pieceIn } from '../helpers/traces.ts';

const authority = new Authority();
afterAll(() => {
  authority[Symbol.dispose]();
});

function read(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ca: authority.ca }, (answer) => {
      resolve(text(answer));
    }).on('error', reject);
  });
}

test('several processes speak TLS on all ports and know callers and addresses, and so does what talks to them', async ({
  databaseUrl,
}) => {
  const first = authority.issue({ name: 'first' });
  const [certFile, keyFile] = [join(authority.folder, 'tls.pem'), join(authority.folder, 'tls.key')];
  writeFileSync(certFile, first.cert);
  writeFileSync(keyFile, first.key);
  const database = { PERDURA_DATABASE_URL: databaseUrl, PERDURA_DATABASE_SCHEMA: schema };
  const ports = { PERDURA_GRPC_PORT: '0', PERDURA_METRICS_PORT: '0' };
  const tls = { PERDURA_TLS_CERT_FILE: certFile, PERDURA_TLS_KEY_FILE: keyFile };
  const run = launch(
    process.execPath,
    [
      ...[
        launcher,
        'serve',
        '--processes',
        '2',
        '--api-keys',
        '--task-hubs',
        'orders',
        '--log-format',
        'json',
      ],
      ...['--allow-from', '127.0.0.1,::1', '--log-level', 'trace', '--audit', 'all'],
    ],
    { env: { ...database, ...ports, ...tls } },
  );
  await vi.waitFor(() => {
    expect(run.output(), run.errors()).toContain('"msg":"ready"');
  }, 20_000);
  const endpoint = /"gRPC endpoint":"(https:[^"]+)"/.exec(run.output())?.[1] ?? '';
  const metrics = /"Metrics and health":"(https:[^"]+)"/.exec(run.output())?.[1] ?? '';
  const { text: key } = await makeKey(databaseUrl, 'reader', 'orders');
  const env = { PERDURA_ENDPOINT: endpoint, NODE_EXTRA_CA_CERTS: authority.caFile };
  for (let i = 0; i < 4; i++) {
    const listed = await perdura(['instance', 'list', '--json'], { env: { ...env, PERDURA_API_KEY: key } });
    expect(listed.code, listed.errors).toBe(0);
  }
  const without = await perdura(['instance', 'list'], { env });
  expect(without.errors).toContain('wants to know who calls');
  const listedMetrics = await read(metrics);
  expect(listedMetrics).toContain('perdura_certificate_expires_timestamp_seconds');
  expect(await read(metrics.replace('/metrics', '/readyz'))).toBe('ok\n');
  // Each of the processes closes what comes from elsewhere, and counts it.
  const port = Number(endpoint.split(':').at(-1));
  for (let i = 0; i < 4; i++) {
    const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' });
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
  }
  expect(await read(metrics)).toContain('perdura_refused_connections_total 4\n');
  // A renewal, as a tool writes it: one file after the other.
  const second = authority.issue({ name: 'second', days: 9 });
  writeFileSync(certFile, second.cert);
  writeFileSync(keyFile, second.key);
  const expiry = async (): Promise<number> =>
    Number(/^perdura_certificate_expires_timestamp_seconds (\S+)/m.exec(await read(metrics))?.[1]);
  await vi.waitFor(
    async () => {
      expect(await expiry()).toBeGreaterThan(Date.now() / 1000 + 8 * 86_400);
    },
    { timeout: 15_000, interval: 500 },
  );
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  const secrets = [key, first.key, second.key];
  const rows = JSON.stringify(await auditRows(databaseUrl));
  for (const text of [run.output(), run.errors(), listedMetrics, without.errors, rows]) {
    expect(pieceIn(text, secrets)).toBeUndefined();
  }
}, 60_000);

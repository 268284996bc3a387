// Servers with TLS for the tests in other languages: one whose callers show a key, a token or a certificate, and one that
// takes everybody. Prints one line of JSON when they are ready (`Ready`), and ends them when its standard input ends.
//
//   node bin/start.mjs --run ../../test/sdk/secure-server.ts

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { must } from '../../src/lib/assert.ts';
import { Authority } from '../helpers/certificates.ts';
import { OidcIssuer } from '../helpers/oidc-issuer.ts';

/** What tests are told. The key, tokens and the certificate may do all in task hubs `orders*`, and nothing in others. */
export interface Ready {
  /** `host:port` */
  readonly address: string;
  /** Of the server that takes everybody. */
  readonly openAddress: string;
  readonly identityEndpoint: string;
  readonly caFile: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Gives a token, a new one each time; `?expired` one that is over, `?rotate` one of another key than before. */
  readonly tokenUrl: string;
}

const start = join(import.meta.dirname, '..', '..', 'bin', 'start.mjs');
const { env } = process;

async function serve(): Promise<void> {
  using authority = new Authority();
  // Root's PostgreSQL runs as another user, who has to get at the data.
  chmodSync(authority.folder, 0o755);
  const issuer = await OidcIssuer.start();
  const tls = authority.issue({ name: 'server' });
  const worker = authority.issue({ name: 'a worker', names: 'DNS:worker.orders.example' });
  const role = { role: 'contributor', hubs: 'orders*' };
  const grants = {
    tokens: [{ claim: 'roles', value: 'orders', ...role }],
    certificates: [{ name: 'worker.orders.example', ...role }],
  };
  const grantsFile = join(authority.folder, 'grants.json');
  writeFileSync(grantsFile, JSON.stringify(grants));
  const tlsFlags = ['--tls-cert-file', tls.certFile, '--tls-key-file', tls.keyFile];
  const dataDir = join(authority.folder, 'data');
  await using closed = await dev(dataDir, [
    ...[...tlsFlags, '--api-keys', '--identity-port', '0', '--tls-client-ca-file', authority.caFile],
    ...['--grants-file', grantsFile, '--jwt-issuer', issuer.url],
  ]);
  await using open = await dev(join(authority.folder, 'open'), tlsFlags);
  const tokens = await serveTokens(issuer);
  const key = ['key', 'create', '--name', 'a test', '--role', 'contributor', '--hub', 'orders*'];
  const ready: Ready = {
    ...{ address: closed.address, openAddress: open.address, identityEndpoint: closed.identityEndpoint },
    key: execFileSync(process.execPath, [start, ...key, '--data-dir', dataDir], { encoding: 'utf8' }).trim(),
    ...{ caFile: authority.caFile, certFile: worker.certFile, keyFile: worker.keyFile },
    tokenUrl: tokens.url,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  tokens.close();
  await issuer.close();
}

/** `perdura dev` on free ports. */
async function dev(dataDir: string, flags: readonly string[]) {
  const ports = ['--grpc-port', '0', '--metrics-port', '0'];
  const common = [
    '--dynamic-task-hubs',
    '--drain-seconds',
    '0',
    '--log-format',
    'json',
    '--data-dir',
    dataDir,
  ];
  const child = spawn(process.execPath, [start, 'dev', ...ports, ...common, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const ended = once(child, 'close');
  for await (const text of createInterface(child.stdout)) {
    const line = JSON.parse(text) as Readonly<Partial<Record<string, string>>>;
    if (line['msg'] !== 'ready') continue;
    child.stdout.resume();
    return {
      address: must(line['gRPC endpoint'], 'the address').replace('https://', ''),
      identityEndpoint: line['Managed identity'] ?? '',
      async [Symbol.asyncDispose]() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error('the server ended before it was ready');
}

async function serveTokens(
  issuer: OidcIssuer,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const token = async (): Promise<string> => {
      if (searchParams.has('rotate')) await issuer.rotate();
      const options = searchParams.has('expired') ? { expiresInSeconds: -60 } : {};
      return issuer.token({ roles: ['orders'] }, options);
    };
    void token().then((text) => response.end(text));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

await serve();

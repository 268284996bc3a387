// Which addresses may connect, over real connections: all of 127.0.0.0/8 and ::1 are this machine.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { Authority } from '../helpers/certificates.ts';
import { LogSink } from '../helpers/log-sink.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../helpers/server.ts';

const authority = new Authority();
let running: TestServer | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running?.close();
});
afterAll(() => {
  authority[Symbol.dispose]();
});

async function start(options: TestServerOptions): Promise<TestServer> {
  running = await startTestServer(options);
  return running;
}

/** The beginning of every conversation by HTTP/2, or a request by HTTP/1. */
const http2 = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
const http1 = Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n');

/** What the server says to a connection from that address: bytes, or nothing before it closes it. */
async function saidTo(from: string, address: string, hello = http2): Promise<'answered' | 'closed'> {
  const port = Number(address.split(':').at(-1));
  const host = from.includes(':') ? '::1' : '127.0.0.1';
  const socket = connect({ host, port, localAddress: from });
  sockets.push(socket);
  socket.on('error', () => undefined).write(hello);
  const answered = once(socket, 'data').then(() => 'answered' as const);
  return Promise.race([answered, once(socket, 'close').then(() => 'closed' as const)]);
}

async function refused(server: TestServer): Promise<number> {
  const text = await (await fetch(`http://${server.server.metricsAddress}/metrics`)).text();
  return Number(/^perdura_refused_connections_total (\d+)$/m.exec(text)?.[1]);
}

describe('a server with a list of addresses', () => {
  test('closes connections from elsewhere on both ports, counts them, and answers probes', async () => {
    const server = await start({ allowFrom: ['127.0.0.2'], apiKeys: true, identityPort: 0 });
    const { identityAddress } = server.server;
    expect(await saidTo('127.0.0.2', server.endpoint)).toBe('answered');
    expect(await saidTo('127.0.0.2', identityAddress, http1)).toBe('answered');
    expect(await refused(server)).toBe(0);
    expect(await saidTo('127.0.0.1', server.endpoint)).toBe('closed');
    expect(await saidTo('127.0.0.3', server.endpoint)).toBe('closed');
    expect(await saidTo('127.0.0.1', identityAddress, http1)).toBe('closed');
    // By fetch, from 127.0.0.1.
    expect(await refused(server)).toBe(3);
    expect(await saidTo('127.0.0.2', server.endpoint), 'who may connect goes on').toBe('answered');
  });

  test('lets calls through that it should, and no others', async () => {
    const server = await start({ allowFrom: ['127.0.0.0/8'] });
    const client = new TaskHubClient({ address: server.endpoint });
    await expect(client.call('Hello', {})).resolves.toEqual({});
    client.close();
    await server.close();
    const other = await start({ allowFrom: ['10.0.0.0/8'] });
    const kept = new TaskHubClient({ address: other.endpoint });
    await expect(kept.call('Hello', {}, { timeoutMs: 1_000 })).rejects.toThrow(
      /UNAVAILABLE|DEADLINE_EXCEEDED/,
    );
    kept.close();
  });

  test('closes them before TLS says anything', async () => {
    const { certFile, keyFile } = authority.issue({ name: 'server' });
    const log = new LogSink();
    const tls = { tlsCertFile: certFile, tlsKeyFile: keyFile };
    const server = await start({ ...tls, allowFrom: ['127.0.0.2'], log, logLevel: 'debug' });
    const shake = async (localAddress: string): Promise<string> => {
      const port = Number(server.endpoint.split(':').at(-1));
      const options = { host: '127.0.0.1', servername: 'localhost', port, localAddress, ca: authority.ca };
      const socket = connectTls({ ...options, ALPNProtocols: ['h2'] });
      sockets.push(socket);
      const [done, failed] = [once(socket, 'secureConnect'), once(socket, 'error')];
      failed.catch(() => undefined);
      return Promise.race([done.then(() => 'shaken').catch(() => 'closed'), failed.then(() => 'closed')]);
    };
    expect(await shake('127.0.0.1')).toBe('closed');
    expect(await shake('127.0.0.2')).toBe('shaken');
    expect(log.lines.filter(({ address }) => address !== undefined)).toMatchObject([
      { level: 'debug', address: '127.0.0.1', msg: expect.stringContaining('PERDURA_ALLOW_FROM') as unknown },
    ]);
  });

  test('takes IPv4 that comes by IPv6 for IPv4', async () => {
    const server = await start({ allowFrom: ['127.0.0.2'], bindAddress: '::' });
    expect(await saidTo('127.0.0.2', server.endpoint)).toBe('answered');
    expect(await saidTo('127.0.0.1', server.endpoint)).toBe('closed');
    expect(await saidTo('::1', server.endpoint)).toBe('closed');
    await server.close();
    const other = await start({ allowFrom: ['::1'], bindAddress: '::' });
    expect(await saidTo('::1', other.endpoint)).toBe('answered');
    expect(await saidTo('127.0.0.1', other.endpoint)).toBe('closed');
  });
});

test('without a list everybody may connect', async () => {
  const server = await start({});
  expect(await saidTo('127.0.0.9', server.endpoint)).toBe('answered');
});

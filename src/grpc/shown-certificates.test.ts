import { once } from 'node:events';
import { type AddressInfo, connect as connectPlain, createServer as createPlainServer } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Authority } from '../../test/helpers/certificates.ts';
import { must } from '../lib/assert.ts';
import { ShownCertificates } from './shown-certificates.ts';

const authority = new Authority();
const [server, alice, bob] = ['server', 'alice', 'bob'].map((name) => authority.issue({ name }));
afterAll(() => {
  authority[Symbol.dispose]();
});

/** A server that counts how often a certificate is read, and what it says of its newest connection. */
async function listen(shown: ShownCertificates) {
  const accepted: TLSSocket[] = [];
  const reads = { count: 0 };
  const { cert, key } = must(server, 'a certificate');
  const listener = createServer({ cert, key, ca: authority.ca, requestCert: true }, (socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  listener.listen(0, '0.0.0.0');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  /** Who a call on that connection comes from. */
  const callerOn = (socket: TLSSocket | undefined) => {
    const { remoteAddress, remotePort } = must(socket, 'a connection');
    return shown.of({
      getPeer: () => `${remoteAddress ?? ''}:${remotePort ?? ''}`,
      getAuthContext: () => {
        reads.count++;
        return { sslPeerCertificate: must(socket, 'a connection').getPeerCertificate() };
      },
    })?.subject.CN;
  };
  const opened = async (who: typeof alice, localPort?: number, host = '127.0.0.1') => {
    const { cert: own, key: ownKey } = must(who, 'a certificate');
    const raw = connectPlain({ host, port, ...(localPort === undefined ? {} : { localPort }) });
    const socket = connect({
      ...{ socket: raw, ca: authority.ca, cert: own, key: ownKey },
      checkServerIdentity: () => undefined,
    });
    const before = accepted.length;
    await once(socket, 'secureConnect');
    await vi.waitFor(() => {
      expect(accepted.length).toBe(before + 1);
    });
    return { raw, accepted: accepted[before] };
  };
  return { listener, callerOn, opened, reads };
}

let shown: ShownCertificates;
let at: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  shown = new ShownCertificates();
  at = await listen(shown);
});
afterEach(() => {
  at.listener.close();
  shown.close();
});

test('a certificate is read once for each connection', async () => {
  const [first, second] = [await at.opened(alice), await at.opened(bob)];
  for (let i = 0; i < 10; i++) {
    expect(at.callerOn(first.accepted)).toBe('alice');
    expect(at.callerOn(second.accepted)).toBe('bob');
  }
  expect(at.reads.count).toBe(2);
  for (const { raw } of [first, second]) raw.destroy();
});

/** A port to connect from, also twice. */
async function freePort(): Promise<number> {
  const holder = createPlainServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, 'close');
  return port;
}

test('who comes from the same address and port later is somebody else', async () => {
  const localPort = await freePort();
  const first = await at.opened(alice, localPort);
  expect(at.callerOn(first.accepted)).toBe('alice');
  // The port is free again at once.
  first.raw.resetAndDestroy();
  await vi.waitFor(() => {
    expect(first.accepted?.closed).toBe(true);
  });
  const second = await at.opened(bob, localPort);
  for (let i = 0; i < 3; i++) expect(at.callerOn(second.accepted)).toBe('bob');
  expect(at.reads.count).toBe(2);
  second.raw.destroy();
});

test('of two connections from one port to two addresses each has its own', async () => {
  const localPort = await freePort();
  const first = await at.opened(alice, localPort);
  expect(at.callerOn(first.accepted)).toBe('alice');
  const second = await at.opened(bob, localPort, '127.0.0.2');
  expect(second.accepted?.remoteAddress).toBe(first.accepted?.remoteAddress);
  for (let i = 0; i < 3; i++) {
    expect(at.callerOn(first.accepted)).toBe('alice');
    expect(at.callerOn(second.accepted)).toBe('bob');
  }
  for (const { raw } of [first, second]) raw.destroy();
});

test('that there is none is kept as well; a connection that it was not told of is read each time', async () => {
  const plain = createPlainServer().listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const socket = connectPlain((plain.address() as AddressInfo).port, '127.0.0.1');
  await once(plain, 'connection');
  let reads = 0;
  const readFrom = (peer: string): void => {
    const getAuthContext = () => {
      reads++;
      return {};
    };
    for (let i = 0; i < 3; i++) expect(shown.of({ getPeer: () => peer, getAuthContext })).toBeUndefined();
  };
  readFrom(`127.0.0.1:${socket.localPort ?? 0}`);
  expect(reads).toBe(1);
  readFrom('unknown');
  expect(reads).toBe(4);
  socket.destroy();
  plain.close();
});

import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { codec } from '../../src/protocol/codec.ts';
import { type TestHub } from '../helpers/client.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

const LARGE = 'x'.repeat(2_500_000);
/** Calls that are made before somebody looks. */
const WAVE = 10;

/** A connection that takes no data until it is told to. */
async function unread({ endpoint }: TestHub): Promise<ClientHttp2Session> {
  const session = connect(`http://${endpoint}`, { settings: { initialWindowSize: 0 } });
  session.on('error', () => undefined);
  await once(session, 'connect');
  return session;
}

/** Asks for an instance with its input; the answer is left to lie. */
function ask(session: ClientHttp2Session, { name }: TestHub, instanceId: string): ClientHttp2Stream {
  const request = codec.encode('GetInstanceRequest', { instanceId, getInputsAndOutputs: true });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(request.length, 1);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/TaskHubSidecarService/GetInstance',
    'content-type': 'application/grpc',
    te: 'trailers',
    taskhub: name,
  });
  stream.on('error', () => undefined);
  stream.end(Buffer.concat([prefix, request]));
  return stream;
}

test('who reads late gets everything', async () => {
  const orders = hub();
  const instanceId = await orders.start({ input: { value: LARGE } });
  const session = await unread(orders);
  const streams = Array.from({ length: WAVE }, () => ask(session, orders, instanceId));
  await pause(1_000);
  session.settings({ initialWindowSize: 4 * 1024 * 1024 });
  session.setLocalWindowSize(64 * 1024 * 1024);
  const sizes = streams.map(async (stream) => {
    let bytes = 0;
    for await (const piece of stream) bytes += (piece as Buffer).length;
    return bytes;
  });
  for (const size of await Promise.all(sizes)) expect(size).toBeGreaterThan(LARGE.length);
  session.destroy();
});

test('who has much under way and reads it at once is not refused', async () => {
  const orders = hub();
  const instanceId = await orders.start({ input: { value: LARGE } });
  const caller = async (): Promise<void> => {
    for (let call = 0; call < 3; call++) {
      const { input } = await orders.get(instanceId);
      expect(input?.value.length).toBe(LARGE.length);
    }
  };
  await Promise.all(Array.from({ length: 60 }, caller));
});

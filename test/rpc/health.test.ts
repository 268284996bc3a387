import { Client, type ClientReadableStream, credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf } from '../../src/grpc/client.ts';
import { MOST_WATCHES } from '../../src/grpc/health.ts';
import { must } from '../../src/lib/assert.ts';
import { serviceName } from '../../src/protocol/schema.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { until } from '../helpers/until.ts';

// gRPC's health protocol, as load balancers and probes speak it: anybody may, without a credential.

let running: TestServer | undefined;
let client: Client | undefined;

beforeEach(async () => {
  running = await startTestServer();
  client = new Client(running.endpoint, credentials.createInsecure());
});
afterEach(async () => {
  client?.close();
  await running?.close();
});

const asIs = (bytes: Buffer): Buffer => bytes;
const [serving, notServing, unknown] = ['0801', '0802', '0803'];

/** HealthCheckRequest. */
function requestFor(service: string): Buffer {
  return service === ''
    ? Buffer.alloc(0)
    : Buffer.from(`\x0a${String.fromCharCode(service.length)}${service}`);
}

function check(service: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = '/grpc.health.v1.Health/Check';
    must(client, 'a client').makeUnaryRequest(path, asIs, asIs, requestFor(service), (error, answer) => {
      if (error) reject(error);
      else resolve(must(answer, 'an answer').toString('hex'));
    });
  });
}

class Watch {
  readonly heard: string[] = [];
  end: string | undefined;
  readonly #call: ClientReadableStream<Buffer>;

  constructor(service: string) {
    const path = '/grpc.health.v1.Health/Watch';
    this.#call = must(client, 'a client').makeServerStreamRequest(path, asIs, asIs, requestFor(service));
    this.#call.on('data', (answer: Buffer) => this.heard.push(answer.toString('hex')));
    this.#call.on('error', (error) => (this.end = failureOf(error)?.code));
    this.#call.on('end', () => (this.end ??= 'OK'));
  }

  cancel(): void {
    this.#call.cancel();
  }
}

test('the server and its services serve; no other is known', async () => {
  for (const service of ['', serviceName, 'perdura.v1.Admin']) expect(await check(service)).toBe(serving);
  await expect(check('another')).rejects.toMatchObject({
    code: 5,
    details: expect.not.stringContaining('another') as unknown,
  });
});

test('a watch of what is not known is answered and ends: nothing is remembered of it', async () => {
  const watch = new Watch('another');
  await until(() => watch.end !== undefined, 'its end');
  expect(watch).toMatchObject({ heard: [unknown], end: 'OK' });
});

test('so many watches go on and no more; whoever ends one makes room', async () => {
  const watches = Array.from({ length: MOST_WATCHES }, () => new Watch(''));
  await until(() => watches.every(({ heard }) => heard.length > 0), 'the first answers');
  const refused = new Watch('');
  await until(() => refused.end !== undefined, 'its end');
  expect(refused).toMatchObject({ heard: [], end: 'RESOURCE_EXHAUSTED' });
  for (const watch of watches) watch.cancel();
  await until(async () => {
    const next = new Watch('');
    await until(() => next.end !== undefined || next.heard.length > 0, 'an answer');
    next.cancel();
    return next.end === undefined;
  }, 'room for another');
});

test('a watch is told that the server stops', async () => {
  const watch = new Watch(serviceName);
  await until(() => watch.heard.length > 0, 'the first answer');
  await running?.close();
  await until(() => watch.heard.length > 1, 'the next one');
  expect(watch.heard.slice(0, 2)).toEqual([serving, notServing]);
});

import { createServer } from 'node:net';
import { once } from 'node:events';
import { Client, credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { taskHubNotFound } from '../domain/errors.ts';
import { hubName } from '../domain/ids.ts';
import { StartupError } from '../lib/startup-error.ts';
import { codec } from '../protocol/codec.ts';
import { type HubDirectory } from '../scheduler/hubs.ts';
import { createLogger } from '../telemetry/log.ts';
import { TaskHubClient } from './client.ts';
import { type GrpcListener, startGrpc } from './listener.ts';

const noHubs: HubDirectory = {
  first: hubName('default'),
  known: () => undefined,
  contextFor: (name) => Promise.reject(taskHubNotFound(name ?? 'default')),
  create: () => Promise.resolve(),
  delete: () => Promise.resolve(undefined),
  list: () => Promise.resolve({ hubs: [], stores: [] }),
};

function listen(port: number): Promise<GrpcListener> {
  const log = createLogger({ level: 'silent', format: 'json' });
  return startGrpc({
    host: '127.0.0.1',
    port,
    hubs: noHubs,
    codec,
    log,
  });
}

let listener: GrpcListener;
beforeEach(async () => {
  listener = await listen(0);
});
afterEach(() => listener.stop());

const Health = makeGenericClientConstructor(healthService, 'Health');

/** What the health service says of the server ('') or of one service. */
async function health(service: string): Promise<unknown> {
  const client = new Health(listener.address, credentials.createInsecure());
  try {
    const { path, requestSerialize, responseDeserialize } = healthService['Check'] ?? {};
    if (!path || !requestSerialize || !responseDeserialize) throw new Error('no health service');
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest<object, object>(
        path,
        requestSerialize,
        responseDeserialize,
        { service },
        (error, answer) => {
          if (error) reject(error);
          else resolve(answer);
        },
      );
    });
  } finally {
    client.close();
  }
}

/** Asks server reflection; both request and answer are bytes. */
async function reflect(request: Buffer): Promise<string> {
  const client = new Client(listener.address, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs);
  call.end(request);
  const answers: Buffer[] = [];
  for await (const answer of call) answers.push(answer as Buffer);
  client.close();
  return Buffer.concat(answers).toString('latin1');
}

describe('health', () => {
  test('is known of the server and of its services', async () => {
    await expect(health('')).resolves.toMatchObject({ status: 'SERVING' });
    await expect(health('TaskHubSidecarService')).resolves.toMatchObject({ status: 'SERVING' });
    await expect(health('perdura.v1.Admin')).resolves.toMatchObject({ status: 'SERVING' });
    await expect(health('Other')).rejects.toMatchObject({ code: 5 });
  });

  test('says that the server drains; workers that look for one are sent away', async () => {
    listener.setServing(false);
    await expect(health('')).resolves.toMatchObject({ status: 'NOT_SERVING' });
    const client = new TaskHubClient({ address: listener.address });
    await expect(client.call('Hello', {})).rejects.toMatchObject({
      code: 14,
      details: 'the server is stopping',
    });
    client.close();
  });
});

describe('reflection', () => {
  test('lists the service and describes it', async () => {
    expect(await reflect(Buffer.from('\x3a\x01*'))).toMatch(/[^.]TaskHubSidecarService/);
    const symbol = 'TaskHubSidecarService';
    const description = await reflect(Buffer.from(`\x22${String.fromCharCode(symbol.length)}${symbol}`));
    expect(description).toContain('CompleteOrchestratorTask');
    expect(description).toContain('OrchestratorResponse');
    // Tools refuse a file that uses what it doesn't import.
    expect(description).toContain('\x1a\x15google_protobuf.proto');
  });

  test('lists and describes the service for operators', async () => {
    const symbol = 'perdura.v1.Admin';
    expect(await reflect(Buffer.from('\x3a\x01*'))).toMatch(/[^.]perdura\.v1\.Admin/);
    const description = await reflect(Buffer.from(`\x22${String.fromCharCode(symbol.length)}${symbol}`));
    expect(description).toContain('ListTaskHubsResponse');
    expect(description).toContain('\x1a\x15google_protobuf.proto');
  });
});

test('a port that is in use is told in one line', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const outcome = await listen(port).catch((error: unknown) => error);
  holder.close();
  expect(outcome).toBeInstanceOf(StartupError);
  expect(outcome).toMatchObject({
    message: expect.stringContaining(`port ${port} (gRPC) is in use on 127.0.0.1`) as unknown,
  });
});

test('an error that is no outcome is hidden from the caller', async () => {
  await listener.stop();
  listener = await startGrpc({
    host: '127.0.0.1',
    port: 0,
    hubs: { ...noHubs, contextFor: () => Promise.reject(new TypeError('a secret of ours')) },
    codec,
    log: createLogger({ level: 'silent', format: 'json' }),
  });
  const client = new TaskHubClient({ address: listener.address });
  await expect(client.call('Hello', {})).rejects.toMatchObject({ code: 13, details: 'internal error' });
  client.close();
});

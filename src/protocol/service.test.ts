import {
  credentials,
  Server,
  ServerCredentials,
  type ServiceError,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { afterEach, expect, test } from 'vitest';
import { codec } from './codec.ts';
import { healthPing } from './framing.ts';
import { schema, serviceName } from './schema.ts';
import { loadClientPackage, loadDescriptors, serviceDefinition } from './service.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function connect(handlers: Record<string, UntypedHandleCall>) {
  const server = new Server();
  server.addService(serviceDefinition, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  const { TaskHubSidecarService } = loadClientPackage();
  const client = new TaskHubSidecarService(`127.0.0.1:${port}`, credentials.createInsecure());
  closers.push(() => {
    client.close();
    server.forceShutdown();
  });
  return client;
}

test('a handler gets the bytes of a request and answers with bytes', async () => {
  const client = await connect({
    GetInstance: (call: { request: Buffer }, reply: (error: null, bytes: Buffer) => void) => {
      const { instanceId } = codec.decode('GetInstanceRequest', call.request);
      reply(null, codec.encode('GetInstanceResponse', { exists: true, orchestrationState: { instanceId } }));
    },
  });
  const response = await new Promise((resolve, reject) => {
    client.getInstance({ instanceId: 'order-1' }, (error: ServiceError | null, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
  expect(response).toMatchObject({ exists: true, orchestrationState: { instanceId: 'order-1', tags: {} } });
});

test('a stream carries bytes that were made elsewhere', async () => {
  const client = await connect({
    GetWorkItems: (call: { write: (bytes: Buffer) => void; end: () => void }) => {
      call.write(healthPing);
      call.end();
    },
  });
  const items: unknown[] = [];
  for await (const item of client.getWorkItems({}) as AsyncIterable<unknown>) items.push(item);
  expect(items).toEqual([{ completionToken: '', request: 'healthPing', healthPing: {} }]);
});

test('every rpc has a path without a package and types that the codec knows', () => {
  const { methodsArray } = schema.lookupService(serviceName);
  expect(methodsArray).toHaveLength(29);
  for (const { name, requestType, responseType } of methodsArray) {
    expect(serviceDefinition[name]?.path).toBe(`/TaskHubSidecarService/${name}`);
    expect(() => schema.lookupType(requestType)).not.toThrow();
    expect(() => schema.lookupType(responseType)).not.toThrow();
  }
  const streams = Object.entries(serviceDefinition).filter(([, { responseStream }]) => responseStream);
  expect(streams.map(([name]) => name)).toEqual(['GetWorkItems', 'StreamInstanceHistory']);
});

test('the descriptors for reflection hold the service and what it refers to', () => {
  const descriptor = protobuf.common.get('google/protobuf/descriptor.proto');
  const fileDescriptor = protobuf.Root.fromJSON(descriptor ?? {}).lookupType(
    'google.protobuf.FileDescriptorProto',
  );
  const { HistoryEvent: definition } = loadDescriptors();
  const files =
    definition && Array.isArray(definition.fileDescriptorProtos) ? definition.fileDescriptorProtos : [];
  const decoded = files.map((file) => fileDescriptor.toObject(fileDescriptor.decode(file)));
  expect(decoded).toContainEqual(
    expect.objectContaining({ service: [expect.objectContaining({ name: 'TaskHubSidecarService' })] }),
  );
  expect(decoded).toContainEqual(expect.objectContaining({ package: 'google.protobuf' }));
});

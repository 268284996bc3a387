import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { TaskHubClient, type UnaryName } from '../../src/grpc/client.ts';
import { useServer } from '../helpers/server.ts';

const { hub, server } = useServer();

const rpcs: UnaryName[] = [
  'RewindInstance',
  'RestartInstance',
  'QueryInstances',
  'ListInstanceIds',
  'PurgeInstances',
  'CompleteEntityTask',
  'SignalEntity',
  'GetEntity',
  'QueryEntities',
  'CleanEntityStorage',
  'SkipGracefulOrchestrationTerminations',
];

test.each(rpcs)('%s says that it is not available', async (rpc) => {
  await hub().refuses(rpc, {}, 'UNIMPLEMENTED', 'not available in this version');
});

test('StreamInstanceHistory says that it is not available', async () => {
  const client = new TaskHubClient({ address: server().endpoint });
  const stream = client.stream('StreamInstanceHistory', { instanceId: 'a' });
  const error = await new Promise((failed) => stream.on('error', failed).resume());
  expect(error).toMatchObject({
    code: status.UNIMPLEMENTED,
    details: expect.stringContaining('not available in this version') as unknown,
  });
  client.close();
});

// A worker that gives back what it was never sent must not fail over it.
test('AbandonTaskEntityWorkItem is OK', async () => {
  await expect(
    hub().client.call('AbandonTaskEntityWorkItem', { completionToken: 'whatever' }),
  ).resolves.toEqual({});
});

import { expect, test } from 'vitest';
import { type UnaryName } from '../../src/grpc/client.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

const rpcs: UnaryName[] = [
  'CompleteEntityTask',
  'SignalEntity',
  'GetEntity',
  'QueryEntities',
  'CleanEntityStorage',
];

test.each(rpcs)('%s says that it is not available', async (rpc) => {
  await hub().refuses(rpc, {}, 'UNIMPLEMENTED', 'not available in this version');
});

// A worker that gives back what it was never sent must not fail over it.
test('AbandonTaskEntityWorkItem is OK', async () => {
  await expect(
    hub().client.call('AbandonTaskEntityWorkItem', { completionToken: 'whatever' }),
  ).resolves.toEqual({});
});

import { describe, expect, test } from 'vitest';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { useServer } from '../helpers/server.ts';

describe('with hubs that come into being by being named', () => {
  const { hub } = useServer();

  test('hello answers, and the hub is there from then on', async () => {
    await expect(hub().client.call('Hello', {})).resolves.toEqual({});
  });
});

describe('with configured hubs only', () => {
  const { hub, server } = useServer({ dynamicTaskHubs: false, taskHubs: ['first', 'second'] });

  test('hello without a task hub means the first configured one', async () => {
    const client = new TaskHubClient({ address: server().endpoint });
    await client.call('Hello', {});
    await client.call('StartInstance', { instanceId: 'a', name: 'Order' });
    const first = new TaskHubClient({ address: server().endpoint, hub: 'first' });
    const second = new TaskHubClient({ address: server().endpoint, hub: 'second' });
    await expect(first.call('GetInstance', { instanceId: 'a' })).resolves.toMatchObject({ exists: true });
    await expect(second.call('GetInstance', { instanceId: 'a' })).resolves.toMatchObject({ exists: false });
    for (const each of [client, first, second]) each.close();
  });

  // Contract §2: Hello too.
  test('an unknown hub is NOT_FOUND with its name in the text, for every kind of call', async () => {
    const unknown = hub();
    await unknown.refuses('Hello', {}, 'NOT_FOUND', unknown.name);
    await unknown.refuses('StartInstance', { name: 'Order' }, 'NOT_FOUND', unknown.name);
    await unknown.refuses('GetInstance', { instanceId: 'a' }, 'NOT_FOUND', unknown.name);
    await unknown.refuses('CompleteActivityTask', {}, 'NOT_FOUND', unknown.name);
    await expect(unknown.worker()).rejects.toMatchObject({
      cause: { code: 5, details: expect.stringContaining(unknown.name) as unknown },
    });
  });
});

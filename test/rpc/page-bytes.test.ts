import { expect, test } from 'vitest';
import { type Request, type Response } from '../../src/grpc/client.ts';
import { codec } from '../../src/protocol/codec.ts';
import { createChild, complete } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();
/** What .NET, Python and Java receive at most. */
const RECEIVED_BYTES = 4 * 1024 * 1024;

const tag = 't'.repeat(16_000);
const cases: [string, number, Request<'StartInstance'>][] = [
  [
    'names and versions',
    1_000,
    {
      ...{ name: 'n'.repeat(1024), version: { value: 'v'.repeat(1024) } },
      input: { value: 'x'.repeat(2_500) },
    },
  ],
  ['tags', 320, { tags: { a: tag } }],
];

test.each(cases)(
  'a page of instances with long %s is within what SDKs receive, and goes on',
  async (_, count, more) => {
    const orders = hub();
    await Promise.all(Array.from({ length: count }, () => orders.start(more)));
    let continuationToken: { value: string } | null = null;
    let seen = 0;
    do {
      const query = { maxInstanceCount: 1_000, fetchInputsAndOutputs: true, continuationToken };
      const page: Response<'QueryInstances'> = await orders.client.call('QueryInstances', { query });
      expect(codec.encode('QueryInstancesResponse', page).length).toBeLessThan(RECEIVED_BYTES);
      seen += page.orchestrationState.length;
      continuationToken = page.continuationToken;
    } while (continuationToken);
    expect(seen).toBe(count);
  },
);

// Ids that orchestrations derive for children may have any character but NUL, and 512 bytes.
test('the key of a list that ends with a long child id full of quotes is taken back', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const child = '"'.repeat(512);
  await worker.play([createChild(1, { instanceId: child })]);
  await worker.play([complete('1')]);
  await orders.completed(child);
  const { instanceIds, lastInstanceKey } = await orders.client.call('ListInstanceIds', {});
  expect(instanceIds).toEqual([child]);
  expect((await orders.client.call('ListInstanceIds', { lastInstanceKey })).instanceIds).toEqual([]);
  await orders.terminate(id);
});

import { describe, expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import { complete, continueAsNew, fail } from '../helpers/scripted-worker.ts';
import { startTestServer, useServer } from '../helpers/server.ts';
import { TaskHubClient } from '../../src/grpc/client.ts';

const { hub } = useServer();

describe('the wait ends', () => {
  test('for everybody who waits when the instance completes', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const waiting = Promise.all([orders.completed(id), orders.completed(id)]);
    await worker.play([complete('"ok"')]);
    for (const state of await waiting) {
      expect(state).toMatchObject({
        orchestrationStatus: statusNamed('COMPLETED'),
        output: { value: '"ok"' },
        failureDetails: null,
      });
    }
  });

  test('at once for an instance that has ended', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    await worker.play([fail({ errorType: 'E', errorMessage: 'm' })]);
    expect(await orders.completed(id)).toMatchObject({
      orchestrationStatus: statusNamed('FAILED'),
      failureDetails: { errorType: 'E', errorMessage: 'm' },
    });
    expect((await orders.completed(id)).orchestrationStatus).toBe(statusNamed('FAILED'));
  });

  test('when the instance is terminated', async () => {
    const orders = hub();
    const id = await orders.start();
    const waiting = orders.completed(id);
    await orders.terminate(id, '"stop"');
    expect(await waiting).toMatchObject({
      orchestrationStatus: statusNamed('TERMINATED'),
      output: { value: '"stop"' },
    });
  });

  // §10.1: CONTINUED_AS_NEW is never visible.
  test('not at continue-as-new but with the last generation', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ input: { value: '1' } });
    const waiting = orders.completed(id);
    await worker.play([continueAsNew('2')]);
    await worker.play([complete('3')]);
    expect(await waiting).toMatchObject({
      orchestrationStatus: statusNamed('COMPLETED'),
      input: { value: '2' },
      output: { value: '3' },
    });
  });

  test('with DEADLINE_EXCEEDED when the caller’s time is over, and with CANCELLED when it gives up', async () => {
    const orders = hub();
    const id = await orders.start();
    const request = { instanceId: id };
    await expect(
      orders.client.call('WaitForInstanceCompletion', request, { timeoutMs: 200 }),
    ).rejects.toMatchObject({ code: 4 });
    const giveUp = new AbortController();
    const waiting = orders.client.call('WaitForInstanceCompletion', request, { signal: giveUp.signal });
    giveUp.abort();
    await expect(waiting).rejects.toMatchObject({ code: 1 });
  });

  test('with UNAVAILABLE when the server stops', async () => {
    const server = await startTestServer();
    const client = new TaskHubClient({ address: server.endpoint });
    await client.call('StartInstance', { instanceId: 'a', name: 'Order' });
    const waiting = client.call('WaitForInstanceCompletion', { instanceId: 'a' });
    const impossible = client.call('WaitForInstanceCompletion', { instanceId: '@entity@1' });
    // Calls on one connection reach the server in order.
    await client.call('Hello', {});
    const ended = Promise.allSettled([waiting, impossible]);
    await server.close();
    for (const outcome of await ended) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 14 } });
    }
    client.close();
  });
});

// §3.3: SDKs fall over an early "does not exist".
test.each(['nobody', '@counter@1', 'x'.repeat(600)])(
  'an unknown id keeps waiting: %s',
  async (instanceId) => {
    await expect(
      hub().client.call('WaitForInstanceCompletion', { instanceId }, { timeoutMs: 200 }),
    ).rejects.toMatchObject({ code: 4 });
  },
);

test('a wait goes on over a replacement of the instance', async () => {
  const orders = hub();
  const worker = await orders.worker({
    request: { workItemFilters: { orchestrations: [{ name: 'New', versions: [] }] } },
  });
  const id = await orders.start({ name: 'Old' });
  const replaceableStatus = [statusNamed('PENDING'), statusNamed('TERMINATED')];
  await orders.start({ instanceId: id, name: 'New', orchestrationIdReusePolicy: { replaceableStatus } });
  const waiting = orders.completed(id);
  await worker.play([complete('"new"')]);
  expect(await waiting).toMatchObject({ name: 'New', output: { value: '"new"' } });
});

import { expect, test } from 'vitest';
import { statusNamed } from '../helpers/client.ts';
import { complete, createChild } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

// §5.5.
test('running instances are terminated with the reason; the others are listed', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const finished = await orders.start();
  await worker.play([complete()]);
  await orders.completed(finished);
  const running = await orders.start();
  await worker.play([createChild(1, { instanceId: `${running}:c` })]);
  const pending = await orders.start({ scheduledStartTimestamp: { seconds: 4_000_000_000, nanos: 0 } });
  const suspended = await orders.start();
  await orders.suspend(suspended);
  const answer = await orders.client.call('SkipGracefulOrchestrationTerminations', {
    instanceBatch: { instanceIds: [finished, running, pending, suspended, 'nobody', '@counter@1', running] },
    reason: { value: '"enough"' },
  });
  expect(answer.unterminatedInstanceIds).toEqual([finished, 'nobody', '@counter@1']);
  for (const id of [running, pending, suspended]) {
    expect(await orders.get(id)).toMatchObject({
      orchestrationStatus: statusNamed('TERMINATED'),
      output: { value: '"enough"' },
    });
  }
  expect(await orders.status(`${running}:c`), 'children go on').toBe(statusNamed('PENDING'));
});

test('more than 500 ids are refused, no ids are fine', async () => {
  const orders = hub();
  const instanceIds = Array.from({ length: 501 }, (_, i) => `id-${i}`);
  const rpc = 'SkipGracefulOrchestrationTerminations';
  await orders.refuses(rpc, { instanceBatch: { instanceIds } }, 'INVALID_ARGUMENT', '500');
  await expect(orders.client.call(rpc, {})).resolves.toEqual({ unterminatedInstanceIds: [] });
});

test('another hub’s instances are missing here', async () => {
  const [mine, yours] = [hub(), hub()];
  const id = await mine.start();
  const answer = await yours.client.call('SkipGracefulOrchestrationTerminations', {
    instanceBatch: { instanceIds: [id] },
  });
  expect(answer.unterminatedInstanceIds).toEqual([id]);
  expect(await mine.status(id)).toBe(statusNamed('PENDING'));
});

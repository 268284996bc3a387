import { expect, test, vi } from 'vitest';
import { must } from '../src/lib/assert.ts';
import { TestHub } from './helpers/client.ts';
import { Collector } from './helpers/collector.ts';
import { createTestDatabase } from './helpers/database.ts';
import { launch, launcher } from './helpers/program.ts';
import { complete, continueAsNew, scheduleTask } from './helpers/scripted-worker.ts';

const START = '0af7651916cd43dd8448eb211c80319c';
const TASK = '1af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('with --otlp-endpoint a collector gets spans of dispatches, commits and waits', async () => {
  await using collector = await Collector.open();
  const args = ['serve', '--allow-anonymous', '--bind-address=127.0.0.1', `--otlp-endpoint=${collector.url}`];
  const env = {
    PERDURA_DATABASE_URL: await createTestDatabase(),
    ...{ PERDURA_GRPC_PORT: '0', PERDURA_METRICS_PORT: '0', OTEL_RESOURCE_ATTRIBUTES: 'service.name=orders' },
  };
  const run = launch(process.execPath, [launcher, ...args, '--log-format=json'], { env });
  const port = await vi.waitUntil(() => /localhost:(\d+)","Metrics/.exec(run.output())?.[1], 20_000);
  const hub = new TestHub(`localhost:${port}`, 'default');
  const worker = await hub.worker();
  const id = await hub.start({
    name: 'Order',
    parentTraceContext: { traceParent: `00-${START}-${SPAN}-01` },
  });
  await worker.play([
    scheduleTask(1, 'Pay', { parentTraceContext: { traceParent: `00-${TASK}-${SPAN}-01` } }),
  ]);
  await worker.completeActivity(await worker.activity(), {});
  await worker.play([continueAsNew('2')]);
  await worker.play([complete()]);
  await hub.completed(id);
  hub.close();
  run.child.kill('SIGTERM');
  expect(await run.ended, run.errors()).toBe(0);

  const dispatched = collector.spans.filter(({ name }) => name.startsWith('dispatch:'));
  expect(dispatched.map(({ name, traceId, parentSpanId }) => [name, traceId, parentSpanId])).toEqual([
    ['dispatch:Order', START, SPAN],
    ['dispatch:Pay', TASK, SPAN],
    ['dispatch:Order', START, SPAN],
    ['dispatch:Order', START, SPAN],
  ]);
  expect(dispatched.map(({ attributes }) => attributes['durabletask.task.instance_id'])).toEqual([
    id,
    id,
    id,
    id,
  ]);
  expect(collector.spans.some(({ name }) => name === 'commit')).toBe(true);
  expect(
    must(
      collector.spans.find(({ name }) => name === 'wait_for_completion'),
      'a wait',
    ),
  ).toMatchObject({
    attributes: { 'perdura.task_hub': 'default', 'durabletask.task.instance_id': id },
    service: 'orders',
  });
});

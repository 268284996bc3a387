import { expect, test } from 'vitest';
import { WorkerStreams } from '../dispatch/streams.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { MemoryWorker } from '../../test/helpers/engine.ts';
import { processLoops } from './loops.ts';

// .NET and Python reconnect after 120 seconds of silence.
test('streams are pinged several times within the patience of SDKs (orchestrations §1.10, entities §0.11)', async () => {
  const streams = new WorkerStreams(createMetrics('test'));
  const workers = [new MemoryWorker(streams), new MemoryWorker(streams)];
  const pings = processLoops(streams, () => Promise.resolve()).find(({ name }) => name === 'ping-streams');
  expect(pings?.everyMs).toBeLessThanOrEqual(30_000);
  const before = workers.map((worker) => worker.pings);
  await pings?.once();
  expect(workers.map((worker) => worker.pings)).toEqual(before.map((count) => count + 1));
});

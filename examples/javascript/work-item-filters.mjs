// Work-item filters: workers that each take a part of the work. One runs orchestrations, the others one activity each.
import assert from 'node:assert/strict';
import { outputOf, runSample, startWorker } from './sample.mjs';

async function* thumbnail(context, picture) {
  const loaded = yield context.callActivity('download', picture);
  return yield context.callActivity('resize', loaded);
}

await runSample({ orchestrators: { thumbnail } }, async (client) => {
  // "auto" makes the filter from what is registered; these say the same by hand.
  const network = await startWorker({
    activities: { download: (context, picture) => `${picture} by the network worker` },
    workItemFilters: { activities: [{ name: 'download' }] },
  });
  const graphics = await startWorker({
    activities: { resize: (context, picture) => `${picture}, small by the graphics worker` },
    workItemFilters: { activities: [{ name: 'resize' }] },
  });
  try {
    const output = await outputOf(client, await client.scheduleNewOrchestration('thumbnail', 'cat'));
    console.log(output);
    assert.equal(output, 'cat by the network worker, small by the graphics worker');
  } finally {
    await Promise.all([network.stop(), graphics.stop()]);
  }
});

// Monitor: looks at something again and again, with a durable timer in between, until it is as wanted or time is up.
import assert from 'node:assert/strict';
import { outputOf, runSample } from './sample.mjs';

// Stands for a system outside; it says "ready" the third time it is asked.
let looks = 0;
const activities = {
  lookAtJob: () => {
    looks += 1;
    return looks < 3 ? 'busy' : 'ready';
  },
};

async function* monitor(context, { intervalSeconds, until }) {
  const status = yield context.callActivity('lookAtJob');
  context.setCustomStatus(status);
  if (status === 'ready') return 'the job is ready';
  if (context.currentUtcDateTime >= new Date(until)) return 'gave up';
  yield context.createTimer(intervalSeconds);
  // A new execution: the history stays short, however long this goes on.
  context.continueAsNew({ intervalSeconds, until }, true);
}

await runSample({ orchestrators: { monitor }, activities }, async (client) => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const id = await client.scheduleNewOrchestration('monitor', { intervalSeconds: 0.3, until });
  const output = await outputOf(client, id);
  console.log(`${output} after ${looks} looks`);
  assert.equal(output, 'the job is ready');
  assert.equal(looks, 3);
});

// Eternal orchestration: runs for ever as a chain of executions. Events that come in between are kept.
import assert from 'node:assert/strict';
import { outputOf, runSample, until } from './sample.mjs';

async function* meter(context, total) {
  context.setCustomStatus({ total });
  const reading = yield context.waitForExternalEvent('reading');
  if (reading === 'stop') return total;
  context.continueAsNew(total + reading, true);
}

await runSample({ orchestrators: { meter } }, async (client) => {
  const id = await client.scheduleNewOrchestration('meter', 0);
  for (let reading = 1; reading <= 10; reading++) {
    await client.raiseOrchestrationEvent(id, 'reading', reading);
  }
  await until(async () => {
    const state = await client.getOrchestrationState(id, true);
    return JSON.parse(state.serializedCustomStatus ?? '{}').total === 55 ? true : undefined;
  });
  const events = await client.getOrchestrationHistory(id);
  await client.raiseOrchestrationEvent(id, 'reading', 'stop');
  const output = await outputOf(client, id);
  console.log(`10 readings, ${output} in all; the last execution had ${events.length} events`);
  assert.equal(output, 55);
  assert.ok(events.length < 10);
});

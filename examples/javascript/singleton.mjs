// Singleton: an instance with a fixed id. A second start is refused while the first one runs.
import assert from 'node:assert/strict';
import { outputOf, runSample } from './sample.mjs';

const ALREADY_EXISTS = 6;
const instanceId = 'nightly-import';

async function* importAll(context) {
  return yield context.waitForExternalEvent('finish');
}

async function startOnce(client) {
  try {
    await client.scheduleNewOrchestration('importAll', undefined, { instanceId });
    return 'started';
  } catch (error) {
    if (error.code === ALREADY_EXISTS) return 'runs already';
    throw error;
  }
}

await runSample({ orchestrators: { importAll } }, async (client) => {
  const answers = [await startOnce(client), await startOnce(client)];
  await client.raiseOrchestrationEvent(instanceId, 'finish', 'done');
  await outputOf(client, instanceId);

  console.log(answers.join(', '));
  assert.deepEqual(answers, ['started', 'runs already']);
});

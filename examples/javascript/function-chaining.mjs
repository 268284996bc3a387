// Function chaining: each step gets the result of the one before.
import assert from 'node:assert/strict';
import { outputOf, runSample } from './sample.mjs';

const activities = {
  greet: (context, name) => `Hello ${name}`,
  ask: (context, text) => `${text}, how are you`,
  punctuate: (context, text) => `${text}?`,
};

async function* greeting(context, name) {
  const greeted = yield context.callActivity('greet', name);
  const asked = yield context.callActivity('ask', greeted);
  return yield context.callActivity('punctuate', asked);
}

await runSample({ orchestrators: { greeting }, activities }, async (client) => {
  const id = await client.scheduleNewOrchestration('greeting', 'Ada');
  const output = await outputOf(client, id);
  console.log(output);
  assert.equal(output, 'Hello Ada, how are you?');
});

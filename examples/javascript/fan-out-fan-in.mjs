// Fan-out and fan-in: many activities at once, then one result of all of theirs.
import assert from 'node:assert/strict';
import { whenAll } from '@microsoft/durabletask-js';
import { outputOf, runSample } from './sample.mjs';

const activities = {
  countWords: (context, text) => text.split(' ').length,
};

async function* countAllWords(context, texts) {
  const counts = yield whenAll(texts.map((text) => context.callActivity('countWords', text)));
  return counts.reduce((sum, count) => sum + count, 0);
}

await runSample({ orchestrators: { countAllWords }, activities }, async (client) => {
  const texts = ['one', 'one two', 'one two three', 'one two three four'];
  const output = await outputOf(client, await client.scheduleNewOrchestration('countAllWords', texts));
  console.log(`${output} words in ${texts.length} texts`);
  assert.equal(output, 10);
});

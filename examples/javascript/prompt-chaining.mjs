// Prompt chaining: each prompt works on the answer to the one before, with a check in between. The model here is a
// stand-in; put a real one in its place.
import assert from 'node:assert/strict';
import { outputOf, runSample } from './sample.mjs';

const activities = {
  outline: (context, topic) => [`Why ${topic}`, `How ${topic}`],
  write: (context, headings) => headings.map((heading) => `${heading}: …`).join('\n'),
  shorten: (context, text) => text.split('\n')[0],
};

async function* article(context, topic) {
  const headings = yield context.callActivity('outline', topic);
  if (headings.length === 0) throw new Error('the outline is empty');
  const text = yield context.callActivity('write', headings);
  return { text, teaser: yield context.callActivity('shorten', text) };
}

await runSample({ orchestrators: { article }, activities }, async (client) => {
  const output = await outputOf(client, await client.scheduleNewOrchestration('article', 'durability'));
  console.log(output.text);
  assert.deepEqual(output, { text: 'Why durability: …\nHow durability: …', teaser: 'Why durability: …' });
});

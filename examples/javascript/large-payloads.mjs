// Large payloads: a fan-out whose results are hundreds of kilobytes each.
import assert from 'node:assert/strict';
import { whenAll } from '@microsoft/durabletask-js';
import { outputOf, runSample } from './sample.mjs';

const SIZE = 300_000;
const activities = {
  loadPage: (context, letter) => letter.repeat(SIZE),
};

async function* loadBook(context, letters) {
  const pages = yield whenAll(letters.map((letter) => context.callActivity('loadPage', letter)));
  return pages.map((page) => ({ letter: page[0], length: page.length }));
}

await runSample({ orchestrators: { loadBook }, activities }, async (client) => {
  const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
  const output = await outputOf(client, await client.scheduleNewOrchestration('loadBook', letters));
  console.log(`${output.length} pages of ${output[0].length} characters`);
  assert.deepEqual(
    output,
    letters.map((letter) => ({ letter, length: SIZE })),
  );
});

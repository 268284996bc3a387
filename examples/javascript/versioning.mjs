// Versioning: an orchestrator branches on the version its instance was started with, so that old instances go on as
// they began; and a worker can take only the versions it knows.
import assert from 'node:assert/strict';
import { VersionMatchStrategy } from '@microsoft/durabletask-js';
import { outputOf, runSample, startWorker } from './sample.mjs';

async function* price(context, amount) {
  // What was started before 2.0.0 keeps the old price.
  const perPiece = context.compareVersionTo('2.0.0') >= 0 ? 12 : 10;
  return amount * perPiece;
}

async function* whoRunsMe(context) {
  return `worker of ${context.version}`;
}

/** Takes instances of one version only. */
function strictWorker(version) {
  return startWorker({
    orchestrators: { whoRunsMe },
    versioning: { version, matchStrategy: VersionMatchStrategy.Strict },
  });
}

await runSample({ orchestrators: { price } }, async (client) => {
  const start = (name, version, input) => client.scheduleNewOrchestration(name, input, { version });
  const prices = [];
  for (const version of ['1.5.0', '2.0.0']) {
    prices.push(await outputOf(client, await start('price', version, 3)));
  }
  console.log(`Three pieces: ${prices[0]} by 1.5.0, ${prices[1]} by 2.0.0`);
  assert.deepEqual(prices, [30, 36]);

  const workers = [await strictWorker('1.0.0'), await strictWorker('2.0.0')];
  try {
    const ids = [await start('whoRunsMe', '2.0.0'), await start('whoRunsMe', '1.0.0')];
    const ran = await Promise.all(ids.map((id) => outputOf(client, id)));
    console.log(ran.join(', '));
    assert.deepEqual(ran, ['worker of 2.0.0', 'worker of 1.0.0']);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
});

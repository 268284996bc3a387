// History export: the history of each finished instance as one line of JSON, for a file or an archive.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistoryEventType, OrchestrationStatus } from '@microsoft/durabletask-js';
import { outputOf, runSample } from './sample.mjs';

const activities = {
  double: (context, number) => number * 2,
};

async function* doubling(context, number) {
  return yield context.callActivity('double', number);
}

/** The ids of all instances that completed since then, page by page. */
async function* completedSince(client, completedTimeFrom) {
  const runtimeStatus = [OrchestrationStatus.COMPLETED];
  let lastInstanceKey;
  do {
    const page = await client.listInstanceIds({ runtimeStatus, completedTimeFrom, lastInstanceKey });
    yield* page.values;
    lastInstanceKey = page.continuationToken;
  } while (lastInstanceKey);
}

await runSample({ orchestrators: { doubling }, activities }, async (client) => {
  const since = new Date(Date.now() - 1000);
  const ids = [];
  for (const number of [1, 2, 3]) ids.push(await client.scheduleNewOrchestration('doubling', number));
  for (const id of ids) await outputOf(client, id);

  const folder = await mkdtemp(join(tmpdir(), 'history-export-'));
  try {
    const file = join(folder, 'history.jsonl');
    const lines = [];
    for await (const id of completedSince(client, since)) {
      lines.push(`${JSON.stringify({ id, events: await client.getOrchestrationHistory(id) })}\n`);
    }
    await writeFile(file, lines.join(''));

    const exported = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    console.log(`${exported.length} histories exported`);
    for (const id of ids) {
      const { events } = exported.find((line) => line.id === id);
      assert.equal(events.at(-1).type, HistoryEventType.ExecutionCompleted);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

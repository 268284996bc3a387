// Scheduled task: starts at a time, then does its work at an interval that does not drift.
import assert from 'node:assert/strict';
import { outputOf, runSample } from './sample.mjs';

const runs = [];
const activities = {
  sendReminder: (context, dueAt) => void runs.push(dueAt),
};

async function* reminders(context, { dueAt, intervalMs, left }) {
  yield context.createTimer(new Date(dueAt));
  yield context.callActivity('sendReminder', dueAt);
  if (left === 1) return 'all sent';
  // From the time that was due, not from now: what the work took does not add up.
  context.continueAsNew({ dueAt: dueAt + intervalMs, intervalMs, left: left - 1 }, true);
}

await runSample({ orchestrators: { reminders }, activities }, async (client) => {
  const first = Date.now() + 1000;
  const input = { dueAt: first, intervalMs: 500, left: 3 };
  const id = await client.scheduleNewOrchestration('reminders', input, { startAt: new Date(first) });
  const output = await outputOf(client, id);
  console.log(`${output}, due at ${runs.map((dueAt) => new Date(dueAt).toISOString()).join(', ')}`);
  assert.equal(output, 'all sent');
  assert.deepEqual(runs, [first, first + 500, first + 1000]);
  assert.ok(Date.now() >= first + 1000);
});

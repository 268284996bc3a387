// Human interaction: an orchestration waits for somebody's answer, and goes on without one after a while.
import assert from 'node:assert/strict';
import { whenAny } from '@microsoft/durabletask-js';
import { outputOf, runSample } from './sample.mjs';

const activities = {
  askForApproval: (context, order) => `Please approve ${order}`,
};

async function* approval(context, { order, patienceSeconds }) {
  yield context.callActivity('askForApproval', order);
  const answer = context.waitForExternalEvent('answer');
  const timeout = context.createTimer(patienceSeconds);
  const first = yield whenAny([answer, timeout]);
  if (first === timeout) return 'escalated';
  timeout.cancel();
  return answer.getResult().approved ? 'approved' : 'rejected';
}

await runSample({ orchestrators: { approval }, activities }, async (client) => {
  const answered = await client.scheduleNewOrchestration('approval', { order: 'A1', patienceSeconds: 3600 });
  await client.raiseOrchestrationEvent(answered, 'answer', { approved: true });
  const forgotten = await client.scheduleNewOrchestration('approval', { order: 'A2', patienceSeconds: 1 });

  const outputs = [await outputOf(client, answered), await outputOf(client, forgotten)];
  console.log(`A1 is ${outputs[0]}, A2 is ${outputs[1]}`);
  assert.deepEqual(outputs, ['approved', 'escalated']);
});

// Durable entity: a small object with a state that the server keeps; it does one operation at a time.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { EntityInstanceId, TaskEntity } from '@microsoft/durabletask-js';
import { outputOf, runSample } from './sample.mjs';

class Counter extends TaskEntity {
  initializeState() {
    return 0;
  }

  add(amount) {
    this.state += amount;
    return this.state;
  }

  get() {
    return this.state;
  }
}

async function* countTo(context, { key, target }) {
  const counter = new EntityInstanceId('counter', key);
  // A signal waits for nothing; a call waits for the answer. Both are done in order.
  for (let i = 1; i < target; i++) context.entities.signalEntity(counter, 'add', 1);
  return yield context.entities.callEntity(counter, 'add', 1);
}

await runSample({ orchestrators: { countTo }, entities: { counter: Counter } }, async (client) => {
  const key = randomUUID();
  const id = await client.scheduleNewOrchestration('countTo', { key, target: 5 });
  const output = await outputOf(client, id);
  const { state } = await client.getEntity(new EntityInstanceId('counter', key));
  console.log(`The orchestration was told ${output}, the client sees ${state}`);
  assert.equal(output, 5);
  assert.equal(state, 5);
});

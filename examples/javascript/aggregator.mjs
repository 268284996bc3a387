// Aggregator: many senders signal one entity, which adds up what they say.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { EntityInstanceId, TaskEntity } from '@microsoft/durabletask-js';
import { runSample, until } from './sample.mjs';

class Temperatures extends TaskEntity {
  initializeState() {
    return { count: 0, sum: 0, highest: null };
  }

  measured(degrees) {
    this.state.count += 1;
    this.state.sum += degrees;
    this.state.highest = Math.max(degrees, this.state.highest ?? degrees);
  }
}

await runSample({ entities: { temperatures: Temperatures } }, async (client) => {
  const room = new EntityInstanceId('temperatures', randomUUID());
  const measured = [18, 21, 20, 24, 17];
  await Promise.all(measured.map((degrees) => client.signalEntity(room, 'measured', degrees)));

  const state = await until(async () => {
    const entity = await client.getEntity(room);
    return entity?.state?.count === measured.length ? entity.state : undefined;
  });
  console.log(`${state.count} values, ${state.sum / state.count} on average, ${state.highest} at most`);
  assert.deepEqual(state, { count: 5, sum: 100, highest: 24 });
});

// Funds transfer: a critical section over two entities. While it holds them, nobody else sees half a transfer.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { EntityInstanceId, TaskEntity } from '@microsoft/durabletask-js';
import { outputOf, runSample } from './sample.mjs';

class Account extends TaskEntity {
  initializeState() {
    return 0;
  }

  deposit(amount) {
    this.state += amount;
    return this.state;
  }

  withdraw(amount) {
    this.state -= amount;
    return this.state;
  }

  balance() {
    return this.state;
  }
}

async function* openAccount(context, { account, amount }) {
  return yield context.entities.callEntity(new EntityInstanceId('account', account), 'deposit', amount);
}

async function* transfer(context, { from, to, amount }) {
  const source = new EntityInstanceId('account', from);
  const target = new EntityInstanceId('account', to);
  const lock = yield context.entities.lockEntities(source, target);
  try {
    const balance = yield context.entities.callEntity(source, 'balance');
    if (balance < amount) return false;
    yield context.entities.callEntity(source, 'withdraw', amount);
    yield context.entities.callEntity(target, 'deposit', amount);
    return true;
  } finally {
    lock.release();
  }
}

const parts = { orchestrators: { openAccount, transfer }, entities: { account: Account } };
await runSample(parts, async (client) => {
  const [anna, ben] = [`anna-${randomUUID()}`, `ben-${randomUUID()}`];
  await outputOf(
    client,
    await client.scheduleNewOrchestration('openAccount', { account: anna, amount: 100 }),
  );

  // Together they ask for more than there is; one of the two has to be refused.
  const ids = [];
  for (const amount of [70, 60]) {
    ids.push(await client.scheduleNewOrchestration('transfer', { from: anna, to: ben, amount }));
  }
  const done = await Promise.all(ids.map((id) => outputOf(client, id)));

  const balances = [];
  for (const account of [anna, ben]) {
    balances.push((await client.getEntity(new EntityInstanceId('account', account))).state);
  }
  console.log(`Transfers: ${done.join(', ')}; balances: ${balances.join(' and ')}`);
  assert.equal(done.filter(Boolean).length, 1);
  assert.equal(balances[0] + balances[1], 100);
  assert.ok(balances[0] >= 0);
});

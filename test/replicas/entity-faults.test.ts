import { randomUUID } from 'node:crypto';
import { type ServiceError, status } from '@grpc/grpc-js';
import { describe } from 'vitest';
import { callAction, lockAction, signal, stateOf, unlockAction } from '../helpers/entities.ts';
import { complete, fromNow, type ScriptedWorker } from '../helpers/scripted-worker.ts';
import {
  expect,
  faultsIn,
  incarnations,
  noAttempt,
  ownerOf,
  quiet,
  test as replicaTest,
  until,
} from './replicas.ts';
import { test as testWithoutHints, timed, WITHIN_MS } from './without-hints.ts';

// What the faults that orchestrations are tested with elsewhere do to entities.

/** Somebody has noticed by then that the lease of a replica, fifteen seconds, ran out. */
const NOTICED_MS = 25_000;

/** How a call ended that is not to succeed. */
async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'OK',
    (error: unknown) => status[(error as ServiceError).code],
  );
}

describe.concurrent('with all hints between replicas lost', () => {
  /** Entities are at `near`, clients and orchestrations at `far`. */
  const test = testWithoutHints.extend<{ batches: ScriptedWorker; turns: ScriptedWorker }>({
    batches: async ({ near, at }, use) => {
      const workItemFilters = { entities: [{ name: 'counter' }] };
      await use(await at(near).worker({ request: { workItemFilters } }));
    },
    turns: async ({ far, at }, use) => {
      const workItemFilters = { orchestrations: [{ name: 'Order', versions: [] }] };
      await use(await at(far).worker({ request: { workItemFilters } }));
    },
  });

  test('signals reach an entity of nobody, and one of the other replica', async ({ hub, batches, db }) => {
    await quiet(db);
    await signal(hub, '@counter@1', 'first');
    expect(await timed(batches.playBatch('1'))).toBeLessThan(WITHIN_MS);
    await signal(hub, '@counter@1', 'second');
    expect(await timed(batches.playBatch('2'))).toBeLessThan(WITHIN_MS);
    await signal(hub, '@counter@1', 'later', { scheduledTime: fromNow(200) });
    expect(await timed(batches.playBatch('3'))).toBeLessThan(WITHIN_MS);
    expect(await stateOf(hub, '@counter@1')).toBe('3');
  });

  test('locks are granted, calls answered and locks released', async ({ hub, batches, turns }) => {
    await signal(hub, '@counter@1', 'first');
    await batches.playBatch('1');
    const startedMs = performance.now();
    for (const instanceId of ['one', 'two']) await hub.start({ instanceId, name: 'Order' });
    for (const instanceId of ['one', 'two']) {
      expect((await turns.play([lockAction(1, instanceId, '@counter@1')])).news).toContain(
        'executionStarted',
      );
    }
    const one = await turns.turn();
    expect(one).toMatchObject({ instanceId: 'one', news: ['orchestratorStarted', 'entityLockGranted'] });
    await turns.answer(one, [unlockAction(2, 'one', '@counter@1'), complete()]);
    const two = await turns.turn();
    expect(two).toMatchObject({ instanceId: 'two', news: ['orchestratorStarted', 'entityLockGranted'] });
    await turns.answer(two, [callAction(2, '@counter@1', 'add')]);
    await batches.playBatch('two');
    await turns.play([complete()]);
    expect(performance.now() - startedMs).toBeLessThan(5 * WITHIN_MS);
    await hub.completed('two');
    expect(await stateOf(hub, '@counter@1')).toBe('two');
  });
});

replicaTest(
  'signals and batches whose COMMIT nobody heard of count once, however often they are sent',
  async ({ replica, proxy, at, db }) => {
    const through = await proxy();
    const server = await replica({ ...noAttempt, through });
    const hub = at(server);
    const worker = await hub.worker();
    await signal(hub, '@counter@1', 'add');
    const batch = await worker.batch();
    const before = await incarnations(db);
    await quiet(db);

    through.mute('lane');
    const requestId = randomUUID();
    const sent = refusal(signal(hub, '@counter@2', 'add', { requestId }));
    await until(async () => (await messagesFor('@counter@2')) === 1, 'the first commit');
    // What waits for the answer gathers in the second batch, which is lost as well.
    const results = { results: [{ success: {} }], entityState: { value: '1' } };
    const answered = refusal(worker.completeBatch(batch, results));
    through.cut();
    through.restore();
    expect(await sent, 'to be repeated: it counts once').toBe('UNAVAILABLE');
    expect(await answered).toBe('UNAVAILABLE');

    // What SDKs do then.
    await until(async () => (await incarnations(db)).some((id) => !before.includes(id)), 'a new incarnation');
    await signal(hub, '@counter@2', 'add', { requestId });
    await worker.completeBatch(batch, results);
    const done: string[] = [];
    while (done.length < 2) {
      const item = await worker.batch();
      expect([item.operations, item.state]).toEqual([['add'], null]);
      await worker.completeBatch(item, results);
      done.push(item.instanceId);
    }
    expect(done.toSorted(), 'the answer to the old incarnation’s batch counted for nothing').toEqual([
      '@counter@1',
      '@counter@2',
    ]);
    expect(await stateOf(hub, '@counter@1')).toBe('1');
    expect(await stateOf(hub, '@counter@2')).toBe('1');
    expect(faultsIn(server)).toEqual([]);

    async function messagesFor(id: string): Promise<number> {
      const { rowCount } = await db.query(
        'select 1 from inbox where instance_key = (select instance_key from instances where instance_id = $1)',
        [id],
      );
      return rowCount ?? 0;
    }
  },
);

replicaTest(
  'the batch of a replica that froze for longer than its lease is done by another one, once',
  async ({ replica, spawned, at, db }) => {
    const [living, frozen] = [await replica(noAttempt), await spawned()];
    const [here, there] = [at(living), at(frozen)];
    const first = await there.worker();
    await signal(there, '@counter@1', 'add');
    const late = await first.batch();
    const owner = await ownerOf(db, '@counter@1');
    const waits = await there.start({ instanceId: 'waits', name: 'Order' });
    await first.play([lockAction(1, 's', '@counter@1')]);
    await quiet(db);
    frozen.freeze();
    const second = await here.worker();
    await until(() => second.count('entity') > 0, 'the batch of the frozen', NOTICED_MS);
    const item = await second.batch();
    expect([item.operations, item.state]).toEqual([['add'], null]);
    await second.completeBatch(item, { results: [{ success: {} }], entityState: { value: 'second' } });
    expect(await second.turn()).toMatchObject({ instanceId: waits });
    // The late answer reaches a server that believes itself alive.
    const answered = refusal(
      first.completeBatch(late, { results: [{ success: {} }], entityState: { value: 'first' } }),
    );
    frozen.thaw();
    await until(async () => !(await incarnations(db)).includes(owner ?? 0), 'a new incarnation');
    expect(['OK', 'UNAVAILABLE', 'UNKNOWN']).toContain(await answered);
    expect(await stateOf(here, '@counter@1')).toBe('second');
    await until(async () => (await incarnations(db)).length === 2, 'two replicas');
    expect(await stateOf(there, '@counter@1')).toBe('second');
    expect([...faultsIn(frozen), ...faultsIn(living)]).toEqual([]);
  },
);

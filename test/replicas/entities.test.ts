import { randomUUID } from 'node:crypto';
import { type Pool } from 'pg';
import { describe } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { type TestHub, wrapped } from '../helpers/client.ts';
import { callAction, lockAction, signal, unlockAction } from '../helpers/entities.ts';
import { complete, eventOf } from '../helpers/scripted-worker.ts';
import { drawSection, type EntityState, randomFrom, UnreliableWorker } from './entity-worker.ts';
import {
  count,
  expect,
  faultsIn,
  type Fixtures,
  HUB,
  ownerOf,
  type Replica,
  test,
  until,
} from './replicas.ts';

/** Whatever a worker dies of, nothing is given up for it. */
const patient = { maxDeliveryAttempts: 1_000, streamGraceSeconds: 0 };

interface Setup {
  readonly replicas: readonly Replica[];
  readonly hubs: readonly TestHub[];
  readonly random: () => number;
  readonly workers: readonly UnreliableWorker[];
  readonly close: () => void;
}

async function setup(
  seed: number,
  { replica, at, roundRobin }: Pick<Fixtures, 'replica' | 'at' | 'roundRobin'>,
): Promise<Setup> {
  const random = randomFrom(seed);
  const replicas = [await replica(patient), await replica(patient)];
  const to = roundRobin(...replicas);
  const workers = replicas.map((from) => new UnreliableWorker({ from, to, hub: HUB, random }));
  const close = (): void => {
    for (const worker of workers) worker.close();
  };
  return { replicas, hubs: replicas.map(at), random, workers, close };
}

function pick<Item>(items: readonly Item[], random: () => number): Item {
  return must(items[Math.floor(random() * items.length)], 'an item');
}

async function statesOf({ client }: TestHub): Promise<Map<string, EntityState>> {
  const { entities } = await client.call('QueryEntities', { query: { includeState: true } });
  return new Map(
    entities.map(({ instanceId, serializedState }) => [
      instanceId,
      JSON.parse(serializedState?.value ?? '{}') as EntityState,
    ]),
  );
}

/** What is left of messages, timers and locks, at one moment: a timer that fires becomes a message. */
async function leftovers(db: Pool): Promise<unknown> {
  const { rows } = await db.query<Record<string, number>>(
    `select (select count(*)::int from inbox) as messages,
            (select count(*)::int from timers) as timers,
            (select count(*)::int from instances where held_by is not null) as locks,
            (select count(*)::int from instances where sections <> '[]' and completed_at is null) as sections`,
  );
  return rows[0];
}

const nothing = { messages: 0, timers: 0, locks: 0, sections: 0 };

async function atRest(db: Pool): Promise<void> {
  await until(
    async () => JSON.stringify(await leftovers(db)) === JSON.stringify(nothing),
    'a database without messages, timers and locks',
    20_000,
  ).catch(() => undefined);
  expect(await leftovers(db)).toEqual(nothing);
}

describe.each([1, 2])('with workers that fail at random (seed %i)', (seed) => {
  test('a counter equals the signals that were acknowledged, however often they were sent', async ({
    db,
    replica,
    at,
    roundRobin,
  }) => {
    const { hubs, random, workers, replicas, close } = await setup(seed, {
      replica,
      at,
      roundRobin,
    });
    const sent = new Map<string, number>();
    const deaths = (): number => workers.reduce((sum, worker) => sum + worker.deaths, 0);
    // The quicker the servers, the fewer the batches at which a worker may die.
    for (let round = 0; round < 40 || (deaths() === 0 && round < 400); round++) {
      const signals = Array.from({ length: 10 }, async () => {
        const id = `@counter@${Math.floor(random() * 4)}`;
        const delayed = random() < 0.2 ? soon(random() * 500) : null;
        const request = { requestId: randomUUID(), scheduledTime: delayed };
        const times = random() < 0.3 ? 3 : 1;
        await Promise.all(
          Array.from({ length: times }, () => signal(pick(hubs, random), id, 'add', request)),
        );
        sent.set(id, (sent.get(id) ?? 0) + 1);
      });
      await Promise.all(signals);
    }
    await atRest(db);
    const states = await statesOf(must(hubs[0], 'a hub'));
    expect(new Map([...states].map(([id, state]) => [id, state.count]))).toEqual(
      new Map([...sent].toSorted()),
    );
    expect(deaths()).toBeGreaterThan(0);
    expect(replicas.flatMap(faultsIn)).toEqual([]);
    close();
  });

  test('critical sections never overlap, and when all has ended nothing is held and nothing waits', async ({
    db,
    replica,
    at,
    roundRobin,
  }) => {
    const { hubs, random, replicas, close } = await setup(seed, { replica, at, roundRobin });
    const ids = Array.from({ length: 40 }, (_, i) => `order-${i}`);
    const terminated = new Set<string>();
    for (const instanceId of ids) {
      const input = JSON.stringify(drawSection(random));
      await pick(hubs, random).start({ instanceId, name: 'Section', input: { value: input } });
      if (random() < 0.4) {
        const victim = pick(ids.slice(0, ids.indexOf(instanceId) + 1), random);
        await pick(hubs, random).terminate(victim);
        terminated.add(victim);
      }
    }
    const living = 'instances where kind = 0 and completed_at is null';
    // What a worker gave back rests for seconds, and all who wait for that entity wait with it.
    await until(async () => (await count(db, living)) === 0, 'the end of all', 80_000);
    await atRest(db);
    const overlaps = [...(await statesOf(must(hubs[0], 'a hub'))).values()].flatMap(
      (state) => state.overlaps,
    );
    // Who was terminated inside did not leave.
    expect(overlaps.filter(([inside]) => !terminated.has(inside.split('/')[0] ?? ''))).toEqual([]);
    expect(replicas.flatMap(faultsIn)).toEqual([]);
    close();
  }, 120_000);
});

function soon(ms: number): { seconds: number; nanos: number } {
  const at = Date.now() + ms;
  return { seconds: Math.floor(at / 1000), nanos: (Math.floor(at) % 1000) * 1e6 };
}

// The dead replica is buried after about twenty seconds.
describe('the owner of entities dies (kill -9):', () => {
  test('lock requests that wait at them go on at another replica, and releases reach them', async ({
    db,
    spawned,
    at,
  }) => {
    const [dying, alive] = [await spawned(), await spawned()];
    const [there, here] = [at(dying), at(alive)];
    const entities = { request: { workItemFilters: { entities: [{ name: 'a' }] } } };
    const batches = await there.worker(entities);
    for (const id of ['@a@1', '@a@2']) {
      await signal(there, id, 'set');
      if (id === '@a@1') await batches.playBatch('1');
      else await batches.batch();
    }
    await until(async () => (await ownerOf(db, '@a@1')) === (await ownerOf(db, '@a@2')), 'one owner');
    const turns = await here.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    await here.start({ instanceId: 'holds' });
    await turns.play([lockAction(1, 's', '@a@1')]);
    const held = await turns.turn();
    expect(held.news).toContain('entityLockGranted');
    await here.start({ instanceId: 'waits' });
    await turns.play([lockAction(1, 's', '@a@1', '@a@2')]);
    await dying.kill();
    await turns.answer(held, [unlockAction(2, 's', '@a@1'), complete()]);
    const next = await here.worker(entities);
    await until(() => next.count('entity') > 0, 'the batch of the dead', 40_000);
    expect((await next.playBatch('1')).operations).toEqual(['set']);
    const granted = await turns.turn();
    expect(granted).toMatchObject({ instanceId: 'waits' });
    await turns.answer(granted, [callAction(2, '@a@1', 'get')]);
    expect(await next.playBatch('2', {}, '"one"')).toMatchObject({ operations: ['get'], state: '1' });
    const last = await turns.turn();
    expect(eventOf(last, 'entityOperationCompleted').entityOperationCompleted.output).toEqual(
      wrapped('"one"'),
    );
    await turns.answer(last, [complete()]);
    await atRest(db);
    expect(faultsIn(alive)).toEqual([]);
  });
});

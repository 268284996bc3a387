import { describe } from 'vitest';
import { type Pool } from 'pg';
import { statusNamed } from '../helpers/client.ts';
import {
  complete,
  createTimer,
  fromNow,
  raisedIn,
  type ScriptedWorker,
  scheduleTask,
} from '../helpers/scripted-worker.ts';
import { answerActivity, answerTurn } from './answers.ts';
import { allEnded, faultsOf } from './check.ts';
import { Load, planLoad } from './load.ts';
import { test as testWithoutHints, timed, WITHIN_MS } from './without-hints.ts';
import { expect, faultsIn, type InProcess, quiet, test as replicaTest, until } from './replicas.ts';

/** Enough of them to fall to both replicas. */
const TIMERS = 8;

async function finds({ metric }: InProcess): Promise<number> {
  return metric('perdura_sweep_finds_total');
}

describe.concurrent('with all hints between replicas lost', () => {
  /** The worker has its stream at `near`. */
  const test = testWithoutHints.extend<{ player: ScriptedWorker }>({
    player: async ({ near, at }, use) => {
      await use(await at(near).worker());
    },
  });

  test('a start reaches a worker at the other replica', async ({ hub, player, db }) => {
    await quiet(db);
    await hub.start();
    expect(await timed(player.turn())).toBeLessThan(WITHIN_MS);
  });

  test('an event reaches an instance of the other replica', async ({ near, far, hub, player }) => {
    const id = await hub.start();
    await player.play([]);
    await hub.raise(id, 'go');
    const turn = player.turn();
    expect(await timed(turn)).toBeLessThan(WITHIN_MS);
    expect(raisedIn(await turn)).toEqual(['go']);
    expect((await finds(near)) + (await finds(far)), 'the sweep has found it').toBeGreaterThan(0);
  });

  test('an answer reaches the turn of the other replica', async ({ hub, player }) => {
    const id = await hub.start();
    await answerTurn(hub, await player.turn(), [complete('1')]);
    expect(await timed(hub.completed(id))).toBeLessThan(WITHIN_MS);
  });

  test('the result of an activity reaches an instance of the other replica', async ({ hub, player }) => {
    await hub.start();
    await player.play([scheduleTask(1, 'Charge')]);
    await answerActivity(hub, await player.activity(), '"ok"');
    expect(await timed(player.turn())).toBeLessThan(WITHIN_MS);
  });

  test('controls reach instances of the other replica and those of nobody', async ({ hub, player }) => {
    const owned = await hub.start();
    await player.play([]);
    await hub.suspend(owned);
    await until(async () => (await hub.status(owned)) === statusNamed('SUSPENDED'), 'the suspension');
    player.close();
    const unowned = await hub.start();
    const terminations = Promise.all([owned, unowned].map((id) => hub.terminate(id)));
    expect(await timed(terminations)).toBeLessThan(WITHIN_MS);
    for (const id of [owned, unowned]) {
      expect((await hub.completed(id)).orchestrationStatus).toBe(statusNamed('TERMINATED'));
    }
  });

  test('timers fire, whichever replica polls for them', async ({ hub, player }) => {
    for (let n = 0; n < TIMERS; n++) await hub.start();
    for (let n = 0; n < TIMERS; n++) await player.play([createTimer(1, fromNow(200))]);
    const startedMs = performance.now();
    for (let n = 0; n < TIMERS; n++) await player.play([complete('1')]);
    expect(performance.now() - startedMs).toBeLessThan(WITHIN_MS);
  });
});

describe.concurrent('listening', () => {
  replicaTest(
    'on a connection that brings nothing any more is given up for a new one',
    async ({ replica, proxy, at }) => {
      const through = await proxy();
      const [near, far] = [await replica({ through }), await replica()];
      const [player, hub] = [await at(near).worker(), at(far)];
      const id = await hub.start();
      await player.play([]);
      through.mute('listener');
      await hub.raise(id, 'while it is deaf');
      await player.play([]);
      const found = (await finds(near)) + (await finds(far));
      expect(found, 'the sweep has found it').toBeGreaterThan(0);
      const isNew = (): boolean => near.log.some(({ msg }) => msg.endsWith('listening on a new connection'));
      await until(isNew, 'a new connection', 25_000);
      // It may take a moment to be there.
      await until(async () => {
        const before = (await finds(near)) + (await finds(far));
        await hub.raise(id, 'hint');
        await player.play([]);
        return (await finds(near)) + (await finds(far)) === before;
      }, 'an event that comes by hint');
    },
  );

  replicaTest(
    'on connections that break over and over loses nothing',
    async ({ replica, roundRobin, worker, db }) => {
      const [a, b] = [await replica(), await replica()];
      const client = roundRobin(a, b);
      const workers = [worker({ from: a }), worker({ from: b })];
      const breaking = setInterval(() => void breakListeners(db), 150);
      const load = new Load(client, planLoad(60));
      await load.put();
      await allEnded(db, load.planned.length, 40_000);
      clearInterval(breaking);
      expect(await faultsOf(db, load)).toEqual([]);
      expect([...load.refusals, ...workers.flatMap(({ refusals }) => [...refusals])]).toEqual([]);
      expect([...faultsIn(a), ...faultsIn(b)]).toEqual([]);
    },
  );
});

/** Ends the connections of all replicas that listen. */
async function breakListeners(db: Pool): Promise<void> {
  await db.query(
    `select pg_terminate_backend(pid)
       from pg_stat_activity
      where datname = current_database()
        and pid <> pg_backend_pid()
        and query ~ '^\\s*(listen|select pg_notify)'`,
  );
}

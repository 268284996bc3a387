import { type Pool } from 'pg';
import { describe } from 'vitest';
import { allEnded, faultsOf, readAll } from './check.ts';
import { Gates } from './gates.ts';
import { Load, planLoad, type Planned } from './load.ts';
import {
  count,
  expect,
  faultsIn,
  incarnations,
  noAttempt,
  otherThan,
  quiet,
  test,
  until,
} from './replicas.ts';

// kill -9. What the dead owned is free when its lease has run out, which somebody notices who has renewed his own for
// as long: real time, about twenty seconds.

/** Everything has ended by then. */
const RECOVERED_MS = 45_000;

const ended = (db: Pool): Promise<number> => count(db, 'instances where completed_at is not null');

describe.concurrent('kill -9', () => {
  test('of the server under load, and a start again: everything ends once', async ({
    spawned,
    roundRobin,
    worker,
    db,
  }) => {
    const first = await spawned();
    const player = worker({ from: first });
    const load = new Load(roundRobin(first), planLoad(200));
    const putting = load.put();
    await until(async () => (await ended(db)) >= 40, 'a part of the load');
    await first.kill();
    expect(await count(db, 'instances where owner is not null'), 'work in flight').toBeGreaterThan(0);
    const second = await spawned({ port: first.port });
    await putting;
    await allEnded(db, load.planned.length, RECOVERED_MS);
    expect(await faultsOf(db, load)).toEqual([]);
    expect(otherThan(load.refusals, 'UNAVAILABLE', 'DEADLINE_EXCEEDED')).toEqual([]);
    expect(otherThan(player.refusals, 'UNAVAILABLE')).toEqual([]);
    expect(await incarnations(db), 'the dead is buried').toHaveLength(1);
    expect([...faultsIn(first), ...faultsIn(second)]).toEqual([]);
  });

  test('of one of two replicas under load: the other ends everything once', async ({
    spawned,
    roundRobin,
    worker,
    db,
  }) => {
    const [dying, living] = [await spawned(), await spawned()];
    const otherwise = roundRobin(living);
    const workers = [worker({ from: dying, otherwise }), worker({ from: living })];
    const load = new Load(roundRobin(dying, living), planLoad(200));
    const putting = load.put();
    await until(async () => (await ended(db)) >= 40, 'a part of the load');
    await dying.kill();
    expect(
      workers.every(({ turns }) => turns > 0),
      'both replicas own some',
    ).toBe(true);
    await putting;
    await allEnded(db, load.planned.length, RECOVERED_MS);
    expect(await faultsOf(db, load)).toEqual([]);
    expect(otherThan(load.refusals, 'UNAVAILABLE', 'DEADLINE_EXCEEDED')).toEqual([]);
    for (const { refusals } of workers) expect(otherThan(refusals, 'UNAVAILABLE')).toEqual([]);
    expect(await incarnations(db)).toHaveLength(1);
    expect(faultsIn(living)).toEqual([]);
  });

  const moments = [
    { when: 'before the answer to its COMMIT came', isAnswered: false },
    { when: 'after the answer to its COMMIT came, before it handed anything over', isAnswered: true },
  ];
  test.for(moments)(
    '$when: what was committed goes on elsewhere, once',
    async ({ isAnswered }, { replica, spawned, proxy, roundRobin, worker, db }) => {
      const through = await proxy();
      const [dying, living] = [await spawned({ through }), await replica(noAttempt)];
      const gates = new Gates('x turn');
      const first = worker({ from: dying, before: gates.before });
      const planned: Planned[] = [{ id: 'x', name: 'FanOut', input: '3', output: '9', events: [] }];
      await new Load(roundRobin(dying), planned).put();
      await until(() => first.turns === 1, 'a turn that is out');
      await quiet(db);
      through.mute('lane');
      gates.open('x turn');
      await until(async () => (await readAll(db)).get('x')?.turns.length === 1, 'the commit');
      if (isAnswered) {
        dying.freeze();
        through.unmute();
      }
      await dying.kill();
      expect(first.runs.size, 'nothing was handed over').toBe(0);
      const second = worker({ from: living });
      await allEnded(db, 1, RECOVERED_MS);
      expect(await faultsOf(db, { planned, sent: new Map() })).toEqual([]);
      expect([...second.runs.values()]).toEqual([1, 1, 1]);
      expect(faultsIn(living)).toEqual([]);
    },
  );

  test('between a call and the hint that it gives: the others find what it was about', async ({
    replica,
    spawned,
    proxy,
    roundRobin,
    worker,
    db,
  }) => {
    const through = await proxy();
    const [dying, living] = [await spawned({ through }), await replica(noAttempt)];
    const gates = new Gates('answered turn');
    const planned: Planned[] = [
      { id: 'idle', name: 'Listen', input: '1', output: 'e1', events: ['e1'] },
      { id: 'answered', name: 'Chain', input: '0', output: '0', events: [] },
      { id: 'unowned', name: 'Chain', input: '1', output: '1', events: [] },
    ];
    const player = worker({
      ...{ from: living, to: roundRobin(dying), otherwise: roundRobin(living) },
      before: gates.before,
    });
    await player.greeted;
    const client = roundRobin(dying);
    const start = ({ id: instanceId, name, input }: Planned): Promise<unknown> =>
      client.call('StartInstance', { instanceId, name, input: { value: input } });
    const [idle, answered, unowned] = planned;
    if (!idle || !answered || !unowned) throw new Error('three plans');
    await start(idle);
    await start(answered);
    await until(async () => player.turns === 2 && (await count(db, 'history')) === 1, 'two turns');
    through.deafen('listener');
    await client.call('RaiseEvent', { instanceId: 'idle', name: 'e1', input: null });
    gates.open('answered turn');
    await until(async () => (await count(db, 'completions')) === 1, 'a stored answer');
    await start(unowned);
    await dying.kill();
    await allEnded(db, 3, 10_000);
    expect(await faultsOf(db, { planned, sent: new Map() })).toEqual([]);
    expect(await incarnations(db), 'nobody had to be buried for it').toHaveLength(2);
  });
});

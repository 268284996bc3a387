import { describe } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { statusNamed } from '../helpers/client.ts';
import { complete, createChild, raisedIn as raisedInTurn } from '../helpers/scripted-worker.ts';
import { allEnded, faultsOf, raisedIn, readAll } from './check.ts';
import { Load } from './load.ts';
import { expect, faultsIn, ownerOf, test, until } from './replicas.ts';

describe('one client whose calls pass through two replicas in turn', () => {
  test('has its events delivered in their order, each once', async ({ replica, roundRobin, worker, db }) => {
    const [a, b] = [await replica(), await replica()];
    const client = roundRobin(a, b);
    const workers = [worker({ from: a }), worker({ from: b })];
    const events = Array.from({ length: 40 }, (_, i) => `e${i + 1}`);
    const planned = Array.from({ length: 12 }, (_, i) => ({
      ...{ id: `listen-${i}`, name: 'Listen', input: '40', output: events.join(), events },
    }));
    const load = new Load(client, planned);
    await load.put();
    await allEnded(db, planned.length, 20_000);
    expect(await faultsOf(db, load)).toEqual([]);
    for (const { events: recorded } of (await readAll(db)).values()) {
      expect(raisedIn(recorded)).toEqual(events);
    }
    expect(
      workers.every(({ turns }) => turns > 0),
      'both replicas own some',
    ).toBe(true);
    expect([...faultsIn(a), ...faultsIn(b)]).toEqual([]);
  });

  test('has its events delivered in their order also when they wait for a worker or a resumption', async ({
    replica,
    roundRobin,
    at,
    db,
  }) => {
    const [a, b] = [await replica(), await replica()];
    const client = roundRobin(a, b);
    const events = Array.from({ length: 30 }, (_, i) => `e${i}`);
    const raise = async (instanceId: string, names: readonly string[]): Promise<void> => {
      for (const name of names) await client.call('RaiseEvent', { instanceId, name, input: null });
    };
    const unowned = await at(a).start();
    await raise(unowned, events.slice(0, 10));
    const worker = await at(b).worker();
    const first = await worker.turn();
    expect(raisedInTurn(first)).toEqual(events.slice(0, 10));
    await raise(unowned, events.slice(10, 20));
    await client.call('SuspendInstance', { instanceId: unowned, reason: null });
    await worker.answer(first, []);
    await raise(unowned, events.slice(20));
    expect(worker.count('orchestration')).toBe(0);
    await client.call('ResumeInstance', { instanceId: unowned, reason: null });
    await worker.play([complete('1')]);
    await at(a).completed(unowned);
    expect(raisedIn(must((await readAll(db)).get(unowned), unowned).events)).toEqual(events);
  });

  test('sees at either what its last call at the other did', async ({ replica, at }) => {
    const [a, b] = [at(await replica()), at(await replica())];
    const worker = await a.worker();
    const id = await b.start();
    const item = await worker.turn();
    for (const [hub, seenAt] of [
      [a, b],
      [b, a],
    ] as const) {
      await hub.suspend(id);
      expect(await seenAt.status(id)).toBe(statusNamed('SUSPENDED'));
      await hub.resume(id);
      expect(await seenAt.status(id)).toBe(statusNamed('PENDING'));
    }
    await worker.answer(item, []);
    await b.suspend(id);
    expect(await a.status(id)).toBe(statusNamed('SUSPENDED'));
    await b.terminate(id, '"enough"');
    expect(await a.get(id)).toMatchObject({
      orchestrationStatus: statusNamed('TERMINATED'),
      output: { value: '"enough"' },
    });
  });

  test('starts an id once, whichever replica has it', async ({ replica, at, db }) => {
    const [a, b] = [at(await replica()), at(await replica())];
    const worker = await a.worker();
    const starts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : b).start({ instanceId: 'same' })),
    );
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await worker.play([complete('1')]);
    await b.completed('same');
    await b.start({ instanceId: 'same', input: { value: '2' } });
    await worker.play([complete('2')]);
    expect((await b.completed('same')).output).toEqual({ value: '2' });
    expect((await readAll(db)).size).toBe(1);
  });

  test('replaces a running instance that the other replica owns', async ({ replica, at, db }) => {
    const [a, b] = [at(await replica()), at(await replica())];
    const worker = await a.worker();
    const id = await b.start();
    const old = await worker.turn();
    const replaceableStatus = ['RUNNING', 'PENDING', 'TERMINATED'] as const;
    await b.start({
      instanceId: id,
      input: { value: 'new' },
      orchestrationIdReusePolicy: { replaceableStatus: replaceableStatus.map(statusNamed) },
    });
    const fresh = await worker.turn();
    expect(fresh.executionId).not.toBe(old.executionId);
    await worker.answer(old, [complete('old')]);
    await worker.answer(fresh, [complete('new')]);
    expect((await b.completed(id)).output).toEqual({ value: 'new' });
    expect((await readAll(db)).size).toBe(1);
  });
});

test('a termination reaches children at other replicas, down to the last', async ({ replica, at, db }) => {
  const [a, b] = [at(await replica()), at(await replica())];
  const accepting = (name: string) => ({
    request: { workItemFilters: { orchestrations: [{ name }], activities: [], entities: [] } },
  });
  const parents = await a.worker(accepting('Parent'));
  const children = await b.worker(accepting('Child'));
  const grandchildren = await a.worker(accepting('Grandchild'));
  const id = await b.start({ name: 'Parent' });
  await parents.play([1, 2, 3].map((n) => createChild(n, { name: 'Child', instanceId: `child-${n}` })));
  for (let n = 0; n < 3; n++) {
    const child = await children.turn();
    const instanceId = `${child.instanceId}-child`;
    await children.answer(child, [createChild(1, { name: 'Grandchild', instanceId })]);
  }
  for (let n = 0; n < 3; n++) await grandchildren.turn();
  expect(await ownerOf(db, id)).not.toBe(await ownerOf(db, 'child-1'));
  await b.terminate(id, '"all"', true);
  const all = async (): Promise<string[]> =>
    [...(await readAll(db)).values()].map(({ row }) => `${row.status} ${String(row.output)}`);
  await until(async () => (await all()).every((state) => state === '5 "all"'), 'the end of all seven');
  expect(await all()).toHaveLength(7);
});

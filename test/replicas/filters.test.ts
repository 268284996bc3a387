import { setTimeout as pause } from 'node:timers/promises';
import { type Pool } from 'pg';
import { complete, type WorkerOptions } from '../helpers/scripted-worker.ts';
import { expect, ownerOf, test } from './replicas.ts';

function accepting(...names: readonly string[]): WorkerOptions {
  const orchestrations = names.map((name) => ({ name }));
  return { request: { workItemFilters: { orchestrations, activities: [], entities: [] } } };
}

// Real time is the subject here: what sweeps do wrong, every two seconds, shows in nothing but repetition.
const TWO_SWEEPS_MS = 5_000;

/** Fails if anybody changes an instance while two sweeps pass: a row that is written gets another place and writer. */
async function untouched(db: Pool): Promise<void> {
  const versions = async (): Promise<unknown[]> => {
    const { rows } = await db.query<{ id: string }>(
      'select instance_id as id, owner, ctid::text as place, xmin::text as writer from instances order by 1',
    );
    return rows;
  };
  const before = await versions();
  await pause(TWO_SWEEPS_MS);
  expect(await versions(), 'rows that nobody has changed').toEqual(before);
}

test.concurrent(
  'an instance that one replica accepts stays there, and nobody else touches it',
  async ({ replica, at, db }) => {
    const [a, b] = [at(await replica()), at(await replica())];
    const others = await a.worker(accepting('Other'));
    const id = await a.start({ name: 'Order' });
    const worker = await b.worker(accepting('Order'));
    await worker.play([]);
    const owner = await ownerOf(db, id);
    await a.raise(id, 'go');
    const second = await worker.turn();
    expect(await ownerOf(db, id)).toBe(owner);
    await untouched(db);
    await worker.answer(second, []);
    await untouched(db);
    await a.raise(id, 'end');
    await worker.play([complete('1')]);
    expect((await a.completed(id)).output).toEqual({ value: '1' });
    expect(others.count('orchestration')).toBe(0);
  },
);

test.concurrent(
  'instances that no replica accepts lie still, and are taken as soon as one does',
  async ({ replica, at, db }) => {
    const [a, b] = [at(await replica()), at(await replica())];
    await a.worker(accepting('Other'));
    await b.worker(accepting('Another'));
    const ids = await Promise.all([a, b, a, b].map((hub) => hub.start({ name: 'Order' })));
    await Promise.all(ids.map((id, i) => (i % 2 === 0 ? b : a).raise(id, 'go')));
    await untouched(db);
    for (const id of ids) expect(await ownerOf(db, id)).toBeNull();
    const worker = await b.worker(accepting('Order'));
    const taken = [];
    while (taken.length < ids.length) taken.push((await worker.play([complete('1')])).instanceId);
    expect(taken.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) expect((await a.completed(id)).output).toEqual({ value: '1' });
  },
);

test.concurrent(
  'instances whose worker left for another replica follow it and stay there',
  async ({ replica, at, db }) => {
    const [a, b] = [
      at(await replica({ streamGraceSeconds: 0 })),
      at(await replica({ streamGraceSeconds: 0 })),
    ];
    await a.worker(accepting('Other'));
    const leaving = await a.worker(accepting('Order'));
    const ids = await Promise.all(
      ['x', 'y', 'z'].map((instanceId) => a.start({ instanceId, name: 'Order' })),
    );
    // One is out when its worker leaves; the others wait for an event.
    await leaving.turn();
    await leaving.play([]);
    await leaving.play([]);
    leaving.close();
    await a.worker(accepting('Other'));
    const back = await b.worker(accepting('Order'));
    for (const id of ids) await a.raise(id, 'go');
    const turns = [await back.turn(), await back.turn(), await back.turn()];
    expect(turns.map(({ instanceId }) => instanceId).toSorted()).toEqual(ids);
    await untouched(db);
    const owners = await Promise.all(ids.map((id) => ownerOf(db, id)));
    expect(new Set(owners).size).toBe(1);
  },
);

import { status, type ServiceError } from '@grpc/grpc-js';
import { type Pool } from 'pg';
import { describe } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { type Action, complete, createChild, fail, type ScriptedWorker } from '../helpers/scripted-worker.ts';
import { faultsOfHistory, leftovers, readAll } from './check.ts';
import { expect, faultsIn, type Fixtures, type InProcess, test as replicaTest, until } from './replicas.ts';

// Purge, rewind, restart and start of the same instances at two replicas at the same time.

const broken = { errorType: 'E', errorMessage: 'broken' };
/** Calls that race for each outcome to have its chance. */
const ROUNDS = 15;

interface Pair {
  readonly replicas: readonly InProcess[];
  readonly hubs: readonly [TestHub, TestHub];
  /** At the first replica. */
  readonly worker: ScriptedWorker;
}

const test = replicaTest.extend<{ pair: Pair }>({
  pair: async ({ replica, at }: Fixtures, use) => {
    const replicas = [await replica(), await replica()] as const;
    const hubs = [at(replicas[0]), at(replicas[1])] as const;
    await use({ replicas, hubs, worker: await hubs[0].worker() });
    expect(replicas.flatMap((one) => [...faultsIn(one)])).toEqual([]);
  },
});

/** Starts an instance and plays its only turn. */
async function ended({ hubs, worker }: Pair, id: string, actions: readonly Action[]): Promise<void> {
  await hubs[0].start({ instanceId: id });
  await playOf(worker, id, actions);
  await hubs[0].completed(id);
}

/** Plays the next turn of that instance; those of others, whose end was not waited for, are stale. */
async function playOf(worker: ScriptedWorker, id: string, actions: readonly Action[]): Promise<void> {
  for (;;) {
    const item = await worker.turn();
    if (item.instanceId !== id) continue;
    await worker.answer(item, actions);
    return;
  }
}

/** The codes that the calls ended with, sorted. */
async function codesOf(...calls: readonly Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(calls);
  return results
    .map((result) => (result.status === 'fulfilled' ? 'OK' : status[(result.reason as ServiceError).code]))
    .toSorted();
}

const rewind = ({ client }: TestHub, instanceId: string) => client.call('RewindInstance', { instanceId });
const restart = ({ client }: TestHub, instanceId: string) => client.call('RestartInstance', { instanceId });
const purge = async ({ client }: TestHub, instanceId: string, recursive = false): Promise<number> =>
  (await client.call('PurgeInstances', { instanceId, recursive })).deletedInstanceCount;

async function faultsOfAll(db: Pool): Promise<string[]> {
  const all = [...(await readAll(db)).values()];
  return [...all.flatMap(({ events }) => faultsOfHistory(events)), ...(await leftovers(db))];
}

test('of rewinds of one instance one counts', async ({ pair, db }) => {
  const [here, there] = pair.hubs;
  for (let n = 0; n < ROUNDS; n++) {
    const id = `rewind-${n}`;
    await ended(pair, id, [fail(broken)]);
    const codes = await codesOf(rewind(here, id), rewind(there, id), rewind(here, id), rewind(there, id));
    expect(codes).toEqual(['FAILED_PRECONDITION', 'FAILED_PRECONDITION', 'FAILED_PRECONDITION', 'OK']);
    await pair.worker.play([complete('1')]);
    await there.completed(id);
  }
  expect(pair.worker.count('orchestration')).toBe(0);
  expect([...(await readAll(db)).values()].map(({ row }) => row.turn)).toEqual(
    Array.from({ length: ROUNDS }, () => 3),
  );
});

test('of restarts of one id one counts', async ({ pair, db }) => {
  const [here, there] = pair.hubs;
  for (let n = 0; n < ROUNDS; n++) {
    const id = `restart-${n}`;
    await ended(pair, id, [complete('1')]);
    const codes = await codesOf(restart(here, id), restart(there, id), restart(there, id));
    expect(codes).toEqual(['FAILED_PRECONDITION', 'FAILED_PRECONDITION', 'OK']);
    await pair.worker.play([complete('2')]);
    expect((await there.completed(id)).output).toEqual({ value: '2' });
  }
  expect(pair.worker.count('orchestration')).toBe(0);
  expect(await faultsOfAll(db)).toEqual([]);
});

test('a rewind beside a termination: the instance is FAILED no more, and ends in one way', async ({
  pair,
  db,
}) => {
  const [here, there] = pair.hubs;
  for (let n = 0; n < ROUNDS; n++) {
    const id = `both-${n}`;
    await ended(pair, id, [fail(broken)]);
    const [first, second] = n % 2 === 0 ? [here, there] : [there, here];
    expect(await codesOf(rewind(first, id), second.terminate(id, '"stop"'))).toEqual(['OK', 'OK']);
    // A termination that came first found it FAILED.
    await there.terminate(id, '"stop"');
    expect(await there.get(id)).toMatchObject({
      ...{
        orchestrationStatus: statusNamed('TERMINATED'),
        output: { value: '"stop"' },
        failureDetails: null,
      },
    });
  }
  expect(await leftovers(db)).toEqual([]);
});

test('an event beside a rewind is delivered once or, when it came before, dropped', async ({ pair, db }) => {
  const [here, there] = pair.hubs;
  for (let n = 0; n < ROUNDS; n++) {
    const id = `event-${n}`;
    await ended(pair, id, [fail(broken)]);
    expect(await codesOf(rewind(here, id), there.raise(id, 'beside'))).toEqual(['OK', 'OK']);
    await there.raise(id, 'after');
    let names: string[] = [];
    while (!names.includes('after')) {
      const { request } = await pair.worker.play([]);
      names = [...request.pastEvents, ...request.newEvents].flatMap((event) =>
        event.eventType === 'eventRaised' ? [event.eventRaised.name] : [],
      );
    }
    expect([['after'], ['beside', 'after']]).toContainEqual(names);
    await here.terminate(id);
  }
  expect(await leftovers(db)).toEqual([]);
});

describe('a purge', () => {
  test('at both replicas counts each instance once, with its descendants', async ({ pair, db }) => {
    const [here, there] = pair.hubs;
    for (let n = 0; n < ROUNDS; n++) {
      const id = `family-${n}`;
      await here.start({ instanceId: id });
      const children = [1, 2, 3].map((child) => createChild(child, { instanceId: `${id}:${child}` }));
      await pair.worker.play([...children, complete('1')]);
      for (let child = 0; child < 3; child++) await pair.worker.play([complete('1')]);
      for (let child = 1; child <= 3; child++) await there.completed(`${id}:${child}`);
      const counts = await Promise.all([
        purge(here, id, true),
        purge(there, id, true),
        purge(here, `${id}:2`),
      ]);
      // Whoever takes the parent away leaves what the other has begun to take.
      const rest = await Promise.all([1, 2, 3].map((child) => purge(there, `${id}:${child}`)));
      expect([...counts, ...rest].reduce((sum, count) => sum + count, 0)).toBe(4);
    }
    expect((await readAll(db)).size).toBe(0);
    expect(await leftovers(db)).toEqual([]);
  });

  test('beside a start of the same id leaves the new instance, whole', async ({ pair, db }) => {
    const [here, there] = pair.hubs;
    for (let n = 0; n < ROUNDS; n++) {
      const id = `start-${n}`;
      await ended(pair, id, [complete('"old"')]);
      const codes = await codesOf(purge(here, id), there.start({ instanceId: id }), purge(there, id));
      expect(codes).toEqual(['OK', 'OK', 'OK']);
      await there.raise(id, 'go');
      await pair.worker.play([complete('"new"')]);
      expect((await here.completed(id)).output).toEqual({ value: '"new"' });
    }
    expect(await faultsOfAll(db)).toEqual([]);
  });

  test('beside a rewind takes all or nothing', async ({ pair, db }) => {
    const [here, there] = pair.hubs;
    for (let n = 0; n < ROUNDS; n++) {
      const id = `rewound-${n}`;
      await ended(pair, id, [fail(broken)]);
      const [first, second] = n % 2 === 0 ? [here, there] : [there, here];
      const [count, rewound] = await Promise.all([purge(first, id), codesOf(rewind(second, id))]);
      expect([
        [1, ['NOT_FOUND']],
        [0, ['OK']],
      ]).toContainEqual([count, rewound]);
      if (count === 1) expect(await there.find(id)).toBeNull();
      else {
        await pair.worker.play([complete('1')]);
        await there.completed(id);
      }
    }
    expect(await leftovers(db)).toEqual([]);
  });

  test('beside events and controls ends in an instance that is gone', async ({ pair, db }) => {
    const [here, there] = pair.hubs;
    for (let n = 0; n < ROUNDS; n++) {
      const id = `calls-${n}`;
      await ended(pair, id, [complete('1')]);
      const codes = await codesOf(
        ...[purge(here, id), there.raise(id, 'e'), there.suspend(id), here.terminate(id), there.resume(id)],
      );
      expect(codes).toEqual(['OK', 'OK', 'OK', 'OK', 'OK']);
      expect(await there.find(id)).toBeNull();
    }
    expect(await leftovers(db)).toEqual([]);
  });
});

test('a child that a rewind makes again, while its id is started at the other replica, is one of both', async ({
  pair,
  db,
}) => {
  const [here, there] = pair.hubs;
  for (let n = 0; n < ROUNDS; n++) {
    const id = `parent-${n}`;
    const child = `${id}:c`;
    await here.start({ instanceId: id });
    await pair.worker.play([createChild(1, { instanceId: child })]);
    await pair.worker.play([fail(broken)]);
    await pair.worker.play([fail(broken)]);
    await here.completed(id);
    await purge(there, child);
    const codes = await codesOf(rewind(here, id), there.start({ instanceId: child, name: 'Other' }));
    expect([
      ['ALREADY_EXISTS', 'OK'],
      ['OK', 'OK'],
    ]).toContainEqual(codes);
    // Either the parent is told that the id is taken, or its own child answers.
    const told: (string | undefined)[] = [];
    while (!told.some((type) => type?.startsWith('subOrchestration'))) {
      const item = await pair.worker.turn();
      if (item.instanceId === id) told.push(...item.news);
      await pair.worker.answer(item, item.instanceId === child ? [complete('1')] : []);
    }
    const isTaken = codes[0] === 'OK';
    expect(told).toContain(`subOrchestrationInstance${isTaken ? 'Failed' : 'Completed'}`);
    await here.terminate(id);
    const last = must(await there.find(child), 'whoever has the id');
    expect(last.name).toBe(isTaken ? 'Other' : 'Child');
    await there.terminate(child);
    await until(async () => (await there.status(id)) === statusNamed('TERMINATED'), 'the end');
    while (pair.worker.count('orchestration') > 0) await pair.worker.play([]);
  }
  expect(await leftovers(db)).toEqual([]);
});

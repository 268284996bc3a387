import { type Pool } from 'pg';
import { describe } from 'vitest';
import {
  answer,
  count,
  expect,
  instanceRow,
  lowerFlags,
  only,
  onlyResident,
  raise,
  startOrder,
  type StillEngine,
  test,
  until,
} from '../../test/helpers/engine.ts';
import { complete, scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { terminateControl } from '../domain/events.ts';
import { limits } from '../domain/limits.ts';
import { partitionOf } from '../domain/ids.ts';
import { ranks } from '../domain/message.ts';
import { codec } from '../protocol/codec.ts';
import { claimWork } from './claim-work.ts';
import { freeDead, sweep } from './sweep.ts';

/** What the sweep reported as found and not announced. */
async function finds({ metrics }: StillEngine): Promise<string[]> {
  const lines = (await metrics.render()).split('\n');
  return lines.filter((line) => line.startsWith('perdura_sweep_finds_total{'));
}

/** Bells have rung for a while. */
async function age(db: Pool): Promise<void> {
  await db.query("update instances set ready_at = ready_at - interval '10 s'");
}

async function withIdle(one: StillEngine) {
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  return worker;
}

test('finds nothing in a healthy, quiet run', async ({ still }) => {
  const one = await still();
  await withIdle(one);
  expect(await sweep(one.hub)).toBe(0);
  expect(await finds(one)).toEqual([]);
});

describe('a bell whose hint was lost', () => {
  test('is answered by the owner once it has rung for a while', async ({ still, db }) => {
    const [one, two] = [await still(), await still()];
    const worker = await withIdle(one);
    await raise(two.hub, 'a', 'paid');
    expect(await sweep(one.hub), 'the hint may be on its way').toBe(0);
    await age(db);
    expect(await sweep(one.hub)).toBe(1);
    expect((await worker.turn(1)).news).toEqual(['orchestratorStarted', 'eventRaised']);
    expect(await instanceRow(db, onlyResident(one).state.key)).toMatchObject({ ready_at: null });
    expect(await finds(one)).toEqual(['perdura_sweep_finds_total{find="bell"} 1']);
    expect(await sweep(one.hub)).toBe(0);
  });

  test('is hinted again by others', async ({ still, db }) => {
    const [one, two, three] = [await still(), await still(), await still()];
    await withIdle(one);
    await raise(two.hub, 'a', 'paid');
    await age(db);
    await three.store.renew();
    expect(await sweep(three.hub)).toBe(1);
    const { partition, key } = onlyResident(one).state;
    await until(() => one.hints.length > 0, 'the hint');
    expect(one.hints).toContainEqual({ kind: 'bell', partition, key, owner: one.store.replicaId });
    expect(await instanceRow(db, key), 'only the owner clears it').toMatchObject({ is_due: true });
  });
});

describe('unowned work', () => {
  test('flags its hub, and is claimed if there are slots', async ({ still }) => {
    const [one, starter] = [await still(), await still()];
    await startOrder(starter.hub);
    expect(await sweep(one.hub)).toBe(0);
    expect(one.claimsAsked(), 'nobody here takes it').toBe(0);
    expect(one.dispatch.slots.isFlagged(one.hub.hubId, 'orchestration')).toBe(true);
    const worker = one.worker();
    await claimWork(one.hub);
    expect(worker.turns).toHaveLength(1);
  });

  test('that is an activity whose delay is over flags it too', async ({ still, db }) => {
    const one = await still();
    const worker = one.worker(only({ orchestrations: ['Order'] }));
    await startOrder(one.hub);
    await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A')]);
    lowerFlags(one.dispatch.slots);
    await db.query("update activities set not_before = clock_timestamp() + interval '1 h'");
    await sweep(one.hub);
    expect(one.dispatch.slots.flagged()).toEqual([]);
    await db.query('update activities set not_before = clock_timestamp()');
    await sweep(one.hub);
    expect(one.dispatch.slots.flagged().map(({ kind }) => kind)).toEqual(['activity']);
  });

  test('that the engine itself does is done by any replica, without a worker', async ({ still, db }) => {
    const one = await still();
    const id = await startOrder(one.hub, { instanceId: 'a' });
    const { hubId } = one.hub;
    const event = terminateControl({ output: null, recurse: false }, one.hub.now(), codec);
    const to = { by: 'id', partition: partitionOf(hubId, id), hubId, id } as const;
    const message = { rank: ranks.control, kind: 'terminate', event } as const;
    await one.store.commit({ messages: [{ to, message, isFromClient: true }] });
    expect(await sweep(one.hub)).toBe(1);
    await until(async () => (await count(db, 'inbox')) === 0, 'the termination');
    expect((await db.query('select status from instances')).rows).toEqual([{ status: 5 }]);
    expect(await finds(one)).toEqual(['perdura_sweep_finds_total{find="control"} 1']);
  });
});

describe('what belonged to the dead', () => {
  test('is freed, and their stored answers are gone', async ({ still, db }) => {
    const [dead, heir, third] = [await still(), await still(), await still()];
    const worker = dead.worker();
    await startOrder(dead.hub, { instanceId: 'a' });
    await answer(dead.hub, await worker.turn(), [scheduleTask(1, 'A')]);
    await raise(dead.hub, 'a', 'paid');
    await answer(third.hub, await worker.turn(1), [complete('1')]);
    expect(await count(db, 'completions')).toBe(1);
    await db.query('delete from replicas where replica_id = $1', [dead.store.replicaId]);
    expect(await sweep(heir.hub), 'an instance, an activity and an answer').toBe(3);
    expect(await finds(heir)).toEqual(['perdura_sweep_finds_total{find="dead"} 3']);
    expect([await count(db, 'completions'), await count(db, 'activities')]).toEqual([0, 1]);
    const successor = heir.worker();
    await sweep(heir.hub);
    await claimWork(heir.hub);
    expect((await successor.turn()).news).toEqual(['orchestratorStarted', 'eventRaised']);
    expect(successor.activities).toHaveLength(1);
  });

  test('is freed step by step, however much it is', async ({ still, db }) => {
    const one = await still();
    const many = limits.freeRows + 20;
    await Promise.all(Array.from({ length: many }, () => startOrder(one.hub)));
    await db.query('update instances set owner = 42, ready_at = null');
    expect(await freeDead(one.hub)).toBe(many);
    const { rows } = await db.query<{ free: number }>(
      'select count(*) as free from instances where owner is null and ready_at <= clock_timestamp()',
    );
    expect(rows).toEqual([{ free: many }]);
    expect(await freeDead(one.hub)).toBe(0);
  });

  test('is not what belongs to a replica that is late but not dead', async ({ still, db }) => {
    const [late, other] = [await still(), await still()];
    await withIdle(late);
    await db.query(
      "update replicas set expires_at = clock_timestamp() - interval '1 min' where replica_id = $1",
      [late.store.replicaId],
    );
    expect(await sweep(other.hub)).toBe(0);
    expect(await instanceRow(db, onlyResident(late).state.key)).toMatchObject({
      owner: late.store.replicaId,
    });
  });
});

test('an answer whose hint was lost is recorded', async ({ still, db }) => {
  const [one, two] = [await still(), await still()];
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(two.hub, await worker.turn(), [complete('1')]);
  expect(await sweep(one.hub), 'it looks the same when it is on its way').toBe(0);
  expect((await db.query('select status from instances')).rows).toEqual([{ status: 1 }]);
});

test('work that waits here without a stream for it goes back', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker({ maxConcurrentOrchestrationWorkItems: 1 });
  await startOrder(one.hub, { instanceId: 'a' });
  await claimWork(one.hub);
  const resident = onlyResident(one);
  one.dispatch.orchestrations.end(resident);
  worker.stream.outstanding.orchestration = 1;
  one.dispatch.wake(resident);
  expect(resident.isQueued).toBe(true);
  one.streams.unlisten(one.dispatch);
  worker.stream.closed();
  await sweep(one.hub);
  await until(() => one.dispatch.residents.count === 0, 'the release');
  expect(await instanceRow(db, resident.state.key)).toMatchObject({ owner: null, is_due: true });
});

test('what this replica owns and does not know is given up by the sweep', async ({ run, db }) => {
  const one = await run();
  await startOrder(one.hub);
  await db.query("update instances set owner = $1, ready_at = clock_timestamp() - interval '1 min'", [
    one.engine.replicaId,
  ]);
  await one.worker().turn();
});

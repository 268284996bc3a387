import { Writable } from 'node:stream';
import {
  answer,
  expect,
  onlyResident,
  raise,
  startOrder,
  test,
  until,
  withInstancesLocked,
} from '../test/helpers/engine.ts';
import { SchedulerError } from './domain/errors.ts';
import { BackgroundWork } from './engine-requests.ts';
import { codec } from './protocol/codec.ts';
import { suspendInstance } from './scheduler/suspend-instance.ts';
import { createLogger } from './telemetry/log.ts';

test('what fails for want of a database is reported and asked for again', async ({ run, db }) => {
  let log = '';
  const destination = new Writable({
    write(chunk: Buffer, _, done) {
      log += chunk.toString();
      done();
    },
  });
  const one = await run({}, { log: createLogger({ level: 'error', format: 'json', destination }) });
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const { dispatch } = one.engine.context;
  await until(() => dispatch.residents.evict(0) === 1, 'the eviction');
  await db.query('alter table history rename to history_away');
  await raise(one.hub, 'a', 'paid');
  await until(() => log.includes('"task":"load-history"'), 'the failure');
  expect(worker.turns).toHaveLength(1);
  await db.query('alter table history_away rename to history');
  expect((await worker.turn(1)).news).toEqual(['orchestratorStarted', 'eventRaised']);
  expect(one.deaths).toEqual([]);
});

test('a read that failed leaves a patch of the same instance alone that is on its way', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const resident = onlyResident(one);
  one.dispatch.residents.evict(0);
  await db.query('alter table history rename to history_away');
  await raise(one.hub, 'a', 'paid');
  expect(resident.isLoading).toBe(true);
  const request = codec.decode('SuspendRequest', codec.encode('SuspendRequest', { instanceId: 'a' }));
  const suspending = await withInstancesLocked(db, async () => {
    const suspended = suspendInstance(one.hub, request);
    await until(() => resident.isPatching, 'the control that is on its way');
    await until(() => !resident.isLoading, 'the end of the read');
    return { suspended };
  });
  await suspending.suspended;
  await until(() => resident.state.status === 'suspended', 'the suspension');
  await raise(one.hub, 'a', 'after whatever was on its way');
  expect(one.dispatch.residents.get(resident.state.key), 'not given up as wrong').toBe(resident);
});

test('a bug in the background ends the incarnation: memory can’t be trusted then', async ({ run }) => {
  const one = await run();
  const deaths: string[] = [];
  const work = new BackgroundWork({
    context: one.engine.context,
    isOver: false,
    die: (reason) => deaths.push(reason),
    claim: () => undefined,
  });
  const outage = new SchedulerError('unavailable', 'the database is away');
  expect(await work.attempt('test', Promise.reject(outage))).toBe(false);
  expect(deaths).toEqual([]);
  expect(await work.attempt('test', Promise.resolve())).toBe(true);
  expect(await work.attempt('test', Promise.reject(new TypeError('a bug')))).toBe(false);
  expect(deaths).toEqual(['test failed: TypeError: a bug']);
});

test('an incarnation that is over asks for nothing again', async ({ still }) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const resident = onlyResident(one);
  one.dispatch.residents.evict(0);
  one.store.abort('it has died');
  one.dispatch.wake(resident);
  resident.hold({
    ...{ rank: 3, messageId: 1, kind: 'eventRaised', generation: 0, event: Buffer.alloc(0), firesAt: null },
  });
  one.dispatch.wake(resident);
  expect(resident.isLoading).toBe(true);
  await until(() => !resident.isLoading, 'the end of the request');
  expect(worker.turns).toHaveLength(1);
});

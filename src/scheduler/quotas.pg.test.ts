import { randomBytes } from 'node:crypto';
import {
  answer,
  answerActivity,
  count,
  expect,
  otherHub,
  raise,
  startOrder,
  type StillEngine,
  test,
  until,
} from '../../test/helpers/engine.ts';
import { scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { outcomeUnknown, unavailable } from '../domain/errors.ts';
import { type OwnQuotas } from '../domain/quota.ts';
import { codec } from '../protocol/codec.ts';
import { claimWork } from './claim-work.ts';
import { type HubContext } from './context.ts';
import { measureQuotas } from './measure-quotas.ts';
import { refreshQuotas } from './refresh-quotas.ts';
import { setQuotas } from './set-quotas.ts';
import { showQuotas } from './show-quotas.ts';
import { signalEntity } from './signal-entity.ts';
import { startInstance } from './start-instance.ts';
import { suspendInstance } from './suspend-instance.ts';
import { startDemand, withinQuotas } from './within-quotas.ts';

const set = (hub: HubContext, quotas: OwnQuotas): Promise<void> =>
  setQuotas(
    hub,
    Object.entries(quotas).map(([name, value]) => ({ name, value })),
  );

/** As the loop does, as soon as it is due; returns how many steps it took. */
async function measure(hub: HubContext): Promise<number> {
  await until(() => hub.quotas.nextDue(performance.now()) !== undefined, 'a measurement that is due');
  for (let steps = 0; ; steps++) if ((await measureQuotas(hub)) === 0) return steps;
}

const guardedStart = withinQuotas(startDemand, startInstance);

/** A start as a client makes it. */
function start(hub: HubContext, run = guardedStart): Promise<unknown> {
  const bytes = codec.encode('CreateInstanceRequest', { name: 'Order' });
  return run(hub, codec.decode('CreateInstanceRequest', bytes), bytes);
}

/** How many of so many starts at once are admitted; the others are refused because of a quota. */
async function admitted(hub: HubContext, starts: number): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: starts }, () => start(hub)));
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'resource_exhausted' });
  }
  return results.filter(({ status }) => status === 'fulfilled').length;
}

const usedOf = ({ quotas, hubId }: HubContext, name: string): number | undefined =>
  quotas
    .of(hubId, 'default', 0)
    ?.shown()
    .find((quota) => quota.name === name)?.used;

test('what is measured is what the hub has, slice by slice, and nothing of another one', async ({
  still,
  db,
}) => {
  const one = await still();
  const other = await otherHub(db, one.hub);
  const input = { value: 'x'.repeat(1_000) };
  for (let i = 0; i < 40; i++) await startOrder(one.hub, { instanceId: `order-${i}`, input });
  for (let i = 0; i < 30; i++) await startOrder(other, { instanceId: `order-${i}`, input });
  await raise(one.hub, 'order-1', 'Paid');
  await set(one.hub, { instances: 100, bytes: 1e9, pending: 100 });
  expect(await measure(one.hub), 'some slices each').toBeGreaterThan(6);
  expect([usedOf(one.hub, 'instances'), usedOf(one.hub, 'pending')]).toEqual([40, 40]);
  const { rows } = await db.query<{ bytes: number }>(
    `select (select sum(pg_column_size(input)) from instances where hub_id = $1)::int
          + (select sum(pg_column_size(event)) from inbox join instances using (partition, instance_key) where hub_id = $1)::int as bytes`,
    [one.hub.hubId],
  );
  expect(usedOf(one.hub, 'bytes')).toBe(rows[0]?.bytes);
  expect(rows[0]?.bytes).toBeGreaterThan(40 * 20);
  const shown = await showQuotas(one.hub);
  expect(shown.map(({ used }) => used)).toEqual([40, rows[0]?.bytes, undefined, undefined, 40]);
  expect(await showQuotas(other)).toContainEqual({ name: 'instances' });
});

test('histories, outputs and activities count as bytes', async ({ still, db }) => {
  const one = await still();
  const worker = one.worker();
  await set(one.hub, { bytes: 1e9 });
  await startOrder(one.hub);
  await answer(one.hub, await worker.turn(), [scheduleTask(1, 'A', { input: { value: 'y'.repeat(500) } })]);
  await measure(one.hub);
  const { rows } = await db.query<{ bytes: number }>(
    'select (select sum(length(events)) from history)::int + (select sum(length(request)) from activities)::int as bytes',
  );
  const used = usedOf(one.hub, 'bytes') ?? 0;
  expect(used).toBeGreaterThanOrEqual(rows[0]?.bytes ?? Infinity);
  expect(used).toBeLessThan((rows[0]?.bytes ?? 0) + 100);
  await db.query('delete from activities');
  await db.query('delete from history');
  await db.query('delete from instances');
  expect((await showQuotas(one.hub)).find(({ name }) => name === 'bytes')?.used).toBe(0);
});

test('signals that are due in a year count as bytes, and so does why an instance is suspended', async ({
  still,
}) => {
  const one = await still();
  const scheduledTime = { seconds: Math.floor(Date.now() / 1000) + 365 * 86_400, nanos: 0 };
  // Of what can't be packed.
  const value = randomBytes(30_000).toString('base64');
  const signal = { instanceId: '@cart@1', name: 'add', input: { value }, scheduledTime };
  const bytes = codec.encode('SignalEntityRequest', signal);
  await signalEntity(one.hub, codec.decode('SignalEntityRequest', bytes));
  await startOrder(one.hub, { instanceId: 'a' });
  await suspendInstance(one.hub, { instanceId: 'a', reason: { value } });
  await set(one.hub, { bytes: 1e9 });
  await measure(one.hub);
  expect(usedOf(one.hub, 'bytes')).toBeGreaterThan(2 * value.length);
});

test('work that waits is counted to a little over the limit only', async ({ still }) => {
  const one = await still();
  for (let i = 0; i < 9; i++) await startOrder(one.hub);
  await set(one.hub, { pending: 4 });
  await measure(one.hub);
  expect(usedOf(one.hub, 'pending')).toBe(5);
});

test('a burst at one replica goes no further than the quota; at several each may admit once more what there was room for', async ({
  still,
  db,
}) => {
  const replicas: StillEngine[] = [await still(), await still(), await still()];
  const [one, two, three] = replicas.map(({ hub }) => hub);
  if (!one || !two || !three) throw new Error('three replicas');
  await set(one, { instances: 10 });
  for (const hub of [one, two, three]) {
    await refreshQuotas(hub);
    await measure(hub);
  }
  expect(await admitted(one, 50)).toBe(10);
  expect(await admitted(one, 50)).toBe(0);
  expect([await admitted(two, 50), await admitted(three, 50)]).toEqual([10, 10]);
  expect(await count(db, 'instances')).toBe(30);
  for (const hub of [one, two, three]) {
    expect(await measure(hub)).toBeGreaterThan(0);
    expect(await admitted(hub, 50)).toBe(0);
  }
  await db.query('delete from inbox');
  await db.query('delete from instances where instance_key in (select instance_key from instances limit 25)');
  for (const hub of [one, two, three]) await measure(hub);
  expect(await admitted(two, 50)).toBe(5);
});

test('a start that came to nothing takes no room; one whose outcome is not known does until it is measured', async ({
  still,
}) => {
  const { hub } = await still();
  await set(hub, { instances: 1 });
  await measure(hub);
  const failing = (error: Error) => withinQuotas(startDemand, () => Promise.reject(error));
  await expect(start(hub, failing(unavailable('away')))).rejects.toMatchObject({ code: 'unavailable' });
  expect(usedOf(hub, 'instances')).toBe(0);
  await expect(start(hub, failing(outcomeUnknown()))).rejects.toMatchObject({ code: 'unknown' });
  expect(await admitted(hub, 1)).toBe(0);
  await measure(hub);
  expect(await admitted(hub, 2)).toBe(1);
});

test('a measurement that the database does not answer begins where it was', async ({ still }) => {
  const { hub } = await still();
  for (let i = 0; i < 5; i++) await startOrder(hub);
  await set(hub, { instances: 5 });
  await measureQuotas(hub);
  const measureQuota = (): Promise<number> => Promise.reject(unavailable('away'));
  const away = { ...hub, store: { ...hub.store, measureQuota } };
  await expect(measureQuotas(away)).rejects.toMatchObject({ code: 'unavailable' });
  expect(usedOf(hub, 'instances')).toBeUndefined();
  await measure(hub);
  expect(usedOf(hub, 'instances')).toBe(5);
});

test('what is set at one replica counts at another when it looks, and other quotas stay', async ({
  still,
}) => {
  const [one, two] = [(await still()).hub, (await still()).hub];
  await set(one, { instances: 1, pending: 5 });
  await set(two, { instances: 0, bytes: 7 });
  await refreshQuotas(one);
  const shown = one.quotas.of(one.hubId, '', 0)?.shown();
  expect(shown?.map(({ own }) => own)).toEqual([0, 7, undefined, undefined, 5]);
  await setQuotas(one, [
    { name: 'instances', value: undefined },
    { name: 'bytes', value: undefined },
    { name: 'pending', value: undefined },
  ]);
  await refreshQuotas(two);
  expect(two.quotas.of(two.hubId, '', 0)).toBeUndefined();
});

test('a hub that is on its way to another store keeps its quotas: they can’t be changed behind its back', async ({
  still,
  db,
}) => {
  const { hub } = await still();
  await set(hub, { instances: 1 });
  await db.query("update hubs set moving_to = 'elsewhere'");
  await expect(set(hub, { instances: 2 })).rejects.toMatchObject({ code: 'not_found' });
  const { rows } = await db.query('select settings from hubs');
  expect(rows).toEqual([{ settings: { quotas: { instances: 1 } } }]);
});

test('a hub whose own work overdraws its rate gets no work items until the time has paid for it; nothing is lost', async ({
  still,
}) => {
  const one = await still();
  await set(one.hub, { 'actions-per-second': 20 });
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  const first = await worker.turn();
  const tasks = Array.from({ length: 50 }, (_, i) => scheduleTask(i, 'A'));
  await answer(one.hub, first, tasks);
  expect([...one.streams.held]).toEqual([one.hub.hubId]);
  await startOrder(one.hub, { instanceId: 'b' });
  expect(await claimWork(one.hub)).toBe(0);
  await answerActivity(one.hub, await worker.activity(), { result: { value: '1' } });
  expect(worker.turns).toHaveLength(1);
  expect(one.hub.quotas.letGo(performance.now() + 10_000)).toBe(1);
  await claimWork(one.hub);
  const next = [await worker.turn(1), await worker.turn(2)];
  expect(next.map(({ request }) => request.instanceId).toSorted()).toEqual(['a', 'b']);
});

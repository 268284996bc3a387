import { EntityInstanceId, type OrchestrationContext } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { call, entitiesOf, eventually, holderOf, journal, journals, lock, stateOf } from './entities.ts';
import { event, output, type TestHub, useServer } from './hub.ts';

const server = useServer();

async function* holdsUntilEnd(context: OrchestrationContext, key: string) {
  yield* lock(context, journal(key));
  return yield* event(context, 'end');
}

/** Makes journals that each have their own key as only entry. */
async function make(hub: TestHub, ...keys: string[]): Promise<void> {
  await hub.work({ orchestrators: { holdsUntilEnd }, entities: { ...journals, other: journals.journal } });
  for (const key of keys) await hub.client.signalEntity(journal(key), 'note', key);
  await eventually(() => entitiesOf(hub)).toHaveLength(keys.length);
}

const keysOf = async (...query: Parameters<typeof entitiesOf>): Promise<string[]> =>
  (await entitiesOf(...query)).map(({ id }) => id.key);

test('a query gives all entities in the order of their ids, with their states unless told not to', async () => {
  const hub = server.hub();
  await make(hub, 'b', 'a', 'B');
  await hub.start('holdsUntilEnd', 'other');

  expect(await entitiesOf(hub)).toMatchObject([
    { id: { name: 'journal', key: 'B' }, state: ['B'], includesState: true },
    { id: { name: 'journal', key: 'a' }, state: ['a'] },
    { id: { name: 'journal', key: 'b' }, state: ['b'] },
  ]);
  for (const entity of await entitiesOf(hub, { includeState: false })) {
    expect(entity).toMatchObject({ includesState: false });
  }
});

test('a query by prefix gives what begins with it, whatever the case of the name', async () => {
  const hub = server.hub();
  await make(hub, 'red', 'reddish', 'Red', 'r%d', 'blue');
  await hub.client.signalEntity(new EntityInstanceId('other', 'red'), 'note', 1);
  await eventually(() => entitiesOf(hub)).toHaveLength(6);

  expect(await keysOf(hub, { instanceIdStartsWith: '@journal@red' })).toEqual(['red', 'reddish']);
  expect(await keysOf(hub, { instanceIdStartsWith: 'JOURNAL@R' })).toEqual(['Red']);
  expect(await keysOf(hub, { instanceIdStartsWith: '@journal@r%' })).toEqual(['r%d']);
  expect(await keysOf(hub, { instanceIdStartsWith: '@j' })).toHaveLength(5);
  expect(await keysOf(hub, { instanceIdStartsWith: '@journal@x' })).toEqual([]);
});

test('a query by page gives each entity once, and the last page has no token', async () => {
  const hub = server.hub();
  const keys = Array.from({ length: 7 }, (_, i) => `k${i}`);
  await make(hub, ...keys);

  const pages = [];
  for await (const page of hub.client.getEntities({ pageSize: 3 }).asPages()) pages.push(page);

  expect(pages.flatMap((page) => page.values.map(({ id }) => id.key))).toEqual(keys);
  expect(pages.map((page) => page.values.length)).toEqual([3, 3, 1]);
  expect(pages.map((page) => page.continuationToken !== undefined)).toEqual([true, true, false]);
  const continuationToken = pages[0]?.continuationToken ?? '';
  expect(await keysOf(hub, { continuationToken, pageSize: 100 })).toEqual(keys.slice(3));
});

test('a query by time gives what was changed then', async () => {
  const hub = server.hub();
  await make(hub, 'x');
  const changedAt = (await hub.client.getEntity(journal('x')))?.lastModifiedTime.getTime() ?? 0;
  expect(Math.abs(Date.now() - changedAt)).toBeLessThan(20_000);

  // Times here are whole milliseconds, rounded down.
  const before = new Date(changedAt - 1);
  const after = new Date(changedAt + 1);
  expect(await keysOf(hub, { lastModifiedFrom: before, lastModifiedTo: after })).toEqual(['x']);
  expect(await keysOf(hub, { lastModifiedFrom: after })).toEqual([]);
  expect(await keysOf(hub, { lastModifiedTo: before })).toEqual([]);
});

test('every batch moves the time of the last change', async () => {
  const hub = server.hub();
  await make(hub, 'x');
  const time = async () => (await hub.client.getEntity(journal('x')))?.lastModifiedTime.getTime() ?? 0;
  const before = await time();

  // As often as it takes for another millisecond to begin.
  await eventually(async () => {
    await hub.client.signalEntity(journal('x'), 'note', 'again');
    return time();
  }).toBeGreaterThan(before);
});

test('a query shows entities without a state only when asked to', async () => {
  const hub = server.hub();
  await make(hub, 'full');
  await hub.client.signalEntity(journal('later'), 'note', 1, {
    signalTime: new Date(Date.now() + 3_600_000),
  });
  const id = await hub.start('holdsUntilEnd', 'held');
  await eventually(() => holderOf(hub, journal('held'))).toBe(id);

  expect(await keysOf(hub)).toEqual(['full']);
  expect(await keysOf(hub, { includeTransient: true })).toEqual(expect.arrayContaining(['full', 'held']));
});

test('queries of instances show no entities', async () => {
  const hub = server.hub();
  await make(hub, 'x');

  const ids = [];
  for await (const { instanceId } of hub.client.getAllInstances()) ids.push(instanceId);

  expect(ids).toEqual([]);
});

test('cleaning leaves states, signals and locks alone', async () => {
  const hub = server.hub();
  await make(hub, 'full');
  const id = await hub.start('holdsUntilEnd', 'held');
  await eventually(() => holderOf(hub, journal('held'))).toBe(id);
  await hub.client.signalEntity(journal('held'), 'note', 'waits');

  expect(await hub.client.cleanEntityStorage()).toMatchObject({
    emptyEntitiesRemoved: 0,
    orphanedLocksReleased: 0,
  });

  expect(await holderOf(hub, journal('held'))).toBe(id);
  await hub.client.raiseOrchestrationEvent(id, 'end');
  await eventually(() => stateOf(hub, journal('held'))).toEqual(['waits']);
  expect(await stateOf(hub, journal('full'))).toEqual(['full']);
});

test('a purged entity is gone with its delayed signals, and begins anew', async () => {
  const hub = server.hub();
  await make(hub, 'x', 'y');
  const due = new Date(Date.now() + 300);
  await hub.client.signalEntity(journal('x'), 'note', 'purged too', { signalTime: due });

  expect(await hub.client.purgeOrchestration('@journal@x')).toMatchObject({ deletedInstanceCount: 1 });

  expect(await hub.client.getEntity(journal('x'))).toBeUndefined();
  expect(await hub.client.purgeOrchestration('@journal@x')).toMatchObject({ deletedInstanceCount: 0 });
  // Later than the one that was purged.
  await hub.client.signalEntity(journal('x'), 'note', 'new', { signalTime: new Date(due.getTime() + 300) });
  await eventually(() => stateOf(hub, journal('x'))).toEqual(['new']);
  expect(await stateOf(hub, journal('y'))).toEqual(['y']);
});

test('the results of calls whose caller is gone disturb nobody', async () => {
  const hub = server.hub();
  async function* caller(context: OrchestrationContext) {
    return yield* call(context, journal('x'), 'note', 'called');
  }
  await hub.work({
    orchestrators: { caller },
    options: { workItemFilters: { orchestrations: [{ name: 'caller' }] } },
  });
  const id = await hub.start('caller', undefined, { instanceId: 'reused' });
  await eventually(() => keysOf(hub, { includeTransient: true })).toEqual(['x']);
  await hub.client.terminateOrchestration(id, 'gone');
  await hub.end(id);
  await hub.client.purgeOrchestration(id);

  await hub.start('caller', undefined, { instanceId: 'reused' });
  await hub.work({ entities: journals });

  expect(output(await hub.end('reused'))).toBe(2);
  expect(await stateOf(hub, journal('x'))).toEqual(['called', 'called']);
});

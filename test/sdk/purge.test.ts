import {
  type OrchestrationContext,
  type OrchestrationState,
  OrchestrationStatus,
  PurgeInstanceCriteria,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { event, Gate, type TestHub, useServer, wait } from './hub.ts';

const server = useServer();

async function* waitForOne(context: OrchestrationContext) {
  return yield* event(context, 'go');
}

/** Takes long enough for the next instance to be created in another millisecond. */
async function* brief(context: OrchestrationContext) {
  yield* wait(context.createTimer(0.01));
}

function fails(): never {
  throw new Error('as planned');
}

/** Calls itself until depth 0; the ids are `level-2`, `level-1`, `level-0`. */
async function* nest(context: OrchestrationContext, depth: number): AsyncGenerator {
  if (depth === 0) return;
  yield* wait(context.callSubOrchestrator('nest', depth - 1, { instanceId: `level-${depth - 1}` }));
}

/** Times here are whole milliseconds, rounded down. */
const justBefore = (time: Date) => new Date(time.getTime() - 1);

interface Selection {
  statuses?: OrchestrationStatus[];
  from?: Date;
  to?: Date;
  recursive?: boolean;
}

async function purgeBy(hub: TestHub, selection: Selection = {}): Promise<number | undefined> {
  const criteria = new PurgeInstanceCriteria();
  criteria.setRuntimeStatusList(selection.statuses ?? []);
  criteria.setCreatedTimeFrom(selection.from);
  criteria.setCreatedTimeTo(selection.to);
  // The package waits no longer than this.
  criteria.setTimeout(20_000);
  const { recursive = false } = selection;
  return (await hub.client.purgeOrchestration(criteria, { recursive }))?.deletedInstanceCount;
}

async function purgeOne(hub: TestHub, id: string, recursive = false): Promise<number | undefined> {
  return (await hub.client.purgeOrchestration(id, { recursive }))?.deletedInstanceCount;
}

/** The ids of all instances that are left, sorted. */
async function left(hub: TestHub): Promise<string[]> {
  const ids: string[] = [];
  for await (const { instanceId } of hub.client.getAllInstances()) ids.push(instanceId);
  return ids.sort();
}

/** One instance in each status, named after it. */
async function everyStatus(hub: TestHub): Promise<void> {
  const instance = (instanceId: string) => ({ instanceId });
  await hub.work({
    orchestrators: { fails, waitForOne, done: () => 'done' },
    options: { workItemFilters: 'auto' },
  });
  await hub.start('nobody knows it', undefined, instance('pending'));
  await hub.run('done', undefined, instance('completed'));
  await hub.run('fails', undefined, instance('failed'));
  for (const id of ['running', 'suspended', 'terminated']) {
    await hub.start('waitForOne', undefined, instance(id));
    await hub.hasStatus(id, OrchestrationStatus.RUNNING);
  }
  await hub.client.suspendOrchestration('suspended');
  await hub.client.terminateOrchestration('terminated');
  await hub.end('terminated');
}

test('a purged instance is gone with its history, and a second purge finds nothing', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief } });
  const { instanceId } = await hub.run('brief');
  expect(await hub.client.getOrchestrationHistory(instanceId)).not.toEqual([]);

  expect(await purgeOne(hub, instanceId)).toBe(1);

  expect(await hub.client.getOrchestrationState(instanceId)).toBeUndefined();
  expect(await hub.client.getOrchestrationHistory(instanceId)).toEqual([]);
  expect(await left(hub)).toEqual([]);
  expect(await purgeOne(hub, instanceId)).toBe(0);
});

test('only what has ended can be purged by its id', async () => {
  const hub = server.hub();
  await everyStatus(hub);
  const counts: Record<string, number | undefined> = {};
  for (const id of [...(await left(hub)), 'nobody']) counts[id] = await purgeOne(hub, id);

  expect(counts).toEqual({
    ...{ completed: 1, failed: 1, terminated: 1 },
    ...{ pending: 0, running: 0, suspended: 0, nobody: 0 },
  });
  expect(await left(hub)).toEqual(['pending', 'running', 'suspended']);
  await hub.client.raiseOrchestrationEvent('running', 'go', 'unharmed');
  expect((await hub.end('running')).serializedOutput).toBe('"unharmed"');
});

test.each([
  { recursive: true, count: 3, remaining: [] },
  { recursive: false, count: 1, remaining: ['level-0', 'level-1'] },
])('a purge with recursive=$recursive of three generations counts $count', async (expected) => {
  const hub = server.hub();
  await hub.work({ orchestrators: { nest } });
  await hub.run('nest', 2, { instanceId: 'level-2' });

  expect(await purgeOne(hub, 'level-2', expected.recursive)).toBe(expected.count);
  expect(await left(hub)).toEqual(expected.remaining);
});

test('a recursive purge spares a child that still runs', async () => {
  const hub = server.hub();
  async function* leavesChild(context: OrchestrationContext) {
    context.callSubOrchestrator('waitForOne', undefined, { instanceId: 'child' });
    yield* wait(context.createTimer(0));
  }
  await hub.work({ orchestrators: { leavesChild, waitForOne } });
  const { instanceId } = await hub.run('leavesChild');
  await hub.hasStatus('child', OrchestrationStatus.RUNNING);

  expect(await purgeOne(hub, instanceId, true)).toBe(1);
  await hub.client.raiseOrchestrationEvent('child', 'go', 'orphan');

  expect((await hub.end('child')).serializedOutput).toBe('"orphan"');
});

test('a purge by status takes these and no others', async () => {
  const hub = server.hub();
  await everyStatus(hub);

  expect(await purgeBy(hub, { statuses: [OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED] })).toBe(
    2,
  );

  expect(await left(hub)).toEqual(['completed', 'pending', 'running', 'suspended']);
});

test('a purge without criteria takes all that has ended', async () => {
  const hub = server.hub();
  await everyStatus(hub);

  expect(await purgeBy(hub)).toBe(3);

  expect(await left(hub)).toEqual(['pending', 'running', 'suspended']);
});

test('a purge by status that names what runs takes none of it', async () => {
  const hub = server.hub();
  await everyStatus(hub);
  const { PENDING, RUNNING, SUSPENDED, COMPLETED } = OrchestrationStatus;

  expect(await purgeBy(hub, { statuses: [PENDING, RUNNING, SUSPENDED] })).toBe(0);
  expect(await purgeBy(hub, { statuses: [RUNNING, COMPLETED] })).toBe(1);

  expect(await left(hub)).toEqual(['failed', 'pending', 'running', 'suspended', 'terminated']);
});

test('a purge by time of creation takes what was created in between', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief } });
  const states: OrchestrationState[] = [];
  for (const instanceId of ['a', 'b', 'c', 'd', 'e']) {
    states.push(await hub.run('brief', undefined, { instanceId }));
  }
  const [, second, , fourth] = states.map(({ createdAt }) => createdAt);
  if (second === undefined || fourth === undefined) throw new Error('five have run');

  expect(await purgeBy(hub, { from: second, to: justBefore(fourth) })).toBe(2);
  expect(await left(hub)).toEqual(['a', 'd', 'e']);
  expect(await purgeBy(hub, { to: justBefore(second) })).toBe(1);
  expect(await purgeBy(hub, { from: fourth })).toBe(2);
});

test.each([
  { recursive: true, count: 2, remaining: ['unrelated'] },
  { recursive: false, count: 1, remaining: ['child', 'unrelated'] },
])('a purge by status with recursive=$recursive of a failed parent counts $count', async (expected) => {
  const hub = server.hub();
  async function* failsAfterChild(context: OrchestrationContext) {
    yield* wait(context.callSubOrchestrator('brief', undefined, { instanceId: 'child' }));
    fails();
  }
  await hub.work({ orchestrators: { failsAfterChild, brief } });
  await hub.run('failsAfterChild');
  await hub.run('brief', undefined, { instanceId: 'unrelated' });

  const { recursive } = expected;
  expect(await purgeBy(hub, { statuses: [OrchestrationStatus.FAILED], recursive })).toBe(expected.count);
  expect(await left(hub)).toEqual(expected.remaining);
});

test('a purge has no limit of 1,000 instances', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { done: () => 'done' } });
  const ids = await Promise.all(Array.from({ length: 1_050 }, (_, i) => hub.start('done', i)));
  await Promise.all(ids.map((id) => hub.end(id)));

  expect(await purgeBy(hub)).toBe(1_050);
  expect(await left(hub)).toEqual([]);
});

test('what a purged instance was still doing brings nothing back', async () => {
  const hub = server.hub();
  const [entered, gate, finished] = [new Gate(), new Gate(), new Gate()];
  async function* calls(context: OrchestrationContext) {
    return yield* wait(context.callActivity('linger'));
  }
  const linger = async () => {
    entered.open();
    await gate.opened;
    finished.open();
  };
  await hub.work({ orchestrators: { calls, done: () => 'done' }, activities: { linger } });
  const id = await hub.start('calls');
  await entered.opened;
  await hub.client.terminateOrchestration(id);
  await hub.end(id);

  expect(await purgeOne(hub, id)).toBe(1);
  gate.open();
  await finished.opened;
  const { instanceId } = await hub.run('done');

  expect(await left(hub)).toEqual([instanceId]);
});

test('the id of a purged instance begins a new life without a past', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { fails, waitForOne } });
  const options = { instanceId: 'phoenix' };
  await hub.run('fails', undefined, options);
  await purgeOne(hub, 'phoenix');

  await hub.start('waitForOne', 'second', options);
  const state = await hub.hasStatus('phoenix', OrchestrationStatus.RUNNING);

  expect(state.serializedInput).toBe('"second"');
  expect(state.failureDetails).toBeUndefined();
  expect(await hub.client.getOrchestrationHistory('phoenix')).toHaveLength(2);
});

test('a purge stays in its hub', async () => {
  const [here, there] = [server.hub(), server.hub()];
  for (const hub of [here, there]) {
    await hub.work({ orchestrators: { brief } });
    await hub.run('brief', undefined, { instanceId: 'twin' });
  }

  expect(await purgeBy(here)).toBe(1);

  expect(await left(here)).toEqual([]);
  expect(await left(there)).toEqual(['twin']);
});

import {
  type ListInstanceIdsOptions,
  type OrchestrationContext,
  OrchestrationStatus,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { Gate, type TestHub, useServer, wait } from './hub.ts';

const server = useServer();

/** Takes long enough for the next instance to end in another millisecond. */
async function* brief(context: OrchestrationContext, shouldFail?: boolean) {
  yield* wait(context.createTimer(0.01));
  if (shouldFail) throw new Error('as planned');
}

const numbered = (count: number, prefix = 'n') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Times here are whole milliseconds, rounded down. */
const justBefore = (time: Date) => new Date(time.getTime() - 1);

async function runAll(hub: TestHub, ids: readonly string[]): Promise<void> {
  for (const instanceId of ids) await hub.run('brief', undefined, { instanceId });
}

/** The pages up to the one without a key, as the package means it. `turned` is called after each of them. */
async function listed(
  hub: TestHub,
  options: ListInstanceIdsOptions,
  turned?: (page: readonly string[]) => Promise<void>,
): Promise<(readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  for (let key: string | undefined = ''; key !== undefined;) {
    const page = await hub.client.listInstanceIds({ ...options, lastInstanceKey: key });
    if (page.values.length > 0) pages.push(page.values);
    await turned?.(page.values);
    key = page.continuationToken;
  }
  return pages;
}

test('pages of every size list each finished instance once, in the order of their ends', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief } });
  const ids = numbered(7);
  await runAll(hub, ids);

  for (let pageSize = 1; pageSize <= 8; pageSize++) {
    const pages = await listed(hub, { pageSize });
    expect(pages.flat()).toEqual(ids);
    expect(pages).toHaveLength(Math.ceil(7 / pageSize));
  }
});

test('the order is that of the ends, not of the beginnings', async () => {
  const hub = server.hub();
  const gates = { slow: new Gate(), quick: new Gate() };
  async function* held(context: OrchestrationContext, name: 'slow' | 'quick') {
    yield* wait(context.callActivity('pass', name));
    yield* wait(context.createTimer(0.01));
  }
  const pass = (_: unknown, name: 'slow' | 'quick') => gates[name].opened;
  await hub.work({ orchestrators: { held }, activities: { pass } });
  for (const instanceId of ['slow', 'quick']) await hub.start('held', instanceId, { instanceId });

  for (const name of ['quick', 'slow'] as const) {
    gates[name].open();
    await hub.end(name);
  }

  expect(await listed(hub, {})).toEqual([['quick', 'slow']]);
});

test('a key goes on with another page size', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief } });
  const ids = numbered(9);
  await runAll(hub, ids);

  const first = await hub.client.listInstanceIds({ pageSize: 4 });
  const rest = await hub.client.listInstanceIds({
    pageSize: 5,
    lastInstanceKey: first.continuationToken ?? '',
  });

  expect(first.values).toEqual(ids.slice(0, 4));
  expect(rest.values).toEqual(ids.slice(4));
});

test('instances that end while somebody turns the pages come later, and none comes twice', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief } });
  await runAll(hub, numbered(6));
  const late = numbered(3, 'late');
  const missing = [...late];

  const pages = await listed(hub, { pageSize: 2 }, async () => {
    const instanceId = missing.shift();
    if (instanceId !== undefined) await runAll(hub, [instanceId]);
  });

  expect(pages.flat()).toEqual([...numbered(6), ...late]);
});

test('only finished instances are listed, and of them those with the statuses asked for', async () => {
  const hub = server.hub();
  const { COMPLETED, FAILED, TERMINATED, RUNNING } = OrchestrationStatus;
  await hub.work({ orchestrators: { brief }, options: { workItemFilters: 'auto' } });
  await hub.run('brief', undefined, { instanceId: 'completed' });
  await hub.run('brief', true, { instanceId: 'failed' });
  for (const instanceId of ['terminated', 'pending']) await hub.start('nobody knows it', 0, { instanceId });
  await hub.client.terminateOrchestration('terminated');
  await hub.end('terminated');
  const by = async (...runtimeStatus: OrchestrationStatus[]) => (await listed(hub, { runtimeStatus })).flat();

  expect(await by()).toEqual(['completed', 'failed', 'terminated']);
  expect(await by(FAILED)).toEqual(['failed']);
  expect(await by(TERMINATED, COMPLETED)).toEqual(['completed', 'terminated']);
  expect(await by(RUNNING)).toEqual([]);
});

test('instances are listed by the time of their end', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief } });
  await runAll(hub, ['a', 'b', 'c']);
  const [, second, third] = await Promise.all(
    ['a', 'b', 'c'].map(async (id) => (await hub.state(id)).lastUpdatedAt),
  );
  if (second === undefined || third === undefined) throw new Error('three have run');
  const by = async (options: ListInstanceIdsOptions) => (await listed(hub, options)).flat();

  expect(await by({ completedTimeFrom: second })).toEqual(['b', 'c']);
  expect(await by({ completedTimeTo: justBefore(second) })).toEqual(['a']);
  expect(await by({ completedTimeFrom: second, completedTimeTo: justBefore(third) })).toEqual(['b']);
});

test('what is purged or starts again is not listed', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief }, options: { workItemFilters: 'auto' } });
  await runAll(hub, ['purged', 'again', 'stays']);

  await hub.client.purgeOrchestration('purged');
  await hub.start('nobody knows it', 0, { instanceId: 'again' });

  expect(await listed(hub, {})).toEqual([['stays']]);
});

test('without a page size a page has 100 ids, and a hub without instances has none', async () => {
  const [hub, empty] = [server.hub(), server.hub()];
  await hub.work({ orchestrators: { done: () => 'done' } });
  const ids = await Promise.all(Array.from({ length: 120 }, (_, i) => hub.start('done', i)));
  await Promise.all(ids.map((id) => hub.end(id)));

  const pages = await listed(hub, {});

  expect(pages.map((page) => page.length)).toEqual([100, 20]);
  expect(new Set(pages.flat())).toEqual(new Set(ids));
  expect(await listed(empty, {})).toEqual([]);
});

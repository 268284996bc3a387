import { status as GrpcStatus } from '@grpc/grpc-js';
import {
  type OrchestrationContext,
  type OrchestrationQuery,
  type OrchestrationState,
  OrchestrationStatus,
  type Page,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { event, type TestHub, useServer, wait } from './hub.ts';

const server = useServer();

async function* waitForOne(context: OrchestrationContext) {
  context.setCustomStatus('waiting');
  return yield* event(context, 'go');
}

/** Takes long enough for the next instance to be created in another millisecond. */
async function* brief(context: OrchestrationContext, input: unknown) {
  yield* wait(context.createTimer(0.01));
  return input;
}

const idsOf = (states: readonly OrchestrationState[]) => states.map(({ instanceId }) => instanceId);
const numbered = (count: number, prefix = 'n') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Times here are whole milliseconds, rounded down. */
const justBefore = (time: Date) => new Date(time.getTime() - 1);

/** Starts instances that nobody works on, one after the other. */
async function startAll(hub: TestHub, ids: readonly string[]): Promise<void> {
  for (const instanceId of ids) await hub.start('nobody knows it', undefined, { instanceId });
}

async function pagesOf(
  hub: TestHub,
  query: OrchestrationQuery,
  from: { token?: string | undefined; size?: number } = {},
): Promise<Page<OrchestrationState>[]> {
  const pages: Page<OrchestrationState>[] = [];
  const all = hub.client.getAllInstances(query).asPages(from.token, from.size);
  for await (const page of all) pages.push(page);
  return pages;
}

async function found(hub: TestHub, query?: OrchestrationQuery): Promise<OrchestrationState[]> {
  const states: OrchestrationState[] = [];
  for await (const state of hub.client.getAllInstances(query)) states.push(state);
  return states;
}

/** The ids that match, sorted. */
async function foundIds(hub: TestHub, query: OrchestrationQuery): Promise<string[]> {
  return idsOf(await found(hub, query)).sort();
}

/** The first page alone. */
async function firstPage(hub: TestHub, query: OrchestrationQuery): Promise<Page<OrchestrationState>> {
  for await (const page of hub.client.getAllInstances(query).asPages()) return page;
  throw new Error('there is always a first page');
}

/** Runs instances to their end, one after the other. */
async function runAll(hub: TestHub, ids: readonly string[]): Promise<OrchestrationState[]> {
  const states: OrchestrationState[] = [];
  for (const instanceId of ids) states.push(await hub.run('brief', instanceId, { instanceId }));
  return states;
}

test('pages of every size show each instance once, always in the same order', async () => {
  const hub = server.hub();
  const ids = numbered(7);
  await startAll(hub, ids);

  for (let pageSize = 1; pageSize <= 8; pageSize++) {
    const pages = await pagesOf(hub, { pageSize });
    const sizes = pages.map((page) => page.values.length).filter((size) => size > 0);
    expect(sizes.slice(0, -1).every((size) => size === pageSize)).toBe(true);
    expect(sizes).toHaveLength(Math.ceil(7 / pageSize));
    expect(pages.flatMap((page) => idsOf(page.values))).toEqual(ids);
    expect(pages.at(-1)?.hasMoreResults).toBe(false);
  }
});

test('a token goes on with another page size', async () => {
  const hub = server.hub();
  const ids = numbered(21);
  await startAll(hub, ids);
  const first = await firstPage(hub, { pageSize: 5 });

  const rest = await pagesOf(hub, {}, { token: first.continuationToken, size: 4 });

  expect(idsOf(first.values)).toEqual(ids.slice(0, 5));
  expect(rest.map((page) => page.values.length)).toEqual([4, 4, 4, 4]);
  expect(rest.flatMap((page) => idsOf(page.values))).toEqual(ids.slice(5));
});

test('instances that come and go while somebody turns the pages are neither doubled nor a gap', async () => {
  const hub = server.hub();
  const ids = numbered(12);
  await startAll(hub, ids);
  const seen: string[] = [];
  let page = 0;

  for await (const { values } of hub.client.getAllInstances({ pageSize: 3 }).asPages()) {
    seen.push(...idsOf(values));
    page += 1;
    if (page > 3) continue;
    await startAll(hub, [`new-${page}`]);
    const gone = idsOf(values)[0] ?? '';
    await hub.client.terminateOrchestration(gone);
    await hub.end(gone);
    await hub.client.purgeOrchestration(gone);
  }

  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.filter((id) => id.startsWith('n') && !id.startsWith('new'))).toEqual(ids);
});

test('without a page size a page has 100 instances, and the query goes on to the end', async () => {
  const hub = server.hub();
  await Promise.all(numbered(130).map((instanceId) => hub.start('nobody knows it', 0, { instanceId })));

  expect((await pagesOf(hub, {})).map((page) => page.values.length)).toEqual([100, 30]);
  expect(new Set(idsOf(await found(hub))).size).toBe(130);
});

test('a hub without instances has one empty page', async () => {
  const hub = server.hub();

  const pages = await pagesOf(hub, { pageSize: 10 });

  expect(pages.map((page) => page.values)).toEqual([[]]);
});

test('instances are found by their statuses', async () => {
  const hub = server.hub();
  const { PENDING, RUNNING, SUSPENDED, COMPLETED, FAILED, TERMINATED } = OrchestrationStatus;
  const fails = () => {
    throw new Error('as planned');
  };
  await hub.work({ orchestrators: { brief, fails, waitForOne }, options: { workItemFilters: 'auto' } });
  await startAll(hub, ['pending']);
  await hub.run('brief', 0, { instanceId: 'completed' });
  await hub.run('fails', 0, { instanceId: 'failed' });
  for (const instanceId of ['running', 'suspended', 'terminated']) {
    await hub.start('waitForOne', 0, { instanceId });
    await hub.hasStatus(instanceId, RUNNING);
  }
  await hub.client.suspendOrchestration('suspended');
  await hub.client.terminateOrchestration('terminated');
  await hub.end('terminated');
  const by = async (...statuses: OrchestrationStatus[]) => foundIds(hub, { statuses });

  expect(await Promise.all([PENDING, RUNNING, SUSPENDED].map((status) => by(status)))).toEqual([
    ['pending'],
    ['running'],
    ['suspended'],
  ]);
  expect(await Promise.all([COMPLETED, FAILED, TERMINATED].map((status) => by(status)))).toEqual([
    ['completed'],
    ['failed'],
    ['terminated'],
  ]);
  expect(await by(PENDING, FAILED)).toEqual(['failed', 'pending']);
  expect(await by()).toHaveLength(6);
});

test('instances are found by the time of their creation', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief } });
  const [, second, third] = (await runAll(hub, ['a', 'b', 'c'])).map(({ createdAt }) => createdAt);
  if (second === undefined || third === undefined) throw new Error('three have run');

  expect(await foundIds(hub, { createdFrom: second })).toEqual(['b', 'c']);
  expect(await foundIds(hub, { createdTo: justBefore(second) })).toEqual(['a']);
  expect(await foundIds(hub, { createdFrom: second, createdTo: justBefore(third) })).toEqual(['b']);
  expect(await foundIds(hub, { createdFrom: new Date(Date.now() + 60_000) })).toEqual([]);
});

test('a prefix is taken as it is, without wildcards and with case', async () => {
  const hub = server.hub();
  await startAll(hub, ['a%b', 'a_b', 'axb', 'A%b', 'a\\b', 'a', 'b-a%b']);
  const by = (instanceIdPrefix: string) => foundIds(hub, { instanceIdPrefix });

  expect(await by('a%')).toEqual(['a%b']);
  expect(await by('a_')).toEqual(['a_b']);
  expect(await by('a\\')).toEqual(['a\\b']);
  expect(await by('A')).toEqual(['A%b']);
  expect(await by('a')).toEqual(['a', 'a%b', 'a\\b', 'a_b', 'axb']);
  expect(await by('a%bc')).toEqual([]);
});

test('all conditions of a query hold at once, on every page', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { brief }, options: { workItemFilters: 'auto' } });
  const states = await runAll(hub, ['y-0', 'x-0', 'x-1', 'y-1', 'x-2', 'x-3']);
  await startAll(hub, ['x-pending']);
  const query = {
    statuses: [OrchestrationStatus.COMPLETED],
    instanceIdPrefix: 'x-',
    createdFrom: states[2]?.createdAt ?? new Date(0),
  };

  for (const pageSize of [1, 2, 10]) {
    expect(idsOf(await found(hub, { ...query, pageSize }))).toEqual(['x-1', 'x-2', 'x-3']);
  }
});

test('inputs, outputs and custom statuses are shown to those who ask for them', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });
  const id = await hub.start('waitForOne', 'in', { tags: { team: 'billing' } });
  await hub.client.raiseOrchestrationEvent(id, 'go', 'out');
  await hub.end(id);

  const [bare] = await found(hub);
  const [whole] = await found(hub, { fetchInputsAndOutputs: true });

  expect(bare).toMatchObject({ name: 'waitForOne', runtimeStatus: OrchestrationStatus.COMPLETED });
  expect([bare?.serializedInput, bare?.serializedOutput]).toEqual([undefined, undefined]);
  expect(whole).toMatchObject({
    ...{ serializedInput: '"in"', serializedOutput: '"out"', serializedCustomStatus: '"waiting"' },
    tags: { team: 'billing' },
  });
  expect(whole).toEqual(await hub.state(id));
});

test('what orchestrations start is found like what clients start', async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext) {
    yield* wait(context.callSubOrchestrator('brief', undefined, { instanceId: 'child' }));
  }
  await hub.work({ orchestrators: { parent, brief } });
  await hub.run('parent', undefined, { instanceId: 'parent' });

  expect(await foundIds(hub, {})).toEqual(['child', 'parent']);
});

test('a page of large instances is cut short before other packages refuse it, and the query goes on', async () => {
  const hub = server.hub();
  const input = 'abcdefghijklmnop'.repeat(65_536);
  for (const instanceId of numbered(7)) await hub.start('nobody knows it', input, { instanceId });

  const pages = await pagesOf(hub, { fetchInputsAndOutputs: true });
  const withoutInputs = await pagesOf(hub, {});

  expect(pages.flatMap((page) => idsOf(page.values))).toEqual(numbered(7));
  for (const { values } of pages) {
    // Bytes as well, for the text is plain.
    const size = values.reduce((sum, { serializedInput }) => sum + (serializedInput?.length ?? 0), 0);
    expect(size).toBeLessThan(4 * 1024 * 1024);
  }
  expect(withoutInputs).toHaveLength(1);
});

test('a query finds nothing of another hub, and refuses its tokens', async () => {
  const [here, there] = [server.hub(), server.hub()];
  await startAll(there, ['twin', 'theirs']);
  await startAll(here, ['twin']);
  const { continuationToken: token } = await firstPage(there, { pageSize: 1 });

  expect(await foundIds(here, { taskHubNames: [there.name] })).toEqual(['twin']);
  await expect(pagesOf(here, {}, { token })).rejects.toMatchObject({ code: GrpcStatus.INVALID_ARGUMENT });
});

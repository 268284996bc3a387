import { status } from '@grpc/grpc-js';
import { describe, expect, test, vi } from 'vitest';
import { statusNamed, TestHub } from '../helpers/client.ts';
import { complete, createChild, scheduleTask, ScriptedWorker } from '../helpers/scripted-worker.ts';
import { startTestServer, useServer } from '../helpers/server.ts';

const { hub, server } = useServer({ streamGraceSeconds: 0 });

// §13.2. Opening a worker waits for this ping.
test('a stream begins with a health ping without a token (orchestrations §1.10)', async () => {
  const worker = await hub().worker();
  expect(worker.count('ping')).toBe(0);
  worker.close();
});

describe('an orchestration work item', () => {
  // §7.1, §7.5.
  test('has everything that some SDK relies on (orchestrations §1.22)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const first = await worker.turn();
    expect(first.token.length).toBeGreaterThan(0);
    expect(first.token.length).toBeLessThanOrEqual(64);
    expect(first.request).toMatchObject({
      instanceId: id,
      executionId: { value: first.executionId },
      entityParameters: { entityMessageReorderWindow: { seconds: 0, nanos: 0 } },
      requiresHistoryStreaming: false,
      orchestrationTraceContext: null,
    });
    const orchestrationTraceContext = {
      spanID: { value: 'abc' },
      spanStartTime: { seconds: 1_800_000_000, nanos: 123_456_789 },
    };
    await worker.answer(first, [], { orchestrationTraceContext });
    await orders.raise(id, 'go');
    const second = await worker.turn();
    expect(second.request.orchestrationTraceContext).toEqual(orchestrationTraceContext);
    expect(second.token).not.toBe(first.token);
    expect(second.executionId).toBe(first.executionId);
  });

  test('repeats as past exactly what was sent as new before', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const first = await worker.play([scheduleTask(3, 'Charge', { input: { value: '1' } })]);
    await orders.raise(id, 'go');
    const second = await worker.play([]);
    expect(second.request.pastEvents.slice(0, 2)).toEqual(first.request.newEvents);
    expect(second.request.pastEvents[2]).toMatchObject({
      eventId: 3,
      eventType: 'taskScheduled',
      taskScheduled: { name: 'Charge', input: { value: '1' } },
    });
    await orders.raise(id, 'on');
    const third = await worker.turn();
    expect(third.request.pastEvents).toEqual([...second.request.pastEvents, ...second.request.newEvents]);
  });

  test('goes to one stream only', async () => {
    const orders = hub();
    const workers = [await orders.worker(), await orders.worker()];
    for (let n = 0; n < 6; n++) await orders.start();
    const count = (): number => workers.reduce((sum, worker) => sum + worker.count('orchestration'), 0);
    await vi.waitUntil(() => count() >= 6);
    for (const worker of workers) expect(worker.count('orchestration')).toBe(3);
  });

  test('is the only one of its instance: what arrives meanwhile waits', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const item = await worker.turn();
    await orders.raise(id, 'held');
    const other = await orders.start();
    expect((await worker.turn()).instanceId).toBe(other);
    expect(worker.count('orchestration')).toBe(0);
    await worker.answer(item, []);
    expect((await worker.turn()).news).toEqual(['orchestratorStarted', 'eventRaised']);
  });
});

describe('limits', () => {
  // §13.1: outstanding items, counted by kind.
  test('no more turns are out than the stream asked for, and an answer makes room', async () => {
    const orders = hub();
    const worker = await orders.worker({
      request: { maxConcurrentOrchestrationWorkItems: 2, maxConcurrentActivityWorkItems: 1 },
    });
    for (let n = 0; n < 5; n++) await orders.start();
    const [first, second] = [await worker.turn(), await worker.turn()];
    await worker.answer(first, [scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
    const activity = await worker.activity();
    const third = await worker.turn();
    expect(worker.count('orchestration')).toBe(0);
    expect(worker.count('activity')).toBe(0);
    await worker.completeActivity(activity);
    expect((await worker.activity()).request.name).toBe('B');
    await worker.answer(second, [complete()]);
    await worker.answer(third, [complete()]);
    await worker.turn();
    await worker.turn();
  });

  // JavaScript and Go send all zeros.
  test('zero is no limit given, of turns and of activities (orchestrations §1.9)', async () => {
    const orders = hub();
    const worker = await orders.worker({
      request: { maxConcurrentOrchestrationWorkItems: 0, maxConcurrentActivityWorkItems: 0 },
    });
    const ids = await Promise.all(Array.from({ length: 20 }, () => orders.start()));
    const turns = [];
    while (turns.length < ids.length) turns.push(await worker.turn());
    expect(turns.map(({ instanceId }) => instanceId).toSorted()).toEqual(ids.toSorted());
    const [first] = turns;
    if (!first) throw new Error('a turn');
    const names = Array.from({ length: 20 }, (_, n) => `A${n}`);
    await worker.answer(
      first,
      names.map((name, n) => scheduleTask(n, name)),
    );
    const seen: string[] = [];
    while (seen.length < names.length) seen.push((await worker.activity()).request.name);
    expect(seen.toSorted()).toEqual(names.toSorted());
  });
});

describe('filters', () => {
  const orchestration = (name: string, ...versions: string[]) => ({
    request: { workItemFilters: { orchestrations: [{ name, versions }] } },
  });

  test('a stream gets the names that it lists; the rest stays PENDING until somebody wants it', async () => {
    const orders = hub();
    const picky = await orders.worker(orchestration('Wanted'));
    const unwanted = await orders.start({ name: 'Unwanted' });
    const wanted = await orders.start({ name: 'Wanted' });
    expect((await picky.turn()).instanceId).toBe(wanted);
    expect(await orders.status(unwanted)).toBe(statusNamed('PENDING'));
    const open = await orders.worker();
    expect((await open.turn()).instanceId).toBe(unwanted);
  });

  test('may be a thousand names and versions together; more are refused', async () => {
    const orders = hub();
    const names = (count: number) => ({
      orchestrations: [{ name: 'Order', versions: Array.from({ length: 400 }, (_, n) => `${n}`) }],
      activities: Array.from({ length: 500 }, (_, n) => ({ name: `A${n}`, versions: [] })),
      entities: Array.from({ length: count - 900 }, (_, n) => ({ name: `e${n}` })),
    });
    const most = await orders.worker({ request: { workItemFilters: names(1_000) } });
    const id = await orders.start({ version: { value: '399' } });
    expect((await most.turn()).instanceId).toBe(id);
    const more = new ScriptedWorker(orders.endpoint, orders.name, {
      request: { workItemFilters: names(1_001) },
    });
    expect(await more.ended).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'a worker may list 1000 names and versions; this one lists 1001',
    });
    more.close();
  });

  test('versions match exactly, and the empty one matches none as well as the empty one', async () => {
    const orders = hub();
    const versioned = await orders.worker(orchestration('Order', '1.0', '2.0'));
    const unversioned = await orders.worker(orchestration('Order', ''));
    const ids = {
      none: await orders.start(),
      empty: await orders.start({ version: { value: '' } }),
      one: await orders.start({ version: { value: '1.0' } }),
      three: await orders.start({ version: { value: '3.0' } }),
      two: await orders.start({ version: { value: '2.0' } }),
    };
    expect([(await versioned.turn()).instanceId, (await versioned.turn()).instanceId].toSorted()).toEqual(
      [ids.one, ids.two].toSorted(),
    );
    expect([(await unversioned.turn()).instanceId, (await unversioned.turn()).instanceId].toSorted()).toEqual(
      [ids.none, ids.empty].toSorted(),
    );
    expect(await orders.status(ids.three)).toBe(statusNamed('PENDING'));
  });

  test('the same name several times is the union of its versions', async () => {
    const orders = hub();
    const workItemFilters = {
      orchestrations: [
        { name: 'Order', versions: ['1'] },
        { name: 'Order', versions: ['2'] },
      ],
    };
    const worker = await orders.worker({ request: { workItemFilters } });
    await orders.start({ version: { value: '1' } });
    await orders.start({ version: { value: '2' } });
    const seen = [await worker.turn(), await worker.turn()].map((item) => item.request.newEvents[1]);
    expect(seen).toHaveLength(2);
  });

  test('a category without entries gets nothing when there are filters at all', async () => {
    const orders = hub();
    const turns = await orders.worker(orchestration('Order'));
    await orders.start();
    await turns.play([scheduleTask(1, 'Charge')]);
    const activities = await orders.worker({
      request: { workItemFilters: { activities: [{ name: 'Charge', versions: [] }] } },
    });
    expect((await activities.activity()).request.name).toBe('Charge');
    expect(turns.count('activity')).toBe(0);
  });

  // §12.1: for matching only.
  test('an activity without a version counts as having its orchestration’s', async () => {
    const orders = hub();
    const turns = await orders.worker(orchestration('Order'));
    const activities = await orders.worker({
      request: { workItemFilters: { activities: [{ name: 'Charge', versions: ['3.0.0'] }] } },
    });
    await orders.start({ version: { value: '3.0.0' } });
    await turns.play([scheduleTask(1, 'Charge', { version: { value: '1.0.0' } }), scheduleTask(2, 'Charge')]);
    const item = await activities.activity();
    expect(item.request).toMatchObject({ taskId: 2, version: null });
    expect(activities.count('activity')).toBe(0);
  });

  test('children are filtered by their own name and version', async () => {
    const orders = hub();
    const worker = await orders.worker(orchestration('Order'));
    const children = await orders.worker(orchestration('Child', '7'));
    await orders.start({ version: { value: '1' } });
    await worker.play([createChild(1, { instanceId: 'c', version: { value: '7' } })]);
    expect((await children.turn()).instanceId).toBe('c');
  });
});

describe('hubs', () => {
  test('a stream gets the work of its own hub only', async () => {
    const [mine, yours] = [hub(), hub()];
    const [worker, other] = [await mine.worker(), await yours.worker()];
    const id = await mine.start();
    const otherId = await yours.start();
    expect((await worker.turn()).instanceId).toBe(id);
    expect((await other.turn()).instanceId).toBe(otherId);
    expect(worker.count('orchestration') + other.count('orchestration')).toBe(0);
  });
});

// Go sends no header and no completion token; Java no worker id and no Hello.
test('a worker without headers, Hello and tokens serves the default hub (entities §0.13)', async () => {
  const orders = new TestHub(server().endpoint, 'default');
  const worker = new ScriptedWorker(orders.endpoint, undefined);
  const id = await orders.start();
  const turn = await worker.turn();
  expect(turn.instanceId).toBe(id);
  await worker.answer({ ...turn, token: '' }, [scheduleTask(1, 'A')]);
  const activity = await worker.activity();
  await worker.completeActivity({ ...activity, token: '' }, { result: { value: '1' } });
  const next = await worker.turn();
  expect(next.news).toContain('taskCompleted');
  await worker.answer({ ...next, token: '' }, [complete('"done"')]);
  expect((await orders.completed(id)).output).toEqual({ value: '"done"' });
  worker.close();
  orders.close();
});

describe('a stream that is lost', () => {
  // §13.4.
  test('gives its items to another one, with the same events', async () => {
    const orders = hub();
    const lost = await orders.worker();
    const id = await orders.start();
    const before = await lost.turn();
    lost.cancel();
    const next = await orders.worker();
    const after = await next.turn();
    expect(after.instanceId).toBe(id);
    expect(after.news).toEqual(before.news);
    expect(after.executionId).toBe(before.executionId);
    expect(after.token).not.toBe(before.token);
  });

  test('gives its activities to another one', async () => {
    const orders = hub();
    const lost = await orders.worker();
    await orders.start();
    await lost.play([scheduleTask(1, 'Charge', { input: { value: '1' } })]);
    const before = await lost.activity();
    lost.cancel();
    const next = await orders.worker();
    const after = await next.activity();
    expect(after.request).toEqual(before.request);
  });

  // §13.4: never write to a stream that does not drain.
  test('or is only not read does not hold up others', async () => {
    const orders = hub();
    const stuck = await orders.worker();
    stuck.pause();
    const ids = await Promise.all(
      Array.from({ length: 60 }, () => orders.start({ input: { value: 'x'.repeat(200_000) } })),
    );
    const worker = await orders.worker();
    const seen = new Set([(await worker.turn()).instanceId]);
    stuck.cancel();
    while (seen.size < ids.length) seen.add((await worker.turn()).instanceId);
    expect([...seen].toSorted()).toEqual(ids.toSorted());
  });

  // Decisions 18: a Java worker whose call failed leaves its old stream open and unread.
  test('is superseded by a newer one of the same Java worker', async () => {
    const orders = hub();
    const java = { metadata: { 'x-user-agent': 'durabletask-java/1.5.0' } };
    const old = await orders.worker(java);
    await orders.worker(java);
    expect(await old.ended).toMatchObject({ code: 1 });
  });

  test('of another SDK is not superseded', async () => {
    const orders = hub();
    const first = await orders.worker();
    await orders.worker();
    await orders.start();
    await orders.start();
    expect((await first.turn()).news).toContain('executionStarted');
  });
});

test('streams end with UNAVAILABLE when the server stops', async () => {
  const server = await startTestServer();
  const orders = new TestHub(server.endpoint, 'orders');
  const worker = await orders.worker();
  await server.close();
  expect(await worker.ended).toMatchObject({ code: 14 });
  orders.close();
});

describe('work items that nobody gets through', () => {
  const strict = useServer({ streamGraceSeconds: 0, maxDeliveryAttempts: 2 });

  test('fail their instance after so many deliveries, with a reason to read', async () => {
    const orders = strict.hub();
    const id = await orders.start();
    for (let attempt = 0; attempt < 2; attempt++) {
      const worker = await orders.worker();
      await worker.turn();
      worker.cancel();
    }
    expect(await orders.completed(id)).toMatchObject({
      orchestrationStatus: statusNamed('FAILED'),
      failureDetails: {
        errorType: 'WorkItemQuarantined',
        errorMessage: expect.stringMatching(/2 deliveries.*worker went away/) as unknown,
        isNonRetriable: true,
      },
    });
  });

  test('report the failure of an activity to its orchestration', async () => {
    const orders = strict.hub();
    const turns = await orders.worker({
      request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
    });
    await orders.start();
    await turns.play([scheduleTask(1, 'Crash')]);
    for (let attempt = 0; attempt < 2; attempt++) {
      const worker = await orders.worker({
        request: { workItemFilters: { activities: [{ name: 'Crash', versions: [] }] } },
      });
      await worker.activity();
      worker.cancel();
    }
    const item = await turns.turn();
    expect(item.request.newEvents[1]).toMatchObject({
      eventType: 'taskFailed',
      taskFailed: {
        taskScheduledId: 1,
        failureDetails: { errorType: 'WorkItemQuarantined', isNonRetriable: true },
      },
    });
  });
});

describe('leases', () => {
  const short = useServer({ orchestrationLeaseSeconds: 1, activityLeaseSeconds: 1 });

  test('a turn that takes too long goes out again, and the late answer is accepted and ignored', async () => {
    const orders = short.hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const late = await worker.turn();
    const again = await worker.turn();
    expect(again.news).toEqual(late.news);
    await worker.answer(late, [complete('"late"')]);
    expect(await orders.status(id)).toBe(statusNamed('PENDING'));
    await worker.answer(again, [complete('"in time"')]);
    expect((await orders.completed(id)).output).toEqual({ value: '"in time"' });
  });

  // Design §3.2: the first result for a row that still exists counts, whatever its attempt.
  test('an activity that takes too long goes out again, and the first result counts', async () => {
    const orders = short.hub();
    const worker = await orders.worker();
    await orders.start();
    await worker.play([scheduleTask(1, 'Slow')]);
    const late = await worker.activity();
    const again = await worker.activity();
    expect(again.request).toEqual(late.request);
    await worker.completeActivity(late, { result: { value: '"late"' } });
    await worker.completeActivity(again, { result: { value: '"again"' } });
    const item = await worker.turn();
    expect(item.request.newEvents.slice(1)).toMatchObject([
      { eventType: 'taskCompleted', taskCompleted: { result: { value: '"late"' } } },
    ]);
  });
});

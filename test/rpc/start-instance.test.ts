import { describe, expect, test } from 'vitest';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { complete, eventOf, fail, fromNow, type ScriptedWorker } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();
const ms = ({ seconds, nanos }: Timestamp): number => seconds * 1000 + nanos / 1e6;

describe('what is started', () => {
  test('is PENDING with a creation time until its first turn is recorded', async () => {
    const orders = hub();
    const id = await orders.start({ input: { value: '{"a":1}' } });
    const state = await orders.get(id);
    expect(state).toMatchObject({
      instanceId: id,
      name: 'Order',
      orchestrationStatus: statusNamed('PENDING'),
      input: { value: '{"a":1}' },
      output: null,
      customStatus: null,
      failureDetails: null,
      completedTimestamp: null,
      scheduledStartTimestamp: null,
      parentInstanceId: null,
    });
    expect(state.createdTimestamp).not.toBeNull();
    expect(state.lastUpdatedTimestamp).not.toBeNull();
  });

  // §7.3.
  test('reaches a worker as OrchestratorStarted and an ExecutionStarted that carries everything (orchestrations §1.4, §1.18, §1.19)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({
      version: { value: '2.1' },
      input: { value: '[1]' },
      tags: { team: 'blue', '': 'empty' },
      parentTraceContext: {
        traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        spanID: 'b7ad6b7169203331',
        traceState: { value: 'x=y' },
      },
    });
    const item = await worker.turn();
    expect(item.news).toEqual(['orchestratorStarted', 'executionStarted']);
    expect(item.request.pastEvents).toEqual([]);
    expect(item.request.newEvents.every(({ eventId, timestamp }) => eventId === -1 && timestamp)).toBe(true);
    expect(item.executionId).toMatch(/^[0-9a-f]{32}$/);
    expect(eventOf(item, 'executionStarted').executionStarted).toMatchObject({
      name: 'Order',
      version: { value: '2.1' },
      input: { value: '[1]' },
      orchestrationInstance: { instanceId: id, executionId: { value: item.executionId } },
      parentInstance: null,
      scheduledStartTimestamp: null,
      tags: { team: 'blue', '': 'empty' },
      parentTraceContext: {
        traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        spanID: 'b7ad6b7169203331',
        traceState: { value: 'x=y' },
      },
    });
    expect(await orders.get(id)).toMatchObject({
      version: { value: '2.1' },
      tags: { team: 'blue', '': 'empty' },
      executionId: { value: item.executionId },
    });
  });

  test('has a generated id of 32 hex digits when none is given', async () => {
    expect(await hub().start({ instanceId: '' })).toMatch(/^[0-9a-f]{32}$/);
  });

  test('has the execution id that the caller gave', async () => {
    const orders = hub();
    const id = await orders.start({ executionId: { value: 'chosen' } });
    expect((await orders.get(id)).executionId).toEqual({ value: 'chosen' });
  });

  // §9.4
  test('tells an empty version from none', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start({ version: { value: '' } });
    expect(eventOf(await worker.turn(), 'executionStarted').executionStarted.version).toEqual({ value: '' });
    await orders.start();
    expect(eventOf(await worker.turn(), 'executionStarted').executionStarted.version).toBeNull();
  });

  // §3.2.
  test('has no input when the input is an empty string, but keeps the JSON of one (orchestrations §1.25)', async () => {
    const orders = hub();
    const none = await orders.start({ input: { value: '' } });
    expect((await orders.get(none)).input).toBeNull();
    const empty = await orders.start({ input: { value: '""' } });
    expect((await orders.get(empty)).input).toEqual({ value: '""' });
  });

  test('may have an id of 100 characters', async () => {
    const id = 'i'.repeat(100);
    expect(await hub().start({ instanceId: id })).toBe(id);
  });
});

describe('a scheduled start', () => {
  test('in the future waits for its time, PENDING and known', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const at = fromNow(700);
    const id = await orders.start({ scheduledStartTimestamp: at });
    expect(await orders.get(id)).toMatchObject({
      orchestrationStatus: statusNamed('PENDING'),
      scheduledStartTimestamp: at,
    });
    const waiting = { instanceId: id };
    await expect(
      orders.client.call('WaitForInstanceStart', waiting, { timeoutMs: 200 }),
    ).rejects.toMatchObject({ code: 4 });
    const item = await worker.turn();
    expect(Date.now()).toBeGreaterThanOrEqual(ms(at) - 5);
    expect(item.news).toEqual(['orchestratorStarted', 'executionStarted']);
    const { timestamp } = eventOf(item, 'orchestratorStarted');
    expect(ms(timestamp ?? at)).toBeGreaterThan(ms(at));
    expect(eventOf(item, 'executionStarted').executionStarted.scheduledStartTimestamp).toEqual(at);
  });

  // JavaScript sends the epoch with every start.
  test.each([
    ['at the epoch', { seconds: 0, nanos: 0 }],
    ['a minute ago', fromNow(-60_000)],
    ['before the epoch', { seconds: -62_135_596_800, nanos: 0 }],
  ])('%s is no scheduled start (orchestrations §1.25)', async (_, scheduledStartTimestamp) => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ scheduledStartTimestamp });
    const item = await worker.turn();
    expect(item.instanceId).toBe(id);
    expect(eventOf(item, 'executionStarted').executionStarted.scheduledStartTimestamp).toBeNull();
    expect((await orders.get(id)).scheduledStartTimestamp).toBeNull();
  });

  test.each([
    ['in 150 years', 6_500_000_000],
    ['in the last second of all calendars', 253_402_300_799],
  ])('%s is taken, and disturbs nobody', async (_, seconds) => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ scheduledStartTimestamp: { seconds, nanos: 999_999_000 } });
    const other = await orders.start();
    expect((await worker.turn()).instanceId).toBe(other);
    const state = await orders.get(id);
    expect(state.orchestrationStatus).toBe(statusNamed('PENDING'));
    // Beyond the year 2255 the time is only shown as "far away".
    expect(state.scheduledStartTimestamp?.seconds).toBe(Math.min(seconds, 9_007_199_254));
  });
});

describe('an id that is taken', () => {
  type Holder = 'COMPLETED' | 'FAILED' | 'TERMINATED' | 'PENDING' | 'RUNNING' | 'SUSPENDED';

  /** Brings an instance into that status; its input says that it is the old one. */
  async function holder(orders: TestHub, worker: ScriptedWorker, is: Holder): Promise<string> {
    const name = is === 'PENDING' ? 'Unserved' : 'Order';
    const id = await orders.start({ name, input: { value: '"old"' } });
    if (is === 'PENDING') return id;
    await worker.play(is === 'COMPLETED' ? [complete()] : is === 'FAILED' ? [fail({ errorType: 'E' })] : []);
    if (is === 'TERMINATED') await orders.terminate(id);
    if (is === 'SUSPENDED') await orders.suspend(id);
    expect(await orders.status(id)).toBe(statusNamed(is));
    return id;
  }

  const all: Holder[] = ['COMPLETED', 'FAILED', 'TERMINATED', 'PENDING', 'RUNNING', 'SUSPENDED'];
  const policyOf = (...statuses: Holder[]): MessageInput<'OrchestrationIdReusePolicy'> => ({
    replaceableStatus: statuses.map(statusNamed),
  });
  const onlyOrders = {
    request: { workItemFilters: { orchestrations: [{ name: 'Order', versions: [] }] } },
  };

  async function start(
    is: Holder,
    orchestrationIdReusePolicy: MessageInput<'OrchestrationIdReusePolicy'> | null,
  ): Promise<{ orders: TestHub; id: string; before: string | undefined; again: Promise<unknown> }> {
    const orders = hub();
    const id = await holder(orders, await orders.worker(onlyOrders), is);
    const before = (await orders.get(id)).executionId?.value;
    const request = { instanceId: id, name: 'Again', input: { value: '"new"' }, orchestrationIdReusePolicy };
    return { orders, id, before, again: orders.client.call('StartInstance', request) };
  }

  /** What §4.2 says: is the holder replaced? */
  const table: [Holder, string, MessageInput<'OrchestrationIdReusePolicy'> | null, boolean][] = all.flatMap(
    (is) => {
      const isFinished = ['COMPLETED', 'FAILED', 'TERMINATED'].includes(is);
      const without = all.filter((other) => other !== is && (isFinished || other !== 'TERMINATED'));
      const finishedOnly = without.filter((other) => ['COMPLETED', 'FAILED', 'TERMINATED'].includes(other));
      return [
        [is, 'without a policy', null, isFinished],
        [is, 'with a policy that lists it', policyOf(is, 'TERMINATED'), true],
        [is, 'with a policy that does not list it', policyOf(...finishedOnly), false],
        [is, 'with a policy that lists nothing', policyOf(), false],
      ];
    },
  );

  test.each(table)(
    'by one that is %s, %s (%j): replaced is %s (orchestrations §1.15)',
    async (is, _, policy, isReplaced) => {
      const { orders, id, before, again } = await start(is, policy);
      if (isReplaced) {
        await expect(again).resolves.toEqual({ instanceId: id });
        const state = await orders.get(id);
        expect(state).toMatchObject({
          name: 'Again',
          input: { value: '"new"' },
          orchestrationStatus: statusNamed('PENDING'),
        });
        expect(state.executionId?.value).not.toBe(before);
      } else {
        await expect(again).rejects.toMatchObject({
          code: 6,
          details: expect.stringContaining(id) as unknown,
        });
        expect(await orders.get(id)).toMatchObject({
          orchestrationStatus: statusNamed(is),
          input: { value: '"old"' },
          executionId: { value: before },
        });
      }
    },
  );

  test('is not looked at when the policy allows living holders but no terminated ones (orchestrations §1.15)', async () => {
    const text =
      "Invalid reusable statuses: cannot exclude 'Terminated' while also allowing reuse of running instances";
    for (const living of ['RUNNING', 'PENDING', 'SUSPENDED'] as const) {
      const request = {
        instanceId: 'nobody',
        name: 'Order',
        orchestrationIdReusePolicy: policyOf(living, 'COMPLETED'),
      };
      const orders = hub();
      await expect(orders.client.call('StartInstance', request)).rejects.toMatchObject({
        code: 3,
        details: text,
      });
      expect(await orders.find('nobody')).toBeNull();
    }
  });

  test('is free of its old life: the old turn’s answer changes nothing, old events do not come', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ input: { value: '"old"' } });
    await worker.play([]);
    await orders.raise(id, 'wakes');
    const old = await worker.turn();
    await orders.raise(id, 'too-late');
    const orchestrationIdReusePolicy = policyOf('RUNNING', 'TERMINATED');
    await orders.start({ instanceId: id, input: { value: '"new"' }, orchestrationIdReusePolicy });
    await worker.answer(old, [complete('"old"')]);
    const item = await worker.turn();
    expect(item.news).toEqual(['orchestratorStarted', 'executionStarted']);
    expect(item.request.pastEvents).toEqual([]);
    expect(item.executionId).not.toBe(old.executionId);
    await worker.answer(item, [complete('"new"')]);
    expect((await orders.completed(id)).output).toEqual({ value: '"new"' });
  });
});

import { describe, expect, test } from 'vitest';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { signal } from '../helpers/entities.ts';
import {
  complete,
  continueAsNew,
  createChild,
  eventOf,
  fail,
  scheduleTask,
  type TurnItem,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

/** Every field is filled, also the deprecated one, and none says the same as another: nothing may be rebuilt. */
function context(n: number): MessageInput<'TraceContext'> {
  return { traceParent: `00-${n}-parent-01`, spanID: `span ${n}`, traceState: { value: `vendor=${n}` } };
}
const untraced = { traceParent: '', spanID: '', traceState: null };

const startedWith = (item: TurnItem): unknown =>
  eventOf(item, 'executionStarted').executionStarted.parentTraceContext;

// Contract entities-and-connection §10, row by row.
describe('a trace context is handed on as it came (entities §10)', () => {
  test('from a start to the execution, and to the next one by continue-as-new', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start({ parentTraceContext: context(1) });
    expect(startedWith(await worker.play([continueAsNew('2')]))).toEqual(context(1));
    expect(startedWith(await worker.play([complete()]))).toEqual(context(1));
  });

  test.each([null, untraced])('also none, or an empty one: %j', async (parentTraceContext) => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start({ parentTraceContext });
    expect(startedWith(await worker.turn())).toEqual(parentTraceContext);
  });

  test('from an action to the activity and its event', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start();
    await worker.play([scheduleTask(1, 'Pay', { parentTraceContext: context(1) })]);
    const activity = await worker.activity();
    expect(activity.request.parentTraceContext).toEqual(context(1));
    await worker.completeActivity(activity);
    expect((await worker.turn()).request.pastEvents.at(-1)).toMatchObject({
      taskScheduled: { parentTraceContext: context(1) },
    });
  });

  test('from an action to the sub-orchestration and its event', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start({ parentTraceContext: context(1) });
    await worker.play([createChild(1, { name: 'Ship', parentTraceContext: context(2) })]);
    expect(startedWith(await worker.play([complete()]))).toEqual(context(2));
    const { instanceId, request } = await worker.turn();
    expect(instanceId).toBe(id);
    expect(request.pastEvents.at(-1)).toMatchObject({
      subOrchestrationInstanceCreated: { parentTraceContext: context(2) },
    });
  });

  test('from an entity to the orchestration that it starts', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await signal(orders, '@counter@1', 'start');
    const start = { instanceId: 'shipped', name: 'Ship', parentTraceContext: context(1) };
    await worker.playBatch('1', { actions: [{ startNewOrchestration: start }] });
    expect(startedWith(await worker.turn())).toEqual(context(1));
  });
});

describe('what an orchestrator says of its own span (entities §10)', () => {
  const own = (n: number) => ({ spanID: { value: `span ${n}` }, spanStartTime: { seconds: n, nanos: 100 } });

  test('comes back with each turn of the execution, until it says another', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const seen = [];
    for (const said of [
      own(1),
      null,
      { spanID: null, spanStartTime: null },
      { spanID: { value: '' } },
      own(2),
    ]) {
      seen.push(
        (await worker.play([], { orchestrationTraceContext: said })).request.orchestrationTraceContext,
      );
      await orders.raise(id, 'go');
    }
    seen.push((await worker.turn()).request.orchestrationTraceContext);
    expect(seen).toEqual([null, own(1), own(1), own(1), own(1), own(2)]);
  });

  test('ends with the execution: after continue-as-new, a rewind and a restart nothing is left of it', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const id = await orders.start();
    const said = { orchestrationTraceContext: own(1) };
    await worker.play([], said);
    await orders.raise(id, 'go');
    await worker.play([continueAsNew('2')], said);
    const renewed = await worker.play([], said);
    await orders.raise(id, 'go');
    await worker.play([fail({ errorType: 'E', errorMessage: 'broken' })], said);
    await orders.completed(id);
    await orders.client.call('RewindInstance', { instanceId: id });
    const rewound = await worker.play([complete()], said);
    await orders.completed(id);
    await orders.client.call('RestartInstance', { instanceId: id, restartWithNewInstanceId: false });
    const restarted = await worker.turn();
    expect([renewed, rewound, restarted].map(({ request }) => request.orchestrationTraceContext)).toEqual([
      null,
      null,
      null,
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import {
  complete,
  continueAsNew,
  createChild,
  eventOf,
  scheduleTask,
  type TurnItem,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();

const startedWith = (item: TurnItem): unknown => eventOf(item, 'executionStarted').executionStarted.tags;

// Contract entities-and-connection §6.
describe('tags (entities §6)', () => {
  test('of a start are the execution’s and the instance’s, and continue-as-new keeps them', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const tags = { team: 'blue', 'durabletask.displayName': 'Order 7', '': 'empty key', leer: '' };
    const id = await orders.start({ tags });
    expect(startedWith(await worker.play([continueAsNew('2')]))).toEqual(tags);
    const renewed = await worker.play([
      { id: 1, completeOrchestration: { ...complete().completeOrchestration, tags: { other: 'ignored' } } },
    ]);
    expect(startedWith(renewed)).toEqual(tags);
    expect(await orders.completed(id)).toMatchObject({ tags });
  });

  test('of an action are the activity’s and its event’s', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start({ tags: { of: 'the parent' } });
    await worker.play([scheduleTask(1, 'Pay', { tags: { of: 'the activity' } }), scheduleTask(2, 'Ship')]);
    const activities = [await worker.activity(), await worker.activity()];
    const byName = Object.fromEntries(activities.map(({ request }) => [request.name, request.tags]));
    expect(byName).toEqual({ Pay: { of: 'the activity' }, Ship: {} });
    for (const activity of activities) await worker.completeActivity(activity);
    const scheduled = (await worker.turn()).request.pastEvents.flatMap((event) =>
      event.eventType === 'taskScheduled' ? [event.taskScheduled.tags] : [],
    );
    expect(scheduled).toEqual([{ of: 'the activity' }, {}]);
  });

  test('of a sub-orchestration are those of its action alone, none of its parent’s', async () => {
    const orders = hub();
    const worker = await orders.worker();
    await orders.start({ tags: { of: 'the parent' } });
    await worker.play([
      createChild(1, { instanceId: 'tagged', tags: { of: 'the child' } }),
      createChild(2, { instanceId: 'plain' }),
    ]);
    const children = [await worker.play([complete()]), await worker.play([complete()])];
    const byId = Object.fromEntries(children.map((item) => [item.instanceId, startedWith(item)]));
    expect(byId).toEqual({ tagged: { of: 'the child' }, plain: {} });
    expect((await orders.get('tagged')).tags).toEqual({ of: 'the child' });
    const created = (await worker.turn()).request.pastEvents.flatMap((event) =>
      event.eventType === 'subOrchestrationInstanceCreated'
        ? [event.subOrchestrationInstanceCreated.tags]
        : [],
    );
    expect(created).toEqual([{ of: 'the child' }, {}]);
  });
});

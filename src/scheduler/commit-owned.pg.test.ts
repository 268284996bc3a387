import { answer, expect, startOrder, test, until } from '../../test/helpers/engine.ts';
import { answerBatch, signal } from '../../test/helpers/entity-engine.ts';

test('a slot that was promised to a start that came to nothing is free again', async ({ run }) => {
  const one = await run();
  const { hub } = one;
  const all = one.worker({ maxConcurrentOrchestrationWorkItems: 1 });
  await startOrder(hub, { instanceId: 'taken' });
  await answer(hub, await all.turn(0), []);
  await signal(hub, '@a@1', 'start');
  const start = (instanceId: string) => ({ startNewOrchestration: { instanceId, name: 'Order' } });
  await answerBatch(hub, await all.batch(), { actions: [start('taken')] });
  await startOrder(hub, { instanceId: 'next' });
  expect((await all.turn(1)).request.instanceId).toBe('next');
  expect(all.stream.outstanding.orchestration).toBe(1);
});

test('what an entity starts goes out from here when there is a slot, and from anywhere when there is none', async ({
  run,
}) => {
  const [one, other] = [await run(), await run()];
  const all = one.worker({ maxConcurrentOrchestrationWorkItems: 1 });
  await signal(one.hub, '@a@1', 'start');
  const start = (instanceId: string) => ({ startNewOrchestration: { instanceId, name: 'Order' } });
  await answerBatch(one.hub, await all.batch(), { actions: [start('first'), start('second')] });
  const first = await all.turn(0);
  const elsewhere = other.worker();
  const second = await elsewhere.turn(0);
  expect([first.request.instanceId, second.request.instanceId].toSorted()).toEqual(['first', 'second']);
  await until(() => all.turns.length === 1, 'nothing more here');
});

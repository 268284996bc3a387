import { answer, expect, only, startOrder, test, until } from '../../test/helpers/engine.ts';
import { callAction, lockAction } from '../../test/helpers/entities.ts';
import { answerBatch, entity, namesOf, signal } from '../../test/helpers/entity-engine.ts';
import { complete } from '../../test/helpers/scripted-worker.ts';

const numbered = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `op-${from + i}`);

test('more signals than memory holds come in order, and a lock among them where it stands', async ({
  run,
}) => {
  const one = await run();
  const { hub } = one;
  const turns = one.worker(only({ orchestrations: ['Order'] }));
  await startOrder(hub);
  const turn = await turns.turn(0);
  const before = numbered(0, 1_250);
  for (const name of before) await signal(hub, '@a@1', name);
  await answer(hub, turn, [lockAction(1, 's', '@a@1')]);
  const later = numbered(before.length, 300);
  for (const name of later) await signal(hub, '@a@1', name);

  const batches = one.worker({ workItemFilters: { entities: [{ name: 'a' }] } });
  const seen: string[] = [];
  for (let n = 0; seen.length < before.length; n++) {
    expect(turns.turns).toHaveLength(1);
    const batch = await batches.batch(n);
    seen.push(...namesOf(batch));
    await answerBatch(hub, batch);
  }
  expect(seen).toEqual(before);
  const granted = await turns.turn(1);
  expect(granted.news).toContain('entityLockGranted');
  expect(await entity(hub, '@a@1')).toMatchObject({ backlog: later.length });
  const sent = batches.batches.length;
  await answer(hub, granted, [complete()]);
  for (let n = sent; seen.length < before.length + later.length; n++) {
    const batch = await batches.batch(n);
    seen.push(...namesOf(batch));
    await answerBatch(hub, batch);
  }
  expect(seen).toEqual([...before, ...later]);
});

test('a holder’s call gets through, however many signals wait', async ({ run }) => {
  const one = await run();
  const { hub } = one;
  const turns = one.worker(only({ orchestrations: ['Order'] }));
  await startOrder(hub);
  await answer(hub, await turns.turn(0), [lockAction(1, 's', '@a@1')]);
  const granted = await turns.turn(1);
  for (const name of numbered(0, 1_100)) await signal(hub, '@a@1', name);
  await answer(hub, granted, [callAction(2, '@a@1', 'own')]);
  const batches = one.worker({ workItemFilters: { entities: [{ name: 'a' }] } });
  const batch = await batches.batch(0);
  expect(namesOf(batch)).toEqual(['own']);
  await answerBatch(hub, batch);
  await answer(hub, await turns.turn(2), [complete()]);
  await until(() => batches.batches.length > 1, 'the signals');
  expect(namesOf(await batches.batch(1))[0]).toBe('op-0');
});

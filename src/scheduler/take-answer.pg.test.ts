import { expect, onlyResident, startOrder, test } from '../../test/helpers/engine.ts';
import { unavailable } from '../domain/errors.ts';
import { recordAnswer, undoAnswer } from './take-answer.ts';

test('an answer that can’t be recorded goes out again as a failed delivery, and its worker is told nothing', async ({
  still,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await worker.turn(0);
  await recordAnswer(one.hub, onlyResident(one), () => {
    throw new Error('unheard-of');
  });
  await worker.turn(1);
  expect(onlyResident(one).attempts).toBe(1);
});

test('an answer that could not be recorded for nobody’s fault is no attempt, and its worker repeats it', async ({
  still,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await worker.turn(0);
  const failing = undoAnswer(one.hub, onlyResident(one), () => Promise.reject(unavailable('not now')));
  await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
  await worker.turn(1);
  expect(onlyResident(one).attempts).toBe(0);
});

test('an answer whose guard refuses it is not counted, and its instance is forgotten', async ({
  still,
  db,
}) => {
  const one = await still();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await worker.turn(0);
  const resident = onlyResident(one);
  await db.query('update instances set turn = turn + 1');
  const { partition, key } = resident.state;
  const patch = { kind: 'release', partition, key, turn: 0, attempts: 0, readyInMs: null } as const;
  await recordAnswer(one.hub, resident, () => ({ patch }));
  expect(one.dispatch.residents.get(key)).toBeUndefined();
});

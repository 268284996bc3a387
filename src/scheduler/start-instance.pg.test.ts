import { describe } from 'vitest';
import {
  answer,
  count,
  expect,
  instanceRow,
  onlyResident,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { complete, fromNow } from '../../test/helpers/scripted-worker.ts';
import { type OrchestrationStatus } from '../protocol/messages.ts';

const status = (name: string): OrchestrationStatus => `ORCHESTRATION_STATUS_${name}` as OrchestrationStatus;
const anything = ['RUNNING', 'COMPLETED', 'FAILED', 'TERMINATED', 'PENDING', 'SUSPENDED'].map(status);

/** How several starts ended: ids, or codes of errors. */
async function outcomes(starts: readonly Promise<string>[]): Promise<string[]> {
  const results = await Promise.allSettled(starts);
  return results
    .map((result) =>
      result.status === 'fulfilled' ? result.value : (result.reason as { code: string }).code,
    )
    .sort();
}

const times = <Value>(count: number, make: (i: number) => Value): Value[] =>
  Array.from({ length: count }, (_, i) => make(i));

const freeSlots = ({ dispatch, hub }: StillEngine): number => dispatch.slots.free(hub.hubId, 'orchestration');

describe('several starts of one id at once', () => {
  test('give one instance; the others are told that it exists', async ({ still, db }) => {
    const [one, two] = [await still(), await still()];
    one.worker();
    const starts = times(6, (i) => startOrder((i % 2 === 0 ? one : two).hub, { instanceId: 'a' }));
    expect(await outcomes(starts)).toEqual(['a', ...times(5, () => 'already_exists')]);
    expect([await count(db, 'instances'), await count(db, 'inbox')]).toEqual([1, 1]);
    expect(freeSlots(one), 'slots of the losers came back').toBe(100 - one.dispatch.outstanding);
  });

  test('replace one that has ended, once', async ({ still, db }) => {
    const [one, two] = [await still(), await still()];
    const worker = one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    await answer(one.hub, await worker.turn(), [complete('1')]);
    const starts = times(6, (i) => startOrder((i % 2 === 0 ? one : two).hub, { instanceId: 'a' }));
    expect(await outcomes(starts)).toEqual(['a', ...times(5, () => 'already_exists')]);
    expect([await count(db, 'instances'), await count(db, 'history')]).toEqual([1, 0]);
    expect(freeSlots(one)).toBe(100 - one.dispatch.outstanding);
  });

  test('that may replace a running one leave exactly one, and never end without an answer', async ({
    run,
    db,
  }) => {
    const [one, two] = [await run(), await run()];
    one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    const orchestrationIdReusePolicy = { replaceableStatus: anything };
    const starts = times(4, (i) =>
      startOrder((i % 2 === 0 ? one : two).hub, { instanceId: 'a', orchestrationIdReusePolicy }),
    );
    const ended = await outcomes(starts);
    expect(ended).toContain('a');
    expect(ended.filter((outcome) => outcome !== 'a' && outcome !== 'unavailable')).toEqual([]);
    expect(await count(db, 'instances')).toBe(1);
    expect([one.deaths, two.deaths]).toEqual([[], []]);
  });
});

describe('a start whose id is held by one that runs', () => {
  const cases: readonly (readonly [string, readonly OrchestrationStatus[] | undefined, string])[] = [
    ['is refused by default', undefined, 'already_exists'],
    ['replaces it with a policy for that', anything, 'a'],
    ['is refused with a policy for others', ['COMPLETED', 'TERMINATED'].map(status), 'already_exists'],
    ['is refused with a policy for nothing', [], 'already_exists'],
  ];
  test('is refused or replaces it, as the policy says', async ({ run, db }) => {
    const one = await run();
    one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    for (const [what, statuses, outcome] of cases) {
      const policy = statuses && { orchestrationIdReusePolicy: { replaceableStatus: [...statuses] } };
      expect(await outcomes([startOrder(one.hub, { instanceId: 'a', ...policy })]), what).toEqual([outcome]);
      expect(await count(db, 'instances'), what).toBe(1);
    }
  });
});

describe('a new instance', () => {
  test('is this replica’s when it has a slot, and is handed out when it is committed', async ({
    still,
    db,
  }) => {
    const one = await still();
    const worker = one.worker();
    await startOrder(one.hub, { instanceId: 'a' });
    expect(worker.turns).toHaveLength(1);
    expect(await instanceRow(db, onlyResident(one).state.key)).toMatchObject({
      ...{ owner: one.store.replicaId, ready_at: null },
    });
  });

  test('is anybody’s when it has none, or when its time is yet to come', async ({ still, db }) => {
    const one = await still();
    await startOrder(one.hub, { instanceId: 'now' });
    one.worker();
    await startOrder(one.hub, { instanceId: 'later', scheduledStartTimestamp: fromNow(60_000) });
    expect(one.dispatch.residents.count).toBe(0);
    expect(one.results.map(({ spilled }) => spilled.length)).toEqual([1, 0]);
    expect((await db.query('select distinct owner from instances')).rows).toEqual([{ owner: null }]);
    expect([await count(db, 'timers'), await count(db, 'inbox')]).toEqual([1, 1]);
  });

  test('that was not committed leaves no slot promised', async ({ still }) => {
    const one = await still();
    one.worker();
    one.store.abort('it has died');
    await expect(startOrder(one.hub, { instanceId: 'b' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(freeSlots(one)).toBe(100);
  });
});

test('a policy that allows to replace running but not terminated holders is refused before anything is looked at', async ({
  still,
  db,
}) => {
  const one = await still();
  const orchestrationIdReusePolicy = { replaceableStatus: [status('RUNNING')] };
  await expect(startOrder(one.hub, { instanceId: 'a', orchestrationIdReusePolicy })).rejects.toMatchObject({
    code: 'invalid_argument',
  });
  expect(await count(db, 'instances')).toBe(0);
});

import { answer, expect, only, startOrder, test } from '../../test/helpers/engine.ts';
import { scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { claimWork } from './claim-work.ts';
import { measureBacklog } from './measure-backlog.ts';

test('shows what waits for a replica, by hub and kind, and nothing once it is taken', async ({
  still,
  db,
}) => {
  const one = await still();
  const turns = one.worker({
    ...only({ orchestrations: ['Order'] }),
    maxConcurrentOrchestrationWorkItems: 9,
  });
  await startOrder(one.hub);
  await answer(one.hub, await turns.turn(), [scheduleTask(1, 'A'), scheduleTask(2, 'B')]);
  for (let i = 0; i < 3; i++) await startOrder(one.hub, { name: 'Other' });
  await db.query("update instances set ready_at = clock_timestamp() - interval '90 s' where owner is null");
  await db.query("update activities set not_before = clock_timestamp() + interval '1 h' where name = 'B'");

  const shown = async (): Promise<string[]> => {
    await measureBacklog(one.hub);
    const lines = (await one.metrics.render()).split('\n');
    return lines.filter((line) => line.startsWith('perdura_backlog_'));
  };
  const before = await shown();
  expect(before).toEqual(
    expect.arrayContaining([
      'perdura_backlog_items{hub="default",kind="orchestration"} 3',
      'perdura_backlog_items{hub="default",kind="activity"} 1',
      expect.stringMatching(/^perdura_backlog_oldest_seconds\{hub="default",kind="orchestration"\} 9\d/),
    ]),
  );
  one.worker();
  await claimWork(one.hub);
  expect(await shown()).toEqual([]);
});

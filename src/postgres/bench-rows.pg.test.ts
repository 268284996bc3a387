import { type Pool } from 'pg';
import { instanceId, partitionOf } from '../domain/ids.ts';
import { ranks } from '../domain/message.ts';
import { type NewInstance, type NewTimer } from '../domain/write.ts';
import { must } from '../lib/assert.ts';
import {
  commit,
  count,
  end,
  expect,
  instanceRow,
  type Replica,
  start,
  test,
  turn,
} from '../../test/helpers/store.ts';
import { fillDatabase } from './bench-rows.ts';

const FUTURE = 4_000_000_000_000_000;

interface InstanceAndHistory {
  readonly partition: number;
  readonly instance_key: number;
  readonly instance_id: string;
  readonly execution_id: string;
  readonly owner: number | null;
  readonly completed: boolean;
  readonly output: Buffer | null;
  readonly events: string[];
  readonly timers: number;
}

async function everything(db: Pool): Promise<InstanceAndHistory[]> {
  const { rows } = await db.query<InstanceAndHistory>(
    `select partition, instance_key, instance_id, execution_id, owner, completed_at is not null as completed, output,
            array(select convert_from(events, 'UTF8') from history h
                   where h.partition = i.partition and h.instance_key = i.instance_key order by turn) as events,
            (select count(*)::int4 from timers t
              where t.partition = i.partition and t.instance_key = i.instance_key) as timers
       from instances i`,
  );
  return rows;
}

async function waitForTimer(replica: Replica, { partition, key }: NewInstance): Promise<NewTimer> {
  const message = { rank: ranks.arrived, kind: 'timerFired', event: Buffer.from('fired') } as const;
  const timerKey = replica.store.ids.key();
  const timer = { partition, key, timerKey, generation: 0, firesAt: FUTURE, message };
  await commit(replica, { patch: turn(replica, key), timers: [timer] });
  return timer;
}

test('copies are instances of their own: partition, history, timer', async ({
  open,
  hubId,
  db,
  databaseUrl,
}) => {
  const replica = await open();
  const [finished, waiting] = [
    await start(replica, hubId, 'finished-instance'),
    await start(replica, hubId, 'waiting-instance'),
  ];
  const history = Buffer.from(`of ${finished.id}, ${finished.executionId}`);
  await commit(replica, { patch: end(replica, finished.key, { history }) });
  await waitForTimer(replica, waiting);

  await fillDatabase(databaseUrl, { finished: 30, waiting: 20 });

  const rows = await everything(db);
  for (const row of rows) expect(row.partition).toBe(partitionOf(hubId, instanceId(row.instance_id)));
  const ended = rows.filter((row) => row.completed);
  expect(ended).toHaveLength(31);
  for (const row of ended) {
    expect(row).toMatchObject({ timers: 0, events: [`of ${row.instance_id}, ${row.execution_id}`] });
    expect(row.output?.toString()).toBe('"out"');
  }
  const others = rows.filter((row) => !row.completed && row.instance_id !== waiting.id);
  expect(others).toHaveLength(20);
  for (const row of others) expect(row).toMatchObject({ timers: 1, owner: null, events: ['turn 0'] });
});

test('a timer of a copy that is due rings for its instance', async ({ open, hubId, db, databaseUrl }) => {
  const replica = await open();
  const waiting = await start(replica, hubId, 'waiting-instance');
  await commit(replica, { patch: end(replica, (await start(replica, hubId, 'finished-instance')).key) });
  const timer = await waitForTimer(replica, waiting);
  await fillDatabase(databaseUrl, { finished: 0, waiting: 1 });
  const copy = must(
    (await everything(db)).find((row) => row.instance_key !== waiting.key && !row.completed),
    'a copy',
  );
  const { rows } = await db.query<{ timer_key: number }>(
    `update timers set fires_at = 'epoch' where instance_key = $1 returning timer_key`,
    [copy.instance_key],
  );
  const timerKey = must(rows[0], 'its timer').timer_key;
  const due = { ...timer, partition: copy.partition, key: copy.instance_key, timerKey };
  await commit(replica, { dueTimers: [{ ...due, firesAt: 0, kind: 'timerFired' }] });
  expect(await count(db, 'timers')).toBe(1);
  expect(await instanceRow(db, copy.instance_key)).toMatchObject({ is_due: true });
});

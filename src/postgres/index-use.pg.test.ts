import { type Pool } from 'pg';
import { instanceId, partitionOf } from '../domain/ids.ts';
import { type NewInstance } from '../domain/write.ts';
import { toEntity } from '../../test/helpers/entity-store.ts';
import {
  commit,
  end,
  eventDraft,
  expect,
  newActivity,
  newInstance,
  raise,
  type Replica,
  start,
  test,
  turn,
  until,
} from '../../test/helpers/store.ts';

/** Ids that lie in one partition, as many as a busy hub has there. */
function idsOfOnePartition(hubId: number, count: number): string[] {
  const ids: string[] = [];
  for (let i = 0; ids.length < count; i++) {
    if (partitionOf(hubId, `id-${i}`) === 7) ids.push(`id-${i}`);
  }
  return ids;
}

interface Reads {
  readonly index: string;
  readonly reads: number;
}

/** Entries that each index has given, and rows that each table has given without one, once the statistics of the sessions that have ended are there. */
async function indexReads(
  db: Pool,
  isThere: (reads: readonly Reads[]) => boolean,
): Promise<readonly Reads[]> {
  let reads: readonly Reads[] = [];
  await until(async () => {
    const { rows } = await db.query<Reads>(
      `select indexrelname as index, idx_tup_read::int4 as reads from pg_stat_user_indexes
       union all
       select relname, seq_tup_read::int4 from pg_stat_user_tables
       order by 1`,
    );
    reads = rows;
    return isThere(rows);
  }, 'statistics of the indexes');
  return reads;
}

const RESIDENTS = 800;
const WORKED_ON = 50;

/** What happens to an instance, each step in a batch with those of all others. */
async function work(replica: Replica, hubId: number, instances: readonly NewInstance[]): Promise<void> {
  const all = (write: (instance: NewInstance, at: number) => Promise<unknown>): Promise<unknown> =>
    Promise.all(instances.map(write));
  const activities = instances.map((instance) => newActivity(replica, instance, { owned: true }));
  await all((instance, at) =>
    commit(replica, { patch: turn(replica, instance.key), activities: activities.slice(at, at + 1) }),
  );
  await all(({ partition, key }, at) => {
    const activityKey = activities[at]?.activityKey ?? 0;
    return commit(replica, { completion: { partition, key, activityKey, hubId, event: Buffer.from('r') } });
  });
  await all(({ id }) => commit(replica, { messages: [raise(hubId, id, 'x')] }));
  await all(({ partition, key }) => commit(replica, { patch: { kind: 'fetch', partition, key } }));
  const timers = instances.map(({ partition, key }, at) => ({
    ...{ partition, key, timerKey: replica.store.ids.key(), generation: 0, firesAt: 1_000_000 + at },
    message: eventDraft('timer'),
  }));
  await all((instance, at) =>
    commit(replica, { patch: turn(replica, instance.key), timers: timers.slice(at, at + 1) }),
  );
  const due = timers.map((timer) => ({ ...timer, kind: 'eventRaised' as const }));
  await commit(replica, { dueTimers: due });
  await all(({ key }) => commit(replica, { patch: end(replica, key) }));
}

test('no statement reads rows of instances that it is not about, however many share their partition', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const ids = idsOfOnePartition(hubId, RESIDENTS);
  const instances = await Promise.all(ids.map((id) => start(replica, hubId, id)));
  // A timer of every instance, so that looking for one's own among them would show.
  const waiting = instances.map(({ partition, key }) => ({
    ...{ partition, key, timerKey: replica.store.ids.key(), generation: 0, firesAt: 4_000_000_000_000_000 },
    message: eventDraft('later'),
  }));
  await commit(replica, { timers: waiting });
  await work(replica, hubId, instances.slice(0, WORKED_ON));
  await replica.store.close();
  const reads = await indexReads(db, (rows) => rows.some(({ reads: count }) => count > WORKED_ON));
  // Each of those is looked up some 40 times; closing goes through all by the index on owners, and once more to be sure.
  const most = RESIDENTS * 2 + WORKED_ON * 40;
  expect(reads.filter(({ reads: count }) => count > most)).toEqual([]);
});

/** What is sent to others by their ids, and asked about them, each in a batch of its own. */
async function meet(replica: Replica, hubId: number, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const id = instanceId(name);
    const parent = await start(replica, hubId, `parent of ${name}`);
    const { partition, key } = parent;
    const ifTaken = {
      to: { by: 'key', partition, key, generation: 0 },
      message: eventDraft('taken'),
    } as const;
    const child = newInstance(replica, hubId, name, {
      ...{ owned: false, replaces: ['completed'] },
      ifTaken: { ...ifTaken, isFromClient: false },
    });
    await commit(replica, { patch: turn(replica, key), instances: [child] });
    await commit(replica, { messages: [raise(hubId, id, 'x')] });
    await replica.store.readInstances([{ hubId, id }], false);
    const entity = { hubId, id: `@a@${name}` };
    const ifOver = { partition, key, generation: 0 };
    await commit(replica, { entityMessages: [toEntity(replica, entity, 'x', { requestId: name })] });
    await commit(replica, { entityMessages: [toEntity(replica, entity, 'x', { ifOver })] });
    const firesAt = 4_000_000_000_000_000;
    await commit(replica, {
      entityMessages: [toEntity(replica, entity, 'x', { requestId: `${name}-later`, firesAt })],
    });
    await commit(replica, { patch: end(replica, key) });
  }
}

test('what was planned while there was next to nothing reads no more when there is a lot', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const names = (count: number, what: string): string[] =>
    Array.from({ length: count }, (_, n) => `${what} ${n}`);
  await meet(replica, hubId, names(2, 'first'));
  await Promise.all(names(RESIDENTS, 'many').map((name) => meet(replica, hubId, [name])));
  await meet(replica, hubId, names(WORKED_ON, 'last'));
  await replica.store.close();
  const reads = await indexReads(db, (rows) => rows.some(({ reads: count }) => count > RESIDENTS));
  // Some ten look-ups of each row; whoever went through all rows for one of the last ones would need twice as many.
  const most = (RESIDENTS + WORKED_ON) * 2 * 12;
  expect(reads.filter(({ reads: count }) => count > most)).toEqual([]);
});

import { type NewInstance, type Rewind, type Write } from '../domain/write.ts';
import {
  commit,
  count,
  end,
  eventDraft,
  expect,
  instanceRow,
  newActivity,
  type Replica,
  start,
  test,
} from '../../test/helpers/store.ts';

const NOW = 1_750_000_000_000_000;

/** A failed instance with one history row. */
async function failed(replica: Replica, hubId: number, id: string): Promise<NewInstance> {
  const instance = await start(replica, hubId, id);
  await commit(replica, {
    patch: end(replica, instance.key, { status: 'failed', failure: Buffer.from('failure') }),
  });
  return instance;
}

function rewindOf({ partition, key }: NewInstance, overrides: Partial<Rewind> = {}): Rewind {
  return {
    ...{ partition, key, turn: 1, executionId: 'f'.repeat(32), updatedAt: NOW + 50 },
    ...{ history: Buffer.from('rewritten'), parentWire: null, pendingActivities: [], awaited: [] },
    ...overrides,
  };
}

const outcome = async ({ store }: Replica, write: Write): Promise<string> =>
  (await store.commit(write)).outcome;

test('a rewound instance is RUNNING, owned by nobody, with one row of history and its bell ringing', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const instance = await failed(replica, hubId, 'a');
  await commit(replica, { rewinds: [rewindOf(instance)] });
  expect(await instanceRow(db, instance.key)).toMatchObject({
    ...{ status: 0, turn: 2, owner: null, attempts: 0, is_due: true },
  });
  const { rows } = await db.query(
    `select execution_id, output, failure, completed_at, is_rewound, history_bytes, updated_at,
            (select jsonb_agg(array[h.turn::text, encode(h.events, 'escape')]) from history h) as history
       from instances`,
  );
  expect(rows).toEqual([
    {
      ...{ execution_id: 'f'.repeat(32), output: null, failure: null, completed_at: null, is_rewound: true },
      ...{ history_bytes: 9, updated_at: NOW + 50, history: [['2', 'rewritten']] },
    },
  ]);
});

test('it can be claimed by another replica, which is told that it was rewound', async ({ open, hubId }) => {
  const [one, two] = [await open(), await open()];
  const instance = await failed(one, hubId, 'a');
  await commit(one, { rewinds: [rewindOf(instance)] });
  const claim = { hubId, filter: 'everything', limit: 10, kind: 'orchestration' } as const;
  expect(await two.store.claimInstances(claim)).toBe(1);
  const [claimed] = two.memory.all('claimed');
  expect(claimed?.state).toMatchObject({ turn: 2, status: 'running', isRewound: true, generation: 0 });
});

test.for([
  ['not failed', 'update instances set status = 1', {}],
  ['running', 'update instances set status = 0, completed_at = null', {}],
  ['a turn further', 'update instances set turn = 2', {}],
  ['gone', 'delete from instances', {}],
] as const)(
  'one that is %s meanwhile is stale, and nothing of the write is done',
  async ([, sql], { open, hubId, db }) => {
    const replica = await open();
    const instance = await failed(replica, hubId, 'a');
    await db.query(sql);
    const write = {
      rewinds: [
        rewindOf(instance, { pendingActivities: [newActivity(replica, instance, { owned: false })] }),
      ],
    };
    expect(await outcome(replica, write)).toBe('stale');
    expect(await count(db, 'activities')).toBe(0);
    const { rows } = await db.query("select encode(events, 'escape') as events from history");
    expect(rows).toEqual([{ events: 'turn 0' }]);
    expect(replica.deaths).toEqual([]);
  },
);

test('of a tree all are rewound or none', async ({ open, hubId, db }) => {
  const replica = await open();
  const [a, b, c] = [
    await failed(replica, hubId, 'a'),
    await failed(replica, hubId, 'b'),
    await failed(replica, hubId, 'c'),
  ];
  await db.query('update instances set status = 5 where instance_key = $1', [b.key]);
  expect(await outcome(replica, { rewinds: [a, b, c].map((one) => rewindOf(one)) })).toBe('stale');
  for (const { key } of [a, c]) expect(await instanceRow(db, key)).toMatchObject({ status: 3, turn: 1 });
  expect(await outcome(replica, { rewinds: [c, a].map((one) => rewindOf(one)) })).toBe('committed');
  for (const { key } of [a, c]) expect(await instanceRow(db, key)).toMatchObject({ status: 0, turn: 2 });
});

test('a task is made again only where its row is gone', async ({ open, hubId, db }) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  const task = (taskId: number) => newActivity(replica, instance, { taskId, owned: false });
  await commit(replica, {
    patch: end(replica, instance.key, { status: 'failed' }),
    activities: [task(1), task(1), task(3)],
  });
  await commit(replica, {
    rewinds: [rewindOf(instance, { pendingActivities: [task(1), task(2), task(3)] })],
  });
  const { rows } = await db.query<{ task_id: number; owner: number | null; n: number }>(
    'select task_id, owner, count(*)::int as n from activities group by task_id, owner order by task_id',
  );
  expect(rows).toEqual([
    { task_id: 1, owner: null, n: 2 },
    { task_id: 2, owner: null, n: 1 },
    { task_id: 3, owner: null, n: 1 },
  ]);
});

test('of rewinds that race at two replicas one counts; others of their batches go through', async ({
  open,
  hubId,
  db,
}) => {
  const replicas = [await open(), await open()];
  const [one] = replicas;
  if (!one) throw new Error('a replica');
  const instances: NewInstance[] = [];
  for (let n = 0; n < 30; n++) instances.push(await failed(one, hubId, `i${n}`));
  const outcomes = await Promise.all(
    replicas.flatMap((replica) =>
      instances.flatMap((instance) => [
        outcome(replica, { rewinds: [rewindOf(instance)] }),
        outcome(replica, { messages: [{ ...eventTo(instance), isFromClient: true }] }),
      ]),
    ),
  );
  const rewinds = outcomes.filter((_, n) => n % 2 === 0);
  expect(rewinds.filter((each) => each === 'committed')).toHaveLength(30);
  expect(rewinds.filter((each) => each === 'stale')).toHaveLength(30);
  expect(outcomes.filter((_, n) => n % 2 === 1)).toEqual(Array.from({ length: 60 }, () => 'committed'));
  const { rows } = await db.query('select distinct status, turn from instances');
  expect(rows).toEqual([{ status: 0, turn: 2 }]);
  expect(await count(db, 'history')).toBe(30);
  expect(replicas.flatMap(({ deaths }) => deaths)).toEqual([]);
});

function eventTo({ partition, hubId, id }: NewInstance) {
  return { to: { by: 'id', partition, hubId, id }, message: eventDraft('event') } as const;
}

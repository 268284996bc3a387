import {
  commit,
  count,
  end,
  expect,
  held,
  inboxOf,
  instanceRow,
  newActivity,
  start,
  test,
  turn,
  type Replica,
} from '../../test/helpers/store.ts';
import { type NewActivity } from '../domain/write.ts';

function completionOf({ partition, key, activityKey, hubId }: NewActivity, text = 'result') {
  return { partition, key, activityKey, hubId, event: Buffer.from(text) };
}

async function withActivity(
  replica: Replica,
  hubId: number,
  overrides: Partial<NewActivity> = {},
): Promise<NewActivity> {
  const instance = await start(replica, hubId, 'a');
  const activity = newActivity(replica, instance, overrides);
  await commit(replica, { patch: turn(replica, instance.key), activities: [activity] });
  return activity;
}

test('two completions of one activity at once are recorded once', async ({ open, hubId }) => {
  const replica = await open();
  const activity = await withActivity(replica, hubId);
  const before = replica.batches.length;
  const results = await Promise.all([
    commit(replica, { completion: completionOf(activity, 'one') }),
    commit(replica, { completion: completionOf(activity, 'two') }),
  ]);
  expect(replica.batches.slice(before)).toEqual([1, 1]);
  expect(results.map(({ isCompleted }) => isCompleted)).toEqual([true, false]);
  expect(held(replica, activity.key)).toEqual(['one']);
});

test('completions of one activity that race at two replicas are recorded once', async ({
  open,
  hubId,
  db,
}) => {
  const [owner, other] = [await open(), await open()];
  const activity = await withActivity(owner, hubId);
  const results = await Promise.all([
    commit(owner, { completion: completionOf(activity) }),
    commit(other, { completion: completionOf(activity) }),
  ]);
  expect(results.filter(({ isCompleted }) => isCompleted)).toHaveLength(1);
  expect(await inboxOf(db, activity.key)).toEqual(['result']);
});

test('a completion at another replica rings the owner', async ({ open, hubId, db }) => {
  const [owner, other] = [await open(), await open()];
  const activity = await withActivity(owner, hubId);
  const { partition, key } = activity;
  await commit(other, { completion: completionOf(activity) });
  expect(other.memory.all('rung')).toEqual([{ partition, key, owner: owner.store.replicaId }]);
  expect(await instanceRow(db, key)).toMatchObject({ is_due: true });
  expect(held(owner, key)).toEqual([]);
});

test('a completion whose execution is over takes the activity away and tells nobody', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const activity = await withActivity(replica, hubId);
  await commit(replica, { patch: end(replica, activity.key) });
  expect(await count(db, 'activities'), 'fire and forget').toBe(1);
  const result = await commit(replica, { completion: completionOf(activity) });
  expect(result.isCompleted).toBe(true);
  expect(await count(db, 'activities')).toBe(0);
  expect(await count(db, 'inbox')).toBe(0);
});

test('a completion for an older generation is not delivered', async ({ open, hubId, db }) => {
  const replica = await open();
  const activity = await withActivity(replica, hubId);
  await db.query('update instances set generation = 1');
  expect((await commit(replica, { completion: completionOf(activity) })).isCompleted).toBe(true);
  expect(await count(db, 'inbox')).toBe(0);
});

test('a completion that names another hub completes nothing', async ({ open, hubId, db }) => {
  const replica = await open();
  const activity = await withActivity(replica, hubId);
  const result = await commit(replica, { completion: { ...completionOf(activity), hubId: hubId + 1 } });
  expect(result.isCompleted).toBe(false);
  expect(await count(db, 'activities')).toBe(1);
});

test('terminating drops what is queued and lets what runs finish', async ({ open, hubId, db }) => {
  const replica = await open();
  const instance = await start(replica, hubId, 'a');
  const running = newActivity(replica, instance);
  const queued = newActivity(replica, instance, { taskId: 2, owned: false });
  await commit(replica, { patch: turn(replica, instance.key), activities: [running, queued] });
  await commit(replica, {
    patch: end(replica, instance.key, { status: 'terminated', dropsActivities: true }),
  });
  const { rows } = await db.query<{ activity_key: number }>('select activity_key from activities');
  expect(rows.map((row) => row.activity_key)).toEqual([running.activityKey]);
});

test('results of many activities of many instances all arrive, each in its place', async ({
  open,
  hubId,
}) => {
  const replica = await open();
  const instances = await Promise.all(
    Array.from({ length: 20 }, (_, i) => start(replica, hubId, `fan-${i}`)),
  );
  const activities = instances.map((instance) =>
    Array.from({ length: 10 }, (_, taskId) => newActivity(replica, instance, { taskId })),
  );
  await Promise.all(
    instances.map(({ key }, i) =>
      commit(replica, { patch: turn(replica, key), activities: activities[i] ?? [] }),
    ),
  );
  await Promise.all(
    activities
      .flat()
      .map((activity) => commit(replica, { completion: completionOf(activity, `r${activity.taskId}`) })),
  );
  for (const { key } of instances) {
    expect(held(replica, key)).toEqual(Array.from({ length: 10 }, (_, i) => `r${i}`));
  }
});

test('a part of a turn for another replica is stored while that lives, the newest copy of it', async ({
  open,
  hubId,
}) => {
  const [owner, other] = [await open(), await open()];
  const chunk = {
    ...{ replicaId: owner.store.replicaId, hubId, token: 't', chunk: 0 },
    bytes: Buffer.from('one'),
  };
  expect((await commit(other, { storedChunk: chunk })).isStored).toBe(true);
  const copies = [
    commit(other, { storedChunk: { ...chunk, bytes: Buffer.from('two') } }),
    commit(other, { storedChunk: { ...chunk, chunk: 1 } }),
    commit(other, { storedChunk: { ...chunk, bytes: Buffer.from('three') } }),
  ];
  await Promise.all(copies);
  expect(other.memory.all('storedFor')).toContain(owner.store.replicaId);
  expect((await owner.store.probe()).hasStoredChunks).toBe(true);
  expect((await owner.store.readStoredChunks(10)).map(({ bytes }) => bytes?.toString())).toEqual([
    'three',
    'one',
  ]);
  expect(await owner.store.readStoredChunks(1)).toHaveLength(1);
  await commit(other, { takenChunks: [{ hubId, token: 't', chunk: 0 }] });
  expect(await owner.store.readStoredChunks(10), 'others can take nothing').toHaveLength(2);
  await commit(owner, { takenChunks: [{ hubId: hubId + 1, token: 't', chunk: 0 }] });
  expect(await owner.store.readStoredChunks(10), 'another hub').toHaveLength(2);
  await commit(owner, { takenChunks: [{ hubId, token: 't', chunk: 0 }] });
  expect(await owner.store.readStoredChunks(10)).toMatchObject([{ token: 't', chunk: 1 }]);
  await commit(owner, { takenChunks: [{ hubId, token: 't', chunk: 1 }] });
  expect(await owner.store.readStoredChunks(10)).toEqual([]);
  const lost = await commit(other, { storedChunk: { ...chunk, replicaId: 12345 } });
  expect(lost.isStored).toBe(false);
});

import { randomBytes } from 'node:crypto';
import { type Pool } from 'pg';
import { limits } from '../domain/limits.ts';
import { ranks } from '../domain/message.ts';
import {
  commit,
  eventDraft,
  expect,
  held,
  instanceRow,
  newActivity,
  newInstance,
  raise,
  type Replica,
  start,
  test,
  turn,
} from '../../test/helpers/store.ts';
import { type KeyRing, parseKeyRing } from './key-ring.ts';
import { Vault } from './vault.ts';

// What a store does with a value that it can't open: sealed with a key that isn't here, or changed since.

const newKey = (id: string): KeyRing => parseKeyRing(`${id}:${randomBytes(32).toString('base64')}`, 'test');
const keyRing = newKey('k1');
const foreign = new Vault(newKey('k9'));
const PAST = 1_600_000_000_000_000;

/** Puts a value of a foreign key into the place of one; returns what stood there. */
async function spoil(db: Pool, table: string, column: string, where: string): Promise<void> {
  const value = foreign.seal('message', Buffer.from('foreign'));
  const { rowCount } = await db.query(`update ${table} set ${column} = $1 where ${where}`, [value]);
  expect(rowCount).toBe(1);
}

async function claim({ store }: Replica, hubId: number): Promise<number> {
  return store.claimInstances({ hubId, filter: 'everything', limit: 10, kind: 'orchestration' });
}

test.for([
  ['history', 'history', 'events'],
  ['inbox', 'inbox', 'event'],
  ['custom status', 'instances', 'custom_status'],
] as const)(
  'an instance whose %s can not be read is set aside for a minute, and others are claimed',
  async ([, table, column], { open, hubId, db }) => {
    const replica = await open({ keyRing });
    const [lost, other] = [await start(replica, hubId, 'lost'), await start(replica, hubId, 'other')];
    for (const { id, key, partition } of [lost, other]) {
      await commit(replica, { patch: turn(replica, key, { customStatus: 'busy' }) });
      await commit(replica, { messages: [raise(hubId, id, 'paid')] });
      await commit(replica, {
        patch: { kind: 'release', partition, key, turn: 1, readyInMs: 0, attempts: 2 },
      });
    }
    await spoil(db, table, column, `instance_key = ${lost.key}`);
    const before = await db.query(`select ${column} from ${table} where instance_key = ${lost.key}`);
    expect(await claim(replica, hubId)).toBe(2);
    expect([replica.memory.holds(lost.key), held(replica, other.key)]).toEqual([false, ['paid']]);
    expect(await instanceRow(db, lost.key)).toMatchObject({
      owner: null,
      is_due: false,
      turn: 1,
      attempts: 2,
    });
    expect(await claim(replica, hubId)).toBe(0);
    const after = await db.query(`select ${column} from ${table} where instance_key = ${lost.key}`);
    expect(after.rows).toEqual(before.rows);
    expect(replica.deaths).toEqual([]);
  },
);

test('an activity whose input can not be read is set aside without an attempt, and others are claimed', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open({ keyRing });
  const instance = await start(replica, hubId, 'a');
  const [lost, other] = [1, 2].map((taskId) => newActivity(replica, instance, { owned: false, taskId }));
  await commit(replica, {
    patch: turn(replica, instance.key),
    activities: [lost, other].filter((a) => a !== undefined),
  });
  await spoil(db, 'activities', 'request', 'task_id = 1');
  const claimed = { hubId, filter: 'everything', limit: 10 } as const;
  expect(await replica.store.claimActivities(claimed)).toBe(2);
  expect(replica.memory.all('claimedActivities').map(({ taskId }) => taskId)).toEqual([2]);
  const { rows } = await db.query(
    'select owner, attempt, not_before > clock_timestamp() as is_later from activities where task_id = 1',
  );
  expect(rows).toEqual([{ owner: null, attempt: 0, is_later: true }]);
  expect(await replica.store.claimActivities(claimed)).toBe(0);
});

test('a message that can not be read ends what a fetch brings, and its instance is to be given up', async ({
  open,
  hubId,
  db,
}) => {
  const [replica, sender] = [await open({ keyRing }), await open({ keyRing })];
  const { id, key, partition } = await start(replica, hubId, 'a');
  await commit(replica, { patch: turn(replica, key) });
  for (const text of ['one', 'two', 'three']) await commit(sender, { messages: [raise(hubId, id, text)] });
  await spoil(db, 'inbox', 'event', 'message_id = (select min(message_id) + 1 from inbox)');
  await commit(replica, { patch: { kind: 'fetch', partition, key } });
  expect(held(replica, key)).toEqual(['one']);
  expect(replica.memory.results.at(-1)).toMatchObject({ unreadable: [key], fetched: [{ hasMore: true }] });
  // The bell has rung, so a batch that sends reads as well: nothing of it goes before what can't be read.
  await commit(sender, { messages: [raise(hubId, id, 'four')] });
  await commit(replica, { messages: [raise(hubId, id, 'five')] });
  expect(held(replica, key)).toEqual(['one']);
  expect(replica.memory.results.at(-1)).toMatchObject({ unreadable: [key], overflowing: [{ key }] });
  expect(replica.deaths).toEqual([]);
});

test('a timer that can not be read fires into the inbox, and its instance is to be given up', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open({ keyRing });
  const { key, partition } = await start(replica, hubId, 'a');
  const message = { rank: ranks.arrived, kind: 'timerFired', event: Buffer.from('fired') } as const;
  const timer = { partition, key, timerKey: 1, generation: 0, firesAt: PAST, message };
  await commit(replica, { patch: turn(replica, key), timers: [timer] });
  await spoil(db, 'timers', 'event', 'timer_key = 1');
  await commit(replica, { dueTimers: [{ ...timer, kind: 'timerFired' }] });
  expect(replica.memory.results.at(-1)).toMatchObject({ unreadable: [key], delivered: [] });
  expect((await db.query('select kind from inbox')).rows).toEqual([{ kind: 3 }]);
});

test('an answer for this server that can not be read is as if it had been given back', async ({
  open,
  hubId,
  db,
}) => {
  const [owner, other] = [await open({ keyRing }), await open({ keyRing })];
  const { replicaId } = owner.store;
  for (const [chunk, text] of ['one', 'two'].entries()) {
    await commit(other, { storedChunk: { replicaId, hubId, token: 't', chunk, bytes: Buffer.from(text) } });
  }
  const [row] = (await db.query<{ bytes: Buffer }>('select bytes from completions order by chunk')).rows;
  expect(row?.bytes.includes('one')).toBe(false);
  await spoil(db, 'completions', 'bytes', 'chunk = 1');
  const chunks = await owner.store.readStoredChunks(10);
  expect(chunks.map(({ bytes }) => bytes?.toString())).toEqual(['one', undefined]);
});

test('of a snapshot, only what can not be read is refused', async ({ open, hubId, db }) => {
  const replica = await open({ keyRing });
  const instances = [await start(replica, hubId, 'a'), await start(replica, hubId, 'b')];
  await spoil(db, 'instances', 'input', "instance_id = 'a'");
  const [a, b] = await replica.store.readInstances(instances, true);
  expect(a).toMatchObject({ id: 'a', status: 'pending', output: null });
  expect(() => a?.input).toThrow("sealed with the key 'k9'");
  expect(b?.input).toBe('"in"');
});

test('an inbox that was cut by the size of what is stored is known to hold more', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open({ keyRing });
  const instance = newInstance(replica, hubId, 'a', { owned: false });
  await commit(replica, { instances: [instance] });
  // With what it starts with, too small in clear and large enough sealed.
  const large = 'x'.repeat(limits.heldBytes - instance.started.length - 10);
  for (const text of [large, 'left out']) {
    const to = { by: 'key', partition: instance.partition, key: instance.key, generation: 0 } as const;
    await commit(replica, { messages: [{ to, message: eventDraft(text), isFromClient: true }] });
  }
  expect((await db.query('select 1 from inbox')).rowCount).toBe(3);
  expect(await claim(replica, hubId)).toBe(1);
  const { messages, hasMore } = replica.memory.get(instance.key);
  expect([messages.length, hasMore]).toEqual([2, true]);
});

import { describe } from 'vitest';
import { type InstanceKey } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { ranks } from '../domain/message.ts';
import { type NewMessage } from '../domain/write.ts';
import { must } from '../lib/assert.ts';
import {
  commit,
  count,
  end,
  eventDraft,
  expect,
  held,
  inboxOf,
  instanceRow,
  newInstance,
  raise,
  type Replica,
  start,
  test,
  toId,
  turn,
} from '../../test/helpers/store.ts';

test('a message to an own resident rings no bell and is handed over in memory', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const { key, id } = await start(replica, hubId, 'a');
  const { messages } = await commit(replica, { messages: [raise(hubId, id, 'x')] });
  expect(messages[0]).toMatchObject([{ key, rank: ranks.arrived }]);
  expect(held(replica, key)).toEqual(['started a', 'x']);
  expect(await instanceRow(db, key)).toMatchObject({ ready_at: null });
  expect(replica.memory.all('rung')).toEqual([]);
});

test("a message to another replica's resident rings its bell and is not handed over here", async ({
  open,
  hubId,
  db,
}) => {
  const [owner, sender] = [await open(), await open()];
  const { key, partition, id } = await start(owner, hubId, 'a');
  await commit(sender, { messages: [raise(hubId, id, 'x')] });
  expect(await instanceRow(db, key)).toMatchObject({ is_due: true, engine_work: false });
  expect(sender.memory.all('rung')).toEqual([{ partition, key, owner: owner.store.replicaId }]);
  expect(sender.memory.all('delivered')).toEqual([]);
  await commit(owner, { patch: { kind: 'fetch', partition, key } });
  expect(held(owner, key)).toEqual(['started a', 'x']);
  expect(await instanceRow(db, key)).toMatchObject({ ready_at: null, engine_work: false });
});

test('a message to an unowned instance makes it claimable, also when its bell was set for later', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const { key, partition, id } = await start(replica, hubId, 'a');
  const release = { kind: 'release', partition, key, turn: 0, readyInMs: 3_600_000, attempts: 0 } as const;
  await commit(replica, { patch: release });
  expect(await instanceRow(db, key)).toMatchObject({ is_due: false, owner: null });
  await commit(replica, { messages: [raise(hubId, id, 'x')] });
  expect(await instanceRow(db, key)).toMatchObject({ is_due: true });
  expect(replica.memory.results.at(-1)?.spilled).toEqual([{ hubId, item: 'orchestration' }]);
});

test('a control is work for the engine, whatever streams accept', async ({ open, hubId, db }) => {
  const [replica, other] = [await open(), await open()];
  const { key, id } = await start(replica, hubId, 'a', { owned: false });
  const control = { rank: ranks.control, kind: 'terminate', event: Buffer.from('stop') } as const;
  await commit(replica, { messages: [{ to: toId(hubId, id), message: control, isFromClient: true }] });
  expect(await instanceRow(db, key)).toMatchObject({ engine_work: true, is_due: true });
  expect(replica.memory.results.at(-1)?.spilled).toEqual([{ hubId, item: 'engine' }]);
  expect((await other.store.probe()).engineWork).toBe(true);
  expect(await other.store.claimEngineWork(10)).toBe(1);
  expect(held(other, key)).toEqual(['stop', 'started a']);
  expect(await instanceRow(db, key)).toMatchObject({ engine_work: false, ready_at: null });
  expect((await other.store.probe()).engineWork).toBe(false);
});

test('a release keeps a bell that rang since the owner looked', async ({ open, hubId, db }) => {
  const [owner, sender] = [await open(), await open()];
  const { key, partition, id } = await start(owner, hubId, 'a');
  await commit(sender, { messages: [raise(hubId, id, 'x')] });
  const release = { kind: 'release', partition, key, turn: 0, readyInMs: null, attempts: 3 } as const;
  await commit(owner, { patch: release });
  expect(await instanceRow(db, key)).toMatchObject({ owner: null, is_due: true, attempts: 3 });
  expect(owner.memory.all('spilled')).toEqual([{ hubId, item: 'orchestration' }]);
});

test('a release without a bell waits until somebody rings', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key, partition } = await start(replica, hubId, 'a');
  await commit(replica, {
    patch: { kind: 'release', partition, key, turn: 0, readyInMs: null, attempts: 0 },
  });
  expect(await instanceRow(db, key)).toMatchObject({ owner: null, ready_at: null });
  expect(replica.memory.all('spilled')).toEqual([]);
});

test('a resident that a batch releases is foreign to the other writes of that batch', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const { key, partition, id } = await start(replica, hubId, 'a');
  const before = replica.batches.length;
  const release = { kind: 'release', partition, key, turn: 0, readyInMs: null, attempts: 0 } as const;
  const byKey = { by: 'key', partition, key, generation: 0 } as const;
  await Promise.all([
    replica.store.commit({ messages: [raise(hubId, id, 'x')] }),
    replica.store.commit({ patch: release }),
    replica.store.commit({ messages: [{ to: byKey, message: eventDraft('y'), isFromClient: false }] }),
  ]);
  expect(replica.batches.slice(before)).toEqual([3]);
  expect(await instanceRow(db, key)).toMatchObject({ owner: null, is_due: true });
  expect(replica.memory.results.at(-1)?.delivered).toEqual([]);
  expect(await inboxOf(db, key)).toEqual(['started a', 'y', 'x']);
});

test('messages to an instance that its batch ends are dropped', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key, id } = await start(replica, hubId, 'a');
  const [message] = await Promise.all([
    commit(replica, { messages: [raise(hubId, id, 'x')] }),
    commit(replica, { patch: end(replica, key) }),
  ]);
  expect(message.messages).toEqual([[]]);
  expect(await count(db, 'inbox')).toBe(0);
  expect(await instanceRow(db, key)).toMatchObject({ ready_at: null, status: 1 });
});

test('events for absent and finished instances are dropped', async ({ open, hubId, db }) => {
  const replica = await open();
  const { key, id } = await start(replica, hubId, 'a');
  await commit(replica, { patch: end(replica, key) });
  const { messages } = await commit(replica, {
    messages: [raise(hubId, id, 'x'), raise(hubId, newInstance(replica, hubId, 'none').id, 'y')],
  });
  expect(messages).toEqual([[], []]);
  expect(await count(db, 'inbox')).toBe(0);
});

test('a message to a generation that is over is dropped, with or without an owner', async ({
  open,
  hubId,
  db,
}) => {
  const [owner, other] = [await open(), await open()];
  const { key, partition } = await start(owner, hubId, 'a');
  await db.query('update instances set generation = 4');
  const to = (generation: number) => ({ by: 'key', partition, key, generation }) as const;
  const messages = [3, 4, 5].map((generation) => ({
    to: to(generation),
    message: eventDraft(`for ${generation}`),
    isFromClient: false,
  }));
  const sent = await commit(owner, { messages });
  expect(sent.messages.map((rows) => rows.length)).toEqual([0, 1, 0]);
  const foreign = await commit(other, { messages });
  expect(foreign.messages.map((rows) => rows.length)).toEqual([0, 1, 0]);
  expect(await inboxOf(db, key)).toEqual(['started a', 'for 4', 'for 4']);
});

test('a message to the children of an instance reaches every living one', async ({ open, hubId, db }) => {
  const [replica, other] = [await open(), await open()];
  const parent = await start(replica, hubId, 'parent');
  const of = {
    parent: {
      partition: parent.partition,
      key: parent.key,
      generation: 0,
      taskId: 1,
      wire: Buffer.from('p'),
    },
  };
  const mine = await start(replica, hubId, 'mine', of);
  const theirs = await start(other, hubId, 'theirs', of);
  const over = await start(replica, hubId, 'over', of);
  await commit(replica, { patch: end(replica, over.key) });
  const control = { rank: ranks.control, kind: 'terminate', event: Buffer.from('stop') } as const;
  const { messages } = await commit(replica, {
    messages: [{ to: { by: 'parent', parentKey: parent.key }, message: control, isFromClient: false }],
  });
  expect(messages[0]?.map(({ key }) => key).sort()).toEqual([mine.key, theirs.key].sort());
  expect(held(replica, mine.key)).toEqual(['stop', 'started mine']);
  expect(replica.memory.all('rung').map(({ key }) => key)).toEqual([theirs.key]);
  expect(await inboxOf(db, over.key)).toEqual([]);
});

test('messages are numbered in the order of the writes, however many', async ({ open, hubId, db }) => {
  const [owner, sender] = [await open(), await open()];
  const a = await start(owner, hubId, 'a');
  const b = await start(owner, hubId, 'b', { owned: false });
  const texts = Array.from({ length: 300 }, (_, i) => `e${i}`);
  await Promise.all(
    texts.map((text, i) =>
      sender.store.commit({ messages: [raise(hubId, i % 2 === 0 ? a.id : b.id, text)] }),
    ),
  );
  const isEven = (_: string, i: number): boolean => i % 2 === 0;
  expect(await inboxOf(db, a.key)).toEqual(['started a', ...texts.filter(isEven)]);
  expect(await inboxOf(db, b.key)).toEqual(['started b', ...texts.filter((_, i) => i % 2 === 1)]);
});

test("a client's message to an own resident ends the batch by reading what others sent before", async ({
  open,
  hubId,
}) => {
  const [owner, other] = [await open(), await open()];
  const { key, id } = await start(owner, hubId, 'a');
  await commit(other, { messages: [raise(hubId, id, 'first, elsewhere')] });
  await commit(owner, { messages: [raise(hubId, id, 'second, here')] });
  expect(owner.memory.all('delivered').map(({ message }) => message.event.toString())).toEqual([
    'first, elsewhere',
    'second, here',
  ]);
  expect(held(owner, key)).toEqual(['started a', 'first, elsewhere', 'second, here']);
});

test('a message that no client made is handed over without such a look', async ({ open, hubId }) => {
  const [owner, other] = [await open(), await open()];
  const { key, partition, id } = await start(owner, hubId, 'a');
  await commit(other, { messages: [raise(hubId, id, 'x')] });
  const to = { by: 'key', partition, key, generation: 0 } as const;
  await commit(owner, { messages: [{ to, message: eventDraft('y'), isFromClient: false }] });
  expect(held(owner, key)).toEqual(['started a', 'y']);
});

test('a fetch brings at most as many messages as memory has room for, in order, and says that there are more', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const { key, partition } = await start(replica, hubId, 'a');
  await db.query(
    "insert into inbox (partition, instance_key, rank, message_id, kind, generation, event) select $1, $2, 3, nextval('message_ids'), 4, 0, convert_to('e' || n, 'UTF8') from generate_series(1, 1500) n",
    [partition, key],
  );
  await commit(replica, { patch: { kind: 'fetch', partition, key } });
  const [fetched] = replica.memory.results.at(-1)?.fetched ?? [];
  expect(fetched?.hasMore).toBe(true);
  expect(fetched?.messages.length).toBe(999);
  expect(fetched?.messages[0]?.event.toString()).toBe('e1');
  await commit(replica, { patch: turn(replica, key) });
  await commit(replica, { patch: { kind: 'fetch', partition, key } });
  const [rest] = replica.memory.results.at(-1)?.fetched ?? [];
  expect(rest).toMatchObject({ hasMore: false });
  expect(rest?.messages.length).toBe(501);
});

test('a closing read that has no room for all that others sent says that there is more, and takes nothing that came after', async ({
  open,
  hubId,
  db,
}) => {
  const [replica, other] = [await open(), await open()];
  const { key, id } = await start(replica, hubId, 'a');
  const events = (sender: Replica, count: number): Promise<unknown> =>
    Promise.all(
      Array.from({ length: count }, (_, i) => commit(sender, { messages: [raise(hubId, id, `${i}`)] })),
    );
  await events(replica, 900);
  expect(replica.memory.get(key).messages).toHaveLength(901);
  expect(replica.memory.all('overflowing')).toEqual([]);
  await events(other, 200);
  // In one batch: a turn that consumes what memory holds, and an event behind more than it had room for beside that.
  await Promise.all([commit(replica, { patch: turn(replica, key) }), events(replica, 1)]);
  const inbox = await inboxOf(db, key);
  expect(inbox).toHaveLength(201);
  const { messages } = replica.memory.get(key);
  expect(messages.length).toBeLessThan(200);
  expect(messages.map(({ event }) => event.toString())).toEqual(inbox.slice(0, messages.length));
  expect(replica.memory.all('overflowing')).toContainEqual(expect.objectContaining({ key }));
});

test('a control behind another replica’s that a closing read has no room for does not overtake it', async ({
  open,
  hubId,
  db,
}) => {
  const [replica, other] = [await open(), await open()];
  const started = [await start(replica, hubId, 'a'), await start(replica, hubId, 'b')];
  for (const { key } of started) await commit(replica, { patch: turn(replica, key) });
  const [first, last] = started.toSorted((a, b) => a.key - b.key);
  if (!first || !last) throw new Error('two instances');
  const control = (kind: 'suspend' | 'resume') => {
    const { message, ...sent } = raise(hubId, last.id, kind);
    return { ...sent, message: { ...message, kind, rank: ranks.control } };
  };
  await commit(other, { messages: [raise(hubId, first.id, 'x'.repeat(2_000))] });
  await commit(other, { messages: [control('suspend')] });
  const { loadedBytes } = limits;
  Object.assign(limits, { loadedBytes: 1_500 });
  try {
    await Promise.all([
      commit(replica, { messages: [raise(hubId, first.id, 'y')] }),
      commit(replica, { messages: [control('resume')] }),
    ]);
  } finally {
    Object.assign(limits, { loadedBytes });
  }
  expect(await inboxOf(db, last.key)).toEqual(['suspend', 'resume']);
  expect(replica.memory.get(last.key).messages).toEqual([]);
  expect(replica.memory.all('overflowing')).toContainEqual(expect.objectContaining({ key: last.key }));
});

test('a bell hint for an instance that is not resident here leaves the bell alone', async ({
  open,
  hubId,
  db,
}) => {
  const [replica, other] = [await open(), await open()];
  const { key, partition, id } = await start(replica, hubId, 'a');
  await commit(other, { messages: [raise(hubId, id, 'x')] });
  replica.memory.residents.delete(key);
  await commit(replica, { patch: { kind: 'fetch', partition, key } });
  expect(await instanceRow(db, key)).toMatchObject({ is_due: true });
});

test('what a release leaves behind has its controls marked for every replica', async ({
  open,
  hubId,
  db,
}) => {
  const replica = await open();
  const { key, partition, id } = await start(replica, hubId, 'a');
  const suspend = { rank: -1, kind: 'suspend', event: Buffer.from('s') } as const;
  await commit(replica, { messages: [{ ...raise(hubId, id, ''), message: suspend }] });
  await commit(replica, { patch: { kind: 'release', partition, key, turn: 0, readyInMs: 0, attempts: 0 } });
  expect(await instanceRow(db, key)).toMatchObject({ owner: null, is_due: true, engine_work: true });
});

describe('a control that was left unread, because all that was loaded together was cut, is not overtaken', () => {
  const few = 1_500;

  /** Two residents of which the first one's inbox fills the room, and a suspension that the second has not seen. */
  async function cut(
    { open, hubId }: { readonly open: () => Promise<Replica>; readonly hubId: number },
    load: (replica: Replica, instances: readonly InstanceKey[]) => Promise<unknown>,
    isReleased: boolean,
  ): Promise<string> {
    const [replica, other] = [await open(), await open()];
    const started = [await start(replica, hubId, 'a'), await start(replica, hubId, 'b')];
    for (const { partition, key } of started) {
      await commit(replica, { patch: turn(replica, key) });
      const release = { kind: 'release', partition, key, turn: 1, readyInMs: null, attempts: 0 } as const;
      if (isReleased) await commit(replica, { patch: release });
    }
    const [first, last] = started.toSorted((a, b) => a.key - b.key);
    const [big, late] = [must(first, 'the first'), must(last, 'the last')];
    const control = (kind: 'suspend' | 'resume'): NewMessage => {
      const { message, ...sent } = raise(hubId, late.id, kind);
      return { ...sent, message: { ...message, kind, rank: ranks.control } };
    };
    await commit(other, { messages: [raise(hubId, big.id, 'x'.repeat(2_000))] });
    await commit(other, { messages: [control('suspend')] });
    const { loadedBytes } = limits;
    Object.assign(limits, { loadedBytes: few });
    await load(replica, [big, late]).finally(() => Object.assign(limits, { loadedBytes }));
    expect(replica.memory.knownMessages(late.key), 'nothing was read').toEqual([]);
    await commit(replica, { messages: [control('resume')] });
    const delivered = replica.memory.results.at(-1)?.delivered ?? [];
    return delivered.map(({ message }) => message.event.toString()).join();
  }

  test('by one that comes after a fetch', async ({ open, hubId }) => {
    const fetchAll = (replica: Replica, instances: readonly InstanceKey[]): Promise<unknown> =>
      Promise.all(
        instances.map(({ partition, key }) => commit(replica, { patch: { kind: 'fetch', partition, key } })),
      );
    expect(await cut({ open, hubId }, fetchAll, false)).toBe('suspend,resume');
  });

  test('by one that comes after a claim', async ({ open, hubId }) => {
    const claimAll = (replica: Replica): Promise<unknown> =>
      replica.store.claimInstances({ hubId, kind: 'orchestration', filter: 'everything', limit: 10 });
    expect(await cut({ open, hubId }, claimAll, true)).toBe('suspend,resume');
  });
});

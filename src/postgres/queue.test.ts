import { describe, expect, test } from 'vitest';
import { limits } from '../domain/limits.ts';
import { type Write } from '../domain/write.ts';
import { HeldIds } from './held-ids.ts';
import { hubOf, type Pending, WriteQueue } from './queue.ts';

const noMessage = { rank: 3, kind: 'eventRaised', event: Buffer.alloc(0) } as const;

/** When nothing tells any more that hubs shared the lane. */
const LATER_MS = 60_000;

function pending(write: Write, bytes = 100): Pending {
  return { write, bytes, queuedAtMs: 0, resolve: () => undefined, reject: () => undefined };
}

/** What a client asks for: it may be refused. */
function event(hubId: number, id: string): Write {
  const to = { by: 'id', partition: 1, hubId, id } as const;
  return { messages: [{ to: to as never, message: noMessage, isFromClient: true }] };
}

function completion(hubId: number, activityKey: number): Write {
  return { completion: { partition: 1, key: 1, activityKey, hubId, event: Buffer.alloc(0) } };
}

const none = new HeldIds();

/** Adds writes in this order, each to the queue of its hub. */
function queueOf(...writes: readonly Write[]): WriteQueue {
  const queue = new WriteQueue();
  for (const write of writes) queue.add(hubOf(write, none), pending(write));
  return queue;
}

const many = (count: number, make: (n: number) => Write): Write[] =>
  Array.from({ length: count }, (_, n) => make(n));
const hubsOf = (batch: readonly Pending[]): number[] => batch.map(({ write }) => hubOf(write, none));
const countOf = (batch: readonly Pending[], hubId: number): number =>
  hubsOf(batch).filter((hub) => hub === hubId).length;

describe('a batch', () => {
  test('takes what waits of one hub in its order, as much as fits', () => {
    const writes = many(limits.batchWrites + 1, (n) => event(1, `i${n}`));
    const queue = queueOf(...writes);
    expect(queue.take(LATER_MS).map(({ write }) => write)).toEqual(writes.slice(0, -1));
    expect(queue.take(LATER_MS).map(({ write }) => write)).toEqual(writes.slice(-1));
    expect(queue.isEmpty).toBe(true);
  });

  test('has an equal share for every hub, and the rest for whoever has more', () => {
    const flood = many(5_000, (n) => event(1, `i${n}`));
    const some = many(limits.batchWrites, (n) => event(n < 200 ? 2 : 3, `j${n}`));
    const queue = queueOf(...flood, ...some);
    const first = queue.take(LATER_MS);
    expect(first).toHaveLength(limits.batchWrites);
    for (const hubId of [1, 2, 3]) expect(countOf(first, hubId)).toBeGreaterThanOrEqual(166);
  });

  test('has room for everybody where everything fits, however much one has', () => {
    const queue = queueOf(...many(limits.batchWrites, (n) => event(n < 360 ? 1 : 2, `i${n}`)));
    expect(countOf(queue.take(LATER_MS), 1)).toBe(360);
    expect(queue.isEmpty).toBe(true);
  });

  test('begins with another hub each time', () => {
    const ofBoth = many(2_000, (n) => event((n % 2) + 1, `i${n}`));
    const queue = queueOf(...ofBoth);
    expect(
      [queue.take(LATER_MS), queue.take(LATER_MS), queue.take(LATER_MS)].map((batch) => hubsOf(batch)[0]),
    ).toEqual([1, 2, 1]);
  });

  test('leaves a second write for the same thing to the next one, before what came after it', () => {
    const queue = queueOf(completion(1, 7), completion(1, 7), event(2, 'i'), completion(1, 8));
    expect(queue.take(LATER_MS)).toHaveLength(3);
    queue.add(1, pending(completion(1, 9)));
    expect(queue.take(LATER_MS).map(({ write }) => write.completion?.activityKey)).toEqual([7, 9]);
    expect(queue.isEmpty).toBe(true);
  });

  test('has room for one write however large', () => {
    const queue = new WriteQueue();
    queue.add(1, pending(event(1, 'large'), 2 * limits.batchBytes));
    queue.add(2, pending(event(2, 'small')));
    expect([queue.take(LATER_MS).length, queue.take(LATER_MS).length]).toEqual([1, 1]);
  });
});

describe('a hub that writes now and then beside one that floods the lane', () => {
  const flood = many(3_000, (n) => event(1, `i${n}`));

  test('goes first, with a batch of its own by turns, and meanwhile the batches of the other one are short', () => {
    const queue = queueOf(...flood);
    expect(queue.take(0)).toHaveLength(limits.batchWrites);
    queue.add(2, pending(event(2, 'a')));
    const batches = [queue.take(0)];
    queue.add(2, pending(event(2, 'b')));
    batches.push(queue.take(0), queue.take(0));
    expect(batches.map((batch) => [countOf(batch, 1), countOf(batch, 2)])).toEqual([
      [0, 1],
      [limits.sharedBatchWrites - 1, 1],
      [limits.sharedBatchWrites, 0],
    ]);
  });

  test('leaves whole batches to one that is only busy', () => {
    const queue = queueOf(...flood.slice(0, 128), event(2, 'a'));
    expect(queue.take(0)).toHaveLength(129);
  });

  test('does not make them short for ever', () => {
    const queue = queueOf(...flood, event(2, 'a'));
    expect(queue.take(0)).toHaveLength(1);
    expect(queue.take(4_999)).toHaveLength(limits.sharedBatchWrites);
    expect(queue.take(5_001)).toHaveLength(limits.batchWrites);
  });

  test('is none when much of it waits, or when what it writes is of no hub', () => {
    const both = queueOf(...many(4_000, (n) => event((n % 2) + 1, `i${n}`)));
    expect(both.take(LATER_MS)).toHaveLength(limits.batchWrites);
    const alone = queueOf(...flood);
    alone.add(0, pending({}));
    expect(alone.take(LATER_MS)).toHaveLength(limits.batchWrites);
  });

  test('is not meant by many hubs with little each, nor by one that has a little more', () => {
    const queue = queueOf(...many(160, (n) => event((n % 40) + 1, `i${n}`)));
    expect(queue.take(0)).toHaveLength(160);
    const small = queueOf(...many(limits.sharedBatchWrites, (n) => event(1, `i${n}`)), event(2, 'a'));
    expect(small.take(0)).toHaveLength(limits.sharedBatchWrites + 1);
  });
});

describe('who asks for too much', () => {
  test('is refused when a client does; its neighbours and workers are not', () => {
    const queue = queueOf(...many(limits.queuedWrites, (n) => event(1, `i${n}`)));
    expect(() => {
      queue.add(1, pending(event(1, 'one more')));
    }).toThrow('too many writes wait');
    expect(() => {
      queue.add(1, pending({ entityMessages: [{ hubId: 1 } as never] }));
    }).toThrow('too many writes wait');
    queue.add(1, pending(completion(1, 7)));
    queue.add(2, pending(event(2, 'i')));
    expect(queue.drain()).toHaveLength(limits.queuedWrites + 2);
    queue.add(1, pending(event(1, 'again')));
  });

  test('leaves half of the memory to others', () => {
    const queue = new WriteQueue();
    queue.add(1, pending(event(1, 'i'), limits.queuedBytes / 2));
    expect(() => {
      queue.add(1, pending(event(1, 'one more')));
    }).toThrow('too many writes wait');
    queue.add(2, pending(event(2, 'i'), limits.queuedBytes / 2));
    expect([queue.take(LATER_MS).length, queue.take(LATER_MS).length, queue.isEmpty]).toEqual([1, 1, true]);
    queue.add(1, pending(event(1, 'again'), limits.queuedBytes / 2));
  });

  test('is one of many that all have little', () => {
    const queue = new WriteQueue();
    for (const hubId of [1, 2, 3, 4]) queue.add(hubId, pending(event(hubId, 'i'), limits.queuedBytes / 4));
    expect(() => {
      queue.add(5, pending(event(5, 'one more')));
    }).toThrow('too many writes wait');
  });
});

test('a write for an instance that is held here is of its hub', () => {
  const held = new HeldIds();
  held.add({ partition: 1, key: 5, hubId: 9, id: 'i', kind: 'orchestration' });
  const fetch = (key: number): Write => ({ patch: { kind: 'fetch', partition: 1, key } });
  expect([hubOf(fetch(5), held), hubOf(fetch(6), held)]).toEqual([9, 0]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instanceState } from '../../test/helpers/factories.ts';
import { limits } from '../domain/limits.ts';
import { type Message, ranks } from '../domain/message.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { Resident } from './resident.ts';
import { WorkerStreams } from './streams.ts';
import { WorkClasses } from './work-class.ts';

const classes = new WorkClasses<Resident>(new WorkerStreams(createMetrics('test')));

function resident(history: readonly Buffer[] = []): Resident {
  return new Resident(instanceState(), history, classes.of(1, 'orchestration', 'Order', null));
}

function message(messageId: number, rank: number = ranks.arrived, kind: Message['kind'] = 'eventRaised') {
  return { rank, messageId, kind, generation: 0, event: Buffer.from(`${messageId}`), firesAt: null };
}

const ids = (messages: readonly Message[]): number[] => messages.map(({ messageId }) => messageId);

describe('messages', () => {
  test('are held in the order of the inbox, each once, in whatever order they come', () => {
    const inbox = fc
      .uniqueArray(fc.record({ messageId: fc.nat(50), rank: fc.integer({ min: 0, max: 3 }) }), {
        selector: ({ messageId }) => messageId,
      })
      .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray([...rows, ...rows])));
    fc.assert(
      fc.property(inbox, ([rows, deliveries]) => {
        const one = resident();
        for (const { messageId, rank } of deliveries) one.hold(message(messageId, rank));
        const delivered = rows.filter((row) => deliveries.includes(row));
        const expected = delivered.toSorted((a, b) => a.rank - b.rank || a.messageId - b.messageId);
        expect(ids(one.messages)).toEqual(ids(expected.map(({ messageId }) => message(messageId))));
      }),
    );
  });

  test('that are controls are held apart, in their order', () => {
    const one = resident();
    one.hold(message(1, ranks.arrived));
    one.hold(message(4, ranks.control, 'resume'));
    one.hold(message(3, ranks.control, 'suspend'));
    one.hold(message(4, ranks.control, 'resume'));
    one.hold(message(2, ranks.suspensionPair, 'suspensionPair'));
    expect(ids(one.controls)).toEqual([3, 4]);
    expect(ids(one.messages)).toEqual([2, 1]);
  });

  test('go when they were consumed, controls as well, and unknown ones don’t matter', () => {
    const one = resident();
    for (const id of [1, 2, 3]) one.hold(message(id));
    one.hold(message(4, ranks.control, 'terminate'));
    one.drop([message(2), message(4, ranks.control, 'terminate'), message(9)]);
    expect([ids(one.messages), ids(one.controls)]).toEqual([[1, 3], []]);
  });

  test('that are shown to a worker stay what they are when others come', () => {
    const one = resident();
    one.hold(message(1));
    const shown = one.messages;
    one.drop([message(1)]);
    expect(ids(shown), 'a turn that is out keeps its own list').toEqual([1]);
  });
});

describe('what a resident holds', () => {
  const sized = (messageId: number, bytes: number): Message => ({
    ...message(messageId),
    event: Buffer.alloc(bytes),
  });

  test('is known in bytes, each message once, controls as well', () => {
    const one = resident();
    one.hold(sized(1, 10));
    one.hold(sized(1, 10));
    one.hold(sized(2, 5));
    one.hold({ ...sized(3, 7), rank: ranks.control, kind: 'suspend' });
    expect(one.heldBytes).toBe(22);
    one.drop([sized(2, 5)]);
    expect(one.heldBytes).toBe(17);
    one.keep(({ messageId }) => messageId === 1);
    expect([one.heldBytes, one.controls]).toEqual([10, []]);
  });

  test('is full by number or by bytes', () => {
    const [many, large] = [resident(), resident()];
    for (let id = 1; id < limits.heldMessages; id++) many.hold(message(id));
    expect(many.isFull).toBe(false);
    many.hold(message(limits.heldMessages));
    expect(many.isFull).toBe(true);
    large.hold(sized(1, limits.heldBytes - 1));
    expect(large.isFull).toBe(false);
    large.hold(sized(2, 1));
    expect(large.isFull).toBe(true);
  });

  test('says when the next step is due', () => {
    const one = resident();
    expect(one.readyIn(0), 'nothing to do').toBeNull();
    one.hasMore = true;
    expect(one.readyIn(0), 'there is more in the database').toBe(0);
    one.hold({ ...message(1), kind: 'unknown' });
    expect(one.readyIn(0), 'a newer replica may know it').toBe(30_000);
    one.hold(message(2));
    expect([one.readyIn(0), one.readyIn(500)]).toEqual([0, 500]);
    one.state = { ...one.state, status: 'suspended' };
    expect(one.readyIn(0)).toBeNull();
    one.hold(message(3, ranks.control, 'resume'));
    expect(one.readyIn(500), 'controls don’t wait').toBe(0);
  });
});

describe('a patch on its way', () => {
  test('is waited for by everybody, and only by those who came before its end', async () => {
    const one = resident();
    one.isPatching = true;
    const passed: string[] = [];
    const waits = ['a', 'b'].map(async (name) => {
      await one.whenSettled();
      passed.push(name);
    });
    await Promise.resolve();
    expect(passed).toEqual([]);
    one.patched();
    await Promise.all(waits);
    expect(passed).toEqual(['a', 'b']);
    await one.whenSettled();
  });
});

test('a resident knows the size of its history', () => {
  expect(resident([Buffer.alloc(3), Buffer.alloc(4)]).historyBytes).toBe(7);
});

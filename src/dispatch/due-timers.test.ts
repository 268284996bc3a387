import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { PARTITIONS } from '../domain/ids.ts';
import { type DueTimer } from '../domain/write.ts';
import { DueTimers, pollerOf } from './due-timers.ts';

let timers: DueTimers;
beforeEach(() => {
  timers = new DueTimers();
});

function timer(timerKey: number, firesAt: number): DueTimer {
  return { partition: 1, key: 1, timerKey, firesAt, generation: 0, kind: 'timerFired' };
}

const keysOf = (due: readonly DueTimer[]): number[] => due.map(({ timerKey }) => timerKey);

describe('timers in memory', () => {
  test('are due soonest first, like those of a sorted list', () => {
    const operations = fc.array(
      fc.oneof(
        fc.record({ add: fc.integer({ min: 0, max: 100 }) }),
        fc.record({ takeUntil: fc.integer({ min: 0, max: 100 }), limit: fc.integer({ min: 0, max: 5 }) }),
      ),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(operations, (list) => {
        const heap = new DueTimers();
        let model: number[] = [];
        let key = 0;
        for (const operation of list) {
          if ('add' in operation) {
            heap.add(timer(++key, operation.add));
            model = [...model, operation.add].sort((a, b) => a - b);
          } else {
            const due = model.filter((at) => at <= operation.takeUntil).slice(0, operation.limit);
            const taken = heap.takeDue(operation.takeUntil, operation.limit).map(({ firesAt }) => firesAt);
            expect(taken).toEqual(due);
            model = model.slice(due.length);
          }
          expect(heap.nextAt()).toBe(model[0]);
        }
      }),
    );
  });

  test('are held once until they were taken; then they may come again', () => {
    timers.add(timer(1, 10));
    timers.add(timer(1, 10));
    expect(keysOf(timers.takeDue(10, 5))).toEqual([1]);
    expect(timers.takeDue(10, 5)).toEqual([]);
    timers.add(timer(1, 10));
    expect(keysOf(timers.takeDue(10, 5))).toEqual([1]);
  });

  test('announce themselves when they are the soonest only', () => {
    const announced: (number | undefined)[] = [];
    timers.onSooner = () => announced.push(timers.nextAt());
    for (const [key, at] of [
      [1, 50],
      [2, 70],
      [3, 20],
      [4, 20],
      [3, 20],
    ] as const) {
      timers.add(timer(key, at));
    }
    expect(announced).toEqual([50, 20]);
  });

  test('are at most fifty thousand: the rest is left to polls', () => {
    timers.polled(
      Array.from({ length: 50_000 }, (_, i) => timer(i, 10)),
      false,
    );
    timers.add(timer(60_000, 1));
    expect(timers.nextAt(), 'the one too many is not known here').toBe(10);
    expect(timers.needsPoll, 'not while there is much to do').toBe(false);
    for (let taken = 0; taken < 49_001;) taken += timers.takeDue(10, 500).length;
    expect(timers.needsPoll).toBe(true);
  });

  test('call for a poll when few are left of a poll that did not bring all', () => {
    const found = Array.from({ length: 5_000 }, (_, i) => timer(i, i));
    timers.polled(found, true);
    expect(timers.needsPoll).toBe(false);
    timers.takeDue(3_999, 10_000);
    expect(timers.needsPoll, 'a thousand are left').toBe(false);
    timers.takeDue(4_000, 10_000);
    expect(timers.needsPoll, 'one less').toBe(true);
    timers.polled([], false);
    expect(timers.needsPoll).toBe(false);
  });
});

describe('the poller of a partition', () => {
  /** Incarnation ids as the sequence of keys makes them: one block each. */
  const replicas = (count: number): number[] => Array.from({ length: count }, (_, i) => (i + 7) * 2 ** 20);
  const partitions = [...Array(PARTITIONS).keys()];

  test('is one of the living, the same for everybody who knows the same ones in any order', () => {
    const living = replicas(5);
    fc.assert(
      fc.property(
        fc.nat(PARTITIONS - 1),
        fc.shuffledSubarray(living, { minLength: 5, maxLength: 5 }),
        (partition, shuffled) => {
          expect(living).toContain(pollerOf(partition, shuffled));
          expect(pollerOf(partition, shuffled)).toBe(pollerOf(partition, living));
        },
      ),
    );
  });

  test('is nobody when nobody lives', () => {
    expect(pollerOf(3, [])).toBeUndefined();
  });

  test.each([2, 3, 5, 10])('is another one for about equally many partitions: %i replicas', (count) => {
    const living = replicas(count);
    const loads = living.map(
      (replica) => partitions.filter((partition) => pollerOf(partition, living) === replica).length,
    );
    const fair = PARTITIONS / count;
    for (const load of loads) {
      expect(load).toBeGreaterThan(fair * 0.5);
      expect(load).toBeLessThan(fair * 1.7);
    }
  });

  test('stays when another replica leaves, and changes to a newcomer only when one comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(PARTITIONS - 1), (count, partition) => {
        const living = replicas(count + 1);
        const before = pollerOf(partition, living);
        for (const gone of living) {
          const after = pollerOf(
            partition,
            living.filter((replica) => replica !== gone),
          );
          if (gone !== before) expect(after).toBe(before);
        }
      }),
    );
  });

  test('of those that a replica leaves behind are several', () => {
    const living = replicas(4);
    const [gone = 0, ...rest] = living;
    const heirs = partitions
      .filter((partition) => pollerOf(partition, living) === gone)
      .map((partition) => pollerOf(partition, rest));
    expect(new Set(heirs).size).toBe(3);
  });

  test('is me for what is assigned to me', () => {
    const living = replicas(3);
    const [me = 0, ...others] = living;
    timers.assign(me, living);
    expect([...timers.partitions]).toEqual(
      partitions.filter((partition) => pollerOf(partition, living) === me),
    );
    expect(timers.living).toEqual(living);
    timers.assign(me, [me]);
    expect(timers.partitions.size).toBe(PARTITIONS);
    timers.assign(me, others);
    expect(timers.partitions.size).toBe(0);
  });
});

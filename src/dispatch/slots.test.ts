import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryWorker, only } from '../../test/helpers/engine.ts';
import { type NewActivity, type NewInstance } from '../domain/write.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { everythingKey } from './filters.ts';
import { type Flag, Slots } from './slots.ts';
import { WorkerStreams } from './streams.ts';
import { type WorkClass, WorkClasses } from './work-class.ts';

const metrics = createMetrics('test');
let streams: WorkerStreams;
let classes: WorkClasses<string>;
let slots: Slots;
let keys: number;
let mayDispatch: boolean;

beforeEach(() => {
  streams = new WorkerStreams(metrics);
  classes = new WorkClasses(streams);
  mayDispatch = true;
  slots = new Slots(streams, () => mayDispatch);
  keys = 0;
});

function worker(maxConcurrentActivityWorkItems: number, activities?: readonly string[]): MemoryWorker {
  const request = activities ? only({ activities }) : {};
  return new MemoryWorker(streams, { request: { ...request, maxConcurrentActivityWorkItems } });
}
const activity = (name = 'A'): WorkClass<string> => classes.of(1, 'activity', name, null);
const promise = (workClass: WorkClass<string>): boolean => slots.promise(workClass, ++keys);
/** How many promises are given until one is refused. */
function promises(name = 'A'): number {
  let given = 0;
  while (given < 1_000 && promise(activity(name))) given++;
  return given;
}

describe('free slots', () => {
  test('are those of all streams of the hub, less what is promised', () => {
    worker(4);
    worker(3).stream.outstanding.activity = 5;
    expect(slots.free(1, 'activity'), 'a stream that is overfull takes nothing from others').toBe(4);
    promise(activity());
    expect(slots.free(1, 'activity')).toBe(3);
    expect(slots.free(2, 'activity')).toBe(0);
  });

  test('are none while nothing may be handed out', () => {
    worker(4);
    mayDispatch = false;
    expect([slots.free(1, 'activity'), promises()]).toEqual([0, 0]);
  });
});

describe('promises', () => {
  test('are given for as many slots as there are', () => {
    worker(3);
    expect(promises()).toBe(3);
    expect(slots.free(1, 'activity')).toBe(0);
  });

  test('are not given for slots of streams that don’t accept such work', () => {
    worker(3, ['B']);
    expect(promises('A')).toBe(0);
  });

  test('take slots of streams that accept such work, not of others', () => {
    worker(3, ['A']);
    worker(2, ['B']);
    expect([promises('A'), promises('B')]).toEqual([3, 2]);
  });

  test('of different work count once against a stream that accepts both', () => {
    worker(3, ['A', 'B']);
    promise(activity('A'));
    expect(promises('B')).toBe(2);
  });

  test('are of one hub and one kind', () => {
    worker(2);
    expect(promises()).toBe(2);
    expect(promise(classes.of(1, 'orchestration', 'A', null))).toBe(true);
    expect(promise(classes.of(2, 'activity', 'A', null))).toBe(false);
  });

  test('end when they are kept, once', () => {
    worker(3);
    promises();
    slots.kept(1);
    slots.kept(1);
    expect(promises()).toBe(1);
    for (const key of [2, 3, keys - 1]) slots.kept(key);
    expect(promises()).toBe(3);
  });

  test('are taken back when the write comes to nothing, for rows that had one only', () => {
    worker(8);
    for (let i = 0; i < 8; i++) promise(activity());
    slots.cancel({ activities: [1, 99, 3].map((activityKey) => ({ activityKey }) as NewActivity) });
    expect(slots.free(1, 'activity')).toBe(2);
  });

  test('for instances are taken back by their kind', () => {
    worker(8);
    promise(classes.of(1, 'orchestration', 'A', null));
    promise(classes.of(1, 'entity', 'A', null));
    expect([slots.free(1, 'orchestration'), slots.free(1, 'entity')]).toEqual([99, 99]);
    slots.cancel({ instances: [{ key: 2 } as NewInstance] });
    expect([slots.free(1, 'orchestration'), slots.free(1, 'entity')]).toEqual([99, 100]);
  });
});

describe('while there may be unowned work', () => {
  test('an eighth of the free slots is left to claims, at least one', () => {
    worker(16);
    slots.flag(1, 'activity');
    expect(promises()).toBe(14);
  });

  test('the last free slot is left to a claim', () => {
    worker(1);
    slots.flag(1, 'activity');
    expect(promises()).toBe(0);
  });

  test('only the kind and the hub of that work are concerned', () => {
    worker(1);
    slots.flag(1, 'orchestration');
    slots.flag(2, 'activity');
    expect(promises()).toBe(1);
  });
});

describe('flags', () => {
  const flag = (hubId = 1): Flag => {
    slots.flag(hubId, 'activity');
    const [raised] = slots.flagged().slice(-1);
    if (!raised) throw new Error('no flag');
    return raised;
  };
  const isUp = (hubId = 1): boolean => slots.isFlagged(hubId, 'activity');
  /** What a claim does that finds less than it asked for. */
  const find = (raised: Flag): string[] => {
    const keys = [...slots.claimGroups(raised)].map(({ key }) => key);
    for (const key of keys) raised.dry.add(key);
    slots.lower(raised);
    return keys;
  };

  test('stand for a hub and a kind, once', () => {
    slots.flag(1, 'activity');
    slots.flag(1, 'activity');
    slots.flag(1, 'orchestration');
    slots.flag(2, 'activity');
    expect(slots.flagged().map(({ hubId, kind }) => [hubId, kind])).toEqual([
      [1, 'activity'],
      [1, 'orchestration'],
      [2, 'activity'],
    ]);
    expect([slots.isFlagged(2, 'activity'), slots.isFlagged(2, 'entity')]).toEqual([true, false]);
  });

  test('go down when claims found no more for any stream', () => {
    const [raised, other] = [flag(), flag(2)];
    worker(1, ['A']);
    worker(1, ['B']);
    worker(1, []);
    expect(find(raised)).toHaveLength(2);
    expect([isUp(), isUp(2)]).toEqual([false, true]);
    find(other);
    expect(isUp(2), 'nobody is there').toBe(false);
  });

  test('stay up for what only a busy stream accepts, but for that stream alone', () => {
    const raised = flag();
    const [free, busy] = [worker(1, ['A']), worker(1, ['B'])];
    busy.stream.outstanding.activity = 1;
    find(raised);
    expect(isUp()).toBe(true);
    const isFor = [free, busy].map(({ stream }) => slots.isFlaggedFor(stream, 'activity'));
    expect(isFor).toEqual([false, true]);
    busy.stream.outstanding.activity = 0;
    find(raised);
    expect(isUp()).toBe(false);
  });

  test('go down when everything was looked for, whoever is busy', () => {
    const raised = flag();
    worker(1);
    worker(1, ['B']).stream.outstanding.activity = 1;
    expect(find(raised)).toEqual([everythingKey]);
    expect(isUp()).toBe(false);
  });

  test('that are raised again while a claim looks stay up', () => {
    const raised = flag();
    const { stream } = worker(1);
    flag();
    find(raised);
    expect([isUp(), slots.isFlaggedFor(stream, 'activity')]).toEqual([true, true]);
  });
});

describe('whom a claim is for', () => {
  const groups = (): unknown[] => {
    slots.flag(1, 'activity');
    return slots
      .flagged()
      .flatMap((flag) => [...slots.claimGroups(flag)])
      .map(({ filter, streams: of }) => [filter, of.length, slots.freeOf(of, 'activity')]);
  };
  const named = (name: string) => [{ name, version: null, ignoresCase: false }];

  test('are streams with a free slot, those that accept the same together', () => {
    worker(1, ['A']);
    worker(5, ['A']);
    worker(2, ['B']);
    worker(1, ['C']).stream.outstanding.activity = 1;
    worker(3);
    expect(groups()).toEqual([
      [named('A'), 2, 6],
      [named('B'), 1, 2],
      ['everything', 1, 3],
    ]);
  });

  test('is nobody whose slots are all promised, who accepts nothing or who is not read', () => {
    worker(1, ['A']);
    promise(activity());
    worker(5, []);
    const stuck = worker(5, ['B']);
    stuck.isFull = true;
    stuck.stream.send(Buffer.from([0x22, 0]));
    expect(groups()).toEqual([]);
  });
});

import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryWorker, only } from '../../test/helpers/engine.ts';
import { type NewActivity, type NewInstance } from '../domain/write.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { Slots } from './slots.ts';
import { WorkerStreams } from './streams.ts';
import { type WorkClass, WorkClasses } from './work-class.ts';

const metrics = createMetrics('test');
let streams: WorkerStreams;
let classes: WorkClasses<string>;
let slots: Slots;

beforeEach(() => {
  streams = new WorkerStreams(metrics);
  classes = new WorkClasses(streams);
  slots = new Slots(streams, (hubId, kind) => classes.waiting(hubId, kind));
});

function worker(maxConcurrentActivityWorkItems: number, activities?: readonly string[]): MemoryWorker {
  const request = activities ? only({ activities }) : {};
  return new MemoryWorker(streams, { request: { ...request, maxConcurrentActivityWorkItems } });
}
const activity = (name = 'A'): WorkClass<string> => classes.of(1, 'activity', name, null);
/** How many promises are given until one is refused. */
function promises(name = 'A'): number {
  let given = 0;
  while (given < 1_000 && slots.promise(activity(name))) given++;
  return given;
}

describe('free slots', () => {
  test('are those of all streams of the hub, less what is promised and what waits', () => {
    worker(4);
    worker(3).stream.outstanding.activity = 5;
    expect(slots.free(1, 'activity'), 'a stream that is overfull takes nothing from others').toBe(4);
    slots.promise(activity());
    classes.enqueue(activity(), 'waiting');
    expect(slots.free(1, 'activity')).toBe(2);
    expect(slots.free(2, 'activity')).toBe(0);
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

  test('are not given for slots that waiting items will take', () => {
    worker(3);
    classes.enqueue(activity(), 'one');
    classes.enqueue(activity(), 'two');
    expect(promises()).toBe(1);
  });

  test('are of one hub and one kind', () => {
    worker(2);
    expect(promises()).toBe(2);
    expect(slots.promise(classes.of(1, 'orchestration', 'A', null))).toBe(true);
    expect(slots.promise(classes.of(2, 'activity', 'A', null))).toBe(false);
  });

  test('end when they are kept', () => {
    worker(3);
    promises();
    slots.kept(1, 'activity');
    expect(promises()).toBe(1);
    slots.kept(1, 'activity', 3);
    expect(promises()).toBe(3);
  });

  test('that are kept too often are no debt', () => {
    worker(3);
    promises();
    slots.kept(1, 'activity', 10);
    expect(promises()).toBe(3);
  });

  test('are taken back when the write comes to nothing, for rows of this replica only', () => {
    worker(8);
    for (let i = 0; i < 8; i++) slots.promise(activity());
    const rows = [true, false, true].map((owned) => ({ owned, hubId: 1 }) as NewActivity);
    slots.cancel({ activities: rows });
    expect(slots.free(1, 'activity')).toBe(2);
  });

  test('for instances are taken back by their kind', () => {
    worker(8);
    slots.promise(classes.of(1, 'orchestration', 'A', null));
    slots.promise(classes.of(1, 'entity', 'A', null));
    expect([slots.free(1, 'orchestration'), slots.free(1, 'entity')]).toEqual([99, 99]);
    slots.cancel({ instances: [{ owned: true, hubId: 1, kind: 'entity' } as NewInstance] });
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

  test('nothing is left to claims again once there is none', () => {
    worker(8);
    slots.flag(1, 'activity');
    for (const { hubId, kind, version } of slots.flagged()) slots.unflag(hubId, kind, version);
    expect(promises()).toBe(8);
  });
});

describe('flags', () => {
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

  test('that are raised again while a claim looks stay up', () => {
    slots.flag(1, 'activity');
    const seen = slots.flagged().map(({ version }) => version);
    slots.flag(1, 'activity');
    for (const version of seen) slots.unflag(1, 'activity', version);
    expect(slots.isFlagged(1, 'activity')).toBe(true);
    for (const { version } of slots.flagged()) slots.unflag(1, 'activity', version);
    expect(slots.isFlagged(1, 'activity')).toBe(false);
  });

  test('of one hub don’t go down with another’s', () => {
    slots.flag(1, 'activity');
    slots.flag(2, 'activity');
    const [first] = slots.flagged();
    slots.unflag(1, 'activity', first?.version ?? 0);
    expect(slots.isFlagged(2, 'activity')).toBe(true);
  });
});

describe('what a claim may take', () => {
  test('is what streams with a free slot accept', () => {
    worker(1, ['A']);
    worker(1, ['B']).stream.outstanding.activity = 1;
    expect(slots.claimFilter(1, 'activity')).toEqual([{ name: 'A', version: null, ignoresCase: false }]);
    expect(slots.hasBusyStream(1, 'activity')).toBe(true);
  });

  test('is everything when a free stream has no filter', () => {
    worker(1);
    worker(1, ['B']);
    expect(slots.claimFilter(1, 'activity')).toBe('everything');
    expect(slots.hasBusyStream(1, 'activity')).toBe(false);
  });

  test('is nothing when no stream, or none with a free slot, accepts anything', () => {
    worker(5, []);
    expect(slots.claimFilter(1, 'activity')).toBeNull();
    worker(1).stream.outstanding.activity = 1;
    expect(slots.claimFilter(1, 'activity')).toBeNull();
    expect(slots.claimFilter(2, 'activity')).toBeNull();
  });

  test('is not what a stream accepts that is not read', () => {
    const stuck = worker(5);
    stuck.isFull = true;
    stuck.stream.send(Buffer.from([0x22, 0]));
    expect(slots.claimFilter(1, 'activity')).toBeNull();
    expect(slots.hasBusyStream(1, 'activity')).toBe(true);
  });
});

import { type Pool } from 'pg';
import { describe } from 'vitest';
import {
  answer,
  expect,
  raise,
  startOrder,
  type StillEngine,
  test,
  until,
} from '../../test/helpers/engine.ts';
import { complete, fromNow } from '../../test/helpers/scripted-worker.ts';
import { type InstanceId, instanceId, partitionOf } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { type Store } from '../domain/store.ts';
import { must } from '../lib/assert.ts';
import { InstanceWaits } from './instance-waits.ts';
import { waitForInstance } from './wait-for-instance.ts';

const a = instanceId('a');

/** Waits until the instance has that custom status. */
function forStatus(
  waits: InstanceWaits,
  { hub }: Pick<StillEngine, 'hub'>,
  wanted: string,
  { id = a, signal = new AbortController().signal, withPayloads = false } = {},
): Promise<InstanceSnapshot> {
  return waits.forInstance(
    { hubId: hub.hubId, id, signal, withPayloads },
    ({ customStatus }) => customStatus === wanted,
  );
}

/** Changes instances behind everybody's back: nobody is woken. */
async function setStatus(db: Pool, status: string): Promise<void> {
  await db.query('update instances set custom_status = $1', [status]);
}

function noError(error: unknown): never {
  throw new Error('a look failed', { cause: error });
}

/** The store, and how often it was asked. */
function counting(store: Store): { store: Store; asked: Record<string, number> } {
  const asked: Record<string, number> = {};
  const counted = new Proxy(store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        asked[String(name)] = (asked[String(name)] ?? 0) + 1;
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  return { store: counted, asked };
}

/** Resolves when everybody has been looked at who was woken so far: those who wait for `seen` are the last of them. */
async function everybodyIsSeen({ hub }: Pick<StillEngine, 'hub'>, waits: InstanceWaits): Promise<void> {
  const { signal } = new AbortController();
  const options = { hubId: hub.hubId, id: instanceId('seen'), signal, withPayloads: false };
  await waits.forInstance(options, () => true);
}

async function withInstances(one: StillEngine): Promise<StillEngine> {
  await startOrder(one.hub, { instanceId: 'seen', scheduledStartTimestamp: fromNow(3_600_000) });
  await startOrder(one.hub, { instanceId: 'a', input: { value: '"in"' } });
  return one;
}

describe('a wait', () => {
  test('ends at once when it has come true already', async ({ still, db }) => {
    const one = await withInstances(await still());
    await setStatus(db, 'x');
    expect(await forStatus(one.waits, one, 'x')).toMatchObject({ id: 'a', customStatus: 'x', input: null });
    expect(one.waits.count).toBe(0);
  });

  test('is registered before anything is looked at: no change falls in between', async ({ still }) => {
    const one = await still();
    const worker = one.worker();
    await withInstances(one);
    const turn = await worker.turn();
    const answering = answer(one.hub, turn, [complete('"out"')]);
    const waiting = waitForInstance(one.hub, a, 'completed', {
      ...{ withPayloads: true, signal: new AbortController().signal },
    });
    expect(one.waits.count).toBe(1);
    expect(await waiting).toMatchObject({ status: 'completed', output: '"out"' });
    await answering;
  });

  test('goes on for an instance that does not exist, until it does and has started', async ({ still }) => {
    const one = await withInstances(await still());
    const { signal } = new AbortController();
    const id = instanceId('late');
    const waiting = waitForInstance(one.hub, id, 'started', { withPayloads: false, signal });
    await everybodyIsSeen(one, one.waits);
    expect(one.waits.count).toBe(1);
    const worker = one.worker();
    await startOrder(one.hub, { instanceId: id });
    await answer(one.hub, await worker.turn(), []);
    expect((await waiting).id).toBe('late');
  });

  test('is cancelled by its signal, also when that was before it', async ({ still }) => {
    const one = await withInstances(await still());
    const abort = new AbortController();
    const waiting = forStatus(one.waits, one, 'x', { signal: abort.signal });
    const other = forStatus(one.waits, one, 'y', { signal: AbortSignal.abort() });
    await expect(other).rejects.toMatchObject({ code: 'cancelled' });
    expect(one.waits.count).toBe(1);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(one.waits.count).toBe(0);
  });

  test('that is cancelled while somebody looks is over all the same, and takes nobody with it', async ({
    still,
    db,
  }) => {
    const one = await withInstances(await still());
    const abort = new AbortController();
    const cancelled = forStatus(one.waits, one, 'x', { signal: abort.signal });
    const stays = forStatus(one.waits, one, 'x');
    await setStatus(db, 'x');
    setImmediate(() => {
      abort.abort();
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect((await stays).customStatus).toBe('x');
    expect(one.waits.count).toBe(0);
  });

  test('is woken by changes that were hinted, and by the safety net', async ({ still, db }) => {
    const one = await withInstances(await still());
    const [first, second] = [forStatus(one.waits, one, 'x'), forStatus(one.waits, one, 'y')];
    await everybodyIsSeen(one, one.waits);
    await setStatus(db, 'x');
    one.waits.wake({ hubId: one.hub.hubId, id: 'a' });
    await first;
    await setStatus(db, 'y');
    expect(one.waits.wakeAll()).toBe(1);
    await second;
  });

  test('has payloads only if it asked for them', async ({ still, db }) => {
    const one = await withInstances(await still());
    await setStatus(db, 'x');
    const both = [true, false].map((withPayloads) => forStatus(one.waits, one, 'x', { withPayloads }));
    expect((await Promise.all(both)).map(({ input }) => input)).toEqual(['"in"', null]);
  });

  test('goes on after a read that failed, with the store of the next incarnation', async ({ still, db }) => {
    const [one, dead] = [await withInstances(await still()), await still()];
    dead.store.abort('it has died');
    await setStatus(db, 'x');
    const errors: unknown[] = [];
    let store: Store = dead.store;
    const waits = new InstanceWaits(
      () => store,
      (error) => errors.push(error),
    );
    const waiting = forStatus(waits, one, 'x');
    await until(() => errors.length === 1, 'the failure');
    expect(errors).toEqual([expect.objectContaining({ code: 'unavailable' })]);
    store = one.store;
    waits.wakeAll();
    expect((await waiting).customStatus).toBe('x');
  });
});

describe('many waits', () => {
  test('are one read per round, however many wait for the same instance', async ({ still, db }) => {
    const one = await withInstances(await still());
    const { store, asked } = counting(one.store);
    const waits = new InstanceWaits(() => store, noError);
    const waiting = Array.from({ length: 200 }, (_, i) =>
      forStatus(waits, one, 'x', { id: instanceId(i % 2 === 0 ? 'a' : `unknown-${i}`) }),
    );
    await everybodyIsSeen(one, waits);
    expect(asked).toEqual({ readInstances: 1 });
    await setStatus(db, 'x');
    waits.wakeAll();
    await Promise.all(waiting.filter((_, i) => i % 2 === 0));
    expect(asked).toEqual({ readInstances: 2 });
    expect(waits.count).toBe(100);
  });

  test('that one read has no room for are looked at by the next, in the same round', async ({
    still,
    db,
  }) => {
    const one = await withInstances(await still());
    await setStatus(db, 'x');
    const { store, asked } = counting(one.store);
    const waits = new InstanceWaits(() => store, noError);
    const waiting = Array.from({ length: limits.readIds + 1 }, () => forStatus(waits, one, 'x'));
    await Promise.all(waiting);
    expect(asked).toEqual({ readInstances: 2 });
  });

  test('end without one that does not', async ({ still, db }) => {
    const one = await withInstances(await still());
    await startOrder(one.hub, { instanceId: 'b' });
    const waiting = forStatus(one.waits, one, 'x');
    void forStatus(one.waits, one, 'x', { id: instanceId('b') });
    await db.query("update instances set custom_status = 'x' where instance_id = 'a'");
    one.waits.wakeAll();
    await waiting;
    expect(one.waits.count).toBe(1);
  });
});

describe('payloads', () => {
  test('are not read for those who go on waiting', async ({ still }) => {
    const one = await withInstances(await still());
    const { store, asked } = counting(one.store);
    const waits = new InstanceWaits(() => store, noError);
    void forStatus(waits, one, 'x', { withPayloads: true });
    for (let round = 1; round <= 3; round++) {
      waits.wakeAll();
      await everybodyIsSeen(one, waits);
    }
    expect(Object.keys(asked)).toEqual(['readInstances']);
  });

  test('are read a few at a time, once for all who wait for the same instance', async ({ still, db }) => {
    const one = await withInstances(await still());
    const ids = ['b', 'c', 'd'];
    for (const instanceId of ids) {
      await startOrder(one.hub, { instanceId, input: { value: `"${'x'.repeat(limits.pageBytes / 2)}"` } });
    }
    await setStatus(db, 'x');
    const { store, asked } = counting(one.store);
    const waits = new InstanceWaits(() => store, noError);
    const waiting = [...ids, ...ids].map((id) =>
      forStatus(waits, one, 'x', { id: instanceId(id), withPayloads: true }),
    );
    const inputs = (await Promise.all(waiting)).map(({ input }) => input?.length);
    expect(new Set(inputs)).toEqual(new Set([limits.pageBytes / 2 + 2]));
    expect(asked).toEqual({ readInstances: 1, readFound: 3 });
  });
});

describe('a wait for a control', () => {
  test('ends when its row is gone, not when the instance changes', async ({ still, db }) => {
    const one = await withInstances(await still());
    const { hubId } = one.hub;
    const { rows } = await db.query<{ message_id: number; instance_key: number }>(
      'select message_id, instance_key from inbox',
    );
    const { message_id: messageId, instance_key: key } = must(rows[0], 'a message');
    const sent = { partition: partitionOf(hubId, a), key, rank: 0, messageId };
    let isOver = false;
    const { signal } = new AbortController();
    const waiting = one.waits.forControl({ hubId, id: a, signal }, sent).then(() => (isOver = true));
    await everybodyIsSeen(one, one.waits);
    await setStatus(db, 'x');
    one.waits.wakeAll();
    await everybodyIsSeen(one, one.waits);
    expect(isOver).toBe(false);
    await db.query('delete from inbox');
    one.waits.wakeAll();
    await waiting;
    expect(one.waits.count).toBe(0);
  });
});

describe('waiting for an instance', () => {
  const wait = (hub: StillEngine['hub'], what: 'started' | 'completed', id: InstanceId = a) =>
    waitForInstance(hub, id, what, { withPayloads: false, signal: new AbortController().signal });

  test('to start ends when its first turn was recorded; to complete, when it has ended', async ({
    still,
  }) => {
    const one = await still();
    const worker = one.worker();
    await withInstances(one);
    const [started, completed] = [wait(one.hub, 'started'), wait(one.hub, 'completed')];
    await everybodyIsSeen(one, one.waits);
    expect(one.waits.count).toBe(2);
    await answer(one.hub, await worker.turn(), []);
    expect((await started).status).toBe('running');
    expect(one.waits.count).toBe(1);
    await everybodyIsSeen(one, one.waits);
    expect(one.waits.count).toBe(1);
    await raise(one.hub, 'a', 'paid');
    await answer(one.hub, await worker.turn(1), [complete('1')]);
    expect((await completed).status).toBe('completed');
  });

  test('that starts with its end ends both', async ({ still }) => {
    const one = await still();
    const worker = one.worker();
    await withInstances(one);
    const waiting = [wait(one.hub, 'started'), wait(one.hub, 'completed')];
    await answer(one.hub, await worker.turn(), [complete('1')]);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(['completed', 'completed']);
  });

  test('is told what another replica has done', async ({ run }) => {
    const [owner, other] = [await run(), await run()];
    const worker = owner.worker();
    await startOrder(owner.hub, { instanceId: 'a' });
    const waiting = wait(other.hub, 'completed');
    await answer(owner.hub, await worker.turn(), [complete('1')]);
    expect((await waiting).status).toBe('completed');
  });
});

test('a wait that was woken while no incarnation was there is looked at by the next', async ({
  still,
  db,
}) => {
  const one = await still();
  await startOrder(one.hub, { instanceId: 'a' });
  const host: { store?: Store } = {};
  const waits = new InstanceWaits(
    () => host.store,
    () => undefined,
  );
  const { signal } = new AbortController();
  const options = { hubId: one.hub.hubId, id: instanceId('a'), signal, withPayloads: false };
  let isOver = false;
  void waits.forInstance(options, ({ customStatus }) => customStatus === 'x').then(() => (isOver = true));
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  host.store = one.store;
  await db.query("update instances set custom_status = 'x'");
  await until(() => {
    waits.wakeAll();
    return isOver;
  }, 'the end of the wait');
});

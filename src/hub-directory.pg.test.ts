import { describe } from 'vitest';
import {
  expect,
  type MemoryWorker,
  startOrder,
  type StillEngine,
  test,
  until,
} from '../test/helpers/engine.ts';
import { hubName, type HubName } from './domain/ids.ts';
import { DEFAULT_STORE } from './domain/store.ts';
import { codec } from './protocol/codec.ts';
import { type Context } from './scheduler/context.ts';
import { createHub } from './scheduler/create-hub.ts';
import { deleteHub } from './scheduler/delete-hub.ts';
import { restartInstance } from './scheduler/restart-instance.ts';
import { Hubs } from './hub-directory.ts';

interface Options {
  readonly configured?: readonly string[];
  readonly isDynamic?: boolean;
}

/** A directory over an engine; `host.current` is the incarnation of the moment. */
function directory(one: StillEngine, { configured = [], isDynamic = false }: Options = {}) {
  const host: { current: Context | undefined; context(): Promise<Context> } = {
    current: one.hub,
    context: () => Promise.resolve(host.current ?? one.hub),
  };
  const stores = [{ name: DEFAULT_STORE, streams: one.streams, host }];
  const hubs = new Hubs({ configured: configured.map(hubName), isDynamic, stores, onIgnored });
  return { hubs, host };
}

const onIgnored = (): void => undefined;
const name = (text: string): HubName => hubName(text);
const notFound = { code: 'not_found' };

test('a hub that was asked for before is known at once, until there is no engine', async ({ still }) => {
  const one = await still();
  const { hubs, host } = directory(one, { configured: ['default'] });
  expect(hubs.known('default')).toBeUndefined();
  const context = await hubs.contextFor('default');
  expect(hubs.known('default')).toBe(context);
  expect(hubs.known(undefined)).toBe(context);
  expect(hubs.known('other')).toBeUndefined();
  host.current = undefined;
  expect(hubs.known('default')).toBeUndefined();
});

test('the configured hubs are made at the start; the first is meant when a call names none', async ({
  still,
  db,
}) => {
  const one = await still();
  const { hubs } = directory(one, { configured: ['first', 'second', 'default'] });
  await hubs.prepare();
  const { rows } = await db.query('select name from hubs order by name');
  expect(rows).toEqual([{ name: 'default' }, { name: 'first' }, { name: 'second' }]);
  expect(await hubs.contextFor(undefined)).toMatchObject({ hub: 'first' });
  expect(await hubs.contextFor('default')).toMatchObject({ hubId: one.hub.hubId, hub: 'default' });
});

test('preparing again changes nothing', async ({ still }) => {
  const one = await still();
  const { hubs } = directory(one, { configured: ['first'] });
  await hubs.prepare();
  const { hubId } = await hubs.contextFor('first');
  await hubs.prepare();
  expect((await hubs.contextFor('first')).hubId).toBe(hubId);
});

test('without configured hubs the hub `default` is meant', async ({ still }) => {
  const { hubs } = directory(await still());
  expect(await hubs.contextFor(undefined)).toMatchObject({ hub: 'default' });
});

describe('an unknown hub', () => {
  test('is not found, and not asked for again within a second', async ({ still, db }) => {
    const { hubs } = directory(await still());
    await expect(hubs.contextFor('late')).rejects.toMatchObject(notFound);
    await db.query("insert into hubs (name) values ('late')");
    await expect(hubs.contextFor('late')).rejects.toMatchObject(notFound);
    await until(
      () =>
        hubs.contextFor('late').then(
          () => true,
          () => false,
        ),
      'the second look',
    );
  });

  test('is known at once when it is made here, or when hubs came or went', async ({ still, db }) => {
    const one = await still();
    const { hubs } = directory(one);
    await expect(hubs.contextFor('made')).rejects.toMatchObject(notFound);
    await createHub(hubs, name('made'), false);
    expect((await hubs.contextFor('made')).hub).toBe('made');
    await expect(hubs.contextFor('elsewhere')).rejects.toMatchObject(notFound);
    await db.query("insert into hubs (name) values ('elsewhere')");
    await hubs.refresh();
    expect((await hubs.contextFor('elsewhere')).hub).toBe('elsewhere');
  });
});

describe('a dynamic hub', () => {
  test('comes into being when it is named, once, however many name it at several replicas', async ({
    still,
    db,
  }) => {
    const replicas = [await still(), await still()];
    const contexts = await Promise.all(
      replicas.flatMap((replica) => {
        const { hubs } = directory(replica, { isDynamic: true });
        return [1, 2, 3].map(() => hubs.contextFor('new'));
      }),
    );
    expect(new Set(contexts.map(({ hubId }) => hubId)).size).toBe(1);
    expect((await db.query("select count(*) as n from hubs where name = 'new'")).rows).toEqual([{ n: 1 }]);
  });

  test('comes back empty after it was deleted', async ({ still }) => {
    const one = await still();
    const { hubs } = directory(one, { isDynamic: true });
    const old = await hubs.contextFor('new');
    await startOrder(old, { instanceId: 'a' });
    await deleteHub(hubs, name('new'));
    const fresh = await hubs.contextFor('new');
    expect(fresh.hubId).not.toBe(old.hubId);
    expect(await startOrder(fresh, { instanceId: 'a' })).toBe('a');
  });

  test('does not come into being by a bad name', async ({ still, db }) => {
    const { hubs } = directory(await still(), { isDynamic: true });
    for (const bad of ['x'.repeat(65), 'hub\n', '']) {
      await expect(hubs.contextFor(bad)).rejects.toMatchObject({ code: 'invalid_argument' });
    }
    expect((await db.query('select name from hubs')).rows).toEqual([{ name: 'default' }]);
  });
});

describe('a deleted hub', () => {
  test('is not found at once, and its streams end, with the reason; others stay', async ({ still }) => {
    const one = await still();
    const { hubs } = directory(one, { configured: ['gone', 'stays'] });
    await hubs.prepare();
    const worker = async (hub: string): Promise<MemoryWorker> =>
      one.worker({}, { hubId: (await hubs.contextFor(hub)).hubId });
    const [gone, stays] = [await worker('gone'), await worker('stays')];
    await deleteHub(hubs, name('gone'));
    await expect(hubs.contextFor('gone')).rejects.toMatchObject(notFound);
    expect(gone.endedBy).toMatchObject(notFound);
    expect(stays.endedBy).toBeUndefined();
    await expect(deleteHub(hubs, name('gone'))).rejects.toMatchObject(notFound);
  });

  test('is noticed by another replica when hubs came or went', async ({ still }) => {
    const [one, two] = [await still(), await still()];
    const [here, there] = [directory(one, { configured: ['gone'] }), directory(two)];
    await here.hubs.prepare();
    const worker = two.worker({}, { hubId: (await there.hubs.contextFor('gone')).hubId });
    await one.store.renew();
    await deleteHub(here.hubs, name('gone'));
    await until(() => two.hints.some(({ kind }) => kind === 'hubs'), 'the hint');
    expect((await there.hubs.contextFor('gone')).hub, 'what it remembers may be old').toBe('gone');
    await there.hubs.refresh();
    await expect(there.hubs.contextFor('gone')).rejects.toMatchObject(notFound);
    expect(worker.endedBy).toMatchObject(notFound);
  });

  test('takes no start at another replica that has not heard: it is made in the new one, or not found', async ({
    still,
    db,
  }) => {
    const [{ hubs: here }, { hubs: there }] = [directory(await still()), directory(await still())];
    for (const hub of ['again', 'gone']) {
      await createHub(here, name(hub), false);
      await startOrder(await there.contextFor(hub), { instanceId: 'old' });
    }
    await db.query('update instances set status = 1, completed_at = clock_timestamp(), owner = null');
    await createHub(here, name('again'), true);
    await deleteHub(here, name('gone'));
    const [again, gone] = [await there.contextFor('again'), await there.contextFor('gone')];
    await expect(startOrder(gone, { instanceId: 'old' })).rejects.toMatchObject(notFound);
    await expect(startOrder(gone)).rejects.toMatchObject(notFound);
    await expect(there.contextFor('gone')).rejects.toMatchObject(notFound);
    const request = codec.decode(
      'RestartInstanceRequest',
      codec.encode('RestartInstanceRequest', { instanceId: 'old' }),
    );
    await expect(restartInstance(again, request)).rejects.toMatchObject(notFound);
    expect(await startOrder(again, { instanceId: 'old' })).toBe('old');
    const { rows } = await db.query(
      'select instance_id from instances join hubs using (hub_id) where deleted_at is null',
    );
    expect(rows).toEqual([{ instance_id: 'old' }]);
    expect((await there.contextFor('again')).hubId).not.toBe(again.hubId);
  });

  test('is another one when it is made again', async ({ still }) => {
    const one = await still();
    const { hubs } = directory(one);
    await createHub(hubs, name('again'), false);
    const { hubId } = await hubs.contextFor('again');
    await createHub(hubs, name('again'), false);
    expect((await hubs.contextFor('again')).hubId, 'it was there').toBe(hubId);
    await createHub(hubs, name('again'), true);
    expect((await hubs.contextFor('again')).hubId).not.toBe(hubId);
  });
});

describe('the context of a hub', () => {
  test('is made once per incarnation, not per call', async ({ still }) => {
    const [old, next] = [await still(), await still()];
    const { hubs, host } = directory(old);
    const first = await hubs.contextFor('default');
    expect(await hubs.contextFor('default')).toBe(first);
    host.current = next.hub;
    const second = await hubs.contextFor('default');
    expect(second.store).toBe(next.store);
    expect(second.hubId).toBe(first.hubId);
    expect(await hubs.contextFor('default')).toBe(second);
  });

  test('is not to be had while no incarnation is there', async ({ still }) => {
    const one = await still();
    const { hubs, host } = directory(one);
    await hubs.contextFor('default');
    host.context = () => Promise.reject(new Error('between two incarnations'));
    await expect(hubs.contextFor('default')).rejects.toThrow('between two incarnations');
  });
});

test('names of hubs that are made or deleted are checked before anything is done', async ({ still, db }) => {
  const one = await still();
  const { hubs } = directory(one);
  for (const bad of ['', 'x'.repeat(65), 'ä']) {
    await expect(createHub(hubs, name(bad), true)).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(deleteHub(hubs, name(bad))).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  expect((await db.query('select name from hubs')).rows).toEqual([{ name: 'default' }]);
});

test('a stream of a hub that was made during a refresh stays', async ({ still }) => {
  const one = await still();
  const gate = Promise.withResolvers<undefined>();
  let isListed = false;
  const store = new Proxy(one.store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'listHubs') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return async (): Promise<unknown> => {
        const hubs = await target.listHubs();
        isListed = true;
        await gate.promise;
        return hubs;
      };
    },
  });
  const host = { current: undefined, context: () => Promise.resolve({ ...one.hub, store }) };
  const stores = [{ name: DEFAULT_STORE, streams: one.streams, host }];
  const hubs = new Hubs({ configured: [], isDynamic: true, stores, onIgnored });
  const refreshing = hubs.refresh();
  await until(() => isListed, 'the list');
  const worker = one.worker({}, { hubId: (await hubs.contextFor('fresh')).hubId });
  gate.resolve(undefined);
  await refreshing;
  expect(worker.endedBy).toBeUndefined();
});

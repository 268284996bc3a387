import { setTimeout as pause } from 'node:timers/promises';
import { type Pool } from 'pg';
import { describe } from 'vitest';
import { createTestDatabase, schema } from '../test/helpers/database.ts';
import { expect, type StillEngine, startOrder, test as engineTest, until } from '../test/helpers/engine.ts';
import { SchedulerError, unavailable } from './domain/errors.ts';
import { type HubName, hubName } from './domain/ids.ts';
import { DEFAULT_STORE, type Store } from './domain/store.ts';
import { Hubs, type HubStore } from './hub-directory.ts';
import { must } from './lib/assert.ts';
import { createPool } from './postgres/pool.ts';
import { type Context } from './scheduler/context.ts';
import { createHub } from './scheduler/create-hub.ts';
import { deleteHub } from './scheduler/delete-hub.ts';
import { placeHub } from './scheduler/place-hub.ts';

/** A store of a server, that can be away. */
interface TestStore extends HubStore {
  readonly engine: StillEngine;
  isAway: boolean;
}

function storeOf(name: string, engine: StillEngine): TestStore {
  const store: TestStore = {
    ...{ name, engine, streams: engine.streams, isAway: false },
    host: {
      get current(): Context | undefined {
        return store.isAway ? undefined : engine.hub;
      },
      context: () =>
        store.isAway ? Promise.reject(unavailable(`${name} is away`)) : Promise.resolve(engine.hub),
    },
  };
  return store;
}

/** A server with two stores. */
interface Server {
  readonly hubs: Hubs;
  readonly main: TestStore;
  readonly archive: TestStore;
}

interface Options {
  readonly configured?: readonly string[];
  readonly isDynamic?: boolean;
}

const name = (text: string): HubName => hubName(text);
const onIgnored = (): void => undefined;

function directoryOf(
  stores: readonly HubStore[],
  { configured = [], isDynamic = false }: Options = {},
): Hubs {
  return new Hubs({ configured: configured.map(hubName), isDynamic, stores, onIgnored });
}

/** Every server of a test has the same two databases. */
const test = engineTest.extend<{
  archiveUrl: string;
  archiveDb: Pool;
  server: (options?: Options) => Promise<Server>;
}>({
  archiveUrl: async ({}, use) => {
    await use(await createTestDatabase());
  },
  archiveDb: async ({ archiveUrl }, use) => {
    const pool = createPool({ url: archiveUrl, schema, size: 2, onIdleError: () => undefined });
    await use(pool);
    await pool.end();
  },
  server: async ({ still, archiveUrl }, use) => {
    await use(async (options) => {
      const main = storeOf(DEFAULT_STORE, await still());
      const archive = storeOf('archive', await still({ databaseUrl: archiveUrl }));
      return { main, archive, hubs: directoryOf([main, archive], options) };
    });
  },
});

/** Names of the living hubs. */
async function namesIn(db: Pool): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    'select name from hubs where deleted_at is null order by name',
  );
  return rows.map((row) => row.name);
}

const elsewhere = (store: string) => ({
  code: 'already_exists',
  message: expect.stringContaining(`belongs to the store '${store}'`) as unknown,
});

describe('a hub', () => {
  test('is made and found in the store that it is placed in', async ({ server, db, archiveDb }) => {
    const { hubs, main, archive } = await server();
    await placeHub(hubs, name('old'), 'archive');
    await createHub(hubs, name('new'), false);
    expect(await namesIn(db)).toEqual(['default', 'new']);
    expect(await namesIn(archiveDb)).toEqual(['old']);
    const other = await server();
    for (const each of [hubs, other.hubs]) {
      const [old, fresh] = [await each.contextFor('old'), await each.contextFor('new')];
      expect([archive, other.archive].map(({ engine }) => engine.store)).toContain(old.store);
      expect([main, other.main].map(({ engine }) => engine.store)).toContain(fresh.store);
    }
    expect(await hubs.list()).toMatchObject({
      hubs: [
        { name: 'default', store: 'default' },
        { name: 'new', store: 'default' },
        { name: 'old', store: 'archive' },
      ],
      stores: [
        { name: 'default', isServing: true },
        { name: 'archive', isServing: true },
      ],
    });
  });

  test('is not made in a second store, whichever has it, also if it is older than places', async ({
    server,
    db,
    archiveDb,
  }) => {
    const { hubs } = await server();
    await placeHub(hubs, name('old'), 'archive');
    await placeHub(hubs, name('old'), 'archive');
    await expect(placeHub(hubs, name('old'), 'default')).rejects.toMatchObject(elsewhere('archive'));
    await expect(placeHub(hubs, name('default'), 'archive')).rejects.toMatchObject(elsewhere('default'));
    await createHub(hubs, name('old'), false);
    expect([await namesIn(db), await namesIn(archiveDb)]).toEqual([['default'], ['old']]);
  });

  test('that two servers make in two stores at once comes into being in one', async ({
    server,
    db,
    archiveDb,
  }) => {
    const [one, two] = [await server(), await server()];
    for (let i = 0; i < 10; i++) {
      const hub = name(`hub-${i}`);
      const outcomes = await Promise.allSettled([
        placeHub(one.hubs, hub, 'archive'),
        placeHub(two.hubs, hub, 'default'),
      ]);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const [here, there] = [await one.hubs.contextFor(hub), await two.hubs.contextFor(hub)];
      expect(here.hubId).toBe(there.hubId);
    }
    const all = [...(await namesIn(db)), ...(await namesIn(archiveDb))];
    expect(all).toHaveLength(11);
    expect(new Set(all).size).toBe(11);
  });

  test('of an unknown store is refused', async ({ server, db }) => {
    const { hubs } = await server();
    await expect(placeHub(hubs, name('x'), 'moon')).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "this server has no store 'moon': PERDURA_STORES names them",
    });
    expect((await db.query('select name from hub_places')).rows).toEqual([]);
  });

  test('that is made again empty stays in its store', async ({ server, db, archiveDb }) => {
    const { hubs } = await server();
    await placeHub(hubs, name('old'), 'archive');
    const { hubId } = await hubs.contextFor('old');
    await createHub(hubs, name('old'), true);
    expect((await hubs.contextFor('old')).hubId).not.toBe(hubId);
    expect([await namesIn(db), await namesIn(archiveDb)]).toEqual([['default'], ['old']]);
  });

  test('that is deleted frees its name for another store', async ({ server, db, archiveDb }) => {
    const { hubs, archive } = await server();
    await createHub(hubs, name('moves'), false);
    await deleteHub(hubs, name('moves'));
    await placeHub(hubs, name('moves'), 'archive');
    expect((await hubs.contextFor('moves')).store).toBe(archive.engine.store);
    await deleteHub(hubs, name('moves'));
    await placeHub(hubs, name('moves'), 'default');
    expect([await namesIn(db), await namesIn(archiveDb)]).toEqual([['default', 'moves'], []]);
  });

  test('of the same id in another store is another one', async ({ server }) => {
    const { hubs, main, archive } = await server();
    await placeHub(hubs, name('old'), 'archive');
    const [here, there] = [await hubs.contextFor('default'), await hubs.contextFor('old')];
    expect(there.hubId).toBe(here.hubId);
    const [worker, other] = [main.engine.worker(), archive.engine.worker({}, { hubId: there.hubId })];
    await startOrder(there, { instanceId: 'a' });
    await other.turn();
    await deleteHub(hubs, name('old'));
    expect([other.endedBy?.code, worker.endedBy, worker.turns.length]).toEqual(['not_found', undefined, 0]);
  });
});

describe('a name whose server died before its hub was made', () => {
  test('is kept for that store, and the next creation goes on', async ({ server, db, archiveDb }) => {
    const { hubs, main } = await server();
    await main.engine.store.placeHub('late', 'archive');
    await expect(hubs.contextFor('late')).rejects.toMatchObject({ code: 'not_found' });
    await expect(placeHub(hubs, name('late'), 'default')).rejects.toMatchObject(elsewhere('archive'));
    await createHub(hubs, name('late'), false);
    expect([await namesIn(db), await namesIn(archiveDb)]).toEqual([['default'], ['late']]);
  });

  test('is gone on with by whoever names it where hubs are dynamic', async ({ server, archiveDb }) => {
    const { hubs, main } = await server({ isDynamic: true });
    await main.engine.store.placeHub('late', 'archive');
    expect((await hubs.contextFor('late')).hub).toBe('late');
    expect(await namesIn(archiveDb)).toEqual(['late']);
  });

  test('is left alone by a start that is configured to make it', async ({ server, db, archiveDb }) => {
    const { hubs, main, archive } = await server({ configured: ['late', 'mine'] });
    await main.engine.store.placeHub('late', 'archive');
    archive.isAway = true;
    await hubs.prepare();
    expect([await namesIn(db), await namesIn(archiveDb)]).toEqual([['default', 'mine'], []]);
  });
});

/** The same store, whose creation of hubs waits. */
function withGate(store: TestStore, gate: Promise<unknown>, onWait: () => void): TestStore {
  const slow = new Proxy<Store>(store.engine.store, {
    get(target, property): unknown {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      if (property !== 'createHub') return value.bind(target) as unknown;
      return async (hub: string, placeId: number): Promise<unknown> => {
        onWait();
        await gate;
        return target.createHub(hub, placeId);
      };
    },
  });
  const context = { ...store.engine.hub, store: slow };
  return { ...store, host: { current: context, context: () => Promise.resolve(context) } };
}

test('a server that paused between place and hub makes nothing when the name has gone elsewhere meanwhile', async ({
  server,
  db,
  archiveDb,
}) => {
  const [frozen, other] = [await server(), await server()];
  const gate = Promise.withResolvers<undefined>();
  let isWaiting = false;
  const archive = withGate(frozen.archive, gate.promise, () => (isWaiting = true));
  const creation = placeHub(directoryOf([frozen.main, archive]), name('x'), 'archive');
  await until(() => isWaiting, 'the place');
  await createHub(other.hubs, name('x'), false);
  await deleteHub(other.hubs, name('x'));
  await placeHub(other.hubs, name('x'), 'default');
  gate.resolve(undefined);
  await expect(creation).rejects.toMatchObject(elsewhere('default'));
  expect([await namesIn(db), await namesIn(archiveDb)]).toEqual([['default', 'x'], []]);
});

test.for([
  ['no store is named', (hubs: Hubs) => createHub(hubs, name('x'), false)],
  ['another store is named', (hubs: Hubs) => placeHub(hubs, name('x'), 'default')],
] as const)(
  'a place that outlives its hub is replaced by the next creation: %s',
  async ([, make], { server, archiveDb }) => {
    const { hubs, main } = await server();
    await placeHub(hubs, name('x'), 'archive');
    await hubs.contextFor('x');
    main.isAway = true;
    await deleteHub(hubs, name('x'));
    expect(await namesIn(archiveDb)).toEqual([]);
    main.isAway = false;
    const stale = must(await main.engine.store.findPlace('x'), 'the place that stayed');
    await make(hubs);
    expect(await main.engine.store.findPlace('x')).toMatchObject({ store: 'default' });
    expect((await main.engine.store.findPlace('x'))?.placeId).not.toBe(stale.placeId);
  },
);

describe('while the default store is away', () => {
  test('hubs of others are found, made known and deleted; what is in none can not be said', async ({
    server,
    archiveDb,
  }) => {
    const one = await server();
    for (const hub of ['old', 'gone']) await placeHub(one.hubs, name(hub), 'archive');
    const { hubs, main, archive } = await server({ isDynamic: true });
    main.isAway = true;
    expect((await hubs.contextFor('old')).store).toBe(archive.engine.store);
    await createHub(hubs, name('old'), false);
    await deleteHub(hubs, name('gone'));
    expect(await namesIn(archiveDb)).toEqual(['old']);
    for (const hub of ['gone', 'new', undefined]) {
      await expect(hubs.contextFor(hub)).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect(await hubs.list()).toMatchObject({
      hubs: [{ name: 'old' }],
      stores: [{ isServing: false }, { isServing: true }],
    });
  });
});

describe('while another store is away', () => {
  test('its hubs are unavailable, not absent, and nothing else is different', async ({ server, db }) => {
    const before = await server();
    for (const hub of ['old', 'known']) await placeHub(before.hubs, name(hub), 'archive');
    const { hubs, main, archive } = await server({ isDynamic: true });
    await hubs.contextFor('known');
    archive.isAway = true;
    for (const hub of ['old', 'known']) {
      await expect(hubs.contextFor(hub)).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect((await hubs.contextFor('default')).store).toBe(main.engine.store);
    expect((await hubs.contextFor('dynamic')).store).toBe(main.engine.store);
    const still = directoryOf([main, archive]);
    await expect(still.contextFor('absent')).rejects.toMatchObject({ code: 'not_found' });
    expect(await namesIn(db)).toEqual(['default', 'dynamic']);
    archive.isAway = false;
    expect((await hubs.contextFor('old')).store).toBe(archive.engine.store);
  });

  test('a look at what is there forgets nothing of it, and ends no stream of it', async ({ server }) => {
    const { hubs, main, archive } = await server();
    // Its id is that of no living hub of the default store.
    for (const hub of ['first', 'old']) await placeHub(hubs, name(hub), 'archive');
    const { hubId } = await hubs.contextFor('old');
    await createHub(hubs, name('gone'), false);
    expect((await hubs.contextFor('gone')).hubId).toBe(hubId);
    const worker = archive.engine.worker({}, { hubId });
    archive.isAway = true;
    await main.engine.store.deleteHub('gone');
    await hubs.refresh();
    await expect(hubs.contextFor('gone')).rejects.toMatchObject({ code: 'not_found' });
    await expect(hubs.refresh('archive')).rejects.toMatchObject({ code: 'unavailable' });
    expect(worker.endedBy).toBeUndefined();
    archive.isAway = false;
    expect(hubs.known('old')?.hubId).toBe(hubId);
    await hubs.refresh('archive');
    expect([worker.endedBy, hubs.known('old')?.hubId]).toEqual([undefined, hubId]);
  });

  test('nobody waits for it who wants a hub of the others', async ({ server }) => {
    const { main, archive } = await server();
    const stuck: HubStore = {
      ...archive,
      host: { current: undefined, context: () => new Promise<never>(() => undefined) },
    };
    const hubs = directoryOf([main, stuck], { isDynamic: true });
    expect((await hubs.contextFor('default')).hub).toBe('default');
    expect((await hubs.contextFor('dynamic')).hub).toBe('dynamic');
    await deleteHub(hubs, name('dynamic'));
    expect((await hubs.list()).hubs.map((hub) => hub.name)).toEqual(['default']);
    await hubs.refresh();
  });
});

test('hubs of a store that was taken out of the settings are unavailable, and their names are not given away', async ({
  server,
  db,
}) => {
  const { hubs, main } = await server();
  await placeHub(hubs, name('old'), 'archive');
  const without = directoryOf([main], { isDynamic: true });
  const refused = {
    code: 'unavailable',
    message: expect.stringContaining("'old' belongs to the store 'archive'") as unknown,
  };
  await expect(without.contextFor('old')).rejects.toMatchObject(refused);
  await expect(createHub(without, name('old'), false)).rejects.toMatchObject(refused);
  await expect(deleteHub(without, name('old'))).rejects.toMatchObject(refused);
  expect(await namesIn(db)).toEqual(['default']);
});

/** Steps of a creation or deletion; everything else of a store is as it is. */
const steps = new Set(['createHub', 'placeHub', 'forgetPlace', 'deleteHub']);

/** A store whose steps take a while, don't happen, or happen without an answer: as by an outage or the death of whoever asked. */
function unreliable(store: TestStore): TestStore {
  const chaotic = new Proxy<Store>(store.engine.store, {
    get(target, property): unknown {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      const step = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      if (typeof property !== 'string' || !steps.has(property)) return step;
      return async (...args: unknown[]): Promise<unknown> => {
        await pause(Math.random() * 20);
        if (Math.random() < 0.1) throw unavailable('it did not happen');
        const result = await step(...args);
        if (Math.random() < 0.1) throw unavailable('nobody knows whether it happened');
        return result;
      };
    },
  });
  const context = { ...store.engine.hub, store: chaotic };
  return { ...store, host: { current: context, context: () => Promise.resolve(context) } };
}

test('whatever servers do at once and fail at, a name is in one store, and can be used again', async ({
  server,
  db,
  archiveDb,
}) => {
  const names = ['one', 'two', 'three'].map(name);
  const calls: readonly ((hubs: Hubs, hub: HubName) => Promise<unknown>)[] = [
    (hubs, hub) => createHub(hubs, hub, false),
    (hubs, hub) => createHub(hubs, hub, true),
    (hubs, hub) => placeHub(hubs, hub, 'archive'),
    (hubs, hub) => placeHub(hubs, hub, 'default'),
    (hubs, hub) => deleteHub(hubs, hub),
    (hubs, hub) => hubs.contextFor(hub),
  ];
  const any = <T>(list: readonly T[]): T =>
    must(list[Math.floor(Math.random() * list.length)], 'one of them');
  const servers = [await server(), await server(), await server()];
  const outcomes = new Set<string>();
  const callAlways = async (hubs: Hubs): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      const code = await any(calls)(hubs, any(names)).then(
        () => 'ok',
        (error: unknown) => (error instanceof SchedulerError ? error.code : String(error)),
      );
      outcomes.add(code);
    }
  };
  const directories = servers.map(({ main, archive }) =>
    directoryOf([unreliable(main), unreliable(archive)], { isDynamic: true }),
  );
  await Promise.all([...directories, ...directories].map(callAlways));
  expect([...outcomes].toSorted()).toEqual(['already_exists', 'not_found', 'ok', 'unavailable']);
  const [here, there] = [await namesIn(db), await namesIn(archiveDb)];
  const all = [...here, ...there];
  expect(new Set(all).size, `${here.join()} and ${there.join()}`).toBe(all.length);
  const placed = await db.query<{ store: string; place_id: number }>(
    'select store, place_id from hub_places',
  );
  const places = placed.rows.map((row) => `${row.store} ${row.place_id}`);
  const made = 'select place_id from hubs where deleted_at is null and place_id is not null';
  for (const [store, pool] of [['default', db] as const, ['archive', archiveDb] as const]) {
    const { rows } = await pool.query<{ place_id: number }>(made);
    expect(places).toEqual(expect.arrayContaining(rows.map((row) => `${store} ${row.place_id}`)));
  }
  const { hubs } = await server();
  for (const hub of names) {
    await createHub(hubs, hub, false);
    const { store } = must(
      (await hubs.list()).hubs.find((listed) => listed.name === hub),
      'the hub',
    );
    await deleteHub(hubs, hub);
    await placeHub(hubs, hub, store === 'archive' ? 'default' : 'archive');
  }
});

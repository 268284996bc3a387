import { expect, makeHub, test } from '../../test/helpers/store.ts';
import { unavailable } from '../domain/errors.ts';
import { hubName } from '../domain/ids.ts';
import { DEFAULT_STORE, type Store } from '../domain/store.ts';
import { type HubDirectory } from './hubs.ts';
import { listHubs } from './list-hubs.ts';

function directoryOf(store: Store): HubDirectory {
  return {
    first: hubName('default'),
    known: () => undefined,
    contextFor: () => Promise.reject(unavailable('no engine')),
    create: async (name) => {
      await makeHub(store, name);
    },
    delete: async (name) => (await store.deleteHub(name)) && DEFAULT_STORE,
    list: async () => ({
      hubs: (await store.listHubs()).map((hub) => ({ ...hub, store: DEFAULT_STORE })),
      stores: [{ name: DEFAULT_STORE, isServing: true }],
    }),
  };
}

test('hubs are listed by name with their age, whichever replica made them', async ({ open }) => {
  const [one, two] = [await open(), await open()];
  for (const name of ['b', 'a']) await makeHub(two.store, name);
  await makeHub(one.store, 'gone');
  await two.store.deleteHub('gone');
  const { hubs: listed } = await listHubs(directoryOf(one.store));
  expect(listed.map(({ name }) => name)).toEqual(['a', 'b']);
  for (const { createdAt } of listed) expect(Math.abs(createdAt / 1000 - Date.now())).toBeLessThan(60_000);
});

import { expect, test } from '../../test/helpers/store.ts';
import { unavailable } from '../domain/errors.ts';
import { type Store } from '../domain/store.ts';
import { type HubDirectory } from './hubs.ts';
import { listHubs } from './list-hubs.ts';

function directoryOf(store: Store): HubDirectory {
  return {
    known: () => undefined,
    contextFor: () => Promise.reject(unavailable('no engine')),
    create: async (name) => {
      await store.createHub(name);
    },
    delete: (name) => store.deleteHub(name),
    list: () => store.listHubs(),
  };
}

test('hubs are listed by name with their age, whichever replica made them', async ({ open }) => {
  const [one, two] = [await open(), await open()];
  for (const name of ['b', 'a']) await two.store.createHub(name);
  await one.store.createHub('gone');
  await two.store.deleteHub('gone');
  const listed = await listHubs(directoryOf(one.store));
  expect(listed.map(({ name }) => name)).toEqual(['a', 'b']);
  for (const { createdAt } of listed) expect(Math.abs(createdAt / 1000 - Date.now())).toBeLessThan(60_000);
});

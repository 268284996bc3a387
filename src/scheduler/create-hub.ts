import { type HubName } from '../domain/ids.ts';
import { checkHubName } from '../domain/validate.ts';
import { type HubDirectory } from './hubs.ts';

/** Makes a task hub; one that exists is left as it is, unless it is to be recreated empty, where it was. */
export async function createHub(hubs: HubDirectory, name: HubName, recreate: boolean): Promise<void> {
  checkHubName(name);
  const store = recreate ? await hubs.delete(name) : undefined;
  await hubs.create(name, store);
}

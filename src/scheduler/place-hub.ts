import { type HubName } from '../domain/ids.ts';
import { checkHubName } from '../domain/validate.ts';
import { type HubDirectory } from './hubs.ts';

/** Makes a task hub in that store. Rejects `already_exists` when its name belongs to another one. */
export async function placeHub(hubs: HubDirectory, name: HubName, store: string): Promise<void> {
  checkHubName(name);
  await hubs.create(name, store);
}

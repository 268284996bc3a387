import { taskHubNotFound } from '../domain/errors.ts';
import { type HubName } from '../domain/ids.ts';
import { checkHubName } from '../domain/validate.ts';
import { type HubDirectory } from './hubs.ts';

/** Deletes a task hub with everything in it. Rejects `not_found` when there is none. */
export async function deleteHub(hubs: HubDirectory, name: HubName): Promise<void> {
  checkHubName(name);
  if ((await hubs.delete(name)) === undefined) throw taskHubNotFound(name);
}

import { type TaskHub } from '../domain/store.ts';
import { type HubDirectory } from './hubs.ts';

/** The task hubs of the store, by name. */
export function listHubs(hubs: HubDirectory): Promise<TaskHub[]> {
  return hubs.list();
}

import { type HubDirectory, type HubList } from './hubs.ts';

/** The task hubs of all stores, by name. */
export function listHubs(hubs: HubDirectory): Promise<HubList> {
  return hubs.list();
}

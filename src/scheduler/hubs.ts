import { type HubName } from '../domain/ids.ts';
import { type TaskHub } from '../domain/store.ts';
import { type HubContext } from './context.ts';

/** Which task hubs there are, and the engine that serves each. */
export interface HubDirectory {
  /** What `contextFor` would give, when no look-up is needed for it. */
  known(name: string | undefined): HubContext | undefined;
  /** Undefined: the first configured hub. Rejects `not_found` for an unknown one, `unavailable` while the engine starts over. */
  contextFor(name: string | undefined): Promise<HubContext>;
  /** Makes the hub if it is absent. */
  create(name: HubName): Promise<void>;
  /** All calls find the hub absent from then on; its rows go in the background. False when there was none. */
  delete(name: HubName): Promise<boolean>;
  /** All there are, whichever replica made them. */
  list(): Promise<TaskHub[]>;
}

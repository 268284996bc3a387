import { type HubName } from '../domain/ids.ts';
import { type TaskHub } from '../domain/store.ts';
import { type HubContext } from './context.ts';

export interface PlacedHub extends TaskHub {
  /** The name of its store. */
  readonly store: string;
}

export interface HubList {
  /** By name. */
  readonly hubs: readonly PlacedHub[];
  /** The default one first. Of one that does not serve now, the hubs are missing. */
  readonly stores: readonly { readonly name: string; readonly isServing: boolean }[];
}

/** Which task hubs there are, and the engine that serves each. */
export interface HubDirectory {
  /** The one that a call without a name means. */
  readonly first: HubName;
  /** What `contextFor` would give, when no look-up is needed for it. */
  known(name: string | undefined): HubContext | undefined;
  /** Undefined: the first configured hub. Rejects `not_found` for an unknown one, `unavailable` while the engine starts over. */
  contextFor(name: string | undefined): Promise<HubContext>;
  /**
   * Makes the hub if it is absent: in that store, else where its name belongs, else in the default one. Rejects
   * `already_exists` when its name belongs to another store than the given one.
   */
  create(name: HubName, store?: string): Promise<void>;
  /** All calls find the hub absent from then on; its rows go in the background. The name of the store that had it; undefined when there was none. */
  delete(name: HubName): Promise<string | undefined>;
  /** All there are, whichever replica made them. */
  list(): Promise<HubList>;
}

import { type InstanceKey } from '../domain/ids.ts';
import { type ReleasedActivity } from '../domain/write.ts';
import { type Resident } from './resident.ts';

/** Which activity. `key` is the instance's. */
export interface ActivityRef extends InstanceKey {
  readonly activityKey: number;
  readonly taskId: number;
  readonly hubId: number;
  readonly name: string;
}

/**
 * What dispatch asks of the scheduler: it knows what must happen next but awaits nothing itself. Each call returns at
 * once; the outcome comes back through `settle`.
 */
export interface Requests {
  /** What the engine does by itself: the first control, or an entity's next lock. */
  applyControl(resident: Resident): void;
  /** Gives an instance up, for at least `backoffMs` if it has something to do. */
  release(resident: Resident, backoffMs: number): void;
  /** Gives up residents of which something can't be read: whoever claims them looks again. */
  giveUp(keys: readonly number[]): void;
  fetch(resident: Resident): void;
  loadHistory(resident: Resident): void;
  /** Ends an instance that no worker gets through, with the reason. */
  quarantine(resident: Resident, reason: string): void;
  releaseActivities(released: readonly ReleasedActivity[]): void;
  /** Answers an activity of this replica with a failure; `reason` ends "was given up …". */
  quarantineActivity(activity: ActivityRef, reason: string): void;
  /** Some (hub, kind) may have unowned work and there are slots for it. */
  claim(): void;
}

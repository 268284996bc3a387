import { limits } from '../domain/limits.ts';
import { type Context } from './context.ts';

/** Lost hints are made good after so long. */
const CHECK_EVERY_MS = 30_000;

/**
 * Ends leases of activities that a worker answered, or gave back, at another replica: looks at those that a hint named
 * and, in turn, at all others. Returns how many were looked at when there may be more.
 */
export async function checkActivities({ store, dispatch }: Context): Promise<number> {
  const leases = dispatch.activities.takeUnchecked(CHECK_EVERY_MS, limits.checkedActivities);
  const isMine = await store.readOwned(leases);
  for (const [i, lease] of leases.entries()) if (isMine[i] === false) dispatch.endActivity(lease);
  return leases.length < limits.checkedActivities ? 0 : leases.length;
}

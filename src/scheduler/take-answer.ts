import { Clock } from '../dispatch/clock.ts';
import { type Resident } from '../dispatch/resident.ts';
import { countActions } from '../domain/count-actions.ts';
import { SchedulerError } from '../domain/errors.ts';
import { type Write } from '../domain/write.ts';
import { must } from '../lib/assert.ts';
import { commitOwned } from './commit-owned.ts';
import { type Context } from './context.ts';
import { reloadInstance } from './reload-instance.ts';

/**
 * Ends the lease of the turn or batch that a worker has answered, and records the answer. One that can't be recorded
 * counts as a failed delivery; the worker is told OK, because repeating it would not help.
 */
export async function takeAnswer(
  { dispatch, log, metrics }: Context,
  resident: Resident,
  record: () => Promise<void>,
): Promise<void> {
  const { id, kind } = resident.state;
  const { sentMs } = must(resident.lease, 'the lease of an answered work item');
  dispatch.takeLease(resident);
  metrics.answered(kind, Clock.monotonicMs() - sentMs);
  try {
    await record();
  } catch (error) {
    resident.patched();
    if (error instanceof SchedulerError && (error.code === 'unavailable' || error.code === 'unknown')) {
      // Nobody's fault: the item goes out again, and the worker may repeat its answer until then.
      dispatch.wake(resident);
      throw error;
    }
    log.error({ err: error, instanceId: id, kind }, 'an answer could not be recorded');
    dispatch.failDelivery(resident, error instanceof Error ? error.message : String(error));
  }
}

/** Commits what an answer comes to, and counts what was recorded. */
export async function commitAnswer(
  context: Context,
  { resident, hub, write }: { readonly resident: Resident; readonly hub: string; readonly write: Write },
): Promise<void> {
  const { dispatch, metrics } = context;
  const { key, kind } = resident.state;
  const result = await commitOwned(context, write);
  dispatch.abandons.clear(key);
  if (result.outcome === 'stale') await reloadInstance(context, resident, `an answer for an ${kind}`);
  else for (const [action, count] of countActions(write)) metrics.acted(hub, action, count);
}

import { Clock } from '../dispatch/clock.ts';
import { type Resident } from '../dispatch/resident.ts';
import { countActions, unpaidActions } from '../domain/count-actions.ts';
import { SchedulerError } from '../domain/errors.ts';
import { type InstanceState } from '../domain/instance.ts';
import { type Write } from '../domain/write.ts';
import { must } from '../lib/assert.ts';
import { commitOwned } from './commit-owned.ts';
import { type Context } from './context.ts';
import { reloadInstance } from './reload-instance.ts';

/**
 * Ends the lease of the turn or batch that a worker has answered, and commits what the answer comes to. An answer that
 * can't be recorded counts as a failed delivery; the worker is told OK, because repeating it would not help.
 */
export async function recordAnswer(context: Context, resident: Resident, decide: () => Write): Promise<void> {
  const { hub } = takeLease(context, resident);
  const { state } = resident;
  try {
    const write = decide();
    const result = await commitOwned(context, write);
    const { key, kind } = state;
    context.dispatch.abandons.clear(key);
    if (result.outcome === 'stale') await reloadInstance(context, resident, `an answer for an ${kind}`);
    else countAnswer(context, hub, state, write);
  } catch (error) {
    notRecorded(context, resident, error);
  }
}

function countAnswer({ metrics, quotas }: Context, hub: string, state: InstanceState, write: Write): void {
  const counts = countActions(write);
  for (const [action, count] of counts) metrics.acted(hub, action, count);
  if (quotas.areAny) quotas.spend(state.hubId, hub, unpaidActions(counts, state), Clock.monotonicMs());
}

/** The same for an answer that says that nothing was done: `undo` sees to it that the item goes out again, or ends it. */
export async function undoAnswer(
  context: Context,
  resident: Resident,
  undo: () => Promise<void>,
): Promise<void> {
  takeLease(context, resident);
  try {
    await undo();
  } catch (error) {
    notRecorded(context, resident, error);
  }
}

/** Returns the stream that the item was out on. */
function takeLease({ dispatch, metrics }: Context, resident: Resident): { readonly hub: string } {
  const { sentMs, stream } = must(resident.lease, 'the lease of an answered work item');
  dispatch.takeLease(resident);
  metrics.answered(resident.state.kind, Clock.monotonicMs() - sentMs);
  return stream;
}

function notRecorded({ dispatch, log }: Context, resident: Resident, error: unknown): void {
  resident.patched();
  if (error instanceof SchedulerError && (error.code === 'unavailable' || error.code === 'unknown')) {
    // Nobody's fault: the item goes out again, and the worker may repeat its answer until then.
    dispatch.wake(resident);
    throw error;
  }
  const { id: instanceId, kind } = resident.state;
  log.error({ err: error, instanceId, kind }, 'an answer could not be recorded');
  dispatch.failDelivery(resident, error instanceof Error ? error.message : String(error));
}

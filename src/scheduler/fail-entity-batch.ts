import { type InstanceLease, type Resident } from '../dispatch/resident.ts';
import { failBatch } from '../domain/apply-batch.ts';
import { backOffMs } from '../domain/back-off.ts';
import { type TaskFailureDetails } from '../protocol/messages.ts';
import { type Context, toolsOf } from './context.ts';
import { releaseInstance } from './release-instance.ts';
import { reloadInstance } from './reload-instance.ts';

/**
 * A batch that came back without results: nothing of it happened. It goes out again later, if possible to another
 * worker, until it was tried too often; then its calls fail with what the worker said (entities §1.7).
 */
export async function failEntityBatch(
  context: Context,
  resident: Resident,
  { stream, turn }: InstanceLease,
  details: TaskFailureDetails | null,
): Promise<void> {
  const { dispatch, settings, metrics, store } = context;
  const { key } = resident.state;
  metrics.redelivered('entity');
  const abandons = dispatch.abandons.add(key, stream);
  // Only what the operations may have caused counts (ownership.md §6).
  if (details) resident.attempts++;
  if (!details || resident.attempts < settings.maxDeliveryAttempts) {
    await releaseInstance(context, resident, backOffMs(abandons));
    return;
  }
  const result = await store.commit(failBatch(resident.state, turn, details, toolsOf(context)));
  if (result.outcome === 'stale') await reloadInstance(context, resident, 'a failed batch');
}

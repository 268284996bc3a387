import { backOffMs } from '../domain/back-off.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { must } from '../lib/assert.ts';
import { type HubContext } from './context.ts';
import { releaseInstance } from './release-instance.ts';

/**
 * A worker gives a turn back: it goes out again after a delay that grows with consecutive abandons (contract §13.4),
 * at any replica. An abandon is no attempt: rolling deployments abandon healthy items.
 */
export async function abandonOrchestration(context: HubContext, completionToken: string): Promise<void> {
  const token = decodeToken(completionToken);
  if (token?.kind !== 'orchestration') return;
  const { dispatch, hubId, metrics } = context;
  const resident = dispatch.findLeased(token, hubId);
  if (!resident) return;
  await resident.whenSettled();
  if (dispatch.findLeased(token, hubId) !== resident) return;
  const { stream } = must(resident.lease, 'the lease of an abandoned turn');
  metrics.redelivered('orchestration');
  dispatch.takeLease(resident);
  try {
    await releaseInstance(context, resident, backOffMs(dispatch.abandons.add(token.key, stream)));
  } catch (error) {
    resident.patched();
    dispatch.wake(resident);
    throw error;
  }
}

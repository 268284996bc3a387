import { type Resident } from '../dispatch/resident.ts';
import { backOffMs } from '../domain/back-off.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { must } from '../lib/assert.ts';
import { type Context, type HubContext } from './context.ts';
import { releaseInstance } from './release-instance.ts';

/**
 * A worker gives a turn, or a batch of an entity, back: it goes out again after a delay that grows with consecutive abandons (contract §13.4),
 * at any replica. An abandon is no attempt: rolling deployments abandon healthy items.
 */
export async function abandonInstance(context: HubContext, completionToken: string): Promise<void> {
  const token = decodeToken(completionToken);
  if (!token || token.kind === 'activity') return;
  const { dispatch, store, hubId } = context;
  if (token.incarnation !== store.replicaId) {
    const given = { hubId, token: completionToken, chunk: 0, bytes: null };
    await store.commit({ storedChunk: { replicaId: token.incarnation, ...given } });
    return;
  }
  const resident = dispatch.findLeased(token, hubId);
  if (resident) await abandonHere(context, resident);
}

/** Gives back the turn or batch of this replica that is out. */
export async function abandonHere(context: Context, resident: Resident): Promise<void> {
  const { dispatch, metrics } = context;
  const lease = must(resident.lease, 'the lease of an abandoned work item');
  await resident.whenSettled();
  if (resident.lease !== lease) return;
  const { key, kind } = resident.state;
  metrics.redelivered(kind);
  dispatch.takeLease(resident);
  try {
    await releaseInstance(context, resident, backOffMs(dispatch.abandons.add(key, lease.stream)));
  } catch (error) {
    resident.patched();
    dispatch.wake(resident);
    throw error;
  }
}

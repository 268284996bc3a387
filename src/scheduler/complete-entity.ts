import { Clock } from '../dispatch/clock.ts';
import { type Resident } from '../dispatch/resident.ts';
import { applyBatch } from '../domain/apply-batch.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { countActions } from '../domain/count-actions.ts';
import { SchedulerError } from '../domain/errors.ts';
import { must } from '../lib/assert.ts';
import { type EntityBatchResult } from '../protocol/messages.ts';
import { commitOwned, withOwners } from './commit-owned.ts';
import { type Context, type HubContext } from './context.ts';
import { failEntityBatch } from './fail-entity-batch.ts';
import { reloadInstance } from './reload-instance.ts';

/**
 * A worker answers a batch (entities §1.7). Stale, forged and unknown tokens are accepted and ignored; an answer for
 * another replica's entity is stored for its owner.
 */
export async function completeEntity(
  { store, hubId, ...context }: HubContext,
  result: EntityBatchResult,
  bytes: Buffer,
): Promise<void> {
  const { completionToken } = result;
  const token = decodeToken(completionToken);
  if (token?.kind !== 'entity') return;
  if (token.incarnation !== store.replicaId) {
    const stored = { replicaId: token.incarnation, hubId, token: completionToken, chunk: 0, bytes };
    await store.commit({ storedChunk: stored });
    return;
  }
  const resident = context.dispatch.findLeased(token, hubId);
  if (resident) await completeEntityHere({ ...context, store }, resident, result);
}

/** Records an answer for the batch of this replica that is out. */
export async function completeEntityHere(
  context: Context,
  resident: Resident,
  result: EntityBatchResult,
): Promise<void> {
  const { dispatch, metrics } = context;
  const lease = must(resident.lease, 'the lease of an answered batch');
  await resident.whenSettled();
  if (resident.lease !== lease) return;
  dispatch.takeLease(resident);
  metrics.answered('entity', Clock.monotonicMs() - lease.sentMs);
  const isAnswer = !result.failureDetails && !result.requiresState && result.results.length > 0;
  try {
    if (isAnswer) await record(context, resident, lease, result);
    else await failEntityBatch(context, resident, lease, result.failureDetails);
  } catch (error) {
    resident.patched();
    if (error instanceof SchedulerError && (error.code === 'unavailable' || error.code === 'unknown')) {
      dispatch.wake(resident);
      throw error;
    }
    context.log.error({ err: error, instanceId: resident.state.id }, 'a batch could not be recorded');
    dispatch.failDelivery(resident, error instanceof Error ? error.message : String(error));
  }
}

async function record(
  context: Context,
  resident: Resident,
  { turn, stream }: NonNullable<Resident['lease']>,
  result: EntityBatchResult,
): Promise<void> {
  const { codec, ids, now, log, metrics, dispatch } = context;
  const { state } = resident;
  const { write, skipped } = applyBatch(state, turn, result, { codec, ids, now: now() });
  for (const what of skipped) {
    log.warn({ instanceId: state.id }, `an entity asked for what can't be: ${what}`);
  }
  const owned = withOwners(context, write);
  const committed = await commitOwned(context, owned);
  dispatch.abandons.clear(state.key);
  if (committed.outcome === 'stale') await reloadInstance(context, resident, 'a batch');
  else for (const [kind, count] of countActions(owned)) metrics.acted(stream.hub, kind, count);
}

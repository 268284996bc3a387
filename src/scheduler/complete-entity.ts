import { type InstanceLease, type Resident } from '../dispatch/resident.ts';
import { applyBatch } from '../domain/apply-batch.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { type Write } from '../domain/write.ts';
import { must } from '../lib/assert.ts';
import { type EntityBatchResult, type TaskFailureDetails } from '../protocol/messages.ts';
import { type Context, type HubContext, toolsOf } from './context.ts';
import { failEntityBatch } from './fail-entity-batch.ts';
import { recordAnswer, undoAnswer } from './take-answer.ts';

/**
 * A worker answers a batch (entities §1.7). Stale, forged and unknown tokens are accepted and ignored; an answer for
 * another replica's entity is stored for its owner.
 */
export async function completeEntity(
  context: HubContext,
  result: EntityBatchResult,
  bytes: Buffer,
): Promise<void> {
  const { store, hubId, dispatch } = context;
  const { completionToken } = result;
  const token = decodeToken(completionToken);
  if (token?.kind !== 'entity') return;
  if (token.incarnation !== store.replicaId) {
    const stored = { replicaId: token.incarnation, hubId, token: completionToken, chunk: 0, bytes };
    await store.commit({ storedChunk: stored });
    return;
  }
  const resident = dispatch.findLeased(token, hubId);
  if (resident) await completeEntityHere(context, resident, result);
}

/** Records an answer for the batch of this replica that is out. */
export async function completeEntityHere(
  context: Context,
  resident: Resident,
  result: EntityBatchResult,
): Promise<void> {
  const lease = must(resident.lease, 'the lease of an answered batch');
  if (resident.isPatching) await resident.whenSettled();
  if (resident.lease !== lease) return;
  const { bounds, maxWorkItemBytes } = context.settings;
  const mostBytes = Math.min(bounds.payloadBytes, maxWorkItemBytes * STATE_SHARE);
  const failure = result.failureDetails ?? stateFailure(result, mostBytes);
  const isAnswer = !failure && !result.requiresState && result.results.length > 0;
  if (isAnswer) await recordAnswer(context, resident, () => decide(context, resident, lease, result));
  else await undoAnswer(context, resident, () => failEntityBatch(context, resident, lease, failure));
}

/** Of a work item; the rest is for operations: 1 MiB of the default of 4 MiB. */
const STATE_SHARE = 0.75;

/** A state must leave room in a work item for the next operation: with a larger one the entity could do nothing any more. */
function stateFailure({ entityState }: EntityBatchResult, mostBytes: number): TaskFailureDetails | null {
  const bytes = Buffer.byteLength(entityState?.value ?? '');
  if (bytes <= mostBytes) return null;
  const errorMessage = `the entity's state has ${bytes} bytes; at most ${mostBytes} are allowed (PERDURA_MAX_PAYLOAD_MB, and three quarters of PERDURA_MAX_WORK_ITEM_MB)`;
  return {
    ...{ errorType: 'EntityStateTooLarge', errorMessage, isNonRetriable: true },
    ...{ stackTrace: null, innerFailure: null, properties: {} },
  };
}

function decide(
  context: Context,
  { state }: Resident,
  { turn }: InstanceLease,
  result: EntityBatchResult,
): Write {
  const { write, skipped } = applyBatch(state, turn, result, toolsOf(context));
  for (const what of skipped) {
    context.log.warn({ instanceId: state.id }, `an entity asked for what can't be: ${what}`);
  }
  return write;
}

import { ChunkPile } from '../dispatch/chunk-pile.ts';
import { type InstanceLease, type Resident } from '../dispatch/resident.ts';
import { type CompletionToken, decodeToken } from '../domain/completion-token.ts';
import { instanceId } from '../domain/ids.ts';
import { must } from '../lib/assert.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';
import { type Context, type HubContext } from './context.ts';
import { recordTurn } from './record-turn.ts';

type OrchestrationToken = CompletionToken & { kind: 'orchestration' };

/**
 * A worker answers a turn (contract §8). Stale, forged and unknown tokens are accepted and ignored. An answer for
 * another replica's instance is stored for its owner, who records it; it counts as accepted then.
 */
export async function completeOrchestration(
  context: HubContext,
  response: OrchestratorResponse,
  bytes: Buffer,
): Promise<void> {
  if (response.completionToken === '') return completeWithoutToken(context, response);
  const token = decodeToken(response.completionToken);
  if (token?.kind !== 'orchestration') return;
  if (token.incarnation !== context.store.replicaId) return storeForOwner(context, token, response, bytes);
  const resident = context.dispatch.findLeased(token, context.hubId);
  if (resident) await completeHere(context, resident, response, bytes.length);
}

/** Records an answer (or one chunk of it) for the turn of this replica that is out. */
export async function completeHere(
  context: Context,
  resident: Resident,
  response: OrchestratorResponse,
  sizeBytes: number,
): Promise<void> {
  const lease = must(resident.lease, 'the lease of an answered turn');
  const whole = assemble(lease, response, sizeBytes);
  if (!whole) return;
  await resident.whenSettled();
  // A control that was on its way may have ended the instance.
  if (resident.lease !== lease) return;
  if (whole === 'too large') context.dispatch.failDelivery(resident, 'the answer was larger than 64 MiB');
  else if (whole.requiresHistory) {
    context.dispatch.failDelivery(resident, 'the worker asked for the whole history, which it was sent');
  } else await recordTurn(context, resident, whole);
}

function assemble(
  lease: InstanceLease,
  response: OrchestratorResponse,
  sizeBytes: number,
): ReturnType<ChunkPile['add']> {
  const isWhole = !response.isPartial && (response.chunkIndex?.value ?? 0) === 0;
  if (isWhole) return response;
  lease.chunks ??= new ChunkPile();
  return lease.chunks.add(response, sizeBytes);
}

async function storeForOwner(
  { store }: HubContext,
  { incarnation }: OrchestrationToken,
  response: OrchestratorResponse,
  bytes: Buffer,
): Promise<void> {
  const chunk = response.chunkIndex?.value ?? 0;
  await store.commit({
    storedChunk: { replicaId: incarnation, token: response.completionToken, chunk, bytes },
  });
}

/** Go workers send no token: the live lease of that instance is meant (contract §1 rule 7). */
async function completeWithoutToken(context: HubContext, response: OrchestratorResponse): Promise<void> {
  const { store, dispatch, hubId } = context;
  const [found] = await store.readInstances([{ hubId, id: instanceId(response.instanceId) }], false);
  const resident = found && dispatch.residents.get(found.key);
  if (resident?.lease) await completeHere(context, resident, response, 0);
}

import { type CompletionToken, decodeToken } from '../domain/completion-token.ts';
import { instanceId } from '../domain/ids.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';
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
  await completeHere(context, token, response, bytes.length);
}

/** Records an answer (or one chunk of it) for a turn of this replica. `isStored`: it came through the database. */
export async function completeHere(
  context: HubContext,
  token: OrchestrationToken,
  response: OrchestratorResponse,
  sizeBytes: number,
  settledTokens: readonly string[] = [],
): Promise<void> {
  const { dispatch, chunks, hubId } = context;
  const resident = dispatch.findLeased(token, hubId);
  if (!resident) {
    chunks.drop(response.completionToken);
    return;
  }
  const whole = chunks.add(response, sizeBytes);
  if (!whole) return;
  await resident.whenSettled();
  if (dispatch.findLeased(token, hubId) !== resident) return;
  if (whole.requiresHistory)
    dispatch.failDelivery(resident, 'the worker asked for the whole history, which it was sent');
  else await recordTurn(context, resident, whole, settledTokens);
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
  if (!resident?.lease) return;
  const { lease } = resident;
  await resident.whenSettled();
  if (resident.lease === lease) await recordTurn(context, resident, response);
}

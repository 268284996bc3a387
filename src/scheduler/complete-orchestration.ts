import { ChunkPile } from '../dispatch/chunk-pile.ts';
import { type InstanceLease, type Resident } from '../dispatch/resident.ts';
import { decodeToken, type InstanceToken } from '../domain/completion-token.ts';
import { instanceId } from '../domain/ids.ts';
import { must } from '../lib/assert.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';
import { type Context, type HubContext } from './context.ts';
import { recordTurn } from './record-turn.ts';

/**
 * A worker answers a turn (contract §8). Stale, forged and unknown tokens are accepted and ignored. An answer for
 * another replica's instance is stored for its owner, who records it; it counts as accepted then.
 */
export async function completeOrchestration(
  context: HubContext,
  response: OrchestratorResponse,
  bytes: Buffer,
): Promise<void> {
  const { store, hubId } = context;
  const { completionToken } = response;
  const turn = completionToken === '' ? await turnWithoutToken(context, response) : turnOf(completionToken);
  if (!turn) return;
  if (turn.owner !== store.replicaId) {
    const chunk = response.chunkIndex?.value ?? 0;
    await store.commit({ storedChunk: { replicaId: turn.owner, hubId, token: turn.token, chunk, bytes } });
    return;
  }
  const resident = turn.lease
    ? context.dispatch.findLeased(turn.lease, hubId)
    : findTurn(context, hubId, turn.token);
  if (resident) await completeHere(context, resident, response, bytes.length);
}

/** Begins what stands for a token when the worker sent none: the turn of that instance that is out is meant. */
const ANY_TURN = 'any turn of ';

/** The token of the turn that is answered, and the replica that sent it. */
interface AnsweredTurn {
  readonly token: string;
  readonly owner: number;
  /** What the token says, if the worker sent it. */
  readonly lease?: InstanceToken;
}

function turnOf(completionToken: string): AnsweredTurn | undefined {
  const lease = decodeToken(completionToken);
  if (lease?.kind !== 'orchestration') return undefined;
  return { token: completionToken, owner: lease.incarnation, lease };
}

/** Of Go workers (contract §1 rule 7). */
async function turnWithoutToken(
  { store, hubId }: HubContext,
  response: OrchestratorResponse,
): Promise<AnsweredTurn | undefined> {
  const [found] = await store.readInstances([{ hubId, id: instanceId(response.instanceId) }], false);
  if (!found?.owner) return undefined;
  return { token: `${ANY_TURN}${found.key}`, owner: found.owner };
}

/** The resident whose current turn, or batch, that token means. */
export function findTurn({ dispatch }: Context, hubId: number, text: string): Resident | undefined {
  if (text.startsWith(ANY_TURN)) {
    const resident = dispatch.residents.get(Number(text.slice(ANY_TURN.length)));
    return resident?.state.hubId === hubId && resident.lease ? resident : undefined;
  }
  const token = decodeToken(text);
  return token && token.kind !== 'activity' ? dispatch.findLeased(token, hubId) : undefined;
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

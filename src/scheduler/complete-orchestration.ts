import { ChunkPile } from '../dispatch/chunk-pile.ts';
import { type InstanceLease, type Resident } from '../dispatch/resident.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { instanceId } from '../domain/ids.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { must } from '../lib/assert.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';
import { type Context, type HubContext } from './context.ts';
import { recordTurn } from './record-turn.ts';

/**
 * A worker answers a turn (contract §8). Stale, forged and unknown tokens are accepted and ignored. An answer for
 * another replica's instance is stored for its owner, who records it; it counts as accepted then.
 */
export function completeOrchestration(
  context: HubContext,
  response: OrchestratorResponse,
  bytes: Buffer,
): Promise<void> {
  const { completionToken: text } = response;
  if (text === '') return completeWithoutToken(context, response, bytes);
  const token = decodeToken(text);
  if (token?.kind !== 'orchestration') return nothing;
  const { incarnation } = token;
  if (incarnation !== context.store.replicaId) {
    return storeFor(incarnation, context, { text, response, bytes });
  }
  const resident = context.dispatch.findLeased(token, context.hubId);
  return resident ? completeHere(context, resident, response, bytes.length) : nothing;
}

const nothing = Promise.resolve();

/** Begins what stands for a token when the worker sent none: the turn of that instance that is out is meant. */
const ANY_TURN = 'any turn of ';

/** Of Go workers (contract §1 rule 7). */
async function completeWithoutToken(
  context: HubContext,
  response: OrchestratorResponse,
  bytes: Buffer,
): Promise<void> {
  const { store, hubId } = context;
  if (!canBeInstanceId(response.instanceId)) return;
  const [found] = await store.readInstances([{ hubId, id: instanceId(response.instanceId) }], false);
  if (!found?.owner) return;
  const text = `${ANY_TURN}${found.key}`;
  if (found.owner !== store.replicaId) await storeFor(found.owner, context, { text, response, bytes });
  else {
    const resident = findTurn(context, hubId, text);
    if (resident) await completeHere(context, resident, response, bytes.length);
  }
}

async function storeFor(
  replicaId: number,
  { store, hubId }: HubContext,
  { text, response, bytes }: { text: string; response: OrchestratorResponse; bytes: Buffer },
): Promise<void> {
  const chunk = response.chunkIndex?.value ?? 0;
  await store.commit({ storedChunk: { replicaId, hubId, token: text, chunk, bytes } });
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
export function completeHere(
  context: Context,
  resident: Resident,
  response: OrchestratorResponse,
  sizeBytes: number,
): Promise<void> {
  const lease = must(resident.lease, 'the lease of an answered turn');
  const whole = assemble(lease, response, sizeBytes);
  if (!whole) return nothing;
  return resident.isPatching
    ? recordWhenSettled(context, resident, whole)
    : recordWhole(context, resident, whole);
}

async function recordWhenSettled(context: Context, resident: Resident, whole: WholeAnswer): Promise<void> {
  const { lease } = resident;
  await resident.whenSettled();
  // A control that was on its way may have ended the instance.
  if (resident.lease === lease) await recordWhole(context, resident, whole);
}

function recordWhole(context: Context, resident: Resident, whole: WholeAnswer): Promise<void> {
  if (whole !== 'too large' && !whole.requiresHistory) return recordTurn(context, resident, whole);
  const reason =
    whole === 'too large'
      ? 'the answer was larger than 64 MiB'
      : 'the worker asked for the whole history, which it was sent';
  context.dispatch.failDelivery(resident, reason);
  return nothing;
}

type WholeAnswer = NonNullable<ReturnType<ChunkPile['add']>>;

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

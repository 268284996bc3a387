import { type Resident } from '../dispatch/resident.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { limits } from '../domain/limits.ts';
import { completeHere } from './complete-orchestration.ts';
import { type Context } from './context.ts';

/**
 * Records answers that arrived at other replicas for turns that are out here. Chunks are deleted once they are in memory,
 * or stale: an answer that is not whole when this replica dies is lost with the lease that it is for. Returns how many
 * chunks were found; more than none means that there may be others.
 */
export async function recordStored(context: Context): Promise<number> {
  const { store, codec } = context;
  const chunks = await store.readStoredChunks(limits.storedChunks);
  if (chunks.length === 0) return 0;
  const recorded = chunks.map(async ({ token, bytes }) => {
    const resident = findLeased(context, token);
    if (!resident) return;
    await completeHere(context, resident, codec.decode('OrchestratorResponse', bytes), bytes.length);
  });
  const taken = store.commit({ takenChunks: chunks.map(({ token, chunk }) => ({ token, chunk })) });
  await Promise.all([...recorded, taken]);
  return chunks.length;
}

function findLeased({ dispatch }: Context, text: string): Resident | undefined {
  const token = decodeToken(text);
  const resident = token?.kind === 'orchestration' ? dispatch.residents.get(token.key) : undefined;
  if (!resident || token?.kind !== 'orchestration') return undefined;
  return dispatch.findLeased(token, resident.state.hubId);
}

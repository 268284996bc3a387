import { limits } from '../domain/limits.ts';
import { abandonHere } from './abandon-instance.ts';
import { completeEntityHere } from './complete-entity.ts';
import { completeHere, findTurn } from './complete-orchestration.ts';
import { type Context } from './context.ts';

/**
 * Records answers that arrived at other replicas for turns that are out here, and takes back what was given back there. Chunks are deleted once they are in memory,
 * or stale: an answer that is not whole when this replica dies is lost with the lease that it is for. Returns how many
 * chunks were found; more than none means that there may be others.
 */
export async function recordStored(context: Context): Promise<number> {
  const { store, codec } = context;
  const chunks = await store.readStoredChunks(limits.storedChunks);
  if (chunks.length === 0) return 0;
  const recorded = chunks.map(async ({ hubId, token, bytes }) => {
    const resident = findTurn(context, hubId, token);
    if (!resident) return;
    if (bytes === null) await abandonHere(context, resident);
    else if (resident.state.kind === 'entity') {
      await completeEntityHere(context, resident, codec.decode('EntityBatchResult', bytes));
    } else await completeHere(context, resident, codec.decode('OrchestratorResponse', bytes), bytes.length);
  });
  const taken = store.commit({ takenChunks: chunks });
  await Promise.all([...recorded, taken]);
  return chunks.length;
}

import { decodeToken } from '../domain/completion-token.ts';
import { hubName } from '../domain/ids.ts';
import { completeHere } from './complete-orchestration.ts';
import { type Context } from './context.ts';

/**
 * Records answers that arrived at other replicas for turns that are out here. Whatever becomes of an answer, its
 * chunks are deleted once it is whole or stale. Returns how many chunks were found.
 */
export async function recordStored(context: Context): Promise<number> {
  const { store, dispatch, codec } = context;
  const chunks = await store.readStoredChunks();
  const settled = new Set<string>();
  for (const { token: text, bytes } of chunks) {
    const token = decodeToken(text);
    const resident = token?.kind === 'orchestration' ? dispatch.residents.get(token.key) : undefined;
    if (token?.kind !== 'orchestration' || !resident || !dispatch.findLeased(token, resident.state.hubId)) {
      settled.add(text);
      continue;
    }
    const hubContext = { ...context, hubId: resident.state.hubId, hub: hubName('') };
    const response = codec.decode('OrchestratorResponse', bytes);
    await completeHere(hubContext, token, response, bytes.length, [text]);
  }
  if (settled.size > 0) await store.commit({ settledTokens: [...settled] });
  return chunks.length;
}

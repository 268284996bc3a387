import { release } from '../domain/entity-locks.ts';
import { limits } from '../domain/limits.ts';
import { decodeEntity, encodeEntity } from '../domain/page-token.ts';
import { type Message } from '../protocol/codec.ts';
import { type HubContext } from './context.ts';

export interface Cleaned {
  readonly emptyEntitiesRemoved: number;
  readonly orphanedLocksReleased: number;
  /** Null when the hub has been gone through. */
  readonly continuationToken: string | null;
}

/**
 * Removes entities that have nothing and frees those whose holder is over, a bounded time long (entities §1.2). There
 * is normally nothing to find: the end of an execution releases what it held.
 */
export async function cleanEntityStorage(
  context: HubContext,
  request: Message<'CleanEntityStorageRequest'>,
): Promise<Cleaned> {
  const { hubId, store } = context;
  const deadline = performance.now() + limits.queryMs;
  const cleaned = { emptyEntitiesRemoved: 0, orphanedLocksReleased: 0 };
  let after: string | undefined = decodeEntity(request.continuationToken?.value ?? '', hubId);
  do {
    const from: string = after;
    const orphans = request.releaseOrphanedLocks ? await releaseOrphans(context, from) : undefined;
    const empty = request.removeEmptyEntities ? await store.cleanEntities(hubId, from) : undefined;
    cleaned.orphanedLocksReleased += orphans?.released ?? 0;
    cleaned.emptyEntitiesRemoved += empty?.removed ?? 0;
    after = earlier(orphans?.last, empty?.last);
  } while (after !== undefined && performance.now() < deadline);
  return { ...cleaned, continuationToken: after === undefined ? null : encodeEntity(hubId, after) };
}

async function releaseOrphans(
  { hubId, store, ids, codec, now }: HubContext,
  after: string,
): Promise<{ readonly released: number; readonly last: string | undefined }> {
  const { matches, last } = await store.findOrphanedLocks(hubId, after);
  if (matches.length > 0) {
    const tools = { ids, codec, now: now() };
    await store.commit({
      entityMessages: matches.map(({ id, heldBy }) => release(heldBy, id, hubId, tools)),
    });
  }
  return { released: matches.length, last };
}

/** Where both have been. A step of entities that were removed may look at more. */
function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}

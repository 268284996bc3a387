import { release } from '../domain/entity-locks.ts';
import { limits } from '../domain/limits.ts';
import { decodeEntity, encodeEntity } from '../domain/page-token.ts';
import { type Message } from '../protocol/codec.ts';
import { type HubContext, toolsOf } from './context.ts';

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
  const { hubId } = context;
  const deadline = performance.now() + limits.queryMs;
  const cleaned = { emptyEntitiesRemoved: 0, orphanedLocksReleased: 0 };
  let after: string | undefined = decodeEntity(request.continuationToken?.value ?? '', hubId);
  do {
    const { removed, released, last } = await cleanStep(context, request, after);
    cleaned.emptyEntitiesRemoved += removed;
    cleaned.orphanedLocksReleased += released;
    after = last;
  } while (after !== undefined && performance.now() < deadline);
  return { ...cleaned, continuationToken: after === undefined ? null : encodeEntity(hubId, after) };
}

interface Step {
  readonly removed: number;
  readonly released: number;
  readonly last: string | undefined;
}

const nothing: Step = { removed: 0, released: 0, last: undefined };

async function cleanStep(
  context: HubContext,
  { removeEmptyEntities, releaseOrphanedLocks }: Message<'CleanEntityStorageRequest'>,
  after: string,
): Promise<Step> {
  const { store, hubId } = context;
  const locks = releaseOrphanedLocks ? await releaseOrphans(context, after) : nothing;
  const empty = removeEmptyEntities ? await store.cleanEntities(hubId, after) : nothing;
  return { removed: empty.removed, released: locks.released, last: earlier(locks.last, empty.last) };
}

async function releaseOrphans(
  context: HubContext,
  after: string,
): Promise<{ readonly released: number; readonly last: string | undefined }> {
  const { hubId, store } = context;
  const { matches, last } = await store.findOrphanedLocks(hubId, after);
  if (matches.length > 0) {
    const tools = toolsOf(context);
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

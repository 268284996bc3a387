import { decodeEntity, encodeEntity } from '../domain/page-token.ts';
import { type EntityFilter, type EntitySnapshot } from '../domain/store.ts';
import { checkPrefix, pageSizeOf, windowOf } from '../domain/instance-filter.ts';
import { entityIdProblem } from '../domain/entity-id.ts';
import { instanceId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { type EntityQuery } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';

/** An entity with a state; undefined for one that is only locked, or has only messages (entities §1.2). */
export async function getEntity(
  { store, hubId, settings }: HubContext,
  id: string,
  withState: boolean,
): Promise<EntitySnapshot | undefined> {
  if (entityIdProblem(id, settings.bounds) !== undefined) return undefined;
  const entity = await store.readEntity(hubId, instanceId(id), withState);
  return entity?.hasState ? entity : undefined;
}

export interface EntityPage {
  readonly entities: readonly EntitySnapshot[];
  /** Null on the last page. */
  readonly continuationToken: string | null;
}

/** A page of entities in order of their ids; it may be short, or empty, and have a token (entities §1.2). */
export async function queryEntities({ store, hubId }: HubContext, query: EntityQuery): Promise<EntityPage> {
  const filter = filterOf(query, hubId);
  const size = pageSizeOf(query.pageSize?.value ?? 0);
  const deadline = performance.now() + limits.queryMs;
  const entities: EntitySnapshot[] = [];
  let after: string | undefined = decodeEntity(query.continuationToken?.value ?? '', hubId);
  do {
    const found = await store.findEntities(filter, after, size - entities.length);
    entities.push(...found.matches);
    after = found.last;
    if (entities.length >= size || hasStates(entities)) break;
  } while (after !== undefined && performance.now() < deadline);
  return { entities, continuationToken: after === undefined ? null : encodeEntity(hubId, after) };
}

function filterOf(query: EntityQuery, hubId: number): EntityFilter {
  const prefix = checkPrefix(query.instanceIdStartsWith?.value ?? '');
  return {
    hubId,
    prefix: prefix === '' || prefix.startsWith('@') ? prefix : `@${prefix}`,
    ...windowOf(query.lastModifiedFrom, query.lastModifiedTo),
    includesTransient: query.includeTransient,
    withState: query.includeState,
    maxBytes: limits.pageBytes,
  };
}

/** The next step could bring too much for one message. */
function hasStates(entities: readonly EntitySnapshot[]): boolean {
  return entities.some(({ state }) => state !== null);
}

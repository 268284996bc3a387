import { type InstanceKey } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { checkPrefix, moreRows, pageSizeOf, statusesOf, windowOf } from '../domain/instance-filter.ts';
import { limits } from '../domain/limits.ts';
import { decodeCreated, encodeCreated } from '../domain/page-token.ts';
import { type CreatedFilter, type CreatedPosition } from '../domain/store.ts';
import { type InstanceQuery, type QueryInstancesRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';

export interface InstancePage {
  readonly instances: readonly InstanceSnapshot[];
  /** Null on the last page. */
  readonly continuationToken: string | null;
}

/**
 * A page of instances, oldest first (contract §6.1). It may be short, or empty, and have a token: when few match among
 * very many, the caller asks again rather than wait.
 */
export async function queryInstances(
  context: HubContext,
  { query }: QueryInstancesRequest,
): Promise<InstancePage> {
  const { hubId, store } = context;
  const search = query ? searchOf(query, hubId) : { ...everything, filter: { ...everything.filter, hubId } };
  const { matches, last } = await findPage(context, search);
  const withPayloads = query?.fetchInputsAndOutputs ?? false;
  const instances = await store.readFound(matches, { withPayloads, maxBytes: limits.pageBytes });
  const next = nextPosition(matches, instances, last);
  return { instances, continuationToken: next ? encodeCreated(hubId, next) : null };
}

interface Search {
  readonly filter: CreatedFilter;
  readonly after: CreatedPosition | undefined;
  readonly size: number;
}

function searchOf(query: InstanceQuery, hubId: number): Search {
  const filter = {
    hubId,
    ...windowOf(query.createdTimeFrom, query.createdTimeTo),
    statuses: statusesOf(query.runtimeStatus),
    prefix: checkPrefix(query.instanceIdPrefix?.value ?? ''),
  };
  const after = decodeCreated(query.continuationToken?.value ?? '', hubId);
  return { filter, after, size: pageSizeOf(query.maxInstanceCount) };
}

const everything = {
  filter: { ...windowOf(null, null), statuses: statusesOf([]), prefix: '' },
  after: undefined,
  size: pageSizeOf(0),
};

interface Hits {
  readonly matches: readonly CreatedPosition[];
  /** Where to go on; undefined at the end. */
  readonly last: CreatedPosition | undefined;
}

/** Goes on until the page is full, nothing is left, or the caller has waited long enough. */
async function findPage(
  { store }: Pick<HubContext, 'store'>,
  { filter, after, size }: Search,
): Promise<Hits> {
  const deadline = performance.now() + limits.queryMs;
  const matches: CreatedPosition[] = [];
  let position = after;
  let rows = size + 1;
  do {
    const found = await store.findCreated(filter, position, rows);
    rows = moreRows(rows);
    matches.push(...found.matches);
    if (matches.length > size) return { matches: matches.slice(0, size), last: matches[size - 1] };
    position = found.last;
  } while (position && matches.length <= size && performance.now() < deadline);
  return { matches, last: position };
}

/** Rows that had no room, and those that were purged since they were found, are not on the page. */
function nextPosition(
  matches: readonly CreatedPosition[],
  instances: readonly InstanceKey[],
  last: CreatedPosition | undefined,
): CreatedPosition | undefined {
  const shown = instances.at(-1);
  if (!shown || instances.length === matches.length) return last;
  const at = matches.findIndex(({ key }) => key === shown.key);
  return at === matches.length - 1 ? last : matches[at];
}

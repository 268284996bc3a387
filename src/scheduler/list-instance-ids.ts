import { finishedStatusesOf, moreRows, pageSizeOf, windowOf } from '../domain/instance-filter.ts';
import { limits } from '../domain/limits.ts';
import { decodeCompleted, encodeCompleted } from '../domain/page-token.ts';
import { type CompletedPosition } from '../domain/store.ts';
import { type ListInstanceIdsRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';

interface IdPage {
  readonly instanceIds: readonly string[];
  /** Null only on an empty page: .NET's export ends there (contract §6.2). */
  readonly lastInstanceKey: string | null;
}

/** A page of ids of finished instances, by time of completion. A page is never empty while others follow. */
export async function listInstanceIds(context: HubContext, request: ListInstanceIdsRequest): Promise<IdPage> {
  const { hubId, store } = context;
  const filter = {
    hubId,
    ...windowOf(request.completedTimeFrom, request.completedTimeTo),
    statuses: finishedStatusesOf(request.runtimeStatus),
  };
  const size = pageSizeOf(request.pageSize);
  const matches: CompletedPosition[] = [];
  const deadline = performance.now() + limits.queryMs;
  let position = decodeCompleted(request.lastInstanceKey?.value ?? '', hubId);
  let rows = size;
  do {
    const found = await store.findCompleted(filter, position, rows);
    rows = moreRows(rows);
    matches.push(...found.matches);
    position = found.last;
  } while (position && matches.length < size && (matches.length === 0 || performance.now() < deadline));
  const page = matches.slice(0, size);
  const last = page.at(-1);
  return {
    instanceIds: page.map(({ id }) => id),
    lastInstanceKey: last ? encodeCompleted(hubId, last) : null,
  };
}

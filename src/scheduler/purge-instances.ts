import { isEntityId } from '../domain/entity-id.ts';
import { invalidArgument, SchedulerError } from '../domain/errors.ts';
import { instanceId, type InstanceKey } from '../domain/ids.ts';
import { isTerminal } from '../domain/instance.ts';
import { finishedStatusesOf, windowOf } from '../domain/instance-filter.ts';
import { limits } from '../domain/limits.ts';
import { type CreatedPosition } from '../domain/store.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { type PurgeInstancesRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';
import { purgeEntity } from './purge-entity.ts';

export interface Purged {
  readonly count: number;
  readonly isComplete: boolean;
}

type Filter = NonNullable<
  Extract<PurgeInstancesRequest, { request: 'purgeInstanceFilter' }>['purgeInstanceFilter']
>;

/**
 * Deletes finished instances with everything that belongs to them (contract §6.3). Each step is a transaction of its own:
 * a purge that stops half-way has purged half, and may be repeated. `signal`: the caller has gone.
 */
export async function purgeInstances(
  context: HubContext,
  request: PurgeInstancesRequest,
  signal: AbortSignal,
): Promise<Purged> {
  switch (request.request) {
    case 'instanceId':
      return { count: await purgeOne(context, request), isComplete: true };
    case 'instanceBatch':
      return { count: await purgeBatch(context, request), isComplete: true };
    case 'purgeInstanceFilter':
      return purgeFiltered(context, request.purgeInstanceFilter, { isRecursive: request.recursive, signal });
    default:
      throw invalidArgument('the request names no instances to purge: an id, a batch of ids or a filter');
  }
}

async function purgeOne(
  context: HubContext,
  { instanceId: id, recursive, isOrchestration }: PurgeInstancesRequest & { readonly request: 'instanceId' },
): Promise<number> {
  if (isEntityId(id)) return purgeEntity(context, id);
  if (!canBeInstanceId(id)) return 0;
  const { store, hubId } = context;
  const [found] = await store.readInstances([{ hubId, id: instanceId(id) }], false);
  if (!found) return 0;
  if (!isTerminal(found.status) && isOrchestration) {
    throw new SchedulerError(
      'failed_precondition',
      `the instance '${id}' is ${found.status.toUpperCase()}: only finished instances can be purged`,
    );
  }
  return isTerminal(found.status) ? purge(context, [found], recursive) : 0;
}

async function purgeBatch(
  context: HubContext,
  { instanceBatch, recursive }: PurgeInstancesRequest & { readonly request: 'instanceBatch' },
): Promise<number> {
  const { store, hubId } = context;
  const { instanceIds } = instanceBatch;
  if (instanceIds.length > limits.batchIds) {
    throw invalidArgument(
      `a batch has at most ${limits.batchIds} instance ids; this one has ${instanceIds.length}`,
    );
  }
  const wanted = [...new Set(instanceIds)]
    .filter(canBeInstanceId)
    .map((id) => ({ hubId, id: instanceId(id) }));
  const found = await store.readInstances(wanted, false);
  const finished = found.flatMap((instance) => (instance && isTerminal(instance.status) ? [instance] : []));
  const entities = [...new Set(instanceIds)].filter(isEntityId);
  const counts = await Promise.all([
    purge(context, finished, recursive),
    ...entities.map((id) => purgeEntity(context, id)),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}

async function purgeFiltered(
  context: HubContext,
  { createdTimeFrom, createdTimeTo, runtimeStatus, timeout }: Filter,
  { isRecursive, signal }: { readonly isRecursive: boolean; readonly signal: AbortSignal },
): Promise<Purged> {
  const { store, hubId } = context;
  const deadline = performance.now() + (timeout ? timeout.seconds * 1000 + timeout.nanos / 1e6 : Infinity);
  const statuses = finishedStatusesOf(runtimeStatus);
  const filter = { hubId, ...windowOf(createdTimeFrom, createdTimeTo), statuses, prefix: '' };
  let count = 0;
  let position: CreatedPosition | undefined;
  do {
    const found = await store.findCreated(filter, position, limits.searchRows);
    for (let at = 0; at < found.matches.length; at += limits.purgedRows) {
      if (signal.aborted || performance.now() >= deadline) return { count, isComplete: false };
      count += await purge(context, found.matches.slice(at, at + limits.purgedRows), isRecursive);
    }
    position = found.last;
    if (position && (signal.aborted || performance.now() >= deadline)) return { count, isComplete: false };
  } while (position);
  return { count, isComplete: true };
}

/** Finished descendants first, so that a purge that stops leaves none without a parent to find it by. Returns how many went. */
async function purge(
  context: HubContext,
  instances: readonly InstanceKey[],
  isRecursive: boolean,
): Promise<number> {
  const { store } = context;
  let count = 0;
  while (isRecursive && instances.length > 0) {
    const children = await store.findFinishedChildren(instances, limits.purgedRows);
    const purged = children.length > 0 ? await purge(context, children, isRecursive) : 0;
    if (purged === 0) break;
    count += purged;
  }
  return instances.length > 0 ? count + (await store.purge(instances)) : count;
}

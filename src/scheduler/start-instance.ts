import { unavailable } from '../domain/errors.ts';
import { type InstanceId } from '../domain/ids.ts';
import { alreadyExists, buildInstance, checkIdReusePolicy, decideStart } from '../domain/start.ts';
import { type NewInstance } from '../domain/write.ts';
import { type CreateInstanceRequest } from '../protocol/messages.ts';
import { commitOwned } from './commit-owned.ts';
import { type HubContext, toolsOf } from './context.ts';
import { endInstance } from './end-instance.ts';

/** Somebody else may take or free the id between our look and our write; so often we look again. */
const ATTEMPTS = 5;

/**
 * Starts an orchestration (contract §4). Optimistic: the id is usually free, so nothing is read first. Rejects with
 * `already_exists` or `invalid_argument`, or `unavailable` when a running holder of the id could not be ended in time.
 */
export async function startInstance(
  context: HubContext,
  request: CreateInstanceRequest,
): Promise<InstanceId> {
  const policy = request.orchestrationIdReusePolicy;
  checkIdReusePolicy(policy);
  const { hubId } = context;
  const instance = buildInstance(request, { hubId, ...toolsOf(context) });
  if (await insertInstance(context, instance)) return instance.id;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await context.current();
    if (current.hubId !== hubId) return startInstance(current, request);
    const replaces = await makeRoom(context, instance.id, policy);
    if (await insertInstance(context, { ...instance, replaces })) return instance.id;
  }
  throw unavailable(`the instance '${instance.id}' is being started by others at the same time; try again`);
}

/** What the policy asks for about the holder of an id: returns whom the start replaces. */
async function makeRoom(
  context: HubContext,
  id: InstanceId,
  policy: CreateInstanceRequest['orchestrationIdReusePolicy'],
): Promise<NewInstance['replaces']> {
  const { store, hubId } = context;
  const [existing] = await store.readInstances([{ hubId, id }], false);
  const decision = decideStart(existing?.status, policy);
  if (!existing || decision === 'create') return [];
  if (decision === 'reject') throw alreadyExists(id, existing.status);
  if (decision !== 'terminateFirst') return decision.replace;
  await endInstance(context, existing);
  return replaceable(policy);
}

/** After a termination of our own the holder is terminated, unless it ended otherwise just before. */
function replaceable(policy: CreateInstanceRequest['orchestrationIdReusePolicy']): NewInstance['replaces'] {
  return (['completed', 'failed', 'terminated'] as const).filter(
    (status) => decideStart(status, policy) !== 'reject',
  );
}

/** False when somebody holds the id whom it may not replace, or the hub is gone. */
export async function insertInstance(context: HubContext, instance: NewInstance): Promise<boolean> {
  const result = await commitOwned(context, { instances: [instance] });
  return result.outcome === 'committed' && result.instances[0] === 'won';
}

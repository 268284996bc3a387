import { SchedulerError, unavailable } from '../domain/errors.ts';
import { instanceId, type InstanceId } from '../domain/ids.ts';
import { isTerminal } from '../domain/instance.ts';
import { instanceNotFound, restartedInstance } from '../domain/start.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { type RestartInstanceRequest } from '../protocol/messages.ts';
import { type HubContext, toolsOf } from './context.ts';
import { insertInstance } from './start-instance.ts';

/** Somebody else may restart or purge it between our look and our write; so often we look again. */
const ATTEMPTS = 5;

/**
 * Starts an orchestration again as it was started before (contract §5.4): in its place, which needs it to be finished,
 * or beside it under an id of its own. Rejects with `not_found` or `failed_precondition`.
 */
export async function restartInstance(
  context: HubContext,
  request: RestartInstanceRequest,
): Promise<InstanceId> {
  const { store, hubId, ids } = context;
  const { instanceId: id, restartWithNewInstanceId: isBeside } = request;
  if (!canBeInstanceId(id)) throw instanceNotFound(id);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [old] = await store.readInstances([{ hubId, id: instanceId(id) }], true);
    if (old?.kind !== 'orchestration') throw instanceNotFound(id);
    if (!isBeside && !isTerminal(old.status)) {
      throw new SchedulerError(
        'failed_precondition',
        `the instance '${id}' is ${old.status.toUpperCase()}: only a finished instance can be restarted under its own id`,
      );
    }
    const newId = isBeside ? instanceId(ids.executionId()) : old.id;
    const instance = restartedInstance(old, newId, { hubId, ...toolsOf(context) });
    if (await insertInstance(context, instance)) return newId;
    const current = await context.current();
    if (current.hubId !== hubId) return restartInstance(current, request);
  }
  throw unavailable(`the instance '${id}' is being started by others at the same time; try again`);
}

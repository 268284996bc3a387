import { entityIdProblem } from '../domain/entity-id.ts';
import { signalMessage } from '../domain/entity-signal.ts';
import { invalidArgument } from '../domain/errors.ts';
import { checkPayload } from '../domain/payload-bounds.ts';
import { isGuid, newRequestId } from '../domain/request-id.ts';
import { checkName } from '../domain/validate.ts';
import { type SignalEntityRequest } from '../protocol/messages.ts';
import { type HubContext, toolsOf } from './context.ts';

/**
 * Sends an operation to an entity, which is made if there is none; returns once it is durable (entities §1.2). A request
 * that was sent before is not sent again: SDKs repeat calls whose answer was lost.
 */
export async function signalEntity(context: HubContext, request: SignalEntityRequest): Promise<void> {
  const { hubId, hub, store, settings, metrics } = context;
  const { instanceId: id, name, input, requestId, scheduledTime } = request;
  const problem = entityIdProblem(id, settings.bounds);
  if (problem !== undefined) throw invalidArgument(problem);
  checkName(name, 'name of the operation');
  checkPayload(input, 'input of the signal', settings.bounds);
  const tools = toolsOf(context);
  const isRepeatable = isGuid(requestId);
  const operation = {
    requestId: isRepeatable ? requestId : newRequestId(tools.ids),
    operation: name,
    input,
    scheduledTime,
  };
  const repeated = isRepeatable ? requestId.toLowerCase() : null;
  await store.commit({
    entityMessages: [signalMessage({ hubId, id, requestId: repeated, operation }, tools)],
  });
  metrics.acted(hub, 'signal', 1);
}

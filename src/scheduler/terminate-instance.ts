import { terminateControl } from '../domain/events.ts';
import { instanceId } from '../domain/ids.ts';
import { checkPayload } from '../domain/payload-bounds.ts';
import { checkInstanceId } from '../domain/validate.ts';
import { type TerminateRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';
import { sendControl } from './send-control.ts';

/**
 * Ends an instance, whatever it does (contract §5.2); a turn that a worker has is given a moment to be answered
 * (`dispatch/terminations.ts`). Absent and finished ones ignore it.
 */
export async function terminateInstance(context: HubContext, request: TerminateRequest): Promise<void> {
  const { bounds } = context.settings;
  checkInstanceId(request.instanceId, bounds);
  checkPayload(request.output, 'output of the termination', bounds);
  const event = terminateControl(
    { output: request.output?.value ?? null, recurse: request.recursive },
    context.now(),
    context.codec,
  );
  await sendControl(context, instanceId(request.instanceId), { kind: 'terminate', event });
}

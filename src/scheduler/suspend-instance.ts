import { suspendControl } from '../domain/events.ts';
import { instanceId } from '../domain/ids.ts';
import { checkPayload } from '../domain/payload-bounds.ts';
import { checkInstanceId } from '../domain/validate.ts';
import { type SuspendRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';
import { sendControl } from './send-control.ts';

/** Holds an instance: nothing is dispatched until it is resumed (contract §5.3). */
export async function suspendInstance(context: HubContext, request: SuspendRequest): Promise<void> {
  const { bounds } = context.settings;
  checkInstanceId(request.instanceId, bounds);
  checkPayload(request.reason, 'reason of the suspension', bounds);
  const event = suspendControl(request.reason?.value ?? null, context.now(), context.codec);
  await sendControl(context, instanceId(request.instanceId), { kind: 'suspend', event });
}

import { resumeControl } from '../domain/events.ts';
import { instanceId } from '../domain/ids.ts';
import { checkPayload } from '../domain/payload-bounds.ts';
import { checkInstanceId } from '../domain/validate.ts';
import { type ResumeRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';
import { sendControl } from './send-control.ts';

/** Lets a suspended instance go on, with everything that was held (contract §5.3). */
export async function resumeInstance(context: HubContext, request: ResumeRequest): Promise<void> {
  const { bounds } = context.settings;
  checkInstanceId(request.instanceId, bounds);
  checkPayload(request.reason, 'reason of the resumption', bounds);
  const event = resumeControl(request.reason?.value ?? null, context.now(), context.codec);
  await sendControl(context, instanceId(request.instanceId), { kind: 'resume', event });
}

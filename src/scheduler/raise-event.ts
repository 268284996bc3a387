import { raisedEvent } from '../domain/events.ts';
import { instanceId, partitionOf } from '../domain/ids.ts';
import { ranks } from '../domain/message.ts';
import { checkPayload } from '../domain/payload-bounds.ts';
import { checkInstanceId, checkName } from '../domain/validate.ts';
import { type RaiseEventRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';

/** Delivers an event; absent and finished instances drop it silently (contract §5.1). */
export async function raiseEvent(context: HubContext, request: RaiseEventRequest): Promise<void> {
  const { hubId, store, codec, now, settings } = context;
  checkInstanceId(request.instanceId, settings.bounds);
  checkName(request.name, 'event name');
  checkPayload(request.input, 'data of the event', settings.bounds);
  const event = raisedEvent(request.name, request.input?.value ?? null, now(), codec);
  const id = instanceId(request.instanceId);
  await store.commit({
    messages: [
      {
        to: { by: 'id', partition: partitionOf(hubId, id), hubId, id },
        message: { rank: ranks.arrived, kind: 'eventRaised', event },
        isFromClient: true,
      },
    ],
  });
}

import { raisedEvent } from '../domain/events.ts';
import { instanceId, partitionOf } from '../domain/ids.ts';
import { ranks } from '../domain/message.ts';
import { checkInstanceId, checkName } from '../domain/validate.ts';
import { type RaiseEventRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';

/** Delivers an event; absent and finished instances drop it silently (contract §5.1). */
export async function raiseEvent(context: HubContext, request: RaiseEventRequest): Promise<void> {
  const { hubId, store, codec, now } = context;
  checkInstanceId(request.instanceId);
  checkName(request.name, 'event name');
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

import { type ActionOf } from '../../protocol/messages.ts';
import { isEntityId } from '../entity-id.ts';
import { raisedEvent } from '../events.ts';
import { instanceId } from '../ids.ts';
import { ranks } from '../message.ts';
import { text } from '../payload.ts';
import { invalidAction, type Refusal, sendTo, type TurnDraft } from '../turn-draft.ts';
import { canBeInstanceId } from '../validate.ts';

/** An event for another orchestration, or for this one. EventSent stays in history, whoever is there to get it. */
export function sendEvent(
  draft: TurnDraft,
  { id, sendEvent: { instance, name, data } }: ActionOf<'sendEvent'>,
): Refusal | undefined {
  const { state, at, events, tools, isRenewing, sentToItself } = draft;
  const target = instance?.instanceId ?? '';
  if (isEntityId(target)) {
    return invalidAction(
      `an event can't be sent to the entity '${target}': signal or call it (in .NET by the AzureManaged worker)`,
    );
  }
  events.push(
    tools.codec.encodeEvent({
      eventId: id,
      timestamp: at,
      eventSent: { instanceId: target, name, input: data },
    }),
  );
  const input = text(data);
  if (isRenewing && target === state.id) sentToItself.push({ name, input });
  else if (canBeInstanceId(target)) {
    const event = raisedEvent(name, input, at, tools.codec);
    sendTo(draft, instanceId(target), { rank: ranks.arrived, kind: 'eventRaised', event });
  }
  return undefined;
}

import { type ActionOf } from '../../protocol/messages.ts';
import { raisedEvent } from '../events.ts';
import { instanceId } from '../ids.ts';
import { ranks } from '../message.ts';
import { text } from '../payload.ts';
import { entitiesNotAvailable, type Refusal, sendTo, type TurnDraft } from '../turn-draft.ts';
import { canBeInstanceId } from '../validate.ts';

/** An event for another orchestration, or for this one. EventSent stays in history, whoever is there to get it. */
export function sendEvent(
  draft: TurnDraft,
  { id, sendEvent: { instance, name, data } }: ActionOf<'sendEvent'>,
): Refusal | undefined {
  const { state, at, events, tools, isRenewing, sentToItself } = draft;
  const target = instance?.instanceId ?? '';
  if (target.startsWith('@')) return entitiesNotAvailable;
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

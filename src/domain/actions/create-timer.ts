import { type ActionOf } from '../../protocol/messages.ts';
import { ranks } from '../message.ts';
import { fromMicros, laterOf, toDueMicros } from '../time.ts';
import { type TurnDraft } from '../turn-draft.ts';

/**
 * A timer: TimerCreated in history, and TimerFired once it is due, at once when it is already. Both say the exact time
 * that was asked for: SDKs compare it (contract §1 rule 2).
 */
export function createTimer(
  { state, tools, at, events, timers }: TurnDraft,
  { id, createTimer: action }: ActionOf<'createTimer'>,
): void {
  const { codec, ids } = tools;
  const { partition, key, generation } = state;
  const fireAt = action.fireAt ?? at;
  const firesAt = toDueMicros(fireAt);
  events.push(codec.encodeEvent({ eventId: id, timestamp: at, timerCreated: { fireAt } }));
  const event = codec.encodeEvent({
    eventId: -1,
    timestamp: laterOf(at, fromMicros(firesAt)),
    timerFired: { fireAt, timerId: id },
  });
  const message = { rank: ranks.arrived, kind: 'timerFired', event } as const;
  timers.push({ partition, key, timerKey: ids.key(), generation, firesAt, message });
}

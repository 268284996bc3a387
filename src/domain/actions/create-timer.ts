import { type ActionOf, type Timestamp } from '../../protocol/messages.ts';
import { ranks } from '../message.ts';
import { fromMicros, laterOf, toDueMicros } from '../time.ts';
import { type TurnDraft } from '../turn-draft.ts';

/**
 * A timer: TimerCreated in history, and TimerFired once it is due, at once when it is already. Both say the exact time
 * that was asked for: SDKs compare it (contract §1 rule 2).
 */
export function createTimer(draft: TurnDraft, { id, createTimer: action }: ActionOf<'createTimer'>): void {
  const { tools, at, events } = draft;
  const fireAt = action.fireAt ?? at;
  events.push(tools.codec.encodeEvent({ eventId: id, timestamp: at, timerCreated: { fireAt } }));
  addTimer(draft, id, fireAt);
}

/** The row that fires it. */
function addTimer({ state, tools, at, timers }: TurnDraft, timerId: number, fireAt: Timestamp): void {
  const { codec, ids } = tools;
  const { partition, key, generation } = state;
  const firesAt = toDueMicros(fireAt);
  const event = codec.encodeEvent({
    eventId: -1,
    timestamp: laterOf(at, fromMicros(firesAt)),
    timerFired: { fireAt, timerId },
  });
  const message = { rank: ranks.arrived, kind: 'timerFired', event } as const;
  timers.push({ partition, key, timerKey: ids.key(), generation, firesAt, message });
}

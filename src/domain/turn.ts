// What the next work item of an orchestration says: OrchestratorStarted and then the inbox, in its order.
//
// Two rules about time are kept here, because only here the whole inbox is seen (contract §1 rules 3 and 26).
// OrchestratorStarted is later than everything in history and in the batch: Java makes a timer anew whose firing is
// not earlier, and replays go wrong when time goes back. And no two EventRaised of an instance have the same
// timestamp: Java keeps unprocessed events in a set. Senders can't see to that, being many replicas, so an event that
// arrived and is not later than the one before it gets the next tick. Its timestamp is changed in its bytes; the
// bytes of a turn are what is recorded.

import { type Codec } from '../protocol/codec.ts';
import { eventTimestamp } from '../protocol/framing.ts';
import { type Timestamp } from '../protocol/messages.ts';
import { type InstanceState } from './instance.ts';
import { limits } from './limits.ts';
import { isControl, type Message, ranks } from './message.ts';
import { restamp } from './restamp.ts';
import { compareTimes, fromMicros, laterOf, nextTick } from './time.ts';

/** The content of an orchestration work item. */
export interface Turn {
  /** The timestamp of its OrchestratorStarted. */
  readonly startedAt: Timestamp;
  /** Encoded history events: OrchestratorStarted, then those of `consumed` in the same order. */
  readonly events: readonly Buffer[];
  /** Recording the turn deletes them from the inbox. Not all of them have an event: see `hasEvent`. */
  readonly consumed: readonly Message[];
}

const EPOCH: Timestamp = { seconds: 0, nanos: 0 };

interface TurnTools {
  /** May be earlier than what happened already. */
  readonly now: Timestamp;
  readonly codec: Pick<Codec, 'encodeEvent'>;
  /** What its work item has room for; may be less than one message takes. */
  readonly maxBytes?: number;
}

/** The next turn of an instance. `messages` are in inbox order. */
export function buildTurn(
  state: InstanceState,
  messages: readonly Message[],
  { now, codec, maxBytes = Infinity }: TurnTools,
): Turn {
  const consumed = takeMessages(messages, state.generation, Math.min(maxBytes, limits.newEventsBytes));
  const floor = fromMicros(Math.max(state.updatedAt, state.createdAt));
  const lastRaised = { carriedOver: EPOCH, arrived: floor };
  let latest = floor;
  const events: Buffer[] = [];
  for (const message of consumed) {
    if (!hasEvent(message, state.generation)) continue;
    let { event } = message;
    let timestamp = eventTimestamp(event) ?? EPOCH;
    if (message.kind === 'eventRaised') {
      const origin = message.rank === ranks.carriedOver ? 'carriedOver' : 'arrived';
      if (compareTimes(timestamp, lastRaised[origin]) <= 0) {
        timestamp = nextTick(lastRaised[origin]);
        event = restamp(event, timestamp, codec);
      }
      lastRaised[origin] = timestamp;
    }
    latest = laterOf(latest, timestamp);
    if (message.firesAt !== null) latest = laterOf(latest, fromMicros(message.firesAt));
    events.push(event);
  }
  const startedAt = laterOf(now, nextTick(latest));
  events.unshift(codec.encodeEvent({ eventId: -1, timestamp: startedAt, orchestratorStarted: {} }));
  return { startedAt, events, consumed };
}

/** Whether a worker is shown the message. Wakes have nothing to show; results are for the generation that asked. */
export function hasEvent({ kind, generation }: Message, currentGeneration: number): boolean {
  switch (kind) {
    case 'wake':
      return false;
    case 'taskResult':
    case 'timerFired':
    case 'childResult':
    case 'entityReply':
      return generation === currentGeneration;
    default:
      return true;
  }
}

/** What a work item has around the bytes of an event, and what these may gain when they are restamped. */
const AROUND_EVENT = 16;

/** As many as fit, at least one. */
function takeMessages(messages: readonly Message[], generation: number, maxBytes: number): Message[] {
  const shown = messages.every(isForWorker) ? messages : messages.filter(isForWorker);
  let count = 0;
  let bytes = 0;
  for (const message of shown) {
    const size = hasEvent(message, generation) ? message.event.length + AROUND_EVENT : 0;
    const isFull = count >= limits.heldMessages || (bytes > 0 && bytes + size > maxBytes);
    // A suspension without its resumption would make workers hold everything back.
    if (isFull && message.kind !== 'suspensionPair') break;
    count++;
    bytes += size;
  }
  return shown.slice(0, count);
}

/** Controls are for the engine; kinds that we don't know stay in the inbox, for a replica that does. */
function isForWorker({ kind }: Message): boolean {
  return kind !== 'unknown' && !isControl(kind);
}

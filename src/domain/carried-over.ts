// The events that an SDK carries over into the next generation, in the order in which they arrived.
//
// What SDKs send has lost it: Java sends exact copies in the order of a hash set, Go groups them by name, Python and
// JavaScript group them by name, change the case of the names and leave the timestamps at the epoch. An event's
// timestamp is its place in the inbox (turn.ts makes them rise), so whatever came with a timestamp is put where that
// says. For the others we know only that each SDK keeps the order within a name and hands events to the orchestrator
// in that order: those left over are the last ones of their name. So per name they are laid against the batch's events
// from the end; what is left over then arrived before this batch.

import { type Codec } from '../protocol/codec.ts';
import { type AnyHistoryEvent, type HistoryEventOf, type Timestamp } from '../protocol/messages.ts';
import { type InstanceState } from './instance.ts';
import { compareTimes, fromMicros, nextTick } from './time.ts';

type Raised = HistoryEventOf<'eventRaised'>;

export interface CarriedOver {
  readonly event: Buffer;
  readonly timestamp: Timestamp;
}

export interface EndingTurn {
  readonly state: InstanceState;
  /** Encoded inbound events of the turn. */
  readonly inbound: readonly Buffer[];
  /** When it ends: no event is later. */
  readonly at: Timestamp;
}

/** Only raised events can be carried over. Their timestamps rise strictly. */
export function orderCarriedOver(
  events: readonly AnyHistoryEvent[],
  turn: EndingTurn,
  codec: Pick<Codec, 'encodeEvent' | 'decodeEvent'>,
): CarriedOver[] {
  const raised = events.filter((event): event is Raised => event.eventType === 'eventRaised');
  if (raised.length === 0) return [];
  const earliest = fromMicros(turn.state.createdAt);
  const isPlace = (timestamp: Timestamp | null): timestamp is Timestamp =>
    timestamp !== null && compareTimes(timestamp, earliest) > 0 && compareTimes(timestamp, turn.at) <= 0;
  const places = raised.every(({ timestamp }) => isPlace(timestamp))
    ? new Map<Raised, Timestamp>()
    : placesByName(raised, turn.inbound, codec);
  const placed = raised.map((event) => ({
    event,
    place: isPlace(event.timestamp) ? event.timestamp : (places.get(event) ?? earliest),
  }));
  placed.sort((a, b) => compareTimes(a.place, b.place));
  let last = earliest;
  return placed.map(({ event: { eventRaised }, place }) => {
    last = compareTimes(place, last) > 0 ? place : nextTick(last);
    return { event: codec.encodeEvent({ eventId: -1, timestamp: last, eventRaised }), timestamp: last };
  });
}

function placesByName(
  carried: readonly Raised[],
  inbound: readonly Buffer[],
  codec: Pick<Codec, 'decodeEvent'>,
): Map<Raised, Timestamp> {
  const arrived = new Map<string, Timestamp[]>();
  for (const bytes of inbound) {
    const event = codec.decodeEvent(bytes);
    if (event.eventType !== 'eventRaised' || !event.timestamp) continue;
    const name = event.eventRaised.name.toLowerCase();
    const places = arrived.get(name);
    if (places) places.push(event.timestamp);
    else arrived.set(name, [event.timestamp]);
  }
  const result = new Map<Raised, Timestamp>();
  for (const event of carried.toReversed()) {
    const place = arrived.get(event.eventRaised.name.toLowerCase())?.pop();
    if (place) result.set(event, place);
  }
  return result;
}

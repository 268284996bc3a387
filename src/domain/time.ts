import { type Timestamp } from '../protocol/messages.ts';

/** Microseconds since the Unix epoch: what PostgreSQL stores. A safe integer until the year 2255. */
export type Micros = number;

/** 100 ns, the finest step that every SDK can represent. */
const TICK_NANOS = 100;
const NANOS = 1_000_000_000;

export function compareTimes(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

export function laterOf(a: Timestamp, b: Timestamp): Timestamp {
  return compareTimes(a, b) >= 0 ? a : b;
}

/** The first representable moment after `time`. */
export function nextTick({ seconds, nanos }: Timestamp): Timestamp {
  const next = nanos - (nanos % TICK_NANOS) + TICK_NANOS;
  return next >= NANOS ? { seconds: seconds + 1, nanos: next - NANOS } : { seconds, nanos: next };
}

export function fromMicros(micros: Micros): Timestamp {
  const seconds = Math.floor(micros / 1e6);
  return { seconds, nanos: (micros - seconds * 1e6) * 1000 };
}

/** Rounded up: a timer stored in microseconds never fires before its exact time. */
export function toMicrosUp({ seconds, nanos }: Timestamp): Micros {
  return seconds * 1e6 + Math.ceil(nanos / 1000);
}

/** When something is due that was asked for by a worker or client: whatever they sent, a moment that can be stored. */
export function toDueMicros(time: Timestamp): Micros {
  return Math.min(Math.max(toMicrosUp(time), 0), Number.MAX_SAFE_INTEGER);
}

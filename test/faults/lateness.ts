import { type Timestamp } from '../../src/protocol/messages.ts';
import { type Recorded } from '../replicas/check.ts';

/** From the beginning of a fault to the end of what it does, in milliseconds since 1970. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A timer that fired. */
export interface Fired {
  /** Of its instance. */
  readonly id: string;
  readonly dueMs: number;
  /** From then until the turn began that tells of it. */
  readonly lateMs: number;
}

/** How long nothing has been broken when everything works as if nothing ever had been: the dead are buried by then. */
export const CALM_MS = 30_000;

export function firedIn(recorded: ReadonlyMap<string, Recorded>): Fired[] {
  return [...recorded].flatMap(([id, { turns }]) =>
    turns.flatMap(({ events }) => {
      const beganMs = toMs(events[0]?.timestamp ?? null);
      return events.flatMap((event) => {
        if (event.eventType !== 'timerFired') return [];
        const dueMs = toMs(event.timerFired.fireAt);
        return [{ id, dueMs, lateMs: beganMs - dueMs }];
      });
    }),
  );
}

/** Those for which nothing was broken, neither shortly before nor until they had fired. */
export function firedInCalm(fired: readonly Fired[], broken: readonly Stretch[]): Fired[] {
  return fired.filter(({ dueMs, lateMs }) =>
    broken.every(({ fromMs, toMs: untilMs }) => dueMs + lateMs < fromMs || dueMs > untilMs + CALM_MS),
  );
}

function toMs(timestamp: Timestamp | null): number {
  return timestamp ? timestamp.seconds * 1000 + timestamp.nanos / 1e6 : NaN;
}

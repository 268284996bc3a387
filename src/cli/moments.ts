import { type Timestamp } from '../protocol/messages.ts';

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** What `Date` can represent. */
const LAST_SECOND = 8.64e12;

/** Whether a span of time that stands for a moment lies before now or after it. */
export type Direction = 'before' | 'after';

/** How moments are given on the command line. */
export function momentForm(direction: Direction): string {
  return `a time (2026-08-31T14:05Z) or a span ${direction === 'before' ? 'back ' : ''}from now (90s, 15m, 2h, 7d)`;
}

/** Reads a moment in that form; undefined when it is none. A time without a zone is in UTC, as all times are shown. */
export function parseMoment(text: string, direction: Direction, now: number): Timestamp | undefined {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) {
    const span = Number(count) * units[unit as keyof typeof units];
    return toTimestamp(direction === 'before' ? now - span : now + span);
  }
  const [, day, time = 'T00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const ms = Date.parse(`${day ?? ''}${time.replace(' ', 'T')}${zone}`);
  return Number.isNaN(ms) ? undefined : toTimestamp(ms);
}

function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * 1e6 };
}

export function toMs({ seconds, nanos }: Timestamp): number {
  return seconds * 1000 + nanos / 1e6;
}

/** `2026-08-31T14:05:09.123456Z`, with as many digits as there are. */
export function isoTime({ seconds, nanos }: Timestamp): string {
  if (Math.abs(seconds) > LAST_SECOND) return `${seconds} s after 1970`;
  const fraction = String(nanos)
    .padStart(9, '0')
    .replace(/(000)+$/, '');
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}${fraction && `.${fraction}`}Z`;
}

/** `2026-08-31 14:05:09.123Z`, always of the same width. */
export function showTime(time: Timestamp): string {
  const ms = Math.floor(time.nanos / 1e6);
  return isoTime({ ...time, nanos: 0 })
    .replace('T', ' ')
    .replace(/Z$/, `.${String(ms).padStart(3, '0')}Z`);
}

/** `2h ago`, `now`, `in 3d`: about. */
export function showAge(time: Timestamp, now: number): string {
  const ms = now - toMs(time);
  if (Math.abs(ms) < units.s) return 'now';
  return ms < 0 ? `in ${showSpan(-ms)}` : `${showSpan(ms)} ago`;
}

/** `850ms`, `12s`, `15m`, `2h`, `7d`: the largest unit of which there are two, so that it is never far off. */
export function showSpan(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const [unit, size] = Object.entries(units).findLast(([, size]) => ms >= 2 * size) ?? ['s', units.s];
  return `${Math.floor(ms / size)}${unit}`;
}

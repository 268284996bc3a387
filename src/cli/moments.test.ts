import { expect, test } from 'vitest';
import { isoTime, parseMoment, showAge, showSpan, showTime } from './moments.ts';

const now = Date.UTC(2026, 7, 31, 14, 5, 9, 250);
const at = (text: string) => {
  const moment = parseMoment(text, 'before', now);
  return moment && isoTime(moment);
};

test.each([
  ['2026-08-31T14:05Z', '2026-08-31T14:05:00Z'],
  ['2026-08-31 14:05', '2026-08-31T14:05:00Z'],
  ['2026-08-31', '2026-08-31T00:00:00Z'],
  ['2026-08-31T14:05:09.5+02:00', '2026-08-31T12:05:09.500Z'],
  ['2026-08-31 14:05:09.123Z', '2026-08-31T14:05:09.123Z'],
  ['90s', '2026-08-31T14:03:39.250Z'],
  ['15m', '2026-08-31T13:50:09.250Z'],
  ['2h', '2026-08-31T12:05:09.250Z'],
  ['7d', '2026-08-24T14:05:09.250Z'],
])('%s is read as %s', (text, moment) => {
  expect(at(text)).toBe(moment);
});

test.each(['', 'yesterday', '14:05', '2026-13-01', '2026-08-31T25:00Z', '5', '5 m', '-5m', '1y'])(
  '%j is no moment',
  (text) => {
    expect(at(text)).toBeUndefined();
  },
);

test('a span may lie ahead', () => {
  expect(parseMoment('10m', 'after', now)).toEqual({ seconds: now / 1000 + 600 - 0.25, nanos: 250e6 });
});

test.each([
  [0, '1970-01-01 00:00:00.000Z', '1970-01-01T00:00:00Z'],
  [123_456_789, '1970-01-01 00:00:00.123Z', '1970-01-01T00:00:00.123456789Z'],
  [120_000_000, '1970-01-01 00:00:00.120Z', '1970-01-01T00:00:00.120Z'],
])('%i nanoseconds after 1970 are shown', (nanos, shown, iso) => {
  expect(showTime({ seconds: 0, nanos })).toBe(shown);
  expect(isoTime({ seconds: 0, nanos })).toBe(iso);
});

test('what no calendar has is shown all the same', () => {
  expect(showTime({ seconds: 1e15, nanos: 0 })).toContain('1000000000000000 s after 1970');
});

test.each([
  [0, '0ms'],
  [999, '999ms'],
  [1_000, '1s'],
  [119_999, '119s'],
  [120_000, '2m'],
  [3 * 3_600_000, '3h'],
  [100 * 86_400_000, '100d'],
])('%i ms are %s', (ms, shown) => {
  expect(showSpan(ms)).toBe(shown);
});

test('ages lie before or ahead', () => {
  expect(showAge({ seconds: now / 1000 - 180, nanos: 0 }, now)).toBe('3m ago');
  expect(showAge({ seconds: now / 1000 + 180, nanos: 0 }, now)).toBe('in 3m');
  expect(showAge({ seconds: now / 1000 + 0.5, nanos: 0 }, now)).toBe('now');
});

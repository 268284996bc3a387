import { TypeOverrides } from 'pg';
import { assert } from '../lib/assert.ts';

const INT8 = 20;
const TIMESTAMPTZ = 1184;
const INT8_ARRAY = 1016;
const TIMESTAMPTZ_ARRAY = 1185;

/**
 * How this program reads PostgreSQL's values, given to each connection; pg's process-wide parsers stay as they are.
 * int8 → number (our keys stay below 2^53) · timestamptz → integer microseconds since the Unix epoch · the rest as pg does.
 */
export const typeParsers = new TypeOverrides();
typeParsers.setTypeParser(INT8, parseInt8);
typeParsers.setTypeParser(TIMESTAMPTZ, parseTimestamp);
typeParsers.setTypeParser(INT8_ARRAY, (text) => parseFlatArray(text, parseInt8));
typeParsers.setTypeParser(TIMESTAMPTZ_ARRAY, (text) => parseFlatArray(text, parseTimestamp));

function parseInt8(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), `int8 ${text} is not a safe integer`);
  return value;
}

/** Reads `2026-01-31 12:00:00.000001+00`, the form that DateStyle ISO and TimeZone UTC give. */
function parseTimestamp(text: string): number {
  if (text === 'infinity') return Infinity;
  if (text === '-infinity') return -Infinity;
  const parts = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text);
  assert(parts !== null, `timestamptz ${text} is not in UTC and ISO form`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const micros = Number((parts[7] ?? '').padEnd(6, '0'));
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute, second);
  return moment.getTime() * 1000 + micros;
}

function parseFlatArray<T>(text: string, parse: (item: string) => T): (T | null)[] {
  if (text === '{}') return [];
  const items = text.slice(1, -1).split(',');
  return items.map((item) => (item === 'NULL' ? null : parse(item.replaceAll('"', ''))));
}

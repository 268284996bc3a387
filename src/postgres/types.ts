import { TypeOverrides } from 'pg';
import { assert } from '../lib/assert.ts';

const INT8 = 20;
const TIMESTAMPTZ = 1184;
const INT2_ARRAY = 1005;
const INT4_ARRAY = 1007;
const INT8_ARRAY = 1016;
const TIMESTAMPTZ_ARRAY = 1185;

/**
 * How this program reads PostgreSQL's values, given to each connection; pg's process-wide parsers stay as they are.
 * int8 → number (our keys stay below 2^53) · timestamptz → integer microseconds since the Unix epoch · the rest as pg does.
 */
export const typeParsers = new TypeOverrides();
typeParsers.setTypeParser(INT8, parseInt8);
typeParsers.setTypeParser(TIMESTAMPTZ, parseTimestamp);
for (const type of [INT2_ARRAY, INT4_ARRAY, INT8_ARRAY]) typeParsers.setTypeParser(type, parseIntegers);
typeParsers.setTypeParser(TIMESTAMPTZ_ARRAY, parseTimestamps);

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

function parseTimestamps(text: string): (number | null)[] {
  if (text === '{}') return [];
  const items = text.slice(1, -1).split(',');
  return items.map((item) => (item === 'NULL' ? null : parseTimestamp(item.replaceAll('"', ''))));
}

const COMMA = 44;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const BRACE = 125;

/** Reads `{1,-2,NULL}` without a string for each item: a commit batch is answered with some for each of its writes. */
function parseIntegers(text: string): (number | null)[] {
  const items: (number | null)[] = [];
  if (text === '{}') return items;
  let [digits, sign, isNull] = [0, 1, false];
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) digits = 10 * digits + (code - ZERO);
    else if (code === MINUS) sign = -1;
    else if (code === COMMA || code === BRACE) {
      assert(Number.isSafeInteger(digits), 'an int8 of an array is not a safe integer');
      items.push(isNull ? null : sign * digits);
      [digits, sign, isNull] = [0, 1, false];
    } else isNull = true;
  }
  return items;
}

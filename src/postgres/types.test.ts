import { expect, test } from 'vitest';
import { typeParsers } from './types.ts';

function parse(oid: number, text: string): unknown {
  const parser: unknown = typeParsers.getTypeParser(oid, 'text');
  const value: unknown = typeof parser === 'function' ? Reflect.apply(parser, undefined, [text]) : undefined;
  return value;
}

test.each([1005, 1007, 1016])('arrays of integers (%i)', (oid) => {
  expect(parse(oid, '{}')).toEqual([]);
  expect(parse(oid, '{0}')).toEqual([0]);
  expect(parse(oid, '{NULL}')).toEqual([null]);
  expect(parse(oid, '{-1,NULL,32767,-32768,NULL,10,0}')).toEqual([-1, null, 32767, -32768, null, 10, 0]);
});

test('eight-byte integers are safe or refused', () => {
  const most = Number.MAX_SAFE_INTEGER;
  expect(parse(1016, `{${most},-${most},1}`)).toEqual([most, -most, 1]);
  expect(parse(20, `-${most}`)).toBe(-most);
  for (const text of ['9007199254740992', '-9007199254740993', '9223372036854775807']) {
    expect(() => parse(1016, `{1,${text}}`)).toThrow('not a safe integer');
    expect(() => parse(20, text)).toThrow('not a safe integer');
  }
});

test('times are microseconds, also in arrays', () => {
  expect(parse(1184, '2026-01-31 12:00:00.000001+00')).toBe(Date.UTC(2026, 0, 31, 12) * 1000 + 1);
  expect(parse(1185, '{"1970-01-01 00:00:01+00",NULL,infinity}')).toEqual([1_000_000, null, Infinity]);
  expect(parse(1185, '{}')).toEqual([]);
});

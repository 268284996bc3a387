import { expect, test } from 'vitest';
import { bools, byteas, int2s, int4s, int8s, texts, timestamps } from './arrays.ts';

/** The items of a binary array: their bytes in hex, null for null. */
function itemsOf(array: Buffer): (string | null)[] {
  if (array.readInt32BE(0) === 0) return [];
  const items: (string | null)[] = [];
  let at = 20;
  for (let n = array.readInt32BE(12); n > 0; n--) {
    const length = array.readInt32BE(at);
    items.push(length < 0 ? null : array.toString('hex', at + 4, at + 4 + length));
    at += 4 + Math.max(length, 0);
  }
  expect(at).toBe(array.length);
  return items;
}

const self = <T>(value: T): T => value;

test('integers of each width, negative ones and nulls', () => {
  expect(itemsOf(int2s([1, null, -1, 32_767, -32_768], self))).toEqual([
    '0001',
    null,
    'ffff',
    '7fff',
    '8000',
  ]);
  expect(itemsOf(int4s([1, -2, null, 0x7fff_ffff, -0x8000_0000], self))).toEqual([
    '00000001',
    'fffffffe',
    null,
    '7fffffff',
    '80000000',
  ]);
  const most = Number.MAX_SAFE_INTEGER;
  expect(itemsOf(int8s([0x1_0000_0001, -1, null, most, -most], self))).toEqual([
    '0000000100000001',
    'ffffffffffffffff',
    null,
    '001fffffffffffff',
    'ffe0000000000001',
  ]);
});

test('what does not fit into its column is refused', () => {
  for (const value of [32_768, -32_769]) expect(() => int2s([value], self)).toThrow('fits');
  for (const value of [2 ** 31, -(2 ** 31) - 1]) expect(() => int4s([value], self)).toThrow('fits');
  for (const value of [2 ** 53, Infinity, NaN]) expect(() => int8s([value], self)).toThrow('fits');
});

test('truth values, times, texts and bytes', () => {
  expect(itemsOf(bools([true, false], self))).toEqual(['01', '00']);
  const year2000 = Date.UTC(2000, 0, 1) * 1000;
  expect(itemsOf(timestamps([year2000 + 1, null, year2000 - 1], self))).toEqual([
    '0000000000000001',
    null,
    'ffffffffffffffff',
  ]);
  expect(itemsOf(texts(['ab', '', null, 'é€'], self))).toEqual(['6162', '', null, 'c3a9e282ac']);
  expect(itemsOf(byteas([Buffer.from([1, 2]), null, Buffer.alloc(0)], self))).toEqual(['0102', null, '']);
  expect(itemsOf(texts([], self))).toEqual([]);
});

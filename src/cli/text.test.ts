import { expect, test } from 'vitest';
import { cutEnd, cutMiddle, escapeText, jsonText, Table, widthOf } from './text.ts';

test.each([
  ['plain ünïcode 名前 😀 👩‍👩‍👧', 'plain ünïcode 名前 😀 👩‍👩‍👧'],
  ['two\nlines\tand\rmore', String.raw`two\nlines\tand\rmore`],
  ['\u001b[31mred\u001b[0m', String.raw`\u001b[31mred\u001b[0m`],
  ['\u001b]0;title\u0007', String.raw`\u001b]0;title\u0007`],
  ['\u009b31m', String.raw`\u009b31m`],
  ['abc\u202edcba', String.raw`abc\u202edcba`],
  ['a\u2028b\u200bc\ufeff', String.raw`a\u2028b\u200bc\ufeff`],
  ['half \ud83d', String.raw`half \ud83d`],
  ['tag \u{e0041}', String.raw`tag \u{e0041}`],
])('%j is shown without effect on the terminal', (text, shown) => {
  expect(escapeText(text)).toBe(shown);
});

test('JSON has no effect on the terminal either, and says the same', () => {
  const value = { text: 'a\u009b31m\u001b[0m\u202e\u{e0041}\n👩‍👩‍👧' };
  const json = jsonText(value);
  expect(json).toBe(String.raw`{"text":"a\u009b31m\u001b[0m\u202e\udb40\udc41\n👩‍👩‍👧"}`);
  expect(JSON.parse(json)).toEqual(value);
});

test.each([
  ['short', 10, 'short'],
  ['exactly ten', 11, 'exactly ten'],
  ['a longer text', 8, 'a longe…'],
  ['名前名前名前', 7, '名前名…'],
  ['😀😀😀', 4, '😀…'],
])('%j is cut to %i columns', (text, width, shown) => {
  expect(cutEnd(text, width)).toBe(shown);
});

test.each([
  ['0123456789', 10, '0123456789'],
  ['0123456789abcdef', 9, '0123…cdef'],
  ['parent:0001:0002', 10, 'paren…0002'],
])('%j is cut in the middle to %i columns', (text, width, shown) => {
  expect(cutMiddle(text, width)).toBe(shown);
});

test('a text of megabytes is cut at once', () => {
  const start = performance.now();
  expect(cutEnd('x'.repeat(10_000_000), 80)).toHaveLength(80);
  expect(performance.now() - start).toBeLessThan(1_000);
});

const columns = [{ title: 'ID', cut: 'middle' }, { title: 'NAME', cut: 'end' }, { title: 'STATUS' }] as const;

test('columns are aligned by what is seen', () => {
  const table = new Table(columns, undefined);
  expect(
    table.add([
      ['a', '名前', 'RUNNING'],
      ['order-17', 'Order', 'COMPLETED'],
    ]),
  ).toBe(
    ['ID        NAME   STATUS', 'a         名前   RUNNING', 'order-17  Order  COMPLETED', ''].join('\n'),
  );
  expect(table.add([['b', 'Other', 'FAILED']])).toBe('b         Other  FAILED\n');
});

test('names give way to a narrow terminal before ids do', () => {
  const id = '0b9f6a7e-6a0c-4d4e-9d63-6f1f0f3f1d1a';
  const lines = new Table(columns, 60).add([[id, 'A name that is rather long', 'COMPLETED']]).split('\n');
  expect(lines[1]).toBe(`${id}  A name tha…  COMPLETED`);
});

test.each([30, 40, 60, 80, 120])('no line is wider than a terminal of %i columns', (width) => {
  const text = new Table(columns, width).add([
    ['x'.repeat(100), '\n'.repeat(50), 'COMPLETED'],
    ['名'.repeat(512), '😀'.repeat(512), 'RUNNING'],
  ]);
  for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
});

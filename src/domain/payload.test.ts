import { expect, test } from 'vitest';
import { payload, tagsOf, text, wrapped } from './payload.ts';

test('an empty payload and none are the same', () => {
  expect([payload({ value: '' }), payload(null), payload(undefined)]).toEqual([null, null, null]);
  expect(payload({ value: '""' })).toBe('""');
});

test('an empty version is not the same as none', () => {
  expect([text({ value: '' }), text(null)]).toEqual(['', null]);
  expect([wrapped(''), wrapped(null)]).toEqual([{ value: '' }, null]);
});

test('no tags are null', () => {
  expect([tagsOf({}), tagsOf({ a: 'b' })]).toEqual([null, { a: 'b' }]);
});

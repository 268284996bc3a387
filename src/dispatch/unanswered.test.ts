import { expect, test } from 'vitest';
import { Unanswered } from './unanswered.ts';

test('an answer without a token is for the oldest item of its instance', () => {
  const unanswered = new Unanswered();
  unanswered.sent('a', undefined, 'first');
  unanswered.sent('b', undefined, 'other');
  unanswered.sent('a', undefined, 'second');
  const tokens = [1, 2, 3].map(() => unanswered.answered('a', undefined));
  expect(tokens).toEqual(['first', 'second', undefined]);
  expect(unanswered.answered('b', undefined)).toBe('other');
});

test('an activity is known by its task, and is no turn', () => {
  const unanswered = new Unanswered();
  unanswered.sent('a', 1, 'task 1');
  unanswered.sent('a', 2, 'task 2');
  expect(unanswered.answered('a', undefined)).toBeUndefined();
  expect(unanswered.answered('1 a', undefined)).toBeUndefined();
  expect([unanswered.answered('a', 2), unanswered.answered('a', 1)]).toEqual(['task 2', 'task 1']);
});

test('of ten thousand items the oldest are forgotten', () => {
  const unanswered = new Unanswered();
  for (let i = 0; i <= 10_000; i++) unanswered.sent(`${i}`, undefined, `token ${i}`);
  expect(unanswered.answered('0', undefined)).toBeUndefined();
  expect(unanswered.answered('1', undefined)).toBe('token 1');
});

test('what was answered makes room', () => {
  const unanswered = new Unanswered();
  unanswered.sent('kept', undefined, 'kept');
  for (let i = 0; i < 30_000; i++) {
    unanswered.sent('busy', undefined, `${i}`);
    expect(unanswered.answered('busy', undefined)).toBe(`${i}`);
  }
  expect(unanswered.answered('kept', undefined)).toBe('kept');
});

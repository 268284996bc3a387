import { beforeEach, expect, test } from 'vitest';
import { limits } from '../domain/limits.ts';
import { type Waiter, Waiters } from './waiters.ts';

let waiters: Waiters<Waiter>;
let calls: number;

beforeEach(() => {
  waiters = new Waiters();
  calls = 0;
  waiters.onWoken = () => calls++;
});

function add(hubId: number, id: string): Waiter {
  const entry = { hubId, id };
  waiters.add(entry);
  return entry;
}

test('a change wakes everybody who waits for that instance, in that hub', () => {
  const [a, again] = [add(1, 'a'), add(1, 'a')];
  add(2, 'a');
  add(1, 'b');
  waiters.wake({ hubId: 1, id: 'a' });
  expect(waiters.takeWoken(10)).toEqual([a, again]);
  expect(waiters.takeWoken(10)).toEqual([]);
});

test('an id that looks like a hub and an id is not mistaken for them', () => {
  add(1, '2 a');
  waiters.wake({ hubId: 1, id: 'a' });
  waiters.wake({ hubId: 12, id: 'a' });
  expect(waiters.takeWoken(10)).toEqual([]);
});

test('whoever is to look is called whenever somebody is woken, also while others wait to be looked at', () => {
  const [a, b] = [add(1, 'a'), add(1, 'b')];
  const before = calls;
  waiters.wake(a);
  waiters.wake(b);
  waiters.wakeAll();
  expect(calls).toBe(before + 4);
  expect(waiters.takeWoken(10)).toHaveLength(2);
});

test('nobody is called when nobody is woken', () => {
  waiters.wake({ hubId: 1, id: 'a' });
  waiters.wakeAll();
  expect(calls).toBe(0);
});

test('whom one look has no room for stays woken', () => {
  for (const id of ['a', 'b', 'c']) add(1, id);
  waiters.wakeAll();
  expect(waiters.takeWoken(2).map(({ id }) => id)).toEqual(['a', 'b']);
  expect(waiters.takeWoken(2).map(({ id }) => id)).toEqual(['c']);
});

test('whoever was woken and is not done can be woken again', () => {
  const a = add(1, 'a');
  waiters.wake(a);
  waiters.takeWoken(10);
  waiters.wake(a);
  expect(waiters.takeWoken(10)).toEqual([a]);
});

test('whoever went away is not woken any more, not even when he was', () => {
  const [a, b] = [add(1, 'a'), add(1, 'a')];
  waiters.wake(a);
  waiters.remove(a);
  expect(waiters.takeWoken(10)).toEqual([b]);
  waiters.remove(b);
  waiters.wakeAll();
  expect(waiters.takeWoken(10)).toEqual([]);
  expect(waiters.count).toBe(0);
});

test('going away twice counts once', () => {
  const [a] = [add(1, 'a'), add(1, 'a')];
  waiters.remove(a);
  waiters.remove(a);
  expect(waiters.count).toBe(1);
});

test('there is a limit, and room again when somebody goes', () => {
  const first = add(1, 'first');
  for (let i = 1; i < limits.waiters; i++) add(1, `${i}`);
  expect(() => add(1, 'one more')).toThrow(expect.objectContaining({ code: 'resource_exhausted' }) as Error);
  expect(waiters.count).toBe(limits.waiters);
  waiters.remove(first);
  add(1, 'one more');
});

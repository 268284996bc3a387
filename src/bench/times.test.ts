import { expect, test } from 'vitest';
import { Times } from './times.ts';

test('percentiles are those of what was added since it was cleared', () => {
  const times = new Times();
  times.add(1000);
  times.clear();
  expect(times.percentiles()).toBeUndefined();
  for (let ms = 1; ms <= 200; ms++) times.add(ms);
  expect(times.percentiles()).toEqual({ p50Ms: 100, p99Ms: 198 });
});

test('of very many the newest are kept', () => {
  const times = new Times();
  for (let count = 0; count < 100_000; count++) times.add(1);
  for (let count = 0; count < 60_000; count++) times.add(2);
  expect(times.percentiles()).toEqual({ p50Ms: 2, p99Ms: 2 });
  for (let count = 0; count < 40_000; count++) times.add(2);
  for (let count = 0; count < 60_000; count++) times.add(1);
  expect(times.percentiles()?.p50Ms).toBe(1);
});

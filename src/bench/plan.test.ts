import { expect, test } from 'vitest';
import { planRun } from './plan.ts';
import { partNames } from './parts.ts';

const wish = {
  parts: partNames,
  isQuick: false,
  windowSeconds: undefined,
  concurrency: undefined,
  serverProcesses: 1,
  progress: () => undefined,
};

test('the chain brings the ceiling that it is judged by', () => {
  expect(planRun({ ...wish, parts: ['chain'] }).parts).toContain('ceiling');
  expect(planRun({ ...wish, parts: ['fan-out'] }).parts).toEqual(['fan-out']);
  expect(planRun({ ...wish, parts: ['entities'] }).parts).toEqual(['entities']);
});

test('a quick run measures less at once and in shorter windows, unless told how much', () => {
  expect(planRun({ ...wish, isQuick: true }).windowSeconds).toBeLessThan(planRun(wish).windowSeconds);
  expect(planRun({ ...wish, isQuick: true, windowSeconds: 30 }).windowSeconds).toBe(30);
  expect(planRun({ ...wish, isQuick: true }).concurrency).toBeLessThan(planRun(wish).concurrency);
  expect(planRun({ ...wish, isQuick: true, concurrency: 5000 })).toMatchObject({
    ...{ concurrency: 5000, slots: 1250 },
  });
});

test.each([1, 2, 3, 8])('%i processes of a server have as many streams each, with room for all', (count) => {
  const { streams, slots } = planRun({ ...wish, concurrency: 5_000, serverProcesses: count });
  expect(streams % count).toBe(0);
  expect(streams * slots).toBeGreaterThanOrEqual(5_000);
});

import { expect, test } from 'vitest';
import { MemoryWorker } from '../../test/helpers/engine.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { Abandons } from './abandons.ts';
import { WorkerStreams } from './streams.ts';

const streams = new WorkerStreams(createMetrics('test'));
const [a, b] = [new MemoryWorker(streams).stream, new MemoryWorker(streams).stream];

test('abandons of one work item are counted in a row, each item by itself, by whomever', () => {
  const abandons = new Abandons();
  expect([abandons.add(1, a), abandons.add(1, b), abandons.add(2, a), abandons.add(1, a)]).toEqual([
    ...[1, 2, 1, 3],
  ]);
});

test('who gave an item back last is known, until it is answered', () => {
  const abandons = new Abandons();
  expect(abandons.lastOf(1)).toBeUndefined();
  abandons.add(1, a);
  abandons.add(1, b);
  abandons.add(2, a);
  expect([abandons.lastOf(1), abandons.lastOf(2)]).toEqual([b, a]);
  abandons.clear(1);
  expect(abandons.lastOf(1)).toBeUndefined();
});

test('an answer ends the row', () => {
  const abandons = new Abandons();
  abandons.add(1, a);
  abandons.add(2, a);
  abandons.clear(1);
  expect([abandons.add(1, a), abandons.add(2, a)]).toEqual([1, 2]);
});

test('of ten thousand items, the one whose last abandon is longest ago is forgotten', () => {
  const abandons = new Abandons();
  for (let key = 1; key <= 10_000; key++) abandons.add(key, a);
  abandons.add(1, a);
  abandons.add(10_001, a);
  expect(abandons.add(1, a), 'abandoned again just now').toBe(3);
  expect(abandons.add(10_000, a)).toBe(2);
  expect(abandons.add(2, a), 'the oldest').toBe(1);
});

import { beforeEach, expect, test } from 'vitest';
import { silent } from '../../test/helpers/engine.ts';
import { unavailable } from '../domain/errors.ts';
import { insist } from './insist.ts';

let over: AbortController;
let tries: number;

beforeEach(() => {
  over = new AbortController();
  tries = 0;
});

const insistOn = (work: () => Promise<unknown>): Promise<void> =>
  insist({ signal: over.signal, log: silent }, 'test', () => {
    tries++;
    return work();
  });

test('what succeeds is done once', async () => {
  await insistOn(() => Promise.resolve());
  expect(tries).toBe(1);
});

test('what fails is done again after a while, until it succeeds', async () => {
  const from = performance.now();
  await insistOn(() => (tries < 3 ? Promise.reject(unavailable('the database is away')) : Promise.resolve()));
  expect(tries).toBe(3);
  expect(performance.now() - from).toBeGreaterThan(1_900);
});

test('nothing is done for an incarnation that is over', async () => {
  over.abort();
  await insistOn(() => Promise.resolve());
  expect(tries).toBe(0);
});

test('an incarnation that ends is not waited for', async () => {
  const from = performance.now();
  const insisting = insistOn(() => Promise.reject(unavailable('the database is away')));
  await Promise.resolve();
  over.abort();
  await insisting;
  expect(tries).toBe(1);
  expect(performance.now() - from).toBeLessThan(900);
});

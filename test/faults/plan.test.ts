import { expect, test } from 'vitest';
import { faults } from './faults.ts';
import { type Need } from './needs.ts';
import { readOptions } from './options.ts';
import { planFaults } from './plan.ts';

const TWO_MINUTES = 120_000;

test('the same seed plans the same faults, another one others', () => {
  const plan = planFaults(1, faults, TWO_MINUTES);
  expect(planFaults(1, faults, TWO_MINUTES)).toEqual(plan);
  expect(planFaults(2, faults, TWO_MINUTES)).not.toEqual(plan);
});

test('every fault comes once before one comes again, and together they take as long as was asked', () => {
  const plan = planFaults(3, faults, 2 * TWO_MINUTES);
  const names = plan.map(({ fault }) => fault.name);
  expect(new Set(names.slice(0, faults.length)).size).toBe(faults.length);
  const takes = plan.map(({ restMs, lastsMs }) => restMs + lastsMs);
  const total = takes.reduce((sum, ms) => sum + ms, 0);
  expect(total).toBeGreaterThanOrEqual(2 * TWO_MINUTES);
  expect(total - (takes.at(-1) ?? 0)).toBeLessThan(2 * TWO_MINUTES);
});

test('the command line chooses seed, time, servers and faults', () => {
  const args = ['--seed', '7', '--minutes', '0.5', '--servers', '2', '--faults', 'kill-worker,read-only'];
  const options = readOptions(args, faults);
  expect(options).toMatchObject({ seed: 7, forMs: 30_000, servers: 2 });
  expect(typeof options === 'string' || options.faults.map(({ name }) => name).toSorted()).toEqual([
    'kill-worker',
    'read-only',
  ]);
  expect(readOptions([], faults, () => undefined)).toMatchObject({ servers: 3, atOnce: 1, faults });
});

test('what a fault needs and the machine has not is said, and the rest goes on', () => {
  const obstacle = (need: Need): string | undefined => (need === 'disk' ? 'takes root' : undefined);
  const options = readOptions(['--faults', 'full-disk,move-clock'], faults, obstacle);
  expect(options).toMatchObject({ faults: [{ name: 'move-clock' }], leftOut: ['full-disk takes root'] });
  expect(readOptions(['--faults', 'full-disk'], faults, obstacle)).toBe('full-disk takes root');
});

test.for([
  [['--seed', 'x']],
  [['--minutes', '0']],
  [['--servers', '4']],
  [['--at-once', '0']],
  [['--faults', 'flood']],
  [['--fault', 'read-only']],
])('%j is refused', ([args = []]) => {
  expect(readOptions(args, faults)).toEqual(expect.any(String));
});

import { expect, test } from 'vitest';
import { explore } from './checker.ts';
import { type LeaseRule, leaseRules, leases } from './leases.ts';
import { inWords, reporting } from './report.ts';

const report = reporting('Leases:');

test('an outage kills nobody and the dead hand out nothing', () => {
  const exploration = explore(leases());
  report('with all rules', exploration);
  expect(inWords(exploration.counterexample)).toBe('no counterexample');
  expect(exploration.isComplete).toBe(true);
});

test.each(Object.keys(leaseRules) as LeaseRule[])('the rule %s is missed when it is dropped', (rule) => {
  const exploration = explore(leases(rule));
  report(`without "${leaseRules[rule].says}": ${leaseRules[rule].dropped}`, exploration);
  expect(inWords(exploration.counterexample)).not.toBe('no counterexample');
});

import { expect, test } from 'vitest';
import { explore } from './checker.ts';
import { ownership } from './model.ts';
import { inWords, reporting } from './report.ts';
import { nothingHappens, type Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

const report = reporting('Ownership with all its rules, every reachable state:');

function isHealthy({ budget }: Scenario): boolean {
  return Object.entries({ ...nothingHappens, ...budget, releases: 0 }).every(([, times]) => times === 0);
}

test.each(Object.values<Scenario>(scenarios))('$name: nothing is lost, doubled or stuck', (scenario) => {
  const exploration = explore(ownership(scenario));
  report(scenario.name, exploration);
  expect(inWords(exploration.counterexample)).toBe('no counterexample');
  expect(exploration.isComplete).toBe(true);
  expect(exploration.counted).toEqual({});
  if (isHealthy(scenario)) expect(exploration.sweepsNeeded).toBe(0);
});

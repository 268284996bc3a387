import { describe, expect, test } from 'vitest';
import { explore } from './checker.ts';
import { lockMutations } from './entity-lock-rules.ts';
import { type LockScenario, lockScenarios } from './entity-lock-scenarios.ts';
import { entityLocks } from './entity-locks.ts';
import { inWords, reporting } from './report.ts';

describe('with all rules', () => {
  const report = reporting('Entity locks with all their rules, every reachable state:');

  test.each(Object.values<LockScenario>(lockScenarios))(
    '$name: nothing is shared, kept or stuck',
    (scenario) => {
      const exploration = explore(entityLocks(scenario));
      report(scenario.name, exploration);
      expect(inWords(exploration.counterexample)).toBe('no counterexample');
      expect(exploration.isComplete).toBe(true);
    },
  );
});

describe('with one rule less', () => {
  const report = reporting('Entity locks with one rule less, until the first counterexample:');

  test.each(lockMutations)('$rule', ({ rule, says, dropped, tried, flaw, needless }) => {
    const exploration = explore(entityLocks(lockScenarios[tried], rule));
    report(`without "${says}": ${needless ?? dropped}, in: ${lockScenarios[tried].name}`, exploration);
    if (flaw) {
      expect(exploration.counterexample?.flaw).toMatch(flaw);
      return;
    }
    expect(inWords(exploration.counterexample)).toBe('no counterexample');
    expect(exploration.isComplete).toBe(true);
  });
});

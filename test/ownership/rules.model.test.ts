import { describe, expect, test } from 'vitest';
import { explore } from './checker.ts';
import { ownership } from './model.ts';
import { mutations } from './mutations.ts';
import { inWords, reporting } from './report.ts';
import { ruleNames, rules, whyNeedless } from './rules.ts';
import { scenarios } from './scenarios.ts';

const caught = ruleNames.filter((rule) => whyNeedless(rule) === undefined);
const needless = ruleNames.filter((rule) => whyNeedless(rule) !== undefined);
const withScenarios = (list: typeof ruleNames) =>
  list.flatMap((rule) => mutations[rule].map((name) => ({ rule, scenario: scenarios[name] })));

describe('a rule that is dropped is missed', () => {
  const report = reporting('Ownership with one rule less, until the first counterexample:');

  test.each(withScenarios(caught))('$rule, in: $scenario.name', ({ rule, scenario }) => {
    const exploration = explore(ownership(scenario, rule));
    report(`without "${rules[rule].says}": ${rules[rule].dropped}`, exploration);
    expect(inWords(exploration.counterexample)).not.toBe('no counterexample');
  });
});

describe('defence in depth is not missed while the rest holds', () => {
  const report = reporting('Ownership without a rule that others cover, every reachable state:');

  test.each(withScenarios(needless))('$rule, in: $scenario.name', ({ rule, scenario }) => {
    const exploration = explore(ownership(scenario, rule));
    report(`without "${rules[rule].says}" (${whyNeedless(rule) ?? ''}), in: ${scenario.name}`, exploration);
    expect(inWords(exploration.counterexample)).toBe('no counterexample');
    expect(exploration.isComplete).toBe(true);
  });

  test('without fence and guard two replicas change the same instance', () => {
    const exploration = explore(ownership(scenarios.terminated, 'fence', 'guard'));
    report('without fence and guard', exploration);
    expect(exploration.counterexample?.flaw).toBe('two replicas changed P');
  });

  test('without the guard nobody notices what it would have refused, and without the fence it does refuse', () => {
    const unfenced = explore(ownership(scenarios.twoEvents, 'fence'));
    report('without the fence, with the guard', unfenced);
    expect(unfenced.counted).toHaveProperty('refusals by a guard');
  });

  test('a hint that is judged at its arrival leaves work to the sweep even when nothing goes wrong', () => {
    expect(explore(ownership(scenarios.calm)).sweepsNeeded).toBe(0);
    expect(explore(ownership(scenarios.calm, 'hintAtBuild')).sweepsNeeded).toBeGreaterThan(0);
  });
});

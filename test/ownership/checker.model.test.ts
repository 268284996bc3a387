import { expect, test } from 'vitest';
import { explore, type Step, type System } from './checker.ts';

/** Counts up by ones and twos; `more` adds steps. */
function counter(most: number, more: (at: number) => Step<number>[]): System<number> {
  const to = (next: number): Step<number> => ({ sort: 'step', says: `to ${next}`, next });
  return {
    name: 'counter',
    initial: 0,
    encode: String,
    steps: (at) => [...[at + 1, at + 2].filter((next) => next <= most).map(to), ...more(at)],
    flawAtRest: (at) => (at === most ? undefined : `rests at ${at}`),
  };
}

test('every reachable state is found once', () => {
  const { states, steps, isComplete, counterexample } = explore(counter(10, () => []));
  expect({ states, steps, isComplete, counterexample }).toEqual({
    states: 11,
    steps: 19,
    isComplete: true,
    counterexample: undefined,
  });
});

test('a flaw of a step comes with a shortest way to it', () => {
  const jump = (at: number): Step<number>[] =>
    at === 5 ? [{ sort: 'choice', says: 'jumps', next: 9, flaw: 'has jumped' }] : [];
  const { counterexample, isComplete } = explore(counter(10, jump));
  expect(counterexample?.flaw).toBe('has jumped');
  expect(counterexample?.trace).toHaveLength(4);
  expect(counterexample?.trace.at(-1)).toBe('jumps');
  expect(isComplete).toBe(false);
});

test('a state that only choices leave is at rest, one that the sweep leaves is not', () => {
  const leave = (sort: 'choice' | 'sweep') => (at: number) =>
    at === 20
      ? [{ sort, says: 'leaves', next: 10 }]
      : at === 3
        ? [{ sort: 'step' as const, says: 'aside', next: 20 }]
        : [];
  expect(explore(counter(10, leave('choice'))).counterexample?.flaw).toBe('rests at 20');
  expect(explore(counter(10, leave('sweep')))).toMatchObject({ counterexample: undefined, sweepsNeeded: 1 });
});

test('a run that never ends without choices is a flaw', () => {
  const back = (sort: 'step' | 'choice') => (at: number) =>
    at === 7 ? [{ sort, says: 'back', next: 4 }] : [];
  expect(explore(counter(10, back('choice'))).counterexample).toBeUndefined();
  const { flaw, trace } = explore(counter(10, back('step'))).counterexample ?? { flaw: '', trace: [] };
  expect(flaw).toBe('this can go on for ever');
  expect(trace).toContain('back');
});

test('a search that is cut short says so', () => {
  expect(
    explore(
      counter(100, () => []),
      20,
    ),
  ).toMatchObject({ isComplete: false, counterexample: undefined });
});

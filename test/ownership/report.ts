import { afterAll } from 'vitest';
import { type Counterexample, type Exploration } from './checker.ts';

/** Lines that are printed together when the file is done. */
export function reporting(title: string): (name: string, exploration: Exploration) => void {
  const lines: string[] = [];
  afterAll(() => {
    process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
  });
  return (name, exploration) => {
    const { states, steps, ms, counterexample, counted, sweepsNeeded } = exploration;
    const seconds = (ms / 1000).toFixed(1);
    const rest = [
      ...Object.entries(counted).map(([what, count]) => `${count} ${what}`),
      ...(sweepsNeeded > 0 ? [`${sweepsNeeded} states that only the sweep leaves`] : []),
      ...(counterexample ? [`${counterexample.trace.length} steps: ${counterexample.flaw}`] : []),
    ];
    lines.push(
      `  ${states.toLocaleString('en')} states, ${steps.toLocaleString('en')} steps, ${seconds} s | ${name}`,
    );
    for (const line of rest) lines.push(`      ${line}`);
  };
}

/** A counterexample in words, for a test that did not expect one. */
export function inWords(counterexample: Counterexample | undefined): string {
  if (!counterexample) return 'no counterexample';
  const { flaw, trace } = counterexample;
  return [flaw, ...trace.map((step, at) => `${at + 1}. ${step}`)].join('\n');
}

import { figures } from './figures.ts';
import { type BenchResult } from './result.ts';

/** What is below its floor, one line each. What was not measured is not. */
export function shortfalls(result: BenchResult): string[] {
  return figures.flatMap(({ name, unit, of, floor }) => {
    const value = of(result);
    if (floor === undefined || typeof value !== 'number' || value >= floor) return [];
    return [`${name}: ${value.toFixed(1)} ${unit}, the floor is ${floor}`];
  });
}

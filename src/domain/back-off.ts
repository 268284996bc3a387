const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * Delay before what failed is tried again, such as an abandoned work item: a second, doubling with every failure in a row
 * up to half a minute.
 */
export function backOffMs(failuresInARow: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failuresInARow - 1, 10));
}

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** Delay before an abandoned work item goes out again: a second, doubling with every abandon in a row up to half a minute. */
export function backOffMs(abandonsInARow: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(abandonsInARow - 1, 10));
}

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * Delay before what failed is tried again, such as an abandoned work item: a second, doubling with every failure in a row
 * up to half a minute.
 */
export function backOffMs(failuresInARow: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failuresInARow - 1, 10));
}

/** So often a work item is lost for reasons of its worker, such as a rolling deployment. */
const LOST_AT_ONCE = 2;
const FIRST_WINDOW_MS = 4_000;

/** Whether a work item has come to nothing so often that it may be what its workers die of. */
export function isSuspect(timesLost: number): boolean {
  return timesLost > LOST_AT_ONCE;
}

/**
 * Delay before a work item goes out again that came to nothing so many times. A worker that dies of one item loses all that it
 * has; if that went out again together, the next worker would die before it answers any of it, and the innocent would be given
 * up like the one that kills. So after the first few times each has a moment of its own, in a window that doubles up to half a
 * minute. The key decides which, so that the same write is always the same.
 */
export function lostDelayMs(key: number, timesLost: number): number {
  if (!isSuspect(timesLost)) return 0;
  const windowMs = Math.min(LONGEST_MS, FIRST_WINDOW_MS * 2 ** (timesLost - LOST_AT_ONCE - 1));
  return Math.floor(fractionOf(Math.imul(key | 0, 0x9e3779b1) ^ timesLost) * windowMs);
}

/** Spreads whole numbers evenly from 0 to 1, neighbours far apart. */
function fractionOf(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}

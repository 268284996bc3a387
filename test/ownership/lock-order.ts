// Deadlocks. A transaction is the list of locks that it takes one after the other and keeps until COMMIT; two of them
// are run against each other in every interleaving. The written order is: the own row of `replicas`, rows of instances
// by key, ids of new instances, other rows of `replicas` (under which completions are stored), timers by key, activities
// by key. Claims and the freeing of activities skip what is locked, so they never wait and are left out.

import { type System } from './checker.ts';
import { defined } from './scenario.ts';

export interface Lock {
  readonly row: string;
  /** Others may share it too: FOR KEY SHARE. */
  readonly isShared: boolean;
}

export interface Locking {
  readonly name: string;
  readonly locks: readonly Lock[];
}

export function shared(row: string): Lock {
  return { row, isShared: true };
}

export function alone(...rows: readonly string[]): Lock[] {
  return rows.map((row) => ({ row, isShared: false }));
}

/** How many locks each of the two has taken; one more than there are: it has committed. */
type Progress = readonly [number, number];

export function pairOf(first: Locking, second: Locking): System<Progress> {
  const pair = [first, second];
  return {
    name: `${first.name} × ${second.name}`,
    initial: [0, 0],
    encode: ([a, b]) => `${a} ${b}`,
    steps: (progress) =>
      [0, 1].flatMap((me) => {
        const { name, locks } = defined(pair[me]);
        const taken = defined(progress[me]);
        const next = locks[taken];
        if (
          taken > locks.length ||
          (next && isTaken(next, defined(pair[1 - me]), defined(progress[1 - me])))
        ) {
          return [];
        }
        const says = next ? `${name}: locks ${next.row}` : `${name}: COMMIT`;
        const after: Progress = me === 0 ? [taken + 1, progress[1]] : [progress[0], taken + 1];
        return [{ sort: 'step' as const, says, next: after }];
      }),
    flawAtRest: (progress) =>
      progress.every((taken, at) => taken > defined(pair[at]).locks.length) ? undefined : 'a deadlock',
  };
}

function isTaken(wanted: Lock, { locks }: Locking, taken: number): boolean {
  if (taken > locks.length) return false;
  return locks
    .slice(0, taken)
    .some(({ row, isShared }) => row === wanted.row && !(isShared && wanted.isShared));
}

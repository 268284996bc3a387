import { type Part } from './result.ts';

/** Connections of the load worker, with one stream of work items each. */
export const STREAMS = 4;
const FEWEST_SLOTS = 250;

/** How long and how hard is measured. */
export interface Plan {
  readonly parts: readonly Part[];
  /** Of the ceiling and of the chain each, in turn. */
  readonly windows: number;
  readonly windowSeconds: number;
  /** Before the first windows, until the compiler has seen what is hot. */
  readonly warmUpSeconds: number;
  readonly latencySeconds: number;
  readonly fanOutRuns: number;
  readonly fanOutActivities: number;
  /** Orchestrations of the chain that run at once; at the ceiling work items that are out. */
  readonly concurrency: number;
  /** Work items of a kind that each stream takes at once. */
  readonly slots: number;
  /** Says what is being done. */
  readonly progress: (line: string) => void;
}

interface Wish {
  readonly parts: readonly Part[];
  readonly isQuick: boolean;
  readonly windowSeconds: number | undefined;
  readonly concurrency: number;
  readonly progress: (line: string) => void;
}

/** The whole run takes about three minutes, a quick one less than one. */
export function planRun({ parts, isQuick, windowSeconds, concurrency, progress }: Wish): Plan {
  // The chain's rate is judged by the ceiling's, measured beside it.
  const all = parts.includes('chain') ? [...new Set<Part>(['ceiling', ...parts])] : parts;
  return {
    ...{ parts: all, concurrency, progress, fanOutActivities: 10_000 },
    slots: Math.max(FEWEST_SLOTS, Math.ceil(concurrency / STREAMS)),
    windowSeconds: windowSeconds ?? (isQuick ? 5 : 15),
    windows: isQuick ? 2 : 3,
    warmUpSeconds: isQuick ? 3 : 10,
    latencySeconds: isQuick ? 5 : 20,
    fanOutRuns: isQuick ? 2 : 5,
  };
}

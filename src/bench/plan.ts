import { type Filling } from '../postgres/bench-rows.ts';
import { type Part } from './parts.ts';

/** Connections of the load worker, with one stream of work items each. */
const STREAMS = 4;
const FEWEST_SLOTS = 250;
/** Orchestrations that run at once, unless told otherwise or in a hurry. */
export const CONCURRENCY = 512;
/** What is under way when a load ends is over within this time, or the run fails. */
export const END_SECONDS = 60;

/** How the load worker is connected. */
export interface Streams {
  /** Connections, with one stream of work items each. */
  readonly streams: number;
  /** Work items of a kind that each stream takes at once. */
  readonly slots: number;
}

/** How long and how hard is measured. */
export interface Plan extends Streams {
  readonly parts: readonly Part[];
  /** Of the ceiling, of the chain and of the chain in a full database each, in turn. */
  readonly windows: number;
  readonly windowSeconds: number;
  /** Before the first windows, until the compiler has seen what is hot. */
  readonly warmUpSeconds: number;
  readonly filling: Filling;
  readonly latencySeconds: number;
  readonly fanOutRuns: number;
  readonly fanOutActivities: number;
  /** Due at once, at most. */
  readonly burstTimers: number;
  /** Due one after the other, five hundred a second. */
  readonly spreadTimers: number;
  /** Of every load. */
  readonly loadWindows: number;
  readonly loadWindowSeconds: number;
  /** Orchestrations that run at once; at the ceiling work items that are out, and of clients calls. */
  readonly concurrency: number;
  /** Of the server, which serve together. */
  readonly serverProcesses: number;
  /** Says what is being done. */
  readonly progress: (line: string) => void;
}

interface Wish {
  readonly parts: readonly Part[];
  readonly isQuick: boolean;
  readonly windowSeconds: number | undefined;
  readonly concurrency: number | undefined;
  readonly serverProcesses: number;
  readonly progress: (line: string) => void;
}

/** A rate is judged by another one that is measured beside it. */
const judges: Partial<Record<Part, readonly Part[]>> = { chain: ['ceiling'], full: ['ceiling', 'chain'] };

type Amounts = Omit<Plan, 'parts' | 'serverProcesses' | 'progress' | keyof Streams>;

const thorough: Amounts = {
  concurrency: CONCURRENCY,
  ...{ windows: 5, windowSeconds: 10, warmUpSeconds: 10 },
  filling: { finished: 200_000, waiting: 200_000 },
  latencySeconds: 20,
  ...{ fanOutRuns: 5, fanOutActivities: 10_000 },
  ...{ burstTimers: 100_000, spreadTimers: 5_000 },
  ...{ loadWindows: 3, loadWindowSeconds: 3 },
};

const quick: Amounts = {
  // What runs at once is waited for before and after every window.
  concurrency: 128,
  ...{ windows: 2, windowSeconds: 4, warmUpSeconds: 2 },
  filling: { finished: 10_000, waiting: 10_000 },
  latencySeconds: 3,
  ...{ fanOutRuns: 2, fanOutActivities: 2_000 },
  ...{ burstTimers: 5_000, spreadTimers: 1_000 },
  ...{ loadWindows: 1, loadWindowSeconds: 2 },
};

/** The whole run takes about ten minutes, a quick one about three. */
export function planRun({ parts, isQuick, windowSeconds, concurrency: wished, ...wish }: Wish): Plan {
  const amounts = isQuick ? quick : thorough;
  const concurrency = wished ?? amounts.concurrency;
  return {
    ...{ ...amounts, ...wish, concurrency, ...streamsFor(concurrency, wish.serverProcesses) },
    parts: [...new Set(parts.flatMap((part) => [part, ...(judges[part] ?? [])]))],
    windowSeconds: windowSeconds ?? amounts.windowSeconds,
  };
}

/** Streams with room for so many orchestrations, as many to each process of the server. */
export function streamsFor(concurrency: number, serverProcesses = 1): Streams {
  const streams = Math.ceil(STREAMS / serverProcesses) * serverProcesses;
  return { streams, slots: Math.max(FEWEST_SLOTS, Math.ceil(concurrency / streams)) };
}

import { type Load } from './load.ts';
import { type Need } from './needs.ts';
import { type Random } from './random.ts';
import { type Rig } from './rig.ts';

// What is done to the rig. Whatever a fault draws comes from its own random numbers, and it knows nothing of what has
// happened before: a seed gives the same faults again.

/** What was done. */
export interface Harm {
  /** To whom. */
  readonly what: string;
  /** Ends it, and may say how it went. Everything works afterwards, or will soon by itself. */
  readonly heal: () => unknown;
}

export interface Fault {
  readonly name: string;
  /** What it takes that not every run has. */
  readonly needs?: Need;
  /** From its beginning to its end, at least and at most. */
  readonly lastsMs: readonly [least: number, most: number];
  /** How long what it did goes on after its end, if longer than it takes to recover from any. */
  readonly lingersMs?: number;
  inject(rig: Rig, random: Random, load: Load): Promise<Harm> | Harm;
}

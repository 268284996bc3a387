import { type Fault } from './fault.ts';
import { Random } from './random.ts';

/** One fault of a run. */
export interface Step {
  readonly fault: Fault;
  /** How long everything is left alone before it. */
  readonly restMs: number;
  readonly lastsMs: number;
  /** Of whatever else it draws. */
  readonly seed: number;
}

const REST_MS = [500, 3_000] as const;

/** Draws faults for about so long. Each comes once before one comes again. */
export function planFaults(seed: number, faults: readonly Fault[], forMs: number): Step[] {
  const random = new Random(seed);
  const steps: Step[] = [];
  let deck: Fault[] = [];
  for (let leftMs = forMs; leftMs > 0;) {
    if (deck.length === 0) deck = random.shuffle(faults);
    const fault = deck.pop();
    if (!fault) break;
    const [restMs, lastsMs] = [random.between(...REST_MS), random.between(...fault.lastsMs)];
    steps.push({ fault, restMs, lastsMs, seed: random.between(0, 2 ** 31) });
    leftMs -= restMs + lastsMs;
  }
  return steps;
}

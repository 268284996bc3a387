// An explicit-state checker: breadth first, so that the first counterexample is a shortest one. States are told apart by
// the string that `encode` makes of them, kept whole (no hash compaction: what is called complete is complete). Of
// expanded states only that string stays in memory; a trace is made by taking its steps once more.

import { findCycle } from './cycles.ts';

/**
 * `step`: happens sooner or later if it stays possible. `choice`: may never happen (faults, the whim of a client or of
 * memory pressure, the passing of a back-off). `sweep`: the periodic look for what a lost hint left behind.
 */
type StepSort = 'step' | 'choice' | 'sweep';

export interface Step<State> {
  readonly sort: StepSort;
  /** For people. */
  readonly says: string;
  readonly next: State;
  /** What is wrong with this step. */
  readonly flaw?: string | undefined;
  /** Something worth counting that is not wrong in itself. */
  readonly counts?: string | undefined;
}

export interface System<State> {
  readonly name: string;
  readonly initial: State;
  encode(state: State): string;
  steps(state: State): readonly Step<State>[];
  /** What is wrong in a state which only choices can leave. */
  flawAtRest(state: State): string | undefined;
}

export interface Counterexample {
  readonly flaw: string;
  readonly trace: readonly string[];
}

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** Every reachable state was looked at. */
  readonly isComplete: boolean;
  readonly counterexample: Counterexample | undefined;
  /** States that only the sweep (and choices) could leave. */
  readonly sweepsNeeded: number;
  readonly counted: Readonly<Record<string, number>>;
  readonly ms: number;
}

/** Stops at the first flaw, or when more than `most` states were found. */
export function explore<State>(system: System<State>, most = 3_000_000): Exploration {
  return new Explorer(system, most).run();
}

class Explorer<State> {
  readonly #system: System<State>;
  readonly #most: number;
  readonly #numbers = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #parents: number[] = [];
  /** Steps that will be taken if they stay possible, the sweep's included. */
  readonly #edges: { readonly from: number[]; readonly to: number[] } = { from: [], to: [] };
  #next: State[] = [];
  readonly #counted: Record<string, number> = {};
  #steps = 0;
  #sweepsNeeded = 0;
  #counterexample: Counterexample | undefined;

  constructor(system: System<State>, most: number) {
    this.#system = system;
    this.#most = most;
  }

  run(): Exploration {
    const startedMs = performance.now();
    this.#found(this.#system.initial, -1);
    const isComplete = this.#explore() && this.#comesToRest();
    return {
      states: this.#keys.length,
      steps: this.#steps,
      isComplete,
      counterexample: this.#counterexample,
      sweepsNeeded: this.#sweepsNeeded,
      counted: this.#counted,
      ms: performance.now() - startedMs,
    };
  }

  /** Level by level; false when it stopped before the end. */
  #explore(): boolean {
    let number = 0;
    while (this.#next.length > 0) {
      const frontier = this.#next;
      this.#next = [];
      for (const state of frontier) if (!this.#expand(state, number++)) return false;
      if (this.#keys.length > this.#most) return false;
    }
    return true;
  }

  /** False when something is wrong with the state or with one of its steps. */
  #expand(state: State, number: number): boolean {
    const steps = this.#system.steps(state);
    this.#steps += steps.length;
    for (const step of steps) if (!this.#follow(step, number)) return false;
    if (steps.some(({ sort }) => sort === 'step')) return true;
    if (steps.some(({ sort }) => sort === 'sweep')) {
      this.#sweepsNeeded++;
      return true;
    }
    const flaw = this.#system.flawAtRest(state);
    return flaw === undefined || this.#fail(flaw, this.#trace(number));
  }

  #follow({ sort, says, next, flaw, counts }: Step<State>, from: number): boolean {
    if (counts !== undefined) this.#counted[counts] = (this.#counted[counts] ?? 0) + 1;
    if (flaw !== undefined) return this.#fail(flaw, [...this.#trace(from), says]);
    const to = this.#found(next, from);
    if (sort !== 'choice') {
      this.#edges.from.push(from);
      this.#edges.to.push(to);
    }
    return true;
  }

  #fail(flaw: string, trace: readonly string[]): false {
    this.#counterexample = { flaw, trace };
    return false;
  }

  /** Without choices every run ends: nothing is passed back and forth for ever. */
  #comesToRest(): boolean {
    const cycle = findCycle(this.#keys.length, this.#edges);
    if (!cycle) return true;
    const [first = 0, ...others] = cycle;
    const round = this.#between(this.#stateOf(first), [...others, first]).says;
    return this.#fail('this can go on for ever', [
      ...this.#trace(first),
      '… and from there, again and again:',
      ...round,
    ]);
  }

  /** The number of a state, new or not. */
  #found(state: State, parent: number): number {
    const key = this.#system.encode(state);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#keys.length;
    this.#numbers.set(key, number);
    this.#keys.push(key);
    this.#parents.push(parent);
    this.#next.push(state);
    return number;
  }

  /** The states that lead to a state, from the first one after the beginning. */
  #chain(number: number): number[] {
    const chain: number[] = [];
    for (let at = number; at > 0; at = this.#parents[at] ?? 0) chain.push(at);
    return chain.reverse();
  }

  #trace(number: number): string[] {
    return this.#between(this.#system.initial, this.#chain(number)).says;
  }

  #stateOf(number: number): State {
    return this.#between(this.#system.initial, this.#chain(number)).state;
  }

  /** Walks from a state along numbered ones: only their keys were kept. */
  #between(from: State, numbers: readonly number[]): { readonly says: string[]; readonly state: State } {
    const says: string[] = [];
    let state = from;
    for (const number of numbers) {
      const key = this.#keys[number];
      const step = this.#system.steps(state).find(({ next }) => this.#system.encode(next) === key);
      if (!step) throw new Error('the system takes different steps from the same state');
      says.push(step.says);
      state = step.next;
    }
    return { says, state };
  }
}

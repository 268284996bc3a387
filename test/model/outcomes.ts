/** Everything that the random commands must have done at least once, as the oracle names it. */
const outcomes = [
  'a start made an instance',
  'a start in the past was at once',
  'a start in the future waited for its time',
  'a start replaced a finished holder of its id',
  'a start ended a running holder and replaced it',
  'a start was refused because its id was held',
  'a start with an impossible policy was refused',
  'a start without an id got one',
  'an event reached its instance',
  'an event for nobody was dropped',
  'an event for a finished instance was dropped',
  'a running instance was suspended',
  'a pending instance was suspended',
  'an instance was suspended while a turn was out',
  'a suspension that changed nothing was ignored',
  'an instance was resumed',
  'a resumption that changed nothing was ignored',
  'an instance was terminated',
  'an instance was terminated before its first turn',
  'an instance was terminated while a turn was out',
  'a child was terminated with its parent',
  'a termination of nobody was ignored',
  'a known instance was read',
  'an unknown instance was read',
  'a wait for a start ended',
  'a wait for a completion ended',
  'a wait went on',
  'a turn was recorded',
  'a turn of a suspended instance was recorded',
  'a turn was recorded in part',
  'an instance completed',
  'an instance failed',
  'an instance ended itself as terminated',
  'an instance failed by an action that is not possible',
  'an instance continued as new',
  'a suspended instance continued as new',
  'events were carried over',
  'an instance that continued as new sent itself an event',
  'an answer came in several parts',
  'an answer came to another replica',
  'an answer without a token was recorded',
  'a stale answer was ignored',
  'a forged answer was ignored',
  'an answer in another hub was ignored',
  'a turn was abandoned',
  'a turn was abandoned at another replica',
  'an abandoned turn came again',
  'a child was started',
  'a child replaced a finished holder of its id',
  'a child whose id was held failed its parent',
  'a parent learned of its child',
  'the result of a child had no parent to go to',
  'an orchestration sent an event to another',
  'an orchestration sent an event to nobody',
  'an orchestration terminated another',
  'a timer of the past fired',
  'a timer fired when its time came',
  'a timer ended with its execution',
  'a scheduled instance started when its time came',
  'an activity completed',
  'an activity failed',
  'the result of an activity had nobody to go to',
  'a result came to another replica',
  'a late result of an activity counted',
  'a second result of an activity was ignored',
  'a result of an activity in another hub was ignored',
  'a result without a token was recorded',
  'an activity was abandoned',
  'an activity was abandoned at another replica',
  'an abandoned activity came again',
  'an activity of a terminated instance was dropped',
  'a turn of a lost stream came again',
  'an activity of a lost stream came again',
  'work waited until a stream took it',
  'calls at the same time took effect one after the other',
] as const;

export type Outcome = (typeof outcomes)[number];

/** How often each of them happened. */
export class Coverage {
  readonly #counts = new Map<Outcome, number>();

  add(seen: readonly Outcome[]): void {
    for (const outcome of seen) this.#counts.set(outcome, this.count(outcome) + 1);
  }

  count(outcome: Outcome): number {
    return this.#counts.get(outcome) ?? 0;
  }

  missing(): Outcome[] {
    return outcomes.filter((outcome) => this.count(outcome) === 0);
  }
}

// What happens in the memory of a replica between two batches: work is handed out, hints turn out to mean nothing, calls
// are decided.

import { bit, type Bits, has, membersOf, none } from './bits.ts';
import { type Step } from './checker.ts';
import { itemOf, type Mine, releasesOf } from './resident-offers.ts';
import { type Message, type Model } from './scenario.ts';
import {
  isIdle,
  isLiving,
  isPatching,
  isSameInstance,
  nameOf,
  replicaOf,
  type State,
  withReplica,
  withResident,
} from './state.ts';
import { isResident } from './writes.ts';

export function stepsOfMemory(model: Model, state: State, side: number): Step<State>[] {
  const steps = [...decisionsOf(model, state, side), ...polls(model, state, side)];
  for (const [instance, resident] of replicaOf(state, side).residents.entries()) {
    if (resident) steps.push(...handOuts(model, { state, side, instance, resident }));
    else steps.push(...unheard(model, state, side, instance));
  }
  return steps;
}

/** Its partitions are those for which it comes first among the incarnations that it knows to live. */
function polls(model: Model, state: State, side: number): Step<State>[] {
  const { incarnation, polled, sees } = replicaOf(state, side);
  const due = state.sources & model.timers & ~polled;
  if (!model.scenario.hasPoller || due === none || membersOf(sees).at(-1) !== incarnation) return [];
  const says = `${nameOf(incarnation)}: a poll finds ${model.namesOf(due)}`;
  return [{ sort: 'step', says, next: withReplica(state, side, { polled: polled | due }) }];
}

/** A hint for what is not resident means nothing: whoever owns it now was hinted as well, or will look. */
function unheard(model: Model, state: State, side: number, instance: number): Step<State>[] {
  const replica = replicaOf(state, side);
  const { incarnation, bells, answers } = replica;
  if (!isIdle(replica) && !model.lacks.has('hintAtBuild')) return [];
  const heard = bit(instance);
  const meaningless = {
    bells: isWork(model, state, instance) ? bells : bells & ~heard,
    answers: hasStored(state, incarnation, instance) ? answers : answers & ~heard,
  };
  if (meaningless.bells === bells && meaningless.answers === answers) return [];
  const says = `${nameOf(incarnation)}: a hint for ${model.instanceName(instance)} means nothing`;
  return [{ sort: 'step', says, next: withReplica(state, side, meaningless) }];
}

/** A hint of unowned work (only where `sweepUnowned` is dropped). */
function isWork({ lacks }: Model, { rows }: State, instance: number): boolean {
  return lacks.has('sweepUnowned') && rows[instance]?.bell === 'now';
}

function hasStored({ stored }: State, owner: number, instance: number): boolean {
  return stored.some((answer) => isSameInstance(answer, { owner, instance, turn: 0 }));
}

/** The next turn goes to a worker. */
function handOuts(model: Model, mine: Mine): Step<State>[] {
  const { state, side, instance, resident } = mine;
  const replica = replicaOf(state, side);
  const steps = model.lacks.has('releaseAtBuild') ? queuedReleases(model, mine) : [];
  const item = itemOf(model, mine);
  if (item === none) return steps;
  const next = withReplica(state, side, withResident(replica, instance, { ...resident, out: item }));
  const says = `${nameOf(replica.incarnation)}: hands out ${model.instanceName(instance)} with ${model.namesOf(item)}`;
  steps.push({ sort: 'step', says, next, flaw: flawOfItem(model, mine, item) });
  return steps;
}

function flawOfItem(model: Model, { state, side, instance }: Mine, item: Bits): string | undefined {
  const unwritten = item & ~state.inserted;
  if (unwritten !== none) {
    return `a worker is shown ${model.namesOf(unwritten)}, which is not in the database`;
  }
  // A paused replica may not have heard of a suspension; what comes of its item is refused by the fence.
  if (!isLiving(state, replicaOf(state, side).incarnation)) return undefined;
  const isHeldBack = model.messages.some(
    (message) => message.to === instance && isSuspending(model, state, message),
  );
  return isHeldBack ? `${model.instanceName(instance)} is handed out while it is suspended` : undefined;
}

/** A suspension that was applied and not lifted. */
function isSuspending(
  { messages }: Model,
  { recorded }: State,
  { kind, number: suspension }: Message,
): boolean {
  if (kind !== 'suspend' || !has(recorded, suspension)) return false;
  return !messages.some(
    ({ kind: other, after, number }) => other === 'resume' && after === suspension && has(recorded, number),
  );
}

/** Only where `releaseAtBuild` is dropped: what is left behind is decided long before the batch is built. */
function queuedReleases(model: Model, mine: Mine): Step<State>[] {
  const { state, side, instance, resident } = mine;
  const replica = replicaOf(state, side);
  if (resident.leaves !== undefined || isPatching(replica, instance)) return [];
  return releasesOf(model, mine).map(({ says: what, readyAt: leaves, isChoice }) => {
    const budget = isChoice ? { ...state.budget, releases: state.budget.releases - 1 } : state.budget;
    const queued = withResident(replica, instance, { ...resident, leaves });
    const says = `${nameOf(replica.incarnation)}: queues ${what}`;
    const next = withReplica({ ...state, budget }, side, queued);
    return { sort: isChoice ? 'choice' : 'step', says, next };
  });
}

/** A start looks before it replaces; and, where `decidedAtBuild` is dropped, a call is decided when it is queued. */
function decisionsOf(model: Model, state: State, side: number): Step<State>[] {
  const name = nameOf(replicaOf(state, side).incarnation);
  const isOpen = ({ via, after, number }: Message): boolean =>
    via === side &&
    !has(state.asked | state.decided, number) &&
    (after === undefined || has(state.acknowledged, after));
  return model.calls.filter(isOpen).flatMap((call): Step<State>[] => {
    const decided = { ...state, decided: state.decided | call.bit };
    if (call.kind === 'replace') {
      if (state.rows[call.to]?.status !== 'over') return [];
      return [{ sort: 'step', says: `${name}: ${call.name} sees a finished instance`, next: decided }];
    }
    if (!model.lacks.has('decidedAtBuild')) return [];
    const target = bit(call.to);
    const isOwn = isResident(replicaOf(state, side), call.to);
    const decidedOwn = isOwn ? state.decidedOwn | target : state.decidedOwn & ~target;
    return [{ sort: 'step', says: `${name}: queues ${call.name}`, next: { ...decided, decidedOwn } }];
  });
}

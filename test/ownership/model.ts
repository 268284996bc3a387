// The ownership protocol between replicas, as a machine of states that is small enough to be looked at whole.
//
// What is checked are the rules by which replicas share instances (fence, lane, bell, claim, release, free, guards,
// starting over), not the code that follows them: SQL, promises and timers are not run. In return nothing is left to
// chance. A scenario (scenarios.ts) fixes a few instances, a few messages and how often what may go wrong; from there
// the checker (checker.ts) takes every step that could come next, in every order, until no new state is found. It does
// so with all rules in force, where it must find nothing, and once for each rule without it (rules.ts, mutations.ts),
// where it must find a counterexample: a rule whose removal changes nothing would be either superfluous or not
// modelled. Four are defence in depth, and rules.ts says why.
//
// STATE. Of the database: which incarnations have a row in `replicas`; of each instance the row's owner, bell,
// engine_work, turn, generation, status, and which life of its id it is (its key); which messages are in inboxes; which
// timers and activities exist and who owns the activities; stored completions. Of each of the two replicas:
// incarnation, whether its lease ran out, its residents (turn, generation, status, messages held, the item that is out,
// whether the inbox holds more), the transaction of its lane, hints that arrived, activities at its workers, timers
// that a poll found, which incarnations it knows to live. A transaction that its replica has lost sight of goes on by itself. Messages are known by name and exist at most once,
// so an inbox is a set of bits; its order is the order of their numbers, in which they need not commit.
//
// STEPS. A batch is three of them. BEGIN: built from memory, past the fence, with its locks. COMMIT: all its effects,
// in the order of its statements. The result: memory changes, callers are answered, hints go out. Between them
// everybody else goes on. What is built: calls of clients (events, controls, replacing starts), timers, completed
// activities and turns (at the owner or at the other replica), controls, fetches, releases, claims, frees, and in some
// scenarios any two or three of these together. Beside the lanes: work is handed out, renewals come late, rows are
// deleted by the other, a replica starts over, a forgotten backend commits or rolls back, back-offs end, the sweep
// finds what was left.
//
// WHAT MAY GO WRONG. A crash; a pause longer than the lease (the paused replica goes on afterwards as if nothing had
// been); a connection that breaks after a batch was written; a lost hint; a batch refused by the server; memory
// pressure and abandoned turns. Each so often as the scenario says, at any moment. Steps that only may happen are told
// apart from those that will, and both from the sweep.
//
// WHAT RUNS. One instance with messages of clients. A parent and a child that any replica may own: they start, message,
// outlive and terminate each other. Two instances whose inboxes are read together. Timers that are there or that turns
// make, polled by both replicas or by the one that whoever polls takes for responsible. Suspensions, resumptions and
// terminations, recursive ones too: with a turn out, without, or while the instance moves. Generations that follow each
// other, with what is carried over. Inboxes that memory has no room for, where controls, starts and what is carried over
// go before all that arrived.
//
// PROPERTIES. In every step: no message is inserted or recorded twice (so one result for an activity, one recording of
// a turn); none is recorded by another life or generation than it is for; two messages of one client are recorded in
// the order of its calls, also through two replicas; what workers are shown is in the database; a suspended instance is
// not handed out; nothing of a living replica is freed and no living instance replaced; no timer outlives its
// execution; an instance that nothing can be done with is not claimed again and again. In every state that only luck
// could still change (rest.ts): every message that could be delivered is; every acknowledged one was recorded, or its
// target is over; no item is out for ever, no activity undone, no answer left in `completions`, no message left for a
// finished execution, nothing owned by the dead; the parent has heard of the end of its child, no child has outlived a
// recursive termination, and what nothing keeps from its end has ended. And no run goes on for ever without choices, so
// each comes to such a state: nothing is stuck, and nothing passed back and forth. Finally no guard ever refuses, and where nothing goes
// wrong the sweep is not needed.
//
// WHERE IT IS COARSER THAN THE CODE. Locks of a batch are taken at once; orders and deadlocks have a model of their own
// (lock-order.ts), and so has the time of leases (leases.ts): here a lease runs out whenever it likes. What a closing
// read finds is what was committed at BEGIN; a later look is a later BEGIN. A refused guard is followed by starting
// over, where the code gives up just that instance. A claim takes one instance, a free all that belonged to one of the
// dead. Work that appears is found by claims without a hint. The statements of the code also ring for an own message
// whose row turns out to be another's; the model does without, as the protocol does. A refused batch is simply built
// again.
//
// NOT MODELLED. Three and more replicas; more than two instances; the pair that resuming puts in front; chunks; bytes
// and cached history; work-item leases, attempts and quarantine; more than one partition of timers; filters other than
// "has a worker"; eager starts of clients; purge, rewind and restart; entities and their locks (entity-locks.ts has
// them); deletion of hubs; an id that is resolved while its row is being replaced; orderly shutdown; failover to a standby that lags
// (which the guard is for); the clocks; what a caller is told when its call fails. That a new incarnation deletes its
// old row first and that activities are re-owned only saves time and is not checked as a rule.

import { bit, has } from './bits.ts';
import { type Step, type System } from './checker.ts';
import { encode } from './encode.ts';
import { stepsOfLanes } from './lanes.ts';
import { faultsOf, stepsOfLife } from './lives.ts';
import { stepsOfMemory } from './memory.ts';
import { flawAtRest } from './rest.ts';
import { type Rule } from './rules.ts';
import { Model, type Scenario } from './scenario.ts';
import { initialState, isIdle, nameOf, replaced, replicaOf, type State, withReplica } from './state.ts';
import { isResident } from './writes.ts';

/** The protocol in a bounded world, with all its rules or without some. */
export function ownership(scenario: Scenario, ...lacks: readonly Rule[]): System<State> {
  const model = new Model(scenario, lacks);
  return {
    name: scenario.name,
    initial: initialState(model),
    encode,
    steps: (state) => stepsFrom(model, state),
    flawAtRest: (state) => flawAtRest(model, state),
  };
}

function stepsFrom(model: Model, state: State): Step<State>[] {
  const steps: Step<State>[] = [];
  for (const side of [0, 1]) {
    steps.push(...stepsOfLife(model, state, side));
    if (replicaOf(state, side).mode !== 'up') continue;
    steps.push(...stepsOfMemory(model, state, side), ...stepsOfLanes(model, state, side));
    steps.push(...faultsOf(model, state, side), ...stepsOfSweep(model, state, side));
  }
  steps.push(...stepsOfTime(state));
  return steps;
}

/** Bells that nobody answered and answers that nobody fetched are found by index probes. */
function stepsOfSweep(model: Model, state: State, side: number): Step<State>[] {
  if (!isIdle(replicaOf(state, side))) return [];
  return [
    ...(model.lacks.has('sweepBells') ? [] : bellsFound(model, state, side)),
    ...(model.lacks.has('sweepStored') ? [] : answersFound(state, side)),
  ];
}

function bellsFound(model: Model, state: State, side: number): Step<State>[] {
  const replica = replicaOf(state, side);
  const { incarnation, bells } = replica;
  return state.rows.flatMap((row, instance): Step<State>[] => {
    if (row?.owner !== incarnation || row.bell !== 'now') return [];
    if (!isResident(replica, instance) || has(bells, instance)) return [];
    const says = `${nameOf(incarnation)}: the sweep finds the bell of ${model.instanceName(instance)}`;
    return [{ sort: 'sweep', says, next: withReplica(state, side, { bells: bells | bit(instance) }) }];
  });
}

function answersFound(state: State, side: number): Step<State>[] {
  const { incarnation, answers } = replicaOf(state, side);
  return state.stored.flatMap(({ owner, instance }): Step<State>[] => {
    if (owner !== incarnation || has(answers, instance)) return [];
    const says = `${nameOf(incarnation)}: the sweep finds a stored answer`;
    return [{ sort: 'sweep', says, next: withReplica(state, side, { answers: answers | bit(instance) }) }];
  });
}

/** The end of a back-off. */
function stepsOfTime(state: State): Step<State>[] {
  return state.rows.flatMap((row, instance): Step<State>[] => {
    if (row?.bell !== 'later') return [];
    const rows = replaced(state.rows, instance, { ...row, bell: 'now' as const });
    return [{ sort: 'choice', says: 'a back-off is over', next: { ...state, rows } }];
  });
}

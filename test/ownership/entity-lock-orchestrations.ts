// What orchestrations do: ask for a section, enter it, call, unlock, end. Each step is the commit of a turn.

import { bit, has } from './bits.ts';
import { type Step } from './checker.ts';
import { type LockBudget } from './entity-lock-scenarios.ts';
import {
  changeOrchestration,
  insideOf,
  type LockState,
  type LockWorld,
  messageOf,
  nameOf,
  type OpenSection,
  type Orchestration,
  releaseEntities,
  type Section,
  send,
  spend,
  visited,
} from './entity-lock-state.ts';
import { defined } from './scenario.ts';

interface Actor {
  readonly world: LockWorld;
  readonly state: LockState;
  readonly orchestration: Orchestration;
  /** The section that its code is at. */
  readonly at: Section;
  readonly name: string;
}

export function orchestrationSteps(world: LockWorld, state: LockState, from: number): Step<LockState>[] {
  const orchestration = defined(state.orchestrations[from]);
  const { generation, status, at: section } = orchestration;
  const at = { from, generation, section };
  const actor = { world, state, orchestration, at, name: nameOf(at) };
  if (status === 'lives') return [...turns(actor), ...whims(actor), ...ends(actor)];
  return status === 'rewindable' ? rewinds(actor) : [];
}

/** What its code does sooner or later. */
function turns(actor: Actor): Step<LockState>[] {
  const { world, state, orchestration, at, name } = actor;
  const { phase, grants, open, hasCalled, hasReply } = orchestration;
  switch (phase) {
    case 'ready':
      return [request(actor)];
    case 'waits': {
      if (!has(grants, at.section)) return [];
      const granted = open.map((one) => (one.section === at.section ? { ...one, isGranted: true } : one));
      const rest = { open: granted, grants: grants & ~bit(at.section) };
      const next = changeOrchestration(state, at.from, { ...rest, phase: hasCalled ? 'calls' : 'inside' });
      return [step(`${name} enters`, next)];
    }
    case 'inside':
      return [step(`${name} unlocks`, leave(actor, state))];
    case 'calls': {
      if (!hasReply) return [];
      const next = changeOrchestration(state, at.from, {
        phase: 'inside',
        hasCalled: false,
        hasReply: false,
      });
      return [step(`${name} gets its reply`, next)];
    }
    case 'left':
      return [step(`${name} completes`, end({ ...actor, state }, world.lacks.has('endReleases')))];
  }
}

function step(says: string, next: LockState): Step<LockState> {
  return { sort: 'step', says, next };
}

function request({ world, state, orchestration, at, name }: Actor): Step<LockState> {
  const set = visited(world, at);
  const section: OpenSection = { section: at.section, entities: [...new Set(set)], isGranted: false };
  const open = [...orchestration.open, section];
  const asked = changeOrchestration(state, at.from, { phase: 'waits', open });
  const says = `${name} asks for ${set.map((entity) => `e${entity}`).join(', ')}`;
  return step(says, send(world, asked, defined(set[0]), messageOf(at, 'request')));
}

/** Unlocks the section that its code is inside of, and goes on to the next one. */
function leave({ world, orchestration, at }: Actor, state: LockState): LockState {
  const section = defined(insideOf(orchestration));
  const open = orchestration.open.filter((one) => one !== section);
  const isLast = at.section + 1 >= defined(world.scenario.plans[at.from]).length;
  const rest = { at: at.section + 1, phase: isLast ? ('left' as const) : ('ready' as const) };
  const left = changeOrchestration(state, at.from, { open, ...rest });
  return releaseEntities(world, left, at, section.entities);
}

/** What its code may do. */
function whims(actor: Actor): Step<LockState>[] {
  const { state, orchestration } = actor;
  const { phase } = orchestration;
  if (phase === 'waits') return whimsBefore(actor);
  if (phase !== 'inside' || state.budget.calls === 0) return [];
  const { entities } = defined(insideOf(orchestration));
  return entities.flatMap((entity) => [call(actor, entity, true), call(actor, entity, false)]);
}

function choice(actor: Actor, what: keyof LockBudget, says: string, next: LockState): Step<LockState> {
  return { sort: 'choice', says: `${actor.name} ${says}`, next: spend(next, what) };
}

/** … before the grant. */
function whimsBefore(actor: Actor): Step<LockState>[] {
  const { world, state, orchestration, at } = actor;
  const { earlyUnlocks, earlyCalls } = state.budget;
  const steps = earlyUnlocks > 0 ? [giveUp(actor)] : [];
  if (earlyCalls === 0 || orchestration.hasCalled) return steps;
  const calls = visited(world, at).map((entity) => callEarly(actor, entity));
  return [...steps, ...calls];
}

/** It unlocks what it has not been granted, and goes on. */
function giveUp(actor: Actor): Step<LockState> {
  const { world, state, orchestration, at } = actor;
  const given = changeOrchestration(state, at.from, { phase: 'left' });
  const says = 'unlocks before the grant and goes on';
  if (!world.lacks.has('grantedUnlocks')) return choice(actor, 'earlyUnlocks', says, given);
  const { entities } = defined(orchestration.open.find(({ section }) => section === at.section));
  const released = releaseEntities(world, given, at, entities);
  const open = orchestration.open.filter(({ section }) => section !== at.section);
  return choice(actor, 'earlyUnlocks', says, changeOrchestration(released, at.from, { open }));
}

/** Waits for the reply, or unlocks in the same turn. */
function call(actor: Actor, entity: number, isAwaited: boolean): Step<LockState> {
  const { world, state, at } = actor;
  const isFirst = !world.lacks.has('holderFirst');
  const sent = send(world, state, entity, messageOf(at, 'call', { isFirst, isAwaited, wasInside: true }));
  const says = isAwaited ? `calls e${entity}` : `calls e${entity} and unlocks`;
  const next = isAwaited ? changeOrchestration(sent, at.from, { phase: 'calls' }) : leave(actor, sent);
  return choice(actor, 'calls', says, next);
}

/** Its turn among all others, unless the entity is held by who calls. */
function callEarly(actor: Actor, entity: number): Step<LockState> {
  const { world, state, at, name } = actor;
  const isFirst = world.lacks.has('grantedFirst');
  const { holder, messages } = defined(state.entities[entity]);
  const sent = send(world, state, entity, messageOf(at, 'call', { isFirst, isAwaited: true }));
  const next = changeOrchestration(sent, at.from, { hasCalled: true });
  const overtakes = isFirst && holder?.from !== at.from && messages.some(({ kind }) => kind === 'signal');
  const flaw = overtakes
    ? `at e${entity} the call of ${name} overtakes a signal, and ${name} is not inside`
    : undefined;
  return { ...choice(actor, 'earlyCalls', `calls e${entity} before the grant`, next), flaw };
}

/** At any moment. */
function ends(actor: Actor): Step<LockState>[] {
  const { world, state, orchestration, at } = actor;
  const { generation, phase, open } = orchestration;
  const { terminations, renewals, failures } = state.budget;
  const steps: Step<LockState>[] = [];
  const over = end(actor, world.lacks.has('endReleases'));
  if (terminations > 0) steps.push(choice(actor, 'terminations', `is terminated (${phase})`, over));
  if (renewals > 0) {
    const fresh = { status: 'lives', generation: generation + 1, phase: 'ready', at: 0 } as const;
    const renewed = changeOrchestration(over, at.from, fresh);
    steps.push(choice(actor, 'renewals', `continues as new (${phase})`, renewed));
  }
  if (failures > 0) {
    const isRewindable = world.lacks.has('rewindsGranted') || open.every(({ isGranted }) => isGranted);
    const failed = isRewindable ? changeOrchestration(over, at.from, { status: 'rewindable' }) : over;
    steps.push(choice(actor, 'failures', `unlocks all and fails (${phase})`, failed));
  }
  return steps;
}

/** The same for every end: what is open is released, the inbox is emptied. */
function end({ world, state, orchestration, at }: Actor, isSilent: boolean): LockState {
  const rest = { open: [], grants: 0, hasCalled: false, hasReply: false };
  const over = changeOrchestration(state, at.from, { ...rest, status: 'over', phase: 'left' });
  const isReleased = ({ isGranted }: OpenSection): boolean =>
    !isSilent && (isGranted || !world.lacks.has('endReleasesWaiting'));
  return orchestration.open
    .filter(isReleased)
    .reduce(
      (next, { section, entities }) => releaseEntities(world, next, { ...at, section }, entities),
      over,
    );
}

/** The same generation lives again, behind what it has unlocked. */
function rewinds(actor: Actor): Step<LockState>[] {
  const { state, at } = actor;
  if (state.budget.rewinds === 0) return [];
  const next = changeOrchestration(state, at.from, { status: 'lives', phase: 'left' });
  return [choice(actor, 'rewinds', 'is rewound', next)];
}

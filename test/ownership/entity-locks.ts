// The protocol of the entity locks (src/domain/entity-locks.ts), state by state: a few orchestrations whose sections
// overlap, which may end at any moment, and the entities that they lock. Every commit is one step; between what an entity
// decides and its commit everything else may happen, its owner's death included.
//
// Taken for granted is what the model of ownership shows: an entity's commits are serial, a message is delivered once,
// and memory holds what was sent to an entity in the order in which it was committed.
//
// Checked is
//
//   - that no two orchestrations are inside sections which share an entity, and that no operation of anybody else is at a
//     worker for an entity of a section that somebody is inside of;
//   - that requests overtake neither operations which came before them nor calls of a section that was open before;
//   - that at rest nobody waits, no entity is held and no inbox holds anything.

import { type Step, type System } from './checker.ts';
import { entitySteps } from './entity-lock-entities.ts';
import { orchestrationSteps } from './entity-lock-orchestrations.ts';
import { type LockRule } from './entity-lock-rules.ts';
import { type LockScenario } from './entity-lock-scenarios.ts';
import {
  encodeLocks,
  type Entity,
  initialState,
  insideOf,
  lives,
  type LockState,
  type Message,
  nameOf,
  type OpenSection,
  type Orchestration,
} from './entity-lock-state.ts';
import { defined } from './scenario.ts';

export function entityLocks(scenario: LockScenario, ...lacks: readonly LockRule[]): System<LockState> {
  const world = { scenario, lacks: new Set(lacks) };
  return {
    name: scenario.name,
    initial: initialState(scenario),
    encode: encodeLocks,
    steps: (state) => [
      ...state.orchestrations.flatMap((_, from) => checked(orchestrationSteps(world, state, from))),
      ...state.entities.flatMap((_, me) => checked(entitySteps(world, state, me))),
    ],
    flawAtRest,
  };
}

function checked(steps: readonly Step<LockState>[]): Step<LockState>[] {
  return steps.map((step) => (step.flaw === undefined ? { ...step, flaw: flawOf(step.next) } : step));
}

interface Insider {
  readonly name: string;
  readonly from: number;
  readonly section: OpenSection;
}

function flawOf({ orchestrations, entities }: LockState): string | undefined {
  const insiders = orchestrations.flatMap((orchestration, from) => {
    const section = insideOf(orchestration);
    return section ? [{ name: nameOf({ from, ...orchestration }), from, section }] : [];
  });
  for (const insider of insiders) {
    const flaw = sharing(insider, insiders) ?? intruding(insider, entities);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function sharing(insider: Insider, insiders: readonly Insider[]): string | undefined {
  const { name, from, section } = insider;
  const other = insiders.find(
    (one) => one.from > from && one.section.entities.some((entity) => section.entities.includes(entity)),
  );
  return other && `${name} and ${other.name} are both inside`;
}

function intruding({ name, from, section }: Insider, entities: readonly Entity[]): string | undefined {
  for (const entity of section.entities) {
    const foreign = defined(entities[entity]).batch.find((operation) => operation.from !== from);
    if (foreign) {
      return `e${entity} handles the ${foreign.kind} of ${nameOf(foreign)} while ${name} is inside`;
    }
  }
  return undefined;
}

function flawAtRest(state: LockState): string | undefined {
  const flaws = [
    ...state.entities.map((entity, me) => leftHeld(state, entity, me)),
    ...state.orchestrations.map(leftWaiting),
    ...state.entities.map(({ controls, messages }, me) => leftOver([...controls, ...messages], me)),
  ];
  return flaws.find((flaw) => flaw !== undefined);
}

function leftHeld(state: LockState, { holder }: Entity, me: number): string | undefined {
  if (!holder || lives(state, holder)) return undefined;
  return `e${me} is held by ${nameOf(holder)}, which is over`;
}

function leftWaiting({ status, generation }: Orchestration, from: number): string | undefined {
  return status === 'lives' ? `${nameOf({ from, generation })} waits for ever` : undefined;
}

function leftOver([message]: readonly Message[], me: number): string | undefined {
  return message && `the ${message.kind} of ${nameOf(message)} is left at e${me}`;
}

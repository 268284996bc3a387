// What the model of the entity locks knows: rows of orchestrations and entities, and what owners have decided.

import { type Bits } from './bits.ts';
import { type LockRule } from './entity-lock-rules.ts';
import { type LockBudget, type LockScenario, nothing } from './entity-lock-scenarios.ts';
import { defined } from './scenario.ts';
import { replaced } from './state.ts';

/** A section is named by its place in the code, so every generation uses the same names. */
export interface Section {
  readonly from: number;
  readonly generation: number;
  readonly section: number;
}

export interface Message extends Section {
  readonly kind: 'signal' | 'call' | 'request' | 'release' | 'purge';
  /** Of a request: its place in the set. */
  readonly hop: number;
  /** Of a call: put in front, because who holds the entity sent it. */
  readonly isFirst: boolean;
  /** Of a call: sent inside its section. */
  readonly wasInside: boolean;
  /** Of a call: whoever sent it goes on when the reply is there. */
  readonly isAwaited: boolean;
}

export interface OpenSection {
  readonly section: number;
  readonly entities: readonly number[];
  readonly isGranted: boolean;
}

type Phase = 'ready' | 'waits' | 'inside' | 'calls' | 'left';

export interface Orchestration {
  readonly generation: number;
  readonly status: 'lives' | 'over' | 'rewindable';
  readonly phase: Phase;
  /** Which section its code is at. */
  readonly at: number;
  readonly open: readonly OpenSection[];
  /** In its inbox: sections that were granted. */
  readonly grants: Bits;
  /** It has called before the grant, and goes on only with the reply. */
  readonly hasCalled: boolean;
  readonly hasReply: boolean;
}

/** A step that the owner has decided and not committed: computed from what its memory held then. */
export interface Decision {
  readonly message: Message;
  /** Waiting requests that a release takes away. */
  readonly takes: readonly Message[];
  /** Whether who asked lived when this was decided; only a mutation goes by it. */
  readonly lived: boolean;
}

export interface Entity {
  readonly holder: Section | undefined;
  readonly controls: readonly Message[];
  readonly messages: readonly Message[];
  readonly decided: Decision | undefined;
  /** Operations that a worker has. */
  readonly batch: readonly Message[];
}

export interface LockState {
  readonly orchestrations: readonly Orchestration[];
  readonly entities: readonly Entity[];
  readonly budget: LockBudget;
}

export interface LockWorld {
  readonly scenario: LockScenario;
  readonly lacks: ReadonlySet<LockRule>;
}

export const fromClient = -1;

export function initialState({ plans, entities, budget }: LockScenario): LockState {
  const orchestration: Orchestration = {
    ...{ generation: 0, status: 'lives', phase: 'ready', at: 0, open: [] },
    ...{ grants: 0, hasCalled: false, hasReply: false },
  };
  const entity: Entity = { holder: undefined, controls: [], messages: [], decided: undefined, batch: [] };
  return {
    orchestrations: plans.map(() => orchestration),
    entities: Array.from({ length: entities }, () => entity),
    budget,
  };
}

export function changeOrchestration(state: LockState, me: number, what: Partial<Orchestration>): LockState {
  const { orchestrations } = state;
  const changed = { ...defined(orchestrations[me]), ...what };
  return { ...state, orchestrations: replaced(orchestrations, me, changed) };
}

export function changeEntity(state: LockState, me: number, what: Partial<Entity>): LockState {
  const { entities } = state;
  return { ...state, entities: replaced(entities, me, { ...defined(entities[me]), ...what }) };
}

export function spend(state: LockState, what: keyof LockBudget): LockState {
  return { ...state, budget: { ...state.budget, [what]: state.budget[what] - 1 } };
}

/** Puts a message where its rank belongs. */
export function send(world: LockWorld, state: LockState, to: number, message: Message): LockState {
  const { controls, messages } = defined(state.entities[to]);
  if (message.kind === 'purge' || (message.kind === 'release' && !world.lacks.has('releasesFirst'))) {
    return changeEntity(state, to, { controls: [...controls, message] });
  }
  if (!message.isFirst) return changeEntity(state, to, { messages: [...messages, message] });
  const first = messages.filter(({ isFirst }) => isFirst);
  const others = messages.filter(({ isFirst }) => !isFirst);
  return changeEntity(state, to, { messages: [...first, message, ...others] });
}

export function messageOf(section: Section, kind: Message['kind'], what: Partial<Message> = {}): Message {
  const { from, generation, section: number } = section;
  const plain = { hop: 0, isFirst: false, wasInside: false, isAwaited: false };
  return { from, generation, section: number, kind, ...plain, ...what };
}

export function releaseEntities(
  world: LockWorld,
  state: LockState,
  section: Section,
  entities: readonly number[],
): LockState {
  return entities.reduce((next, entity) => send(world, next, entity, messageOf(section, 'release')), state);
}

export function lives({ orchestrations }: LockState, { from, generation }: Section): boolean {
  const orchestration = orchestrations[from];
  return orchestration?.status === 'lives' && orchestration.generation === generation;
}

/** The entities of a section in the order in which its request visits them. */
export function visited({ scenario, lacks }: LockWorld, { from, section }: Section): readonly number[] {
  const sent = defined(defined(scenario.plans[from])[section]);
  const set = lacks.has('eachOnce') ? sent : [...new Set(sent)];
  return lacks.has('oneOrder') ? set : set.toSorted((a, b) => a - b);
}

/** The section that an orchestration is inside of. */
export function insideOf({ status, phase, at, open }: Orchestration): OpenSection | undefined {
  if (status !== 'lives' || (phase !== 'inside' && phase !== 'calls')) return undefined;
  return open.find(({ section }) => section === at);
}

export function nameOf({ from, generation }: Omit<Section, 'section'>): string {
  return from === fromClient ? 'a client' : `${'XYZ'.charAt(from)}${generation}`;
}

const codes: number[] = [];
const budgetNames = Object.keys(nothing) as (keyof LockBudget)[];
const kinds: readonly Message['kind'][] = ['signal', 'call', 'request', 'release', 'purge'];
const phases: readonly Phase[] = ['ready', 'waits', 'inside', 'calls', 'left'];
const statuses: readonly Orchestration['status'][] = ['lives', 'over', 'rewindable'];

/** A string that is the same for the same state and for no other. */
export function encodeLocks({ orchestrations, entities, budget }: LockState): string {
  codes.length = 0;
  for (const orchestration of orchestrations) putOrchestration(orchestration);
  for (const entity of entities) putEntity(entity);
  for (const name of budgetNames) codes.push(budget[name]);
  return String.fromCharCode(...codes);
}

function putOrchestration({ generation, status, phase, at, open, grants, ...flags }: Orchestration): void {
  codes.push(generation, statuses.indexOf(status), phases.indexOf(phase), at, grants);
  codes.push((flags.hasCalled ? 1 : 0) + (flags.hasReply ? 2 : 0));
  codes.push(open.length);
  for (const { section, isGranted } of open) codes.push(section * 2 + (isGranted ? 1 : 0));
}

function putEntity({ holder, controls, messages, decided, batch }: Entity): void {
  codes.push(holder ? codeOf(holder) : 0);
  putMessages(controls);
  putMessages(messages);
  const places = (these: readonly Message[]): number[] => these.map((message) => messages.indexOf(message));
  codes.push(batch.length, ...places(batch));
  if (!decided) {
    codes.push(0);
    return;
  }
  const { message, takes, lived } = decided;
  const isControl = controls.includes(message);
  codes.push(isControl ? 1 : 2, isControl ? controls.indexOf(message) : messages.indexOf(message));
  codes.push(lived ? 1 : 0, takes.length, ...places(takes));
}

function putMessages(messages: readonly Message[]): void {
  codes.push(messages.length);
  for (const message of messages) {
    const { kind, hop, isFirst, wasInside, isAwaited } = message;
    const flags = (isFirst ? 1 : 0) + (isAwaited ? 2 : 0) + (wasInside ? 4 : 0);
    codes.push(((codeOf(message) * kinds.length + kinds.indexOf(kind)) * 4 + hop) * 8 + flags);
  }
}

/** Above zero; three orchestrations and a client, four generations, four sections. */
function codeOf({ from, generation, section }: Section): number {
  return ((from + 2) * 4 + generation) * 4 + section;
}

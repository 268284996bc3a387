// What entities do: their owner decides a step from memory and commits it later; batches of operations are at a worker
// in between. Only the row survives the owner.

import { bit } from './bits.ts';
import { type Step } from './checker.ts';
import {
  changeEntity,
  changeOrchestration,
  type Decision,
  type Entity,
  fromClient,
  lives,
  type LockState,
  type LockWorld,
  type Message,
  messageOf,
  nameOf,
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
  readonly me: number;
  readonly entity: Entity;
}

export function entitySteps(world: LockWorld, state: LockState, me: number): Step<LockState>[] {
  const actor = { world, state, me, entity: defined(state.entities[me]) };
  const { decided } = actor.entity;
  return [...(decided ? commits(actor, decided) : decisions(actor)), ...misfortunes(actor)];
}

// ── deciding ──

function decisions(actor: Actor): Step<LockState>[] {
  const { world, state, me, entity } = actor;
  const steps: Step<LockState>[] = [];
  const message = nextMessage(world, entity);
  if (message) {
    const decided: Decision = {
      message,
      takes: takenBy(world, entity, message),
      lived: lives(state, message),
    };
    const says = `e${me} decides the ${message.kind} of ${nameOf(message)}`;
    steps.push({ sort: 'step', says, next: changeEntity(state, me, { decided }) });
  }
  if (entity.batch.length > 0) {
    steps.push({ sort: 'step', says: `e${me} commits its batch`, next: answered(actor) });
    return steps;
  }
  if (message) return steps;
  const batch = nextBatch(world, entity);
  if (batch.length > 0) {
    const whose = batch.map((operation) => `the ${operation.kind} of ${nameOf(operation)}`).join(', ');
    steps.push({ sort: 'step', says: `e${me} sends out ${whose}`, next: changeEntity(state, me, { batch }) });
  }
  return steps;
}

/** The control or the lock request that the engine applies next. */
function nextMessage(
  { lacks }: LockWorld,
  { holder, controls, messages, batch }: Entity,
): Message | undefined {
  const [control] = controls;
  if (control) return control;
  const waiting = messages.filter((message) => !batch.includes(message));
  const [first] = waiting;
  if (first?.kind === 'release') return first;
  if (holder || (batch.length > 0 && !lacks.has('afterBatch'))) return undefined;
  const request = waiting.find(({ kind }) => kind === 'request');
  return request === first || lacks.has('inOrder') ? request : undefined;
}

function takenBy({ lacks }: LockWorld, { messages }: Entity, control: Message): readonly Message[] {
  if (control.kind !== 'release' || lacks.has('releaseTakesRequests')) return [];
  return messages.filter((message) => message.kind === 'request' && isOfSection(message, control));
}

/** Calls of the holder, or everything up to the first lock request. */
function nextBatch({ lacks }: LockWorld, { holder, messages }: Entity): readonly Message[] {
  if (holder && !lacks.has('holdersCalls')) {
    const reachable = lacks.has('pastWaiting') ? messages.slice(0, 1) : messages;
    return reachable.filter((message) => message.kind === 'call' && isOfGeneration(message, holder));
  }
  const end = messages.findIndex((message) => !isOperation(message));
  return end < 0 ? messages : messages.slice(0, end);
}

function isOperation({ kind }: Message): boolean {
  return kind === 'signal' || kind === 'call';
}

function isOfGeneration(a: Section, b: Section): boolean {
  return a.from === b.from && a.generation === b.generation;
}

function isOfSection(a: Section, b: Section): boolean {
  return isOfGeneration(a, b) && a.section === b.section;
}

// ── committing ──

function commits(actor: Actor, decided: Decision): Step<LockState>[] {
  const { me, entity } = actor;
  const { message } = decided;
  const says = `e${me} commits the ${message.kind} of ${nameOf(message)}`;
  if (message.kind === 'release') return [{ sort: 'step', says, next: released(actor, decided) }];
  if (message.kind === 'purge') return [{ sort: 'step', says, next: purged(actor, message) }];
  return [{ sort: 'step', says, next: locked(actor, decided), flaw: overtaken(entity, me, message) }];
}

/** Requests that it takes away may have locked entities since the release was there: these are released again. */
function released({ world, state, me, entity }: Actor, { message, takes }: Decision): LockState {
  const { holder, controls, messages } = entity;
  const gone = [message, ...takes];
  const next = changeEntity(state, me, {
    holder: holder && endsHold(world, message, holder) ? undefined : holder,
    controls: controls.filter((control) => control !== message),
    messages: messages.filter((waiting) => !gone.includes(waiting)),
    decided: undefined,
  });
  if (world.lacks.has('takenReleases')) return next;
  return takes.reduce((after, request) => {
    const locked = visited(world, request).slice(0, request.hop);
    return releaseEntities(world, after, request, [...new Set(locked)]);
  }, next);
}

function endsHold({ lacks }: LockWorld, release: Message, holder: Section): boolean {
  if (lacks.has('releaseOfGeneration')) {
    return release.from === holder.from && release.section === holder.section;
  }
  return lacks.has('releaseOfSection') ? isOfGeneration(release, holder) : isOfSection(release, holder);
}

/** The state is not in this model. A batch that is out counts for nothing. */
function purged({ world, state, me, entity }: Actor, purge: Message): LockState {
  const { lacks } = world;
  const isKept = ({ kind }: Message): boolean =>
    (kind === 'request' && !lacks.has('purgeKeepsRequests')) ||
    (kind === 'call' && !lacks.has('purgeKeepsCalls'));
  return changeEntity(state, me, {
    holder: lacks.has('purgeKeepsHold') ? undefined : entity.holder,
    controls: lacks.has('purgeKeepsReleases') ? [] : entity.controls.filter((control) => control !== purge),
    messages: entity.messages.filter(isKept),
    decided: undefined,
    batch: [],
  });
}

/** The hold, and in the same commit the request goes on, or the grant to who asked if it lives. */
function locked({ world, state, me, entity }: Actor, { message, lived }: Decision): LockState {
  const { from, generation, section } = message;
  const held = changeEntity(state, me, {
    holder: { from, generation, section },
    messages: entity.messages.filter((waiting) => waiting !== message),
    decided: undefined,
  });
  const set = visited(world, message);
  const hop = message.hop + 1;
  const following = set[hop];
  if (following !== undefined) return send(world, held, following, messageOf(message, 'request', { hop }));
  const granted = grant(world, held, message);
  const isOver = world.lacks.has('oneLook') ? !lived : !lives(state, message);
  if (!isOver || world.lacks.has('overReleases')) return granted;
  return releaseEntities(world, granted, message, [...new Set(set)]);
}

function grant({ lacks }: LockWorld, state: LockState, { from, generation, section }: Message): LockState {
  const { generation: latest, grants } = defined(state.orchestrations[from]);
  const to = lacks.has('grantOfGeneration') ? latest : generation;
  if (!lives(state, { from, generation: to, section })) return state;
  return changeOrchestration(state, from, { grants: grants | bit(section) });
}

/** Operations that came before the request, and calls of the section before, are handled first. */
function overtaken({ messages }: Entity, me: number, request: Message): string | undefined {
  const at = messages.indexOf(request);
  const left = messages.find((message, place) => message.wasInside || (place < at && isOperation(message)));
  if (!left) return undefined;
  return `at e${me} the request of ${nameOf(request)} overtakes the ${left.kind} of ${nameOf(left)}`;
}

function answered({ state, me, entity }: Actor): LockState {
  const { batch, messages } = entity;
  const done = changeEntity(state, me, {
    messages: messages.filter((message) => !batch.includes(message)),
    batch: [],
  });
  return batch
    .filter((operation) => operation.isAwaited && lives(done, operation))
    .reduce((next, { from }) => changeOrchestration(next, from, { hasReply: true }), done);
}

// ── what may happen to an entity ──

function misfortunes({ world, state, me, entity }: Actor): Step<LockState>[] {
  const { signals, purges, deaths } = state.budget;
  const client = { from: fromClient, generation: 0, section: 0 };
  const steps: Step<LockState>[] = [];
  if (signals > 0) {
    const next = send(world, spend(state, 'signals'), me, messageOf(client, 'signal'));
    steps.push({ sort: 'choice', says: `a client signals e${me}`, next });
  }
  if (purges > 0) {
    const next = send(world, spend(state, 'purges'), me, messageOf(client, 'purge'));
    steps.push({ sort: 'choice', says: `a client purges e${me}`, next });
  }
  if (deaths > 0 && (entity.decided !== undefined || entity.batch.length > 0)) {
    const next = changeEntity(spend(state, 'deaths'), me, { decided: undefined, batch: [] });
    steps.push({ sort: 'choice', says: `the owner of e${me} dies`, next });
  }
  return steps;
}

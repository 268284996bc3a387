// What a replica may do about an instance in its memory: at most one write that changes it is on its way at a time.

import { type Bits, firstOf, has, membersOf, none } from './bits.ts';
import { type Answer, type Bell, hasWorker, type Model } from './scenario.ts';
import {
  isLiving,
  isPatching,
  isSame,
  isSameInstance,
  readyAt,
  type Replica,
  replicaOf,
  type Resident,
  type State,
  type Stored,
  type Write,
} from './state.ts';
import { isResident, type Offer, sendOf } from './writes.ts';

/** A resident, and where it is. */
export interface Mine {
  readonly state: State;
  readonly side: number;
  readonly instance: number;
  readonly resident: Resident;
}

export function patchesOf(model: Model, mine: Mine): Offer[] {
  const { state, side, instance, resident } = mine;
  if (isPatching(replicaOf(state, side), instance)) return [];
  const offers = fetchesOf(model, mine);
  const { leaves } = resident;
  if (leaves !== undefined) {
    const says = `release ${model.instanceName(instance)}`;
    offers.push(releaseOf(mine, { says, readyAt: leaves, isChoice: false }));
    return offers;
  }
  offers.push(...controlsOf(model, mine), ...turnsOf(model, mine));
  if (!model.lacks.has('releaseAtBuild')) {
    offers.push(...releasesOf(model, mine).map((release) => releaseOf(mine, release)));
  }
  return offers;
}

/** A hint came; or memory has consumed what it held of a longer inbox, or all controls of one that may have others. */
function fetchesOf(model: Model, { state, side, instance, resident }: Mine): Offer[] {
  const { held, out, hasMore, lacksControls } = resident;
  const isConsumed = hasMore && (held & ~model.controls) === none && out === none;
  const isShort = isConsumed || (lacksControls && (held & model.controls) === none);
  if (!has(replicaOf(state, side).bells, instance) && !isShort) return [];
  return [
    { says: `fetch ${model.instanceName(instance)}`, writes: [{ kind: 'fetch', instance, known: held }] },
  ];
}

/** The first control of the inbox, also while a turn is out. */
function controlsOf(model: Model, { state, side, instance, resident }: Mine): Offer[] {
  const { held, life, turn } = resident;
  const [control] = membersOf(held & model.controls);
  if (control === undefined) return [];
  const { name, kind } = model.message(control);
  const writes: Write[] = [{ kind: 'control', instance, life, turn, message: control }];
  if (kind === 'terminate') {
    const replica = replicaOf(state, side);
    if (!model.lacks.has('endTold')) writes.push(...newsOfEnd(model, replica, { instance, life }));
    if (!model.lacks.has('recursionInside')) writes.push(...recursionsOf(model, control));
  }
  return [{ says: `apply ${name}`, writes }];
}

function newsOfEnd(
  model: Model,
  replica: Replica,
  { instance, life }: { readonly instance: number; readonly life: number },
): Write[] {
  return model.newsOfEnd(instance, life).map((message) => sendOf(model, replica, message));
}

/** Children are found in the transaction; they are locked like those of others, also where they are resident here. */
function recursionsOf(model: Model, control: number): Write[] {
  return model
    .recursionsOf(control)
    .map((message) => ({ kind: 'send', message, isOwn: false, closing: undefined }));
}

/** The worker's answer came to this replica, or was stored for it. */
function turnsOf(model: Model, mine: Mine): Offer[] {
  const { state, side, instance, resident } = mine;
  if (resident.out === none) return [];
  const replica = replicaOf(state, side);
  const token = { owner: replica.incarnation, instance, turn: resident.turn };
  const stored = state.stored.find(
    (answer) => isSame(answer, token) || (model.lacks.has('tokenNamesTurn') && isSameInstance(answer, token)),
  );
  if (stored ? !has(replica.answers, instance) : isStoring(state, token)) return [];
  return model.answersTo(instance, resident.generation, resident.out).map((answer) => ({
    says: `turn of ${model.instanceName(instance)}: ${answer.says}`,
    writes: turnOf(model, mine, { answer, answered: stored?.turn ?? resident.turn }),
  }));
}

function turnOf(
  model: Model,
  { state, side, instance, resident }: Mine,
  { answer, answered }: { readonly answer: Answer; readonly answered: number },
): Write[] {
  const replica = replicaOf(state, side);
  const { life, turn, out } = resident;
  return [
    { kind: 'turn', instance, life, turn, consumed: out, answer, answered },
    ...answer.sends.map((message) => sendOf(model, replica, message)),
    ...(answer.ends ? newsOfEnd(model, replica, { instance, life }) : []),
    ...answer.starts.map((start): Write => {
      const isOwn = isResident(replica, model.message(start.failed).to);
      return { kind: 'start', start, isOwn };
    }),
  ];
}

function isStoring({ replicas }: State, token: Stored): boolean {
  return replicas.some(({ lanes }) =>
    lanes.some((lane) => lane?.writes.some((write) => write.kind === 'store' && isSame(write, token))),
  );
}

export interface Release {
  readonly says: string;
  readonly readyAt: Bell;
  readonly isChoice: boolean;
}

function releaseOf({ instance, resident }: Mine, { says, readyAt: bell, isChoice }: Release): Offer {
  const { life, turn } = resident;
  return { says, writes: [{ kind: 'release', instance, life, turn, readyAt: bell }], isChoice };
}

/** Because the worker gave the turn back; because no worker here takes it; to save memory. */
export function releasesOf(model: Model, mine: Mine): Release[] {
  const { state, side, instance, resident } = mine;
  const { held, out, hasMore, lacksControls } = resident;
  if ((held & model.controls) !== none) return [];
  const name = model.instanceName(instance);
  const deliverable = (bell: Bell): Bell => (model.lacks.has('readyNow') ? 'silent' : bell);
  const ready = lacksControls ? 'now' : readyAt(model, resident, held, hasMore);
  if (out === none && ready === 'now' && !lacksControls) {
    if (hasWorker(model, side)) return [];
    return [{ says: `release ${name}`, readyAt: deliverable('now'), isChoice: false }];
  }
  if (state.budget.releases === 0) return [];
  if (out === none) {
    return [{ says: `release ${name}`, readyAt: leftAs(model, resident, ready), isChoice: true }];
  }
  return [{ says: `abandon ${name}`, readyAt: deliverable(lacksControls ? 'now' : 'later'), isChoice: true }];
}

function leftAs(model: Model, { held, hasMore }: Resident, ready: Bell): Bell {
  return model.lacks.has('readyNever') && (held !== none || hasMore) ? 'now' : ready;
}

/** Messages of the next item, if one may be handed out. */
export function itemOf(model: Model, { state, side, instance, resident }: Mine): Bits {
  const { held, out, leaves, lacksControls } = resident;
  if (out !== none || leaves !== undefined || lacksControls || !hasWorker(model, side)) return none;
  if ((held & model.controls) !== none || isPatching(replicaOf(state, side), instance)) return none;
  return readyAt(model, resident, held, false) === 'now' ? firstOf(held, model.heldMessages) : none;
}

/** Answers for turns of the other replica are stored for it. Those for the dead come to nothing and are left out. */
export function storesOf(model: Model, state: State, side: number): Offer[] {
  const other = replicaOf(state, 1 - side);
  if (!model.scenario.answersElsewhere || !isLiving(state, other.incarnation)) return [];
  return other.residents.flatMap((resident, instance): Offer[] => {
    if (!resident || resident.out === none) return [];
    const token = { owner: other.incarnation, instance, turn: resident.turn };
    if (state.stored.some((stored) => isSame(stored, token)) || isStoring(state, token)) return [];
    const says = `store the answer for ${model.instanceName(instance)}`;
    return [{ says, writes: [{ kind: 'store', ...token }] }];
  });
}

/** The owner drops answers that came to nothing. */
export function dropsOf(model: Model, state: State, side: number): Offer[] {
  if (model.lacks.has('staleStoredDeleted')) return [];
  const replica = replicaOf(state, side);
  return state.stored.flatMap((stored): Offer[] => {
    const isHeard = stored.owner === replica.incarnation && has(replica.answers, stored.instance);
    if (!isHeard || isCurrent(replica, stored) || isPatching(replica, stored.instance)) return [];
    const says = `drop a stale answer for ${model.instanceName(stored.instance)}`;
    return [{ says, writes: [{ kind: 'drop', ...stored }] }];
  });
}

function isCurrent({ residents }: Replica, { instance, turn }: Stored): boolean {
  const resident = residents[instance];
  return resident !== undefined && resident.out !== none && resident.turn === turn;
}

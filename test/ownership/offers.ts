// What a replica may put into its next batch, as it sees the world when it builds one: from its memory, from hints that
// arrived, and from what clients and workers ask of it.

import { has, membersOf } from './bits.ts';
import { claimsOf, freesOf } from './claims.ts';
import { dropsOf, patchesOf, storesOf } from './resident-offers.ts';
import { type Message, type Model, sideName } from './scenario.ts';
import { isPatch, nobody, type Replica, replicaOf, type State, type Write } from './state.ts';
import { isResident, type Offer, sendOf, targetOf } from './writes.ts';

/** Every batch that it may send now. Claims and frees are batches of their own. */
export function batchesOf(model: Model, state: State, side: number): Offer[] {
  const offers = offersOf(model, state, side);
  const batches = offers.slice();
  if (model.scenario.together !== undefined) offerMany(model, offers, model.scenario.together, batches);
  batches.push(...claimsOf(model, state, side), ...freesOf(model, state));
  return batches;
}

/** Batches of several writes: each is a smaller one and a write that stands behind all of it in the list. */
function offerMany(model: Model, offers: readonly Offer[], most: number, batches: Offer[]): void {
  let smaller = offers.map((offer, at) => ({ batch: offer, parts: [offer], next: at + 1 }));
  for (let size = 2; size <= most; size++) {
    smaller = smaller.flatMap(({ batch, parts, next }) =>
      offers.flatMap((offer, at) => {
        const isTwice = at === next - 1 && model.lacks.has('oneCompletion') && isAnswerOfActivity(offer);
        if (at < next && !isTwice) return [];
        if (!isTwice && !parts.every((part) => mayShare(model, part, offer))) return [];
        return [{ batch: joined(model, batch, offer), parts: [...parts, offer], next: at + 1 }];
      }),
    );
    for (const { batch } of smaller) batches.push(batch);
  }
}

function isAnswerOfActivity({ writes: [write] }: Offer): boolean {
  return write?.kind === 'fire' && write.worker !== nobody;
}

/** One patch for an instance and one completion of an activity in a batch. */
function mayShare(model: Model, first: Offer, second: Offer): boolean {
  return first.writes.every((a) => second.writes.every((b) => !isConflict(model, a, b)));
}

function isConflict(model: Model, a: Write, b: Write): boolean {
  if (a.kind === 'fire' && b.kind === 'fire') return a.message === b.message;
  if (!isPatch(a) || !isPatch(b) || a.instance !== b.instance) return false;
  const isFetch = a.kind === 'fetch' || b.kind === 'fetch';
  return !isFetch || !model.lacks.has('fetchIsPatch');
}

function joined(model: Model, first: Offer, second: Offer): Offer {
  const isChoice = (first.isChoice ?? false) || (second.isChoice ?? false);
  const writes = [...first.writes, ...second.writes];
  return {
    says: `${first.says} + ${second.says}`,
    writes: model.lacks.has('releasedIsForeign') ? writes : withForeign(model, writes),
    isChoice,
  };
}

/** What a batch releases is foreign to its other writes. */
function withForeign(model: Model, writes: readonly Write[]): readonly Write[] {
  const released = new Set(writes.flatMap((write) => (write.kind === 'release' ? [write.instance] : [])));
  if (released.size === 0) return writes;
  return writes.map((write) => (released.has(targetOf(model, write)) ? { ...write, isOwn: false } : write));
}

function offersOf(model: Model, state: State, side: number): Offer[] {
  const replica = replicaOf(state, side);
  const offers = model.calls.flatMap((message): Offer[] => {
    const write = callOf(model, state, side, message);
    const says = message.kind === 'replace' ? message.name : `send ${message.name}`;
    return write ? [{ says, writes: [write] }] : [];
  });
  for (const number of membersOf(replica.owes)) {
    offers.push({ says: `send ${model.message(number).name}`, writes: [sendOf(model, replica, number)] });
  }
  offers.push(...timersOf(model, state, side), ...activitiesOf(model, state, side));
  for (const [instance, resident] of replica.residents.entries()) {
    if (resident) offers.push(...patchesOf(model, { state, side, instance, resident }));
  }
  offers.push(...storesOf(model, state, side), ...dropsOf(model, state, side));
  return offers;
}

/** A client's call that this replica may carry out now. */
function callOf(
  model: Model,
  state: State,
  side: number,
  { via, number, after, kind, to }: Message,
): Write | undefined {
  if (via !== side || has(state.asked, number)) return undefined;
  if (after !== undefined && !has(state.acknowledged, after)) return undefined;
  const isDecided = has(state.decided, number);
  if (kind === 'replace') return isDecided ? { kind: 'replace', message: number } : undefined;
  const write = sendOf(model, replicaOf(state, side), number);
  if (!model.lacks.has('decidedAtBuild')) return write;
  return isDecided ? { ...write, isOwn: has(state.decidedOwn, to) } : undefined;
}

function fireOf(model: Model, replica: Replica, message: number, worker: number): Write {
  return { kind: 'fire', message, isOwn: isResident(replica, model.message(message).to), worker };
}

/** Due timers, polled by whoever; or those that a poll has found, which may be gone by now. */
function timersOf(model: Model, state: State, side: number): Offer[] {
  const replica = replicaOf(state, side);
  const due = model.scenario.hasPoller ? replica.polled : state.sources & model.timers;
  return membersOf(due).map((number) => ({
    says: `fire ${model.message(number).name}`,
    writes: [fireOf(model, replica, number, nobody)],
  }));
}

/** Activities that a worker answers, at its replica or at the other. */
function activitiesOf(model: Model, state: State, side: number): Offer[] {
  const replica = replicaOf(state, side);
  return state.replicas.flatMap(({ mode, atWorkers }, worker) => {
    if (worker !== side && mode !== 'down' && !model.scenario.answersElsewhere) return [];
    return membersOf(atWorkers)
      .filter((number) => !isAnswering(state, number, worker))
      .map((number) => ({
        says: `complete ${model.message(number).name} for a worker of ${sideName(worker)}`,
        writes: [fireOf(model, replica, number, worker)],
      }));
  });
}

/** Is that worker's call under way? */
function isAnswering({ replicas }: State, message: number, worker: number): boolean {
  return replicas.some(({ lanes }) =>
    lanes.some((lane) =>
      lane?.writes.some(
        (write) => write.kind === 'fire' && write.message === message && write.worker === worker,
      ),
    ),
  );
}

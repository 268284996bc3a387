// Properties of a state that only choices (a fault, a whim) can leave: whatever should have happened has happened.

import { type Bits, has, membersOf, none } from './bits.ts';
import { hasWorker, type Message, type Model } from './scenario.ts';
import { isLiving, nameOf, nobody, readyAt, type Row, type State } from './state.ts';

export function flawAtRest(model: Model, state: State): string | undefined {
  const up = state.replicas.flatMap(({ mode }, side) => (mode === 'up' ? [side] : []));
  if (up.length === 0) return undefined;
  const isServed = up.some((side) => hasWorker(model, side));
  for (const [instance, row] of state.rows.entries()) {
    const flaw = flawOfInstance(model, state, { instance, row, isServed });
    if (flaw !== undefined) return flaw;
  }
  return (
    flawOfCalls(model, state) ??
    flawOfWork(model, state, isServed) ??
    flawOfDebts(model, state) ??
    flawOfFamily(model, state) ??
    (isServed ? flawOfEnds(model, state) : undefined)
  );
}

interface Place {
  readonly instance: number;
  readonly row: Row | undefined;
  /** Some replica that is up has a worker. */
  readonly isServed: boolean;
}

function flawOfInstance(model: Model, state: State, { instance, row, isServed }: Place): string | undefined {
  const name = model.instanceName(instance);
  const inbox = state.inbox & model.messagesTo(instance);
  if (!row || row.status === 'over') {
    if (inbox !== none) return `${model.namesOf(inbox)} is left in the inbox of ${name}, which is over`;
    return row && row.owner !== nobody ? `${name} is over and has an owner` : undefined;
  }
  if (row.owner !== nobody && !isLiving(state, row.owner)) {
    return `${name} belongs to ${nameOf(row.owner)}, which is dead`;
  }
  const old = outdated(model, inbox, row);
  if (old !== none) return `${model.namesOf(old)} is left for an execution that is over`;
  const stuck = undelivered(model, { inbox, row, isServed });
  return stuck === none ? undefined : `${model.namesOf(stuck)} waits for ever in the inbox of ${name}`;
}

/** What could be delivered: controls always, the rest where there is a worker, unless a back-off is not over. */
function undelivered(
  model: Model,
  { inbox, row, isServed }: { readonly inbox: Bits; readonly row: Row; readonly isServed: boolean },
): Bits {
  const controls = inbox & model.controls;
  if (controls !== none) return controls;
  const isBackingOff = row.owner === nobody && row.bell === 'later';
  if (!isServed || isBackingOff || readyAt(model, row, inbox, false) !== 'now') return none;
  return inbox;
}

function outdated(model: Model, inbox: Bits, row: Row): Bits {
  let old = none;
  for (const number of membersOf(inbox)) {
    const { key, bit } = model.message(number);
    if (!isFor(key, row)) old |= bit;
  }
  return old;
}

/** What was acknowledged was recorded, or waits where it can't be delivered yet, or its target is over. */
function flawOfCalls(model: Model, state: State): string | undefined {
  for (const call of model.calls) {
    if (call.kind === 'replace' || !has(state.acknowledged, call.number)) continue;
    if (isLost(state, call)) return `${call.name} was acknowledged and is lost`;
  }
  return undefined;
}

/** In scenarios with a replacement, a call with `after` comes after it, so the second life must have got it. */
function isLost({ rows, recorded, inbox }: State, { number, to, after }: Message): boolean {
  const row = rows[to];
  if (!row || row.status === 'over') return false;
  if (row.life > 1 && after === undefined) return false;
  return !has(recorded | inbox, number);
}

function flawOfWork(model: Model, state: State, isServed: boolean): string | undefined {
  for (const { mode, residents, incarnation } of state.replicas) {
    if (mode !== 'up') continue;
    const out = residents.findIndex((resident) => resident !== undefined && resident.out !== none);
    if (out >= 0) {
      return `a work item of ${model.instanceName(out)} is out for ever at ${nameOf(incarnation)}`;
    }
  }
  if (isServed && state.sources !== none) return `${model.namesOf(state.sources)} is never delivered`;
  if (state.stored.length > 0) return 'a stored answer is left for ever';
  return undefined;
}

/** Whoever waits for a message that must come gets it. */
function flawOfDebts(model: Model, { rows, recorded, inserted }: State): string | undefined {
  const missing = model.messages.find(({ owedFor, number, to, key }) => {
    if (owedFor === undefined || !has(recorded, owedFor) || has(inserted, number)) return false;
    const row = rows[to];
    return row !== undefined && row.status !== 'over' && isFor(key, row);
  });
  return missing && `${missing.name} was never sent`;
}

/** A parent hears of the end of its child; and no child outlives a termination that is to end it as well. */
function flawOfFamily(model: Model, state: State): string | undefined {
  const flaw = model.messages.find((message) => isUntold(state, message) || isOutlived(state, message));
  if (!flaw) return undefined;
  if (flaw.endOf) return `nobody tells the parent of the end of its child: ${flaw.name} was never sent`;
  return `${model.instanceName(flaw.to)} lives on although ${flaw.name} was to end it with its parent`;
}

function isUntold({ rows, inserted }: State, { endOf, to, key, number }: Message): boolean {
  const child = endOf && rows[endOf.child];
  if (!child || has(inserted, number)) return false;
  const isOver = child.life > endOf.life || (child.life === endOf.life && child.status === 'over');
  const parent = rows[to];
  return isOver && parent !== undefined && parent.status !== 'over' && isFor(key, parent);
}

function isOutlived({ rows, recorded }: State, { recursionOf, to, key }: Message): boolean {
  if (recursionOf === undefined || !has(recorded, recursionOf)) return false;
  const child = rows[to];
  return child !== undefined && child.status !== 'over' && isFor(key, child);
}

/** Whatever such an instance waits for comes sooner or later, unless somebody backs off or is suspended. */
function flawOfEnds({ scenario, instances }: Model, { rows }: State): string | undefined {
  const isHeldUp = rows.some(
    (row) => row?.status === 'suspended' || (row?.owner === nobody && row.bell === 'later'),
  );
  if (isHeldUp) return undefined;
  const name = (scenario.ends ?? []).find((one) => {
    const row = rows[instances.indexOf(one)];
    return row !== undefined && row.status !== 'over';
  });
  return name && `${name} never ends`;
}

function isFor(key: Message['key'], { life, generation }: Row): boolean {
  return key === undefined || (key.life === life && key.generation === generation);
}

// Batches of their own: claims of what nobody owns, and the freeing of what belonged to the dead.

import { has, membersOf } from './bits.ts';
import { defined, hasWorker, type Model } from './scenario.ts';
import { isLiving, nameOf, nobody, replicaOf, type Row, sideOf, type State } from './state.ts';
import { type Offer } from './writes.ts';

export function claimsOf(model: Model, state: State, side: number): Offer[] {
  const offers: Offer[] = [];
  for (const [instance, row] of state.rows.entries()) {
    if (!row || !isClaimable(model, row, side) || !isFound(model, state, { side, instance })) continue;
    offers.push({ says: `claim ${model.instanceName(instance)}`, writes: [{ kind: 'claim', instance }] });
  }
  if (!hasWorker(model, side)) return offers;
  for (const number of membersOf(state.sources & model.activities)) {
    if (state.holders[number] !== nobody) continue;
    offers.push({ says: `take ${model.message(number).name}`, writes: [{ kind: 'take', message: number }] });
  }
  return offers;
}

/** Unowned, with a bell that rings now, for a worker here or for the engine itself. */
function isClaimable(model: Model, { owner, bell, engineWork }: Row, side: number): boolean {
  const isOwned = owner !== nobody && (sideOf(owner) === side || !model.lacks.has('claimUnowned'));
  if (bell !== 'now' || isOwned) return false;
  return hasWorker(model, side) || (engineWork && !model.lacks.has('engineWork'));
}

function isFound(
  model: Model,
  state: State,
  at: { readonly side: number; readonly instance: number },
): boolean {
  return !model.lacks.has('sweepUnowned') || has(replicaOf(state, at.side).bells, at.instance);
}

export function freesOf(model: Model, state: State): Offer[] {
  if (model.lacks.has('sweepDead')) return [];
  return [...deadOwners(model, state)].map((dead) => ({
    says: `free what belonged to ${nameOf(dead)}`,
    writes: [{ kind: 'free', dead }],
  }));
}

/** Owners of whatever that are not in `replicas`. */
function deadOwners(model: Model, state: State): Set<number> {
  const owners = state.rows.map((row) => row?.owner ?? nobody);
  if (!model.lacks.has('freeActivities')) {
    owners.push(
      ...membersOf(state.sources & model.activities).map((number) => defined(state.holders[number])),
    );
  }
  if (!model.lacks.has('freeStored') && !model.lacks.has('sweepStoredOfDead')) {
    owners.push(...state.stored.map(({ owner }) => owner));
  }
  return new Set(owners.filter((owner) => owner !== nobody && isDead(model, state, owner)));
}

function isDead(model: Model, state: State, owner: number): boolean {
  if (!isLiving(state, owner)) return true;
  const { incarnation, isExpired } = replicaOf(state, sideOf(owner));
  return model.lacks.has('absenceFrees') && incarnation === owner && isExpired;
}

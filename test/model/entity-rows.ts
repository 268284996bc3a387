// Entities as simply as they can be said: one queue each. What is first in it goes on: operations as a batch to a worker,
// a lock request by holding the entity. While an entity is held, nothing goes on but calls of who holds it.

import { type AnyHistoryEvent } from '../../src/protocol/messages.ts';

/** One execution of an orchestration. */
export interface Execution {
  /** The oracle's. */
  readonly key: number;
  readonly generation: number;
}

/** The execution that holds an entity, or asks for it. */
export interface Holder extends Execution {
  /** Of the orchestration. */
  readonly id: string;
  readonly section: string;
}

export type Operation = { readonly event: AnyHistoryEvent } & (
  { readonly kind: 'signal' } | { readonly kind: 'call'; readonly sender: Execution }
);

/** It visits its entities in order: it holds those before `at` and waits for that one. */
export interface LockRequest {
  readonly kind: 'lock';
  readonly holder: Holder;
  readonly entities: readonly string[];
  readonly at: number;
}

export interface Waiting {
  readonly what: Operation | LockRequest;
  /** A call of who holds the entity: it goes before what came earlier. */
  readonly isInFront: boolean;
  /** Of those that one write sent, the order is certain. */
  readonly group: number;
  /** The database has told its place. */
  readonly isSettled: boolean;
}

export interface EntityRow {
  readonly key: number;
  readonly hubId: number;
  readonly id: string;
  /** Batches recorded, and purges. */
  readonly turn: number;
  /** Null: there is none, and clients are told that the entity doesn't exist. */
  readonly state: string | null;
  readonly holder: Holder | null;
  /** Who held it before the step that goes on: a batch may have gone out just then. */
  readonly heldBefore: Holder | null;
  readonly queue: readonly Waiting[];
}

export function newEntity(row: Pick<EntityRow, 'key' | 'hubId' | 'id'>): EntityRow {
  return { ...row, turn: 0, state: null, holder: null, heldBefore: null, queue: [] };
}

export const isSame = (a: Execution, b: Execution): boolean =>
  a.key === b.key && a.generation === b.generation;

export function enqueue(row: EntityRow, waiting: Waiting): EntityRow {
  const at = waiting.isInFront ? row.queue.findIndex(({ isInFront }) => !isInFront) : -1;
  return { ...row, queue: row.queue.toSpliced(at < 0 ? row.queue.length : at, 0, waiting) };
}

/** What the next batch is made of. */
export function nextOperations({ queue }: EntityRow, holder: Holder | null): Waiting[] {
  if (holder) return queue.filter(({ what }) => what.kind === 'call' && isSame(what.sender, holder));
  const lock = queue.findIndex(({ what }) => what.kind === 'lock');
  return queue.slice(0, lock < 0 ? queue.length : lock);
}

/** The request that may hold the entity now. */
export function nextLock({ holder, queue }: EntityRow): LockRequest | undefined {
  const first = queue[0]?.what;
  return !holder && first?.kind === 'lock' ? first : undefined;
}

export const isOperation = ({ what }: Waiting): boolean => what.kind !== 'lock';

export function settledRow(row: EntityRow): EntityRow {
  return {
    ...{ ...row, heldBefore: row.holder },
    queue: row.queue.map((waiting) => ({ ...waiting, isSettled: true })),
  };
}

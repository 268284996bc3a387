// What happens at the oracle's entities without a worker: messages come, locks are granted and released.

import { isTerminal } from '../../src/domain/instance.ts';
import { entityEventOf, senderOf } from '../../src/domain/entity-message.ts';
import { signalMessage } from '../../src/domain/entity-signal.ts';
import { ranks } from '../../src/domain/message.ts';
import { type EntityMessage, type NewMessage } from '../../src/domain/write.ts';
import { must } from '../../src/lib/assert.ts';
import { codec } from '../../src/protocol/codec.ts';
import { type AnyHistoryEvent, type Timestamp } from '../../src/protocol/messages.ts';
import { type Choices } from './choices.ts';
import { NO_TIME } from './events.ts';
import {
  enqueue,
  type EntityRow,
  type Execution,
  type Holder,
  isSame,
  type LockRequest,
  newEntity,
  nextLock,
  type Waiting,
} from './entity-rows.ts';
import { type Oracle, type Target } from './oracle.ts';
import { wrapped } from './picks.ts';

export interface SentSignal extends Target {
  /** '': the server makes one. */
  readonly requestId: string;
  readonly name: string;
  readonly input: string | null;
  readonly scheduledTime: Timestamp | null;
}

export function findEntity(oracle: Oracle, { hubId, id }: Target): EntityRow | undefined {
  return [...oracle.entities.values()].find((row) => row.hubId === hubId && row.id === id);
}

/** Whatever is sent to an entity makes it. */
function entityOf(oracle: Oracle, target: Target): EntityRow {
  const found = findEntity(oracle, target);
  if (found) return found;
  const { hubId, id } = target;
  const row = newEntity({ key: oracle.tools(NO_TIME).ids.key(), hubId, id });
  oracle.entities.set(row.key, row);
  return row;
}

/** What one write sends to entities. */
export function deliverAll(oracle: Oracle, messages: readonly EntityMessage[]): void {
  const group = oracle.newGroup();
  for (const message of messages) deliver(oracle, message, group);
}

function deliver(
  oracle: Oracle,
  { hubId, id, message, firesAt, ...rest }: EntityMessage,
  group: number,
): void {
  const row = entityOf(oracle, { hubId, id });
  if (firesAt !== null) {
    const { partition, newKey: timerKey } = rest;
    oracle.store.timers.set(timerKey, { partition, key: row.key, timerKey, generation: 0, firesAt, message });
    oracle.saw('a signal waited for its time');
    return;
  }
  const event = codec.decodeEvent(entityEventOf(message));
  // Whoever sends something to an entity that rests rings for it at once.
  oracle.delayed.delete(row.key);
  const send = (what: Waiting['what']): void => {
    const isInFront = what.kind === 'call' && isHolding(oracle, row, what.sender);
    oracle.entities.set(row.key, enqueue(row, { what, isInFront, group, isSettled: false }));
  };
  if (message.kind === 'signal') send({ kind: 'signal', event });
  else if (message.kind === 'call') send({ kind: 'call', event, sender: executionOf(message) });
  else if (event.eventType === 'entityLockRequested') send(requestOf(event, executionOf(message)));
  else if (event.eventType === 'entityUnlockSent') {
    const { criticalSectionId: section, parentInstanceId } = event.entityUnlockSent;
    release(oracle, row, { ...executionOf(message), id: parentInstanceId?.value ?? '', section });
  } else throw new Error(`an entity was sent ${message.kind}`);
}

/** Whether it knows that it holds the entity. */
function isHolding({ grantsSeen }: Oracle, { holder }: EntityRow, sender: Execution): boolean {
  return holder !== null && isSame(holder, sender) && grantsSeen.has(holder.section);
}

function executionOf(message: EntityMessage['message']): Execution {
  const { key, generation } = senderOf(message);
  return { key, generation };
}

function requestOf(
  { entityLockRequested }: Extract<AnyHistoryEvent, { eventType: 'entityLockRequested' }>,
  sender: Execution,
): LockRequest {
  const { criticalSectionId: section, lockSet, parentInstanceId, position } = entityLockRequested;
  const entities = [...new Set(lockSet)].sort();
  if (position !== 0) throw new Error('a lock request begins with the first entity of its set');
  return { kind: 'lock', holder: { ...sender, id: parentInstanceId?.value ?? '', section }, entities, at: 0 };
}

/** The timer of a delayed signal fired. */
export function deliverDelayed(
  oracle: Oracle,
  { key, message }: { key: number; message: { event: Buffer } },
): void {
  const row = must(oracle.entities.get(key), 'the entity of a delayed signal');
  const what = { kind: 'signal', event: codec.decodeEvent(message.event) } as const;
  const group = oracle.newGroup();
  oracle.delayed.delete(key);
  oracle.entities.set(key, enqueue(row, { what, isInFront: false, group, isSettled: false }));
}

/** A signal as it is sent. */
export function signalTo(oracle: Oracle, sent: SentSignal, now: Timestamp): EntityMessage {
  const { hubId, id, requestId, name: operation, input, scheduledTime } = sent;
  const content = { requestId, operation, input: wrapped(input), scheduledTime };
  return signalMessage({ hubId, id, operation: content }, oracle.tools(now));
}

// ── locks ──

export const isOver = ({ store }: Oracle, { key, generation }: Execution): boolean => {
  const row = store.instances.get(key);
  return row?.generation !== generation || isTerminal(row.status);
};

const isOfSection = (a: Holder, b: Holder): boolean => isSame(a, b) && a.section === b.section;

/** Ends a hold, or the request for it; what the request has locked elsewhere is released as well. */
function release(oracle: Oracle, { key }: EntityRow, holder: Holder): void {
  const row = must(oracle.entities.get(key), 'an entity');
  const isHolder = row.holder !== null && isOfSection(row.holder, holder);
  const gone = row.queue.filter(({ what }) => what.kind === 'lock' && isOfSection(what.holder, holder));
  oracle.entities.set(key, {
    ...row,
    holder: isHolder ? null : row.holder,
    queue: row.queue.filter((waiting) => !gone.includes(waiting)),
  });
  if (isHolder) {
    oracle.saw(isOver(oracle, holder) ? 'the end of an execution released a lock' : 'an entity was unlocked');
  }
  if (gone.length > 0) oracle.saw('a lock request ended with its execution');
  for (const { what } of gone) {
    if (what.kind === 'lock') releaseAll(oracle, row.hubId, holder, what.entities.slice(0, what.at));
  }
}

function releaseAll(oracle: Oracle, hubId: number, holder: Holder, entities: readonly string[]): void {
  for (const id of entities) release(oracle, entityOf(oracle, { hubId, id }), holder);
}

/**
 * Lets lock requests go on, one entity at a time, as far as they can: those that may go on at the same time in each
 * order. `mayStop`: something else may come in between.
 */
export function letLocksGoOn(oracle: Oracle, choices: Choices, mayStop: boolean): void {
  for (;;) {
    const rows = [...oracle.entities.values()].filter(({ key }) => !oracle.batches.has(key));
    const able = rows.filter((row) => nextLock(row) !== undefined);
    const ways = able.length + (mayStop ? 1 : 0);
    const row = able.length === 0 ? undefined : able[choices.choose(ways)];
    if (!row) return;
    lock(oracle, row, must(nextLock(row), 'a lock request'));
  }
}

function lock(oracle: Oracle, row: EntityRow, request: LockRequest): void {
  const { holder, entities } = request;
  const at = request.at + 1;
  if (row.queue[0]?.isSettled) oracle.saw('a lock request that waited went on');
  oracle.entities.set(row.key, { ...row, holder, queue: row.queue.slice(1) });
  const { hubId } = row;
  const next = entities[at];
  if (next !== undefined) {
    const visited = entityOf(oracle, { hubId, id: next });
    const group = oracle.newGroup();
    const what = { ...request, at };
    oracle.entities.set(visited.key, enqueue(visited, { what, isInFront: false, group, isSettled: false }));
  } else if (isOver(oracle, holder)) releaseAll(oracle, hubId, holder, entities);
  else {
    const { section: criticalSectionId } = holder;
    const event = codec.encodeEvent({
      eventId: -1,
      timestamp: NO_TIME,
      entityLockGranted: { criticalSectionId },
    });
    oracle.commit({ messages: [replyMessage(holder, event)] });
    oracle.saw(entities.length > 1 ? 'several entities were locked at once' : 'an entity was locked');
  }
}

/** To that execution, if it goes on. */
export function replyMessage({ key, generation }: Execution, event: Buffer): NewMessage {
  return {
    to: { by: 'key', partition: 0, key, generation },
    message: { rank: ranks.arrived, kind: 'entityReply', event },
    isFromClient: false,
  };
}

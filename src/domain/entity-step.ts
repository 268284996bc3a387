import { type Timestamp } from '../protocol/messages.ts';
import { entityEventOf, isOperation, isSentBy } from './entity-message.ts';
import { type InstanceState } from './instance.ts';
import { limits } from './limits.ts';
import { type Message } from './message.ts';
import { type Turn } from './turn.ts';

type Entity = Pick<InstanceState, 'heldBy'>;

/** What an entity does next: a batch of operations for a worker, a lock that is granted, or nothing until somebody rings. */
export type EntityStep = 'batch' | 'lock' | null;

/** `messages` are in inbox order. */
export function nextEntityStep({ heldBy }: Entity, messages: readonly Message[]): EntityStep {
  if (heldBy) return messages.some((message) => isCallOf(heldBy, message)) ? 'batch' : null;
  const first = messages.find(({ kind }) => kind !== 'unknown');
  if (!first) return null;
  return first.kind === 'lockRequest' ? 'lock' : 'batch';
}

/**
 * The next batch: calls of who holds the entity; when nobody does, everything up to the first lock request. As many as
 * fit, at least one (entities §1.9); `most`: bytes of operations.
 */
export function buildBatch(
  state: InstanceState,
  messages: readonly Message[],
  now: Timestamp,
  most: number = limits.newEventsBytes,
): Turn {
  const consumed: Message[] = [];
  const { heldBy } = state;
  let bytes = 0;
  for (const message of messages) {
    if (!heldBy && message.kind === 'lockRequest') break;
    if (heldBy ? !isCallOf(heldBy, message) : !isOperation(message.kind)) continue;
    bytes += message.event.length;
    if (consumed.length > 0 && (bytes > most || consumed.length >= limits.entityBatch)) {
      break;
    }
    consumed.push(message);
  }
  return { startedAt: now, consumed, events: consumed.map(entityEventOf) };
}

/** Nothing to keep: no state, no lock, no message. Such an entity is not worth an owner. */
export function isVoid({ heldBy, entityState }: InstanceState, messages: readonly Message[]): boolean {
  return heldBy === null && entityState === null && messages.length === 0;
}

/** The first lock request, when it is an entity's next step. */
export function lockRequestOf(messages: readonly Message[]): Message | undefined {
  return messages.find(({ kind }) => kind === 'lockRequest');
}

function isCallOf(holder: NonNullable<Entity['heldBy']>, message: Message): boolean {
  return message.kind === 'call' && isSentBy(message, holder);
}

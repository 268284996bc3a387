import { nextEntityStep } from './entity-step.ts';
import { type InstanceState, isTerminal } from './instance.ts';
import { isControl, type Message } from './message.ts';

/** A newer replica may know what to do with it: it comes along soon enough. */
const UNKNOWN_KINDS_MS = 30_000;

/**
 * When an instance is worth claiming, in milliseconds from now; null: not before somebody rings. The one function
 * behind release and wake-up: without it replicas would pass an undeliverable instance back and forth for ever
 * (ownership.md §5). `messages` are those in memory, in inbox order; `hasMore`: the inbox holds others.
 */
export function readyIn(
  instance: Pick<InstanceState, 'kind' | 'status' | 'turn' | 'heldBy'>,
  messages: readonly Message[],
  hasMore: boolean,
  backoffMs: number,
): number | null {
  if (messages.some(({ kind }) => isControl(kind))) return 0;
  if (instance.kind === 'entity') return entityReadyIn(instance, messages, hasMore, backoffMs);
  if (isTerminal(instance.status) || instance.status === 'suspended') return null;
  if (messages.length === 0) return hasMore ? backoffMs : null;
  if (instance.turn === 0 && !messages.some(({ kind }) => kind === 'started')) return null;
  return messages.every(({ kind }) => kind === 'unknown') ? UNKNOWN_KINDS_MS : backoffMs;
}

function entityReadyIn(
  entity: Pick<InstanceState, 'heldBy'>,
  messages: readonly Message[],
  hasMore: boolean,
  backoffMs: number,
): number | null {
  if (messages.length === 0) return hasMore ? backoffMs : null;
  if (nextEntityStep(entity, messages)) return backoffMs;
  return messages.every(({ kind }) => kind === 'unknown') ? UNKNOWN_KINDS_MS : null;
}

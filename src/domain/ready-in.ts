import { type InstanceStatus, isTerminal } from './instance.ts';
import { isControl, type Message } from './message.ts';

/** A newer replica may know what to do with it: it comes along soon enough. */
const UNKNOWN_KINDS_MS = 30_000;

/**
 * When an instance is worth claiming, in milliseconds from now; null: not before somebody rings. The one function
 * behind release and wake-up: without it replicas would pass an undeliverable instance back and forth for ever
 * (ownership.md §5). `messages` are those in memory, in inbox order; `hasMore`: the inbox holds others.
 */
export function readyIn(
  instance: { readonly status: InstanceStatus; readonly turn: number },
  messages: readonly Message[],
  hasMore: boolean,
  backoffMs: number,
): number | null {
  if (messages.some(({ kind }) => isControl(kind))) return 0;
  if (isTerminal(instance.status) || instance.status === 'suspended') return null;
  if (messages.length === 0) return hasMore ? backoffMs : null;
  if (instance.turn === 0 && !messages.some(({ kind }) => kind === 'started')) return null;
  return messages.every(({ kind }) => kind === 'unknown') ? UNKNOWN_KINDS_MS : backoffMs;
}

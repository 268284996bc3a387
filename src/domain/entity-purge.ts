import { type InstanceState } from './instance.ts';
import { type Message } from './message.ts';
import { toMicrosUp } from './time.ts';
import { type Tools } from './tools.ts';
import { type EntityPatch, type Write } from './write.ts';

/**
 * An entity loses its state and all signals (ownership.md §12). Calls stay, because somebody waits for them, and so
 * does the lock protocol: without it a lock would be held for ever. A batch that is out counts for nothing.
 */
export function purgeEntity(
  { partition, key, turn, heldBy, updatedAt }: InstanceState,
  control: Message,
  messages: readonly Message[],
  { now }: Tools,
): Write & { readonly patch: EntityPatch } {
  const signals = messages.filter(({ kind }) => kind === 'signal');
  return {
    patch: {
      ...{ kind: 'entity', partition, key, turn, isTurn: true, heldBy, state: null, dropsSignals: true },
      consumed: [control, ...signals],
      updatedAt: Math.max(updatedAt, toMicrosUp(now)),
    },
  };
}

import { type MessageKind } from './message.ts';
import { type InstanceState } from './instance.ts';
import { type Write } from './write.ts';

/** What the Azure scheduler bills as one action each. */
export type ActionKind =
  'start' | 'activity' | 'result' | 'timer' | 'event' | 'control' | 'signal' | 'operation' | 'lock';

const kindOf: Partial<Record<MessageKind | 'unknown', ActionKind>> = {
  started: 'start',
  taskResult: 'result',
  childResult: 'result',
  timerFired: 'timer',
  eventRaised: 'event',
  signal: 'operation',
  call: 'operation',
  entityReply: 'result',
  lockRequest: 'lock',
};

/**
 * The actions of a recorded turn: what it consumed and the activities that it scheduled, which start and result count
 * apart from. An orchestration of three activities makes 7. Controls are counted where they are asked for.
 */
export function countActions({ patch, activities = [] }: Write): ReadonlyMap<ActionKind, number> {
  const counts = new Map<ActionKind, number>();
  const count = (kind: ActionKind, by: number): void => {
    counts.set(kind, (counts.get(kind) ?? 0) + by);
  };
  if (activities.length > 0) count('activity', activities.length);
  if (patch && 'consumed' in patch) {
    for (const message of patch.consumed) {
      const kind = kindOf[message.kind];
      if (kind) count(kind, 1);
    }
  }
  return counts;
}

/**
 * Of the recorded actions of a turn those that no client's call has paid for: events are paid by who raises them, starts
 * by who starts an orchestration that has no parent.
 */
export function unpaidActions(
  counts: ReadonlyMap<ActionKind, number>,
  { parent, generation }: Pick<InstanceState, 'parent' | 'generation'>,
): number {
  let unpaid = 0;
  for (const [kind, count] of counts) {
    const isPaid = kind === 'event' || (kind === 'start' && !parent && generation === 0);
    if (!isPaid) unpaid += count;
  }
  return unpaid;
}

import { LOOK_AHEAD_MS } from '../dispatch/due-timers.ts';
import { limits } from '../domain/limits.ts';
import { toMicrosUp } from '../domain/time.ts';
import { type Context } from './context.ts';

/** Learns the timers of this replica's partitions that are due soon. Returns how many there are. */
export async function pollTimers({ store, dispatch }: Context): Promise<number> {
  const { timers } = dispatch;
  if (timers.partitions.size === 0) return 0;
  const due = await store.readTimers([...timers.partitions], LOOK_AHEAD_MS, limits.polledTimers);
  timers.polled(due, due.length === limits.polledTimers);
  return due.length;
}

/**
 * Fires what is due: deletes the rows and delivers their messages. The database says what is due. Returns whether to
 * poll again at once: it called a timer early, another replica was first, or not all timers had room in memory.
 */
export async function fireTimers({ store, dispatch, now, metrics }: Context): Promise<boolean> {
  const { timers } = dispatch;
  const dueTimers = timers.takeDue(toMicrosUp(now()), limits.firedTimers);
  if (dueTimers.length === 0) return false;
  const result = await store.commit({ dueTimers });
  const firedAt = toMicrosUp(now());
  for (const { firesAt } of dueTimers) metrics.timerFired((firedAt - firesAt) / 1000);
  const fired = result.outcome === 'committed' ? result.firedTimers : 0;
  return fired < dueTimers.length || timers.needsPoll;
}

import { LOOK_AHEAD_MS } from '../dispatch/due-timers.ts';
import { limits } from '../domain/limits.ts';
import { toMicrosUp } from '../domain/time.ts';
import { type Context } from './context.ts';

/** Learns the timers of this replica's partitions that are due soon. Returns how many there are. */
export async function pollTimers({ store, dispatch }: Context): Promise<number> {
  const { timers } = dispatch;
  if (timers.partitions.size === 0) return 0;
  const due = await store.readTimers([...timers.partitions], LOOK_AHEAD_MS);
  for (const timer of due) timers.add(timer);
  return due.length;
}

/** Fires what is due: deletes the rows and delivers their messages. The database says what is due; what was early comes again with the next poll. */
export async function fireTimers({ store, dispatch, now }: Context): Promise<number> {
  const due = dispatch.timers.takeDue(toMicrosUp(now()), limits.firedTimers);
  if (due.length > 0) await store.commit({ dueTimers: due });
  return due.length;
}

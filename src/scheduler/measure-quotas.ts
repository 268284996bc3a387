import { setTimeout as pause } from 'node:timers/promises';
import { Clock } from '../dispatch/clock.ts';
import { type Context } from './context.ts';

/** Of the time that measuring takes, so many times as much is left to others. */
const REST = 9;

/** One bounded step of measuring what task hubs use of their quotas. Returns 0 when nothing is due. */
export async function measureQuotas({ store, quotas, signal }: Context): Promise<number> {
  const tally = quotas.nextDue(Clock.monotonicMs());
  if (!tally) return 0;
  const startMs = Clock.monotonicMs();
  const slice = tally.slice(startMs);
  const sum = await store
    .measureQuota(tally.quota, tally.hubId, slice, tally.limit)
    .catch((error: unknown) => {
      tally.failed(Clock.monotonicMs());
      throw error;
    });
  const endMs = Clock.monotonicMs();
  tally.measured(slice, sum, endMs - startMs, endMs);
  await pause(REST * (endMs - startMs), undefined, { ref: false, signal }).catch(() => undefined);
  return 1;
}

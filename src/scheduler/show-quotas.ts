import { Clock } from '../dispatch/clock.ts';
import { type ShownQuota } from '../dispatch/hub-use.ts';
import { PARTITIONS } from '../domain/ids.ts';
import { type MeasuredQuota, quotaNames } from '../domain/quota.ts';
import { type HubContext } from './context.ts';
import { refreshQuotas } from './refresh-quotas.ts';

/** The quotas of a task hub and what is used of them, measured now. */
export async function showQuotas(context: HubContext): Promise<readonly ShownQuota[]> {
  await refreshQuotas(context);
  const { quotas, hubId, hub } = context;
  const use = quotas.of(hubId, hub, Clock.monotonicMs());
  if (!use) {
    return quotaNames.map((name) => ({ ...{ name, own: undefined }, limit: undefined, used: undefined }));
  }
  const measured = new Map<string, number>();
  for (const { quota, limit } of use.tallies()) measured.set(quota, await measureNow(context, quota, limit));
  return use.shown().map((shown) => ({ ...shown, used: measured.get(shown.name) }));
}

/** Partitions of one statement: with tens of millions of instances it takes some seconds, as long as a read may. */
const AT_ONCE = 4;

async function measureNow(
  { store, hubId }: HubContext,
  quota: MeasuredQuota,
  limit: number,
): Promise<number> {
  const width = quota === 'pending' ? PARTITIONS : AT_ONCE;
  let sum = 0;
  for (let from = 0; from < PARTITIONS; from += width) {
    sum += await store.measureQuota(quota, hubId, { from, to: from + width }, limit);
  }
  return sum;
}
